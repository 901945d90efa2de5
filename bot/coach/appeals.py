"""A point that the candidate did say, by their words: kept beside the judge's verdict, never in place of it. Pure."""

from bot.coach.events import Appeal, Disputed, Mode
from bot.coach.jury import debriefed
from bot.coach.session import Exchange, Session
from bot.grading.evidence import content, find_quote
from bot.grading.grade import Verdict
from bot.grading.running import is_test

APPEALABLE = (Verdict.MISSED, Verdict.PARTIAL, Verdict.CONTRADICTED)

_NO_SUCH_POINT = "There is no such point to appeal; the numbers stand on the grade card."
_MET = "That point counts as said already."
_YOURS = "That verdict is your own to give: /mark says it."
_NOT_SAID = "These words are not in your answers to that question; quote what you wrote, word for word."
_A_TEST = "That point is a test, which code passes and words do not."
_NOTHING = "Quote the words of your answer that say it."


def disputed(session: Session, event: Appeal) -> Disputed | str:
    """What an appeal comes to, or one sentence on why it comes to nothing."""
    index = (event.question or len(session.history)) - 1
    exchange = session.history[index] if 0 <= index < len(session.history) and _open(session) else None
    points = list(exchange.points.values()) if exchange else []
    if exchange is None or event.point > len(points):
        return _NO_SUCH_POINT
    point = points[event.point - 1]
    if point.marked or point.verdict is Verdict.UNSCORED:
        return _YOURS
    if point.verdict not in APPEALABLE:
        return _MET
    if is_test(point.point_id):
        return _A_TEST
    if not content(event.words):
        return _NOTHING
    return _found(event, exchange, index, point.point_id) or _NOT_SAID


def _open(session: Session) -> bool:
    """Whether the candidate may know the grades."""
    return session.mode is not Mode.INTERVIEW or debriefed(session)


def _found(event: Appeal, exchange: Exchange, index: int, point_id: str) -> Disputed | None:
    for number, answer in enumerate(exchange.answers):
        if span := find_quote(event.words, answer):
            return Disputed(to=event.id, exchange=index, point_id=point_id, answer=number, evidence=span)
    return None
