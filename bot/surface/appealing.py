"""I did say that: which points can be appealed, what is typed for it, and what a choice means. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime

from bot.coach.appeals import APPEALABLE
from bot.coach.events import Appeal
from bot.coach.reply import DebriefReply, GradeReply, PointLine
from bot.errors import UsageError
from bot.surface import words
from bot.surface.marking import Choice

LABEL = "I did say that"
POINT, WORDS = "Which point?", "Your words, as they stand in your answer"
MOST_WORDS = 1_000  # characters

_MOST = 25  # options of a select on Discord
_USAGE = (
    'Say which point and quote your words, for example: /appeal 3 "the mean is zero", or /appeal 2.3 for question 2.'
)


def choices(reply: GradeReply | DebriefReply) -> Sequence[Choice]:
    """The points that can be appealed, at most 25; none while a question is open."""
    if isinstance(reply, DebriefReply):
        points = [(question.number, point) for question in reply.questions for point in question.points]
    else:
        points = [(reply.number, point) for point in reply.points if reply.final and reply.number]
    return [
        Choice(f"{number}.{point.number} {words.NAME[point.verdict]}", f"{number}.{point.number}", point.text or "")
        for number, point in points
        if _can_be(point)
    ][:_MOST]


def _can_be(point: PointLine) -> bool:
    return point.verdict in APPEALABLE and not point.marked and not point.disputed and not point.test


def chosen(value: str, said: str, *, id: str, at: datetime) -> Appeal:  # noqa: A002  # as the events name it
    """What the choice of a point and the words beside it say."""
    question, point = value.split(".")
    return Appeal.model_validate({"id": id, "at": at, "question": question, "point": point, "words": said})


def typed(text: str, *, id: str, at: datetime) -> Appeal:  # noqa: A002  # as the events name it
    """`3 "my words"`, or `2.3 my words` for the third point of the second question; UsageError for anything else."""
    match = re.fullmatch(r"(?:([1-9]\d{0,5})\.)?([1-9]\d{0,5})\s+(.+)", text.strip(), re.DOTALL)
    said = match[3].strip().strip("\"“”„»«'") if match else ""
    if not match or not said:
        raise UsageError(_USAGE)
    return Appeal.model_validate({"id": id, "at": at, "question": match[1], "point": match[2], "words": said})
