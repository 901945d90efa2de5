"""The panel of an interview: what it votes on, and whether it has. Pure."""

from collections.abc import Iterator

from bot.coach.interviewer import question, wordings
from bot.coach.reply import BallotReply, DebriefReply
from bot.coach.session import Session
from bot.grading.grade import Verdict
from knowledge.library import Library


def ballot(session: Session, library: Library) -> BallotReply | None:
    """What the panel is to vote on now that a question is over; None without a panel or without points."""
    exchange = session.history[-1]
    if not session.panel or exchange.grade is None or question(library, exchange.ref) is None:
        return None
    texts = wordings(library, exchange.ref)
    points = tuple(texts.get(point.point_id, point.point_id) for point in exchange.grade.points)
    return BallotReply(number=len(session.history), question=exchange.text, points=points)


def waits(session: Session) -> bool:
    """Whether somebody of the panel has still to vote on some point."""
    return any(session.panel - set(session.votes.get(place, {})) for place in _points(session))


def votes(session: Session, question_number: int, point_number: int) -> tuple[Verdict, ...]:
    """What the panel said about a point, without saying who said what."""
    return tuple(sorted(session.votes.get((question_number, point_number), {}).values()))


def debriefed(session: Session) -> bool:
    """Whether the debrief has been given."""
    return any(isinstance(reply, DebriefReply) for replied in session.replies.values() for reply in replied.replies)


def _points(session: Session) -> Iterator[tuple[int, int]]:
    for number, exchange in enumerate(session.history, 1):
        yield from ((number, point) for point in range(1, len(exchange.points) + 1))
