"""A conversation as a value: fold its events and out comes where it stands. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import get_args

from bot.coach.events import (
    Ask,
    Asked,
    CandidateEvent,
    Closed,
    Disputed,
    Executed,
    Finished,
    Graded,
    Hinted,
    Marked,
    Mode,
    Outcome,
    Pause,
    Probed,
    QuestionRef,
    Replied,
    Resume,
    Say,
    Seat,
    Stage,
    Start,
    Vote,
)
from bot.grading.grade import Aid, Grade, PointGrade, Verdict, WrongBelief
from bot.grading.running import Run, is_test
from knowledge.search import resolve

AWAY = timedelta(minutes=15)
"""The longest silence that counts: who takes longer has left, with /quit, a closed window or without a word.

In an interview of less than 45 minutes it is a third of them, so that leaving once does not end it.
"""


class Status(StrEnum):
    """Whether a session takes answers."""

    NEW = "new"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True)
class Exchange:
    """One question and everything said about it so far.

    `last_prompt` is what the candidate is to answer now (the question or the last probe),
    `answered_prompt` what their last answer was to; `notices` came with its grade. `disputed` are the points
    that they say they did make. `sure` is how sure the candidate was of their first answer, from 1 to 5, `finished`
    when the question was over. `starter` is shown with a question that wants code, `runs` are those of the code so far.
    """

    ref: QuestionRef
    text: str
    stage: Stage
    number: int
    points: Mapping[str, PointGrade] = field(default_factory=dict[str, PointGrade])
    answers: tuple[str, ...] = ()
    probes: Mapping[str, int] = field(default_factory=dict[str, int])
    hinted: frozenset[str] = frozenset()
    last_prompt: str = ""
    judge: str = ""
    misconceptions: tuple[WrongBelief, ...] = ()
    notices: tuple[str, ...] = ()
    answered_prompt: str = ""
    skipped: bool = False
    starter: str = ""
    runs: tuple[Executed, ...] = ()
    sure: int | None = None
    finished: datetime | None = None
    disputed: Mapping[str, Disputed] = field(default_factory=dict[str, Disputed])

    def ran(self, event_id: str) -> Run | None:
        """How the code of one answer ran, or None where it was not."""
        return next((executed.run for executed in self.runs if executed.to == event_id), None)

    @property
    def grade(self) -> Grade | None:
        """All points together, or None before the first answer."""
        if not self.points:
            return None
        return Grade(judge=self.judge, points=tuple(self.points.values()), misconceptions=self.misconceptions)


@dataclass(frozen=True)
class Session:
    """Where a conversation stands.

    `asked` are the notes asked about, in order. `said` holds every question, probe and hint put so
    far: none is put twice. `pending` are candidate events that have no reply yet, oldest first;
    `replies` is what the others got. `subject` is what "and why is that?" would lean on, `context` what it
    was when the candidate asked last.
    `active_seconds` leaves out pauses and all of a silence beyond `AWAY`. `panel` are those who vote, `votes` what
    each said about a point: (question, point), both counted from 1 -> person -> verdict.
    """

    status: Status = Status.NEW
    start: Start | None = None
    current: Exchange | None = None
    history: tuple[Exchange, ...] = ()
    asked: tuple[str, ...] = ()
    said: frozenset[str] = frozenset()
    pending: tuple[CandidateEvent, ...] = ()
    graded: frozenset[str] = frozenset()
    replies: Mapping[str, Replied] = field(default_factory=dict[str, Replied])
    subject: str = ""
    context: str = ""
    active_seconds: float = 0.0
    clock: datetime | None = None
    panel: frozenset[str] = frozenset()
    votes: Mapping[tuple[int, int], Mapping[str, Verdict]] = field(
        default_factory=dict[tuple[int, int], Mapping[str, Verdict]]
    )

    @property
    def mode(self) -> Mode:
        """What sort of session it is; a session without a start only answers questions."""
        return self.start.mode if self.start else Mode.ASK

    @property
    def plain(self) -> bool:
        """Whether a model is to word things plainly."""
        return self.start is not None and self.start.plain

    @property
    def number(self) -> int:
        """How many main questions have been put."""
        return max((exchange.number for exchange in self.exchanges), default=0)

    @property
    def prompts(self) -> int:
        """How many questions and probes have been put."""
        return sum(1 + sum(exchange.probes.values()) for exchange in self.exchanges)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All questions in order, the open one last."""
        return (*self.history, *([self.current] if self.current else []))


def replay(events: Iterable[CandidateEvent | Outcome]) -> Session:
    """The session that these events make."""
    return reduce(apply, events, Session())


def apply(session: Session, event: CandidateEvent | Outcome) -> Session:
    """The session after one more event."""
    if isinstance(event, get_args(CandidateEvent)):
        return _heard(session, event)  # pyright: ignore[reportArgumentType]  # get_args narrows to object
    return _decided(session, event)  # pyright: ignore[reportArgumentType]  # what is left is an Outcome


def _heard(session: Session, event: CandidateEvent) -> Session:
    session = replace(_at(session, event.at), pending=(*session.pending, event))
    match event:
        case Start():
            return replace(session, status=Status.ACTIVE, start=event)
        case Pause() if session.status is Status.ACTIVE:
            return replace(session, status=Status.PAUSED)
        case Resume() if session.status is Status.PAUSED:
            return replace(session, status=Status.ACTIVE)
        case Say() if session.status is Status.PAUSED:
            # Whoever answers is back.
            return replace(session, status=Status.ACTIVE)
        case Seat():
            return replace(session, panel=session.panel | {event.who})
        case Vote() if event.who in session.panel:
            place = event.question, event.point
            said = {**session.votes.get(place, {}), event.who: event.verdict}
            return replace(session, votes={**session.votes, place: said})
        case Ask():
            return replace(session, context=session.subject, subject=resolve(event.text, session.subject))
        case _:
            return session


