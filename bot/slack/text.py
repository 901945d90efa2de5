"""Text for Slack that mentions nobody and, where it is a person's, shows as it was written. Pure.

What is read in a message is rich text, made of CommonMark (`rich`). Small print, what a stream shows, and the text of
a notification are mrkdwn. That has no escapes but those of & < >: marks are kept from working by joiners (U+2060)
around them, which nobody sees, and names and addresses by `verbatim` (`kit.mrkdwn`).
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.surface.words import printable

_JOINER, _APART = "\u2060", "\u200b"  # the one joins, the other ends a word; neither is seen
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CONTROL = re.compile("[&<>]")
_NAMES = r"@(?=(?i:channel|here|everyone)\b)"
_WORKING = re.compile(
    rf"""
    (?P<quote>^[ \t]*>)
    | (?P<inside>(?<=[^\W_])[*_~](?=[^\W_]))  # within a word no mark works
    | (?P<marks>[*_~`]+)
    | (?P<before>:(?=//|[\w+-]+:)|{_NAMES})
    | [&<>]
    """,
    re.MULTILINE | re.VERBOSE,
)
_MEANT = re.compile(rf"<(?=[!@#])|{_NAMES}")
_MARKUP = re.compile(r"[\\`*_~\[\]<>|&]")
_AT_LINE_START = re.compile(r"^(\s*\d*)([#+\-.)=])", re.MULTILINE)
_INDENTED = re.compile(r"^[ \t]+", re.MULTILINE)
# A name that is still being written shows its beginning only.
_GROWING = re.compile(r"<(?=[!@#])|@(?=[chCHeE])")
_COMMAND = re.compile(
    r"(?<![\w/.])/(?=(?:ask|drill|export|forget|goal|help|hint|interview|mark|pause|privacy|progress|resume|settings|skip"
    r"|stop|sure|topics)\b)"
)
_MARKS = {"strong": "*", "em": "_", "s": "~"}
_READER = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")


def inert(plain: str) -> str:
    """Plain text as mrkdwn, shown as it was written: no mention, no link, no emoji, no markup in it works."""
    return _WORKING.sub(_disarmed, printable(plain))


def _disarmed(match: re.Match[str]) -> str:
    found = match[0]
    match match.lastgroup:
        case "quote":
            return found[:-1] + _JOINER + _ESCAPES[">"]
        case "inside":
            return found
        case "marks":
            return _JOINER + _JOINER.join(found) + _JOINER
        case "before":
            return found + _JOINER
        case _:
            return _ESCAPES[found]


def unmentioning(plain: str) -> str:
    """Plain text for where Slack takes no mrkdwn: titles, labels, options."""
    return _MEANT.sub(rf"\g<0>{_JOINER}", printable(plain))


def sentence(own: str) -> str:
    """A sentence of Viva's own as mrkdwn, with its commands as they are typed here."""
    return inert(commands(own))


def commands(own: str) -> str:
    """Text of Viva's own in which /drill is /viva drill, and so on."""
    return _COMMAND.sub("/viva ", own)


def literal(plain: str) -> str:
    """Plain text as a part of CommonMark, its indentation by spaces that count."""
    marked = _AT_LINE_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", printable(plain)))
    return _INDENTED.sub(lambda match: "\u00a0" * len(match[0].expandtabs(4)), marked)


def growing(markdown: str) -> str:
    """CommonMark that mentions nobody, for a stream: what it shows of a text begins what it shows of a longer one."""
    return _GROWING.sub(rf"\g<0>{_JOINER}", printable(markdown))


def mrkdwn(markdown: str) -> str:
    """CommonMark, as our notes and models write it, as mrkdwn that mentions nobody."""
    return _blocks(tree(markdown))


def tree(markdown: str) -> Sequence[SyntaxTreeNode]:
    """The blocks of a CommonMark text."""
    return SyntaxTreeNode(_READER.parse(printable(markdown))).children


def address(link: SyntaxTreeNode) -> str:
    """Where a link leads, if that is a page of the web; else nothing."""
    href = str(link.attrs["href"])
    return href if href.startswith(("https://", "http://")) else ""


def _blocks(nodes: Sequence[SyntaxTreeNode], between: str = "\n\n") -> str:
    return between.join(filter(None, map(_block, nodes)))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph":
            return _spans(node)
        case "heading":
            return _marked(_spans(node), "*")
        case "fence" | "code_block":
            code = _code(node.content).rstrip().replace("```", _JOINER.join("```"))
            return f"```\n{code}\n```" if code.strip() else ""
        case "bullet_list":
            return "\n".join(f"• {_item(item)}" for item in node.children)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return "\n".join(f"{number}. {_item(item)}" for number, item in enumerate(node.children, first))
        case "blockquote":
            return "\n".join(f"> {line}" for line in _blocks(node.children).splitlines())
        case "hr":
            return "———"
        case _:
            return inert(node.content)


def _item(item: SyntaxTreeNode) -> str:
    """What an item of a list says; lists within it are indented."""
    texts = [
        "\n".join(f"    {line}" for line in _block(node).splitlines()) if node.type.endswith("_list") else _block(node)
        for node in item.children
    ]
    return "\n".join(texts)


def _spans(node: SyntaxTreeNode) -> str:
    """What stands on the lines of a block, or within marks. A mark works only where a word begins or ends."""
    children = node.children[0].children if node.children and node.children[0].type == "inline" else node.children
    text, was_marked = "", False
    for child in children:
        span, is_marked = _span(child), child.type in _MARKS or child.type == "code_inline"
        touching = bool(text and span) and (
            (is_marked and (was_marked or text[-1].isalnum())) or (was_marked and span[0].isalnum())
        )
        text += (_APART if touching else "") + span
        was_marked = is_marked if span else was_marked
    return text


def _span(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return inert(node.content)
        case "softbreak" | "hardbreak":
            return "\n"
        case "strong" | "em" | "s":
            return _marked(_spans(node), _MARKS[node.type])
        case "code_inline":
            return f"`{_code(node.content).replace('`', 'ˋ')}`"  # within marks it would end them
        case "link" if address(node):
            return _link(address(node), "" if node.info == "auto" else " ".join(_spans(node).split()))
        case "link":
            return _spans(node)
        case _:
            return inert(node.content)


def _marked(text: str, mark: str) -> str:
    """Within marks there is one line."""
    line = " ".join(text.split())
    return f"{mark}{line}{mark}" if line else ""


def _code(content: str) -> str:
    """What code says: no mark works in it, but a mention might."""
    return _CONTROL.sub(lambda match: _ESCAPES[match[0]], re.sub(_NAMES, rf"\g<0>{_JOINER}", content))


def _link(url: str, text: str) -> str:
    """The reader has encoded what would end the address."""
    safe = url.replace("&", "&amp;")
    return f"<{safe}|{text}>" if text else f"<{safe}>"
