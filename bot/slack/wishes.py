"""What is typed after /viva, as people type it. Pure."""

import html
import re
from dataclasses import dataclass
from typing import Literal

from bot.errors import UsageError
from bot.grading.grade import Verdict
from knowledge.note import Level

_PERSON = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
_NAMED = re.compile(r"<([@#!])?([^>|]+)(?:\|([^>]*))?>")
_FILLERS = {"on", "about", "for", "with", "of", "the", "a", "an", "level", "topic", "focus", "panel", "please"}
_UNITS = {"question", "questions", "minute", "minutes", "min", "mins"}
_LEVELS = {str(level): level for level in Level}
_VERDICTS: dict[str, Literal[Verdict.MET, Verdict.PARTIAL, Verdict.MISSED]] = {
    "yes": Verdict.MET, "said": Verdict.MET, "partly": Verdict.PARTIAL, "no": Verdict.MISSED,
}  # fmt: skip
_MARKING = "Say which point and whether you said it: /mark 3 yes, /mark 3 partly, or /mark 3 no 2 for question 2."


def plain(typed: str) -> str:
    """What somebody typed, as they typed it: Slack sends names and addresses in brackets, and brackets escaped."""

    def name(match: re.Match[str]) -> str:
        kind, named, label = match[1] or "", match[2], match[3]
        return f"{'@' if kind == '!' else kind}{label or named}".replace("@@", "@") if kind else label or named

    return html.unescape(_NAMED.sub(name, typed)).strip()


@dataclass(frozen=True)
class Wish:
    """A session as it is wished for: its topic, a number (of questions, of minutes), its level, and with whom."""

    topic: str | None = None
    number: int | None = None
    level: Level | None = None
    private: bool = False
    panel: tuple[str, ...] = ()


def wish(typed: str) -> Wish:
    """What somebody wishes who typed `losses 3 private`, in whatever order; people are named by mentions."""
    panel = tuple(_PERSON.findall(typed))
    rest, number, level, private = list[str](), None, None, False
    for word in _PERSON.sub(" ", typed).replace(",", " ").split():
        plain = word.casefold().strip(".:")
        if plain.isdecimal() and number is None:
            number = int(plain)
        elif plain in _LEVELS and level is None:
            level = _LEVELS[plain]
        elif plain in ("private", "privately"):
            private = True
        elif plain not in _UNITS:
            rest.append(word)
    return Wish(_subject(rest), number, level, private, panel)


def _subject(words: list[str]) -> str | None:
    """What is left, without what only joins it to the rest; "of" within a name stays."""
    while words and words[0].casefold() in _FILLERS:
        words = words[1:]
    while words and words[-1].casefold() in _FILLERS:
        words = words[:-1]
    return " ".join(words) or None


def between(number: int, low: int, high: int, what: str) -> int:
    """A number in its range; UsageError for another."""
    if not low <= number <= high:
        raise UsageError(f"{what} are a whole number from {low} to {high}, not {number}.")
    return number


def marking(
    typed: str,
) -> tuple[int, Literal[Verdict.MET, Verdict.PARTIAL, Verdict.MISSED], int | None]:
    """Point, verdict and question of `3 yes 2`; UsageError for what cannot be read."""
    match = re.fullmatch(r"\s*([1-9]\d?)\s+([a-z]+)(?:\s+([1-9]\d?))?\s*", typed.casefold())
    if match is None or match[2] not in _VERDICTS:
        raise UsageError(_MARKING)
    return int(match[1]), _VERDICTS[match[2]], int(match[3]) if match[3] else None
