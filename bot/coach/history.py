"""What was said in one session, with its grades. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.coach.debrief import debrief
from bot.coach.events import Mode
from bot.coach.reply import DebriefReply
from bot.coach.session import Session, Status
from knowledge.library import Library


@dataclass(frozen=True)
class Past:
    """A session: the day it began on, its report, and what was said to each of its finished questions, in order."""

    day: date
    debrief: DebriefReply
    answers: tuple[tuple[str, ...], ...]


def past(begun: datetime, session: Session, library: Library) -> Past | None:
    """A session as it may be shown: None where nothing was graded, and of an interview that is still under way."""
    silent = session.mode is Mode.INTERVIEW and session.status is not Status.CLOSED
    report = None if silent else debrief(session, library)
    return Past(begun.date(), report, tuple(exchange.answers for exchange in session.history)) if report else None
