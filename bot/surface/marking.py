"""The candidate's own verdict on what no judge could score: what can be chosen, and what a choice means. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.coach.events import Mark
from bot.coach.reply import PointLine
from bot.grading.grade import Verdict
from bot.surface import words

VERDICTS = (Verdict.MET, Verdict.PARTIAL, Verdict.MISSED)
MARKING = r"viva:mark:(?P<session>[0-9a-f]{32}):m(?P<part>[0-9]{1,3})"
PLACEHOLDER = "Mark what I could not tell"
_POINTS = 25 // len(VERDICTS)  # a select has 25 options on Discord


@dataclass(frozen=True)
class Choice:
    """A point and a verdict; `about` is what the point says, of any length, or empty."""

    label: str
    value: str
    about: str


@dataclass(frozen=True)
class Marking:
    """A select, one of several in its message; any process reads from its custom_id which session it is of."""

    session_id: str
    part: int
    choices: tuple[Choice, ...]

    @property
    def custom_id(self) -> str:
        """At most 100 characters."""
        return f"viva:mark:{self.session_id}:m{self.part}"


def markings(
    session_id: str, points: Sequence[tuple[int | None, PointLine]], *, by_question: bool = False
) -> Iterator[Marking]:
    """Selects to mark points with, each with the number of its finished question (None: the last one).

    `by_question` names the question with each, for points of several.
    """
    for part, first in enumerate(range(0, len(points), _POINTS)):
        choices = _choices(points[first : first + _POINTS], by_question=by_question)
        yield Marking(session_id, part, tuple(choices))


def _choices(points: Sequence[tuple[int | None, PointLine]], *, by_question: bool) -> Iterator[Choice]:
    for question, point in points:
        name = f"{question}.{point.number}" if by_question else f"{point.number}."
        for verdict in VERDICTS:
            value = f"{question or ''}.{point.number}.{verdict}"
            yield Choice(f"{name} {words.NAME[verdict]}", value, point.text or "")


def session_of(custom_id: str) -> str | None:
    """The session that a select is of, or None where it is not one of these."""
    match = re.fullmatch(MARKING, custom_id)
    return match["session"] if match else None


def marked(value: str, *, id: str, at: datetime) -> Mark:  # noqa: A002  # as the events name it
    """What the choice of a value says."""
    question, point, verdict = value.split(".")
    return Mark.model_validate({"id": id, "at": at, "question": question or None, "point": point, "verdict": verdict})