def _at(session: Session, at: datetime) -> Session:
    """Let time pass; a pause does not count, a silence not beyond `AWAY`, and a clock set back does not un-pass it."""
    if session.clock is None:
        return replace(session, clock=at)
    longest = AWAY
    if session.start and session.mode is Mode.INTERVIEW:
        longest = min(AWAY, timedelta(minutes=session.start.minutes) / 3)
    passed = max(0.0, min(at - session.clock, longest).total_seconds()) if session.status is Status.ACTIVE else 0.0
    return replace(session, clock=max(session.clock, at), active_seconds=session.active_seconds + passed)


def _decided(session: Session, event: Outcome) -> Session:
    current = session.current
    match event:
        case Asked():
            exchange = Exchange(
                event.ref, event.text, event.stage, event.number, last_prompt=event.text, starter=event.starter
            )
            asked = (*session.asked, event.ref.note_id)
            return replace(session, current=exchange, asked=asked, said=session.said | {event.text})
        case Executed() if current:
            asks = event.asks or current.last_prompt
            return replace(session, current=replace(current, runs=(*current.runs, event), last_prompt=asks))
        case Graded() if current:
            said = next((e for e in session.pending if isinstance(e, Say) and e.id == event.to), None)
            return replace(session, current=_merge(current, said, event.grade), graded=session.graded | {event.to})
        case Probed() if current:
            probes = {**current.probes, event.point_id: current.probes.get(event.point_id, 0) + 1}
            current = replace(current, probes=probes, last_prompt=event.text)
            return replace(session, current=current, said=session.said | {event.text, event.authored})
        case Hinted() if current:
            current = replace(current, hinted=current.hinted | {event.point_id})
            return replace(session, current=current, said=session.said | {event.text})
        case Finished() if current:
            done = replace(current, skipped=event.skipped, finished=session.clock)
            return replace(session, current=None, history=(*session.history, done), subject=done.text)
        case Marked():
            return replace(session, history=_marked(session.history, event))
        case Disputed():
            exchange = session.history[event.exchange]
            exchange = replace(exchange, disputed={**exchange.disputed, event.point_id: event})
            return replace(session, history=_with(session.history, event.exchange, exchange))
        case Closed():
            # A question that stood open unanswered does not count, and may now be asked about.
            subject = current.text if current else session.subject
            return replace(session, status=Status.CLOSED, current=None, subject=subject)
        case Replied():
            pending = tuple(e for e in session.pending if e.id != event.to)
            return replace(session, pending=pending, replies={**session.replies, event.to: event})
        case _:
            return session


def _merge(exchange: Exchange, said: Say | None, grade: Grade) -> Exchange:
    """Take over what a new answer earned; what was earned before is never lost."""
    first = not exchange.points
    unaided = not exchange.probes  # between tries, and between parts of one answer, nothing was asked
    points = dict(exchange.points)
    best_try = _tests_earned(grade.points) >= _tests_earned(points.values())
    for point in grade.points:
        aid = Aid.HINT if point.point_id in exchange.hinted else Aid.NONE if unaided else Aid.PROBE
        helped = point.model_copy(update={"aid": aid if point.verdict.credit else Aid.NONE})
        before = points.get(point.point_id)
        if before is None or (is_test(point.point_id) and best_try):
            points[point.point_id] = helped
        elif not is_test(point.point_id):
            points[point.point_id] = _better(before, helped)
    known = {belief.claim for belief in exchange.misconceptions}
    return replace(
        exchange,
        points=points,
        misconceptions=(*exchange.misconceptions, *(b for b in grade.misconceptions if b.claim not in known)),
        answers=(*exchange.answers, said.text if said else ""),
        sure=said.sure if said and first else exchange.sure,
        judge=grade.judge if first or grade.judge != "rule" else exchange.judge,
        notices=grade.notices,
        answered_prompt=exchange.last_prompt,
    )


def _tests_earned(points: Iterable[PointGrade]) -> float:
    """What one try earned by its tests: those that different tries passed are not added up."""
    return sum(point.weight * point.verdict.credit for point in points if is_test(point.point_id))


_STANDING = {
    Verdict.MISSED: 0,
    Verdict.UNSCORED: 1,
    Verdict.CONTRADICTED: 2,
    Verdict.PARTIAL: 3,
    Verdict.MET: 3,
}


def _better(before: PointGrade, after: PointGrade) -> PointGrade:
    """The verdict that stands: credit wins; a contradiction stands until it is put right."""
    if after.verdict.credit or before.verdict.credit:
        more = after.earned > before.earned
        return after if more or (after.earned == before.earned and after.verdict is Verdict.MET) else before
    return after if _STANDING[after.verdict] >= _STANDING[before.verdict] else before


def _marked(history: tuple[Exchange, ...], event: Marked) -> tuple[Exchange, ...]:
    exchange = history[event.exchange]
    before = exchange.points[event.point_id]
    aid = Aid.HINT if event.point_id in exchange.hinted else before.aid
    point = before.model_copy(update={"verdict": event.verdict, "marked": True, "aid": aid})
    return _with(history, event.exchange, replace(exchange, points={**exchange.points, event.point_id: point}))


def _with(history: tuple[Exchange, ...], index: int, exchange: Exchange) -> tuple[Exchange, ...]:
    return (*history[:index], exchange, *history[index + 1 :])
