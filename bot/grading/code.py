"""What of an answer is code and what is words. Pure: nothing here runs what it reads."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.grading.grade import Span

MOST = 64 * 1024  # characters of an answer with code
_STARTS, _ENDS = 8, 32  # places where unfenced code may begin, and end, that are tried

_BLOCK = re.compile(r"(?P<fence>`{3,})(?:(?P<tag>[\w+-]*)[ \t]*\r?\n)?(?P<code>.*?)(?:(?P=fence)|\Z)", re.DOTALL)
_TAGS = frozenset({"", "py", "py3", "python", "python3"})
_BEGINS = re.compile(r"(?:import|from|def|class|async[ \t]+def|@|#|[A-Za-z_]\w*[ \t]*=)(?![a-z])")
_QUOTES = re.compile(r"""\A[A-Za-z]{0,2}(?:\"{3}|'{3}|["'])|(?:\"{3}|'{3}|["'])\Z""")
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_SPACING = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT}

Range = tuple[int, int]


@dataclass(frozen=True)
class Line:
    """A line of code, and where in the answer it begins."""

    text: str
    start: int

    @property
    def span(self) -> Span | None:
        """The line without the spaces around it as a piece of the answer; None for a blank one."""
        bare = self.text.strip()
        begin = self.start + len(self.text) - len(self.text.lstrip())
        return Span(start=begin, end=begin + len(bare), quote=bare) if bare else None


@dataclass(frozen=True)
class Code:
    """The code of an answer; `name` is what it is to define, `prose` where there is neither code nor a code block."""

    lines: tuple[Line, ...]
    name: str
    prose: tuple[Range, ...] = ()

    @property
    def source(self) -> str:
        """What is to be run."""
        return "\n".join(line.text for line in self.lines)

    @property
    def whole(self) -> bool:
        """Whether it defines what it is to define."""
        return bool(_defining(self.name).search(self.source))

    @property
    def definition(self) -> Span:
        """The line that defines it, else the first that says anything."""
        spans = [span for line in self.lines if (span := line.span)]
        return next((span for span in spans if _defining(self.name).search(span.quote)), spans[0])

    def text(self, number: int | None) -> str:
        """A line by its number, from 1; nothing where there is none."""
        return self.lines[number - 1].text.strip() if number and 0 < number <= len(self.lines) else ""


@dataclass(frozen=True)
class Words:
    """What an answer says in words: its pieces, each on lines of its own, and where each stands in the answer."""

    text: str
    places: tuple[Range, ...]  # where a piece begins in the text and in the answer

    def placed(self, span: Span, answer: str) -> Span:
        """A span of the words as the same piece of the answer."""
        start, end = self._origin(span.start), self._origin(span.end - 1) + 1
        return Span(start=start, end=end, quote=answer[start:end])

    def _origin(self, at: int) -> int:
        here, there = max(place for place in self.places if place[0] <= at)
        return there + at - here


@lru_cache(maxsize=32)  # looked for at every step of a turn
def code_in(answer: str, name: str) -> Code | None:
    """The code of an answer: its code blocks up to the one that defines `name`, or unfenced lines that define it.

    Blocks of which none defines it are code as well, though not whole; text without either is not.
    """
    blocks = list(_BLOCK.finditer(answer))
    ranges = [block.span("code") for block in blocks if (block["tag"] or "").lower() in _TAGS and block["code"].strip()]
    if ranges:
        defining = [n for n, (start, end) in enumerate(ranges, 1) if _defining(name).search(answer, start, end)]
        used = ranges[: defining[-1]] if defining else ranges
        return Code(tuple(_lines(answer, used)), name, _between([block.span() for block in blocks], len(answer)))
    found = _unfenced(answer, name)
    return Code(tuple(_lines(answer, [found])), name, _between([found], len(answer))) if found else None


def words_in(answer: str, code: Code | None, starter: str = "") -> Words:
    """The words of an answer: what stands around its code, and its comments and docstrings but those of the starter."""
    pieces = [(0, answer)] if code is None else [(start, answer[start:end]) for start, end in code.prose]
    if code:
        given = {text for _, _, text in _remarks(starter)}
        remarks = [remark for remark in _remarks(code.source) if remark[2] not in given]
        pieces += [(code.lines[row].start + column, text) for row, column, text in remarks]
    text, places = "", list[Range]()
    for start, piece in sorted(pieces):
        if bare := piece.strip():
            text += "\n" * bool(text)
            places.append((len(text), start + piece.index(bare)))
            text += bare
    return Words(text, tuple(places))


