'''What somebody types, as answers: one a line, or several lines between two of ``` or of """; or a file.'''

import re
from pathlib import Path

from bot.errors import UsageError
from bot.surface.code import MOST_BYTES, file_said, is_code_file

BLOCK = '"""'
"""A line that begins or ends a block and is no part of it."""

_FENCE = re.compile(r"\s*(`{3,})[^`]*$")
_FIRST_OF_MANY = re.compile(r"(?:(?:async\s+def|def|class)\s.*:|@\w[\w.]*(?:\(.*\))?|import\s+\w+(?:\s+as\s+\w+)?)\s*")
_FILE = re.compile(r"@(\S+)(?:\s+(.*))?")


class Block(str):
    """Lines that belong together: an answer, whatever it begins with."""

    __slots__ = ()


class Gathering:
    """Puts lines together that belong to one answer."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._fence = ""
        self._in_block = False

    @property
    def open(self) -> bool:
        """Whether more lines belong to what was begun."""
        return self._in_block or bool(self._fence)

    def take(self, typed: str) -> str | None:
        """The answer that a line, or a paste of many, completes; None where more belongs to it."""
        if typed.rstrip() == BLOCK and not self._fence:
            if self._in_block:
                return self.rest()
            self._in_block = True
            return None
        for line in typed.split("\n"):
            self._follow(line)
        self._lines.append(typed)
        return None if self.open else self.rest()

    def _follow(self, line: str) -> None:
        if self._fence:
            self._fence = "" if line.strip() == self._fence else self._fence
        elif begins := _FENCE.match(line):
            self._fence = begins[1]

    def rest(self) -> str:
        """What has been gathered so far, empty for nothing; afterwards nothing is open."""
        text = "\n".join(self._lines)
        block = self._in_block or "\n" in text
        self._lines, self._fence, self._in_block = [], "", False
        return Block(text) if block else text


def with_file(typed: str) -> str:
    """What was typed, with the code of the file that it begins with: `@knn.py and words`; UsageError for none there."""
    named = None if "\n" in typed else _FILE.fullmatch(typed.strip())
    if named is None or not is_code_file(named[1]):
        return typed
    path = Path(named[1]).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); give the path of a file, or paste it.") from None
    return f"{file_said(path.name, data)}\n{named[2] or ''}".strip()


def begins_code(typed: str) -> bool:
    """Whether one line by itself is only the first of some code."""
    return _FIRST_OF_MANY.fullmatch(typed) is not None
