"""Code as surfaces take and show it: blocks of it, files of it, and how a run went. Pure."""

import re
from collections.abc import Iterator

from bot.coach.reply import RunReply
from bot.errors import UsageError
from bot.grading.running import Result
from bot.surface.words import printable

MOST_BYTES = 64 * 1024
"""Of a file of code."""

_LOOKS_LIKE = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+\w+.*:[ \t]*\r?$", re.MULTILINE)
_TICKS = re.compile(r"`{3,}")
_APART = "\u2060"  # seen by nobody, and keeps ticks from ending a block


def looks_like_code(text: str) -> bool:
    """Whether what somebody typed is code without a block of its own."""
    return "```" not in text and bool(_LOOKS_LIKE.search(text))


def fenced(code: str, language: str = "") -> str:
    """Code as a Markdown block, in which nothing works as markup and nothing ends it."""
    inside = _TICKS.sub(lambda ticks: _APART.join(ticks[0]), printable(code).strip("\n"))
    return f"```{language}\n{inside}\n```"


def file_said(name: str, data: bytes) -> str:
    """A file of code as a part of an answer; UsageError for one that is too large or no text."""
    if len(data) > MOST_BYTES:
        raise UsageError(f"{name} has more than {MOST_BYTES // 1024} KB; send the code without data.")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8 text; save it as such, or paste the code.") from None
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{text}\n{fence}"


def is_code_file(name: str) -> bool:
    """Whether a file is one of Python, by its name."""
    return name.lower().endswith(".py")


def headline(reply: RunReply) -> str:
    """How a run went, in short."""
    try_ = f"Try {reply.number} of {reply.of}: "
    if not reply.failing and reply.error:
        return f"{try_}it does not run"
    if not reply.tests:
        return f"{try_}it fails on this case"
    passed, all_ = sum(test.passed for test in reply.tests), len(reply.tests)
    how = f"all {all_} tests pass" if passed == all_ else f"{passed} of {all_} tests pass"
    return f"{try_}{how}"


def tests(reply: RunReply) -> tuple[Result, ...]:
    """The tests to show one by one: none of code that did not run at all."""
    return () if reply.error and not reply.failing else reply.tests


def case(reply: RunReply) -> Iterator[str]:
    """The first case that failed, and the line that the code broke on, as lines of plain text."""
    if failing := reply.failing:
        yield f"input     {failing.inputs}"
        yield f"expected  {failing.expected}"
        yield f"got       {failing.got}"
    elif reply.error:
        yield reply.error.sentence
    if reply.error and reply.error.text:
        yield f"at        {reply.error.text}"


def times(reply: RunReply) -> str:
    """What the cases took, beside the reference solution; nothing where none ran."""
    if not reply.seconds:
        return ""
    beside = f"; the reference takes {_seconds(reply.reference)}" if reply.reference else ""
    return f"ran in {_seconds(reply.seconds)}{beside}"


def _seconds(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{1000 * seconds:.2g} ms" if seconds < 0.01 else f"{1000 * seconds:.0f} ms"
