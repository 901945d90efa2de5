"""What is read of Slack's blocks, character by character, and which marks work in mrkdwn."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from tests.slack.rules import objects
from tests.slack.shapes import Json

JOINERS = "\u2060\u200b"
# As generous as any client could be: a mark works unless a letter or a digit is outside of it, or a blank or a joiner
# inside.
_MARKED = re.compile(r"(?<![^\W_])(?P<mark>[*_~`])(?=[^\s\u2060])(?P<text>[^\n]*?[^\s\u2060])(?P=mark)(?![^\W_])")
_WORKING = re.compile(r"```|^&gt;|<[^>]*>|(?<!\w):[\w+-]+:", re.MULTILINE)


def read(blocks: list[Json]) -> str:
    """All that is read in blocks, a line for each block; marks of rich text are no characters."""
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(block: Json) -> Iterator[str]:
    match block["type"]:
        case "rich_text":
            yield from (_spans(each) for each in block["elements"])
        case "header":
            yield str(block["text"]["text"])
        case "section":
            yield unmarked(block["text"]["text"])
        case "context":
            yield from (unmarked(each["text"]) for each in block["elements"])
        case _:
            pass


def _spans(element: Json) -> str:
    inner = objects(element["elements"])
    if element["type"] == "rich_text_list":
        first = int(element.get("offset", 0)) + 1
        marks = (f"{n}." if element["style"] == "ordered" else "-" for n in range(first, first + len(inner)))
        return "\n".join(f"{mark} {_spans(item)}" for mark, item in zip(marks, inner, strict=True))
    return "".join(str(span.get("text", "")) for span in inner)


def spans(blocks: list[Json]) -> list[Json]:
    """Every piece of rich text."""
    found: list[Json] = []
    for block in blocks:
        for element in objects(block.get("elements")) if block["type"] == "rich_text" else []:
            items = objects(element["elements"])
            found += [span for item in items for span in objects(item.get("elements"))] or items
    return found


def unmarked(mrkdwn: str) -> str:
    """What is read of mrkdwn: without marks that work, entities as what they stand for."""
    plain = re.sub(r"<[^>|]*\|([^>]*)>|<([^>]*)>", r"\1\2", mrkdwn)
    while (shown := _MARKED.sub(r"\g<text>", plain)) != plain:
        plain = shown
    return unseen(html.unescape(plain))


def unseen(text: str) -> str:
    """Without what joins and parts, and nobody sees."""
    return text.translate(dict.fromkeys(map(ord, JOINERS)))


def working(mrkdwn: str) -> list[str]:
    """The marks that work in mrkdwn."""
    return [match[0] for match in (*_MARKED.finditer(mrkdwn), *_WORKING.finditer(mrkdwn))]
