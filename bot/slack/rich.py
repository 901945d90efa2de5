"""CommonMark as Slack's rich text, in which marks are no characters: nothing in a text can work as one. Pure.

Rich text has no mention, no link and no emoji but those that are elements of their own, and of these only links are
made here.
"""

from collections.abc import Iterable, Iterator, Sequence

from markdown_it.tree import SyntaxTreeNode

from bot.slack.kit import Json
from bot.slack.text import address, tree
from bot.surface.words import printable

_STYLES = {"strong": "bold", "em": "italic", "s": "strike", "code_inline": "code"}
_DEEPEST = 8  # levels that a list can be indented
_LISTS = {"bullet_list": "bullet", "ordered_list": "ordered"}


def rich(markdown: str) -> Json:
    """CommonMark as a block."""
    return {"type": "rich_text", "elements": list(_blocks(tree(markdown)))}


def quote(plain: str) -> Json:
    """What somebody wrote, as a block that quotes it character by character."""
    return {"type": "rich_text", "elements": [_element("quote", [_text(printable(plain))])]}


def _blocks(nodes: Sequence[SyntaxTreeNode], indent: int = 0) -> Iterator[Json]:
    """Paragraphs that follow each other are one section, parted by blank lines."""
    lines: list[Json] = []
    for node in nodes:
        if node.type in ("paragraph", "heading", "hr"):
            lines += [*([_text("\n\n")] if lines else []), *_line(node)]
            continue
        yield from _section(lines)
        lines = []
        yield from _block(node, indent)
    yield from _section(lines)


def _section(spans: list[Json]) -> Iterator[Json]:
    if spans:
        yield _element("section", spans)


def _block(node: SyntaxTreeNode, indent: int) -> Iterator[Json]:
    match node.type:
        case "bullet_list" | "ordered_list":
            yield from _list(node, indent)
        case "blockquote":
            if spans := _joined(node.children):
                yield _element("quote", spans)
        case _:
            if code := node.content.rstrip("\n"):
                yield _element("preformatted", [_text(code)])


def _list(node: SyntaxTreeNode, indent: int) -> Iterator[Json]:
    """The items of a list; one within an item is a list of its own, further in, and the outer one goes on after it."""
    first = int(node.attrs.get("start", 1))
    items: list[Json] = []
    begun = 0
    for number, item in enumerate(node.children):
        # The number of an item may be all that it says.
        own = _joined(child for child in item.children if child.type not in _LISTS) or [_text(" ")]
        items.append(_element("section", own))
        for inner in (child for child in item.children if child.type in _LISTS):
            yield from _items(node, items, indent, first - 1 + begun)
            items, begun = [], number + 1
            yield from _list(inner, indent + 1)
    yield from _items(node, items, indent, first - 1 + begun)


def _items(node: SyntaxTreeNode, items: list[Json], indent: int, offset: int) -> Iterator[Json]:
    numbered = {"offset": offset} if node.type == "ordered_list" and offset else {}
    if items:
        style = {"style": _LISTS[node.type], "indent": min(indent, _DEEPEST)}
        yield {"type": "rich_text_list", **style, "elements": items, **numbered}


def _joined(nodes: Iterable[SyntaxTreeNode]) -> list[Json]:
    """What stands in blocks, line by line, where there can be no blocks."""
    spans: list[Json] = []
    for node in nodes:
        spans += [*([_text("\n")] if spans else []), *(_line(node) or _joined(node.children))]
    return spans


def _line(node: SyntaxTreeNode) -> list[Json]:
    """The text of a single block."""
    match node.type:
        case "paragraph":
            return _merged(_spans(node))
        case "heading":
            return _merged(_spans(node, bold=True))
        case "hr":
            return [_text("———")]
        case "fence" | "code_block":
            return [_text(node.content.rstrip("\n"), code=True)]
        case _:
            return []


def _spans(node: SyntaxTreeNode, **styles: bool) -> Iterator[Json]:
    for child in node.children:
        match child.type:
            case "inline":
                yield from _spans(child, **styles)
            case "softbreak" | "hardbreak":
                yield _text("\n", **styles)
            case "strong" | "em" | "s":
                yield from _spans(child, **{**styles, _STYLES[child.type]: True})
            case "link" if url := address(child):
                text = "".join(span["text"] for span in _spans(child))
                yield {**_text(text or url, **styles), "type": "link", "url": url}
            case "link":
                yield from _spans(child, **styles)
            case "code_inline":
                yield _text(child.content, **{**styles, "code": True})
            case _:
                yield _text(child.content, **styles)


def _merged(spans: Iterable[Json]) -> list[Json]:
    """Neighbours of one style are one text."""
    merged: list[Json] = []
    for span in spans:
        before = merged[-1] if merged else {}
        if span["type"] == before.get("type") == "text" and span.get("style") == before.get("style"):
            merged[-1] = {**before, "text": before["text"] + span["text"]}
        elif span["text"]:
            merged.append(span)
    return merged


def _text(text: str, **styles: bool) -> Json:
    return {"type": "text", "text": text, **({"style": styles} if styles else {})}


def _element(kind: str, spans: list[Json]) -> Json:
    return {"type": f"rich_text_{kind}", "elements": _merged(spans)}
