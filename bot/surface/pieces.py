"""Long Markdown in pieces that each fit into one message. Pure."""

import re

_FENCE = re.compile(r"^```(\w{0,20})[ \t]?$(?:.*?(^```[ \t]*$)|.*\Z)", re.MULTILINE | re.DOTALL)
# Where to part, best first: paragraphs, lines, sentences, words.
_JOINTS = tuple(
    re.compile(joint)
    for joint in (r"\s*\n\s*\n", r"[ \t]*\n", r"(?:(?<=[.!?…])|(?<=[.!?…][\"”’)\]*_]))[ \t]+", r"[ \t]+")
)
_HALF_FENCE = re.compile(r"\n?^`{1,2}\Z", re.MULTILINE)
_HALF_ENTITY = re.compile(r"&[a-z]{0,3}\Z")  # of &amp; for example
_CLOSING = "\n```"
_LEAST = 50  # characters: room for a fence that is opened, closed and holds something


def pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` characters (50 or more), none of them blank.

    Parted at paragraph ends, else at line ends, else at sentence ends, else between words; only a word
    longer than a piece is cut. Code that is longer than a piece is closed and opened again.
    """
    if limit < _LEAST:
        raise ValueError(f"a piece has at least {_LEAST} characters, not {limit}")
    found: list[str] = []
    rest = text.strip("\n").rstrip()
    while len(rest) > limit:
        head, rest = _parted(rest, limit)
        found.append(head)
    return [piece for piece in (*found, rest) if piece.strip()]


def closed(markdown: str) -> str:
    """Markdown that is still being written, with its code closed; a fence without anything in it yet is left out."""
    markdown = _HALF_FENCE.sub("", markdown)
    fence = next((fence for fence in _FENCE.finditer(markdown) if not fence[2]), None)
    if fence is None:
        return markdown
    _, _, code = fence[0].partition("\n")
    return markdown.rstrip("\n") + _CLOSING if code.strip() else markdown[: fence.start()]


def _parted(text: str, limit: int) -> tuple[str, str]:
    fences = list(_FENCE.finditer(text))
    for joint in _JOINTS:
        # One character more than fits, so that what ends exactly at the limit is seen to end there.
        ends = [m for m in joint.finditer(text, 1, limit + 1) if not _within(m, fences)]
        if ends:
            return text[: ends[-1].start()], text[ends[-1].end() :].lstrip("\n")
    if fences and fences[0].start() == 0:
        return _parted_code(text, f"```{fences[0][1]}\n", limit - len(_CLOSING))
    head = text[:limit]
    # A backslash stays with the character that it escapes, and an entity is not cut.
    end = limit - (len(head) - len(head.rstrip("\\"))) % 2
    if half := _HALF_ENTITY.search(head):
        end = half.start()
    return text[:end], text[end:]


def _within(joint: re.Match[str], fences: list[re.Match[str]]) -> bool:
    return any(fence.start() < joint.start() < fence.end() for fence in fences)


def _parted_code(text: str, opening: str, room: int) -> tuple[str, str]:
    """A fence that is too long, at the last line end within `room`, else at a space."""
    start = text.index("\n") + 1
    end = next((end for mark in "\n " if (end := text.rfind(mark, start, room + 1)) > start), room)
    return text[:end] + _CLOSING, opening + text[end:].removeprefix("\n")