def bare(source: str) -> list[str]:
    """The lines of some code without comments and what strings say, all in place; empty from where it is no Python."""
    lines = [[" "] * len(line) for line in (*source.split("\n"), "")]  # its end may be a token on a line of its own
    for token in _tokens(source):
        if token.type == tokenize.COMMENT or "\n" in token.string:
            continue
        text = token.string
        if token.type == tokenize.STRING or "FSTRING" in tokenize.tok_name[token.type]:  # one part each, from 3.12 on
            text = text[:1] + " " * (len(text) - 2) + text[1:][-1:]
        (row, start), (_, end) = token.start, token.end
        lines[row - 1][start:end] = text
    return ["".join(line) for line in lines[:-1]]


def _defining(name: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+{name}\b|^{name}[ \t]*(?::[^=\n]+)?=", re.MULTILINE)


def _lines(answer: str, ranges: Iterable[Range]) -> Iterator[Line]:
    """The lines within some ranges, as far to the left as the indentation of a whole range lets them."""
    for begin, end in ranges:
        found, at = list[Line](), begin
        for line in answer[begin:end].split("\n"):
            found.append(Line(line.rstrip().replace("\u00a0", " "), at))
            at += len(line) + 1
        while found and not found[0].text.strip():
            found.pop(0)
        while found and not found[-1].text.strip():
            found.pop()
        edge = min((len(each.text) - len(each.text.lstrip()) for each in found if each.text.strip()), default=0)
        yield from (Line(each.text[edge:], each.start + min(edge, len(each.text))) for each in found)


def _between(taken: Iterable[Range], end: int) -> tuple[Range, ...]:
    """What lies between some ranges, up to the end."""
    edges = [0, *(edge for each in taken for edge in each), end]
    return tuple((start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True) if start < stop)


def _unfenced(answer: str, name: str) -> Range | None:
    """The lines, from one that begins some code, that define the name and parse; where none do, all that follow it."""
    defining = _defining(name).search(answer)
    if defining is None:
        return None
    if _parses(answer) is None:
        return 0, len(answer)
    starts = [match.start() for match in re.finditer(r"^(?=\S)", answer[: defining.end()], re.MULTILINE)]
    starts = [start for start in starts if _BEGINS.match(answer, start)][-_STARTS:] or [defining.start()]
    for start in starts:
        if (end := _end_of_code(answer, start)) > defining.start():
            return start, end
    return starts[0], len(answer)


def _end_of_code(answer: str, start: int) -> int:
    """Where what begins at `start` stops being Python: words follow."""
    lines = answer[start:].split("\n")
    for _ in range(_ENDS):
        wrong = _parses("\n".join(lines))
        if wrong is None:
            return start + len("\n".join(lines))
        lines = lines[: min(wrong, len(lines)) - 1]
    return start


def _parses(source: str) -> int | None:
    """None for Python, else the line, from 1, at which it is none."""
    try:
        ast.parse(source)
    except SyntaxError as error:
        return max(1, error.lineno or 1)
    except _UNREADABLE:
        return 1
    return None


def _remarks(source: str) -> Iterator[tuple[int, int, str]]:
    """Row and column, from 0, and text of each line of a comment or of a string that is a statement."""
    before = after = None
    tokens = list(_tokens(source))
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == tokenize.COMMENT:
            text = token.string.lstrip("#! ")
            yield token.start[0] - 1, token.end[1] - len(text), text.rstrip()
        alone = before is None or before.type in _SPACING
        if token.type == tokenize.STRING and alone and (after is None or after.type in _SPACING):
            yield from _docstring(token)
        before = token


def _docstring(token: tokenize.TokenInfo) -> Iterator[tuple[int, int, str]]:
    row, column = token.start
    for number, line in enumerate(token.string.split("\n")):
        text = _QUOTES.sub("", line.strip()).strip()
        if text:
            yield row - 1 + number, (column if number == 0 else 0) + line.index(text), text


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of some code, up to where it is no Python."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(source).readline)
    except (tokenize.TokenError, *_UNREADABLE):
        return
