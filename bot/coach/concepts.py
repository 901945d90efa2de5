"""What is remembered of one person and one note, and of one person and all days. Pure.

It follows from the events of the person's sessions and from nothing else: kept beside them so that nobody has to read
them all, thrown away at will, and worked out again by `recalled`.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.coach.events import CandidateEvent, Outcome
from bot.coach.mastery import Tally
from bot.coach.schedule import Recall, reviewed
from bot.coach.session import Exchange, Session, apply
from bot.grading.grade import Grade, PointGrade, Verdict

VERSION = 1
"""Raised with every change to what is kept, so that what an older Viva kept is worked out again."""

WELL = 0.7
"""From which share on a question was answered well."""

_REVIEWS = 8  # that are kept one by one
_DAYS = 400
_ENOUGH = 0.5  # share of the weight that has to be scored to say how well a question went, or of it earned to put right


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Review(_Kept):
    """One answered question on a note.

    `key` names it, `share` is what was earned of what could be scored, None where that is too little to tell. `wrong`:
    something was said that is not so. `recall` is how the concept stood after it; what only went `deeper` into the
    question before it was no review.
    """

    key: str
    at: datetime
    rung: int
    deeper: bool
    share: float | None
    wrong: bool
    recall: Recall | None = None


class Point(_Kept):
    """A rubric point: how it went over time, and the last time that it could be told."""

    tally: Tally
    verdict: Verdict


class Sureness(_Kept):
    """Questions before which somebody was equally sure: their number, the sum of their shares and of the squares."""

    number: int = 0
    shares: float = 0.0
    squares: float = 0.0

    def plus(self, share: float, number: int) -> "Sureness":
        """With a question, or with `number` -1 without one."""
        return Sureness(
            number=self.number + number,
            shares=self.shares + number * share,
            squares=self.squares + number * share**2,
        )


class Concept(_Kept):
    """What is remembered of a note.

    `wording` is how it was asked last, `questions` how many on it were graded. `tally` is of the note's own question,
    `points` are by their id, those of a rung by `rung:id`. `rung` is the highest that was answered well, -1 for none.
    `beliefs` are the misconceptions that were stated and not put right since, `sure` questions by how sure they were.
    """

    asked: datetime
    wording: str
    tally: Tally
    questions: int = 0
    points: dict[str, Point] = {}
    rung: int = -1
    beliefs: dict[str, datetime] = {}
    reviews: tuple[Review, ...] = ()
    sure: dict[int, Sureness] = {}

    @property
    def recall(self) -> Recall | None:
        """How it stands in memory, or None before the first review."""
        return next((review.recall for review in reversed(self.reviews) if review.recall), None)


class Diary(_Kept):
    """How many questions a person answered, by day (UTC, as in 2026-05-04)."""

    version: int = VERSION
    days: dict[str, int] = {}

    def plus(self, at: datetime) -> "Diary":
        """With one more."""
        day = at.date().isoformat()
        days = {**self.days, day: self.days.get(day, 0) + 1}
        return Diary(days=dict(sorted(days.items())[-_DAYS:]))


@dataclass(frozen=True)
class Change:
    """A question that was put at a moment (`put`), is over, or is graded otherwise than it `was`.

    `key` names it among all of the person's; `deeper`: it only went on with the question before.
    """

    key: str
    at: datetime
    now: Exchange
    was: Exchange | None = None
    put: bool = False
    deeper: bool = False

    @property
    def note_id(self) -> str:
        """Which note it is on."""
        return self.now.ref.note_id

    @property
    def answered(self) -> bool:
        """Whether a question is over that was not over before, and something was said to it."""
        return bool(self.now.finished and self.now.answers and not self.was)


def changes(session_id: str, before: Session, after: Session) -> Iterator[Change]:
    """What came to pass with the questions of a session between two moments, in order."""
    begun, number = len(before.exchanges), 0
    for index, now in enumerate(after.exchanges):
        was = before.history[index] if index < len(before.history) else None
        deeper, number = now.number == number, now.number
        put, over = index >= begun, index < len(after.history)
        if after.clock and (put or (over and now != was)):
            yield Change(f"{session_id}/{index}", after.clock, now, was, put, deeper)


def lived(session_id: str, events: Iterable[CandidateEvent | Outcome]) -> Iterator[Change]:
    """All that came to pass with the questions of a session, event by event."""
    session = Session()
    for event in events:
        before, session = session, apply(session, event)
        if session.history is not before.history or session.current is not before.current:
            yield from changes(session_id, before, session)


def recalled(found: Iterable[Change]) -> tuple[dict[str, Concept], Diary]:
    """What is remembered of all that came to pass with one person, in whatever order the sessions are given."""
    concepts, diary = dict[str, Concept](), Diary()
    for change in sorted(found, key=lambda change: (change.at, change.key.rpartition("/")[0])):
        concepts[change.note_id] = remembered(concepts.get(change.note_id), change)
        diary = noted(diary, change)
    return concepts, diary


def noted(diary: Diary, change: Change) -> Diary:
    """The diary with a question, if it is one that was answered."""
    return diary.plus(change.now.finished) if change.now.finished and change.answered else diary


def remembered(concept: Concept | None, change: Change) -> Concept:
    """What is remembered of a note after a change; `concept` is None before the first."""
    concept = concept or Concept(asked=change.at, wording="", tally=Tally(at=change.at))
    if change.put and not change.deeper and change.at >= concept.asked:
        concept = concept.model_copy(update={"asked": change.at, "wording": change.now.text})
    if change.now.finished is None or change.now.grade is None:
        return concept
    for exchange, count in ((change.was, -1), (change.now, 1)):
        if exchange and exchange.grade:
            concept = _counted(concept, exchange, exchange.grade, change.now.finished, count)
    review = _review(change, change.now.grade, change.now.finished)
    update: dict[str, Any] = {"reviews": _chained(concept, review), "beliefs": _beliefs(concept, change.now, review)}
    if review.share is not None and review.share >= WELL:
        update["rung"] = max(concept.rung, review.rung)
    return concept.model_copy(update=update)


def share(grade: Grade) -> float | None:
    """What was earned of what could be scored, in [0, 1]; None where less than half of the weight could."""
    scored = _scored(grade)
    return min(1.0, math.fsum(p.earned for p in scored) / _weight(scored)) if _weight(scored) >= _ENOUGH else None


def _scored(grade: Grade) -> list[PointGrade]:
    return [point for point in grade.points if point.verdict is not Verdict.UNSCORED]


def _weight(points: Iterable[PointGrade]) -> float:
    return math.fsum(point.weight for point in points)


def _counted(concept: Concept, exchange: Exchange, grade: Grade, at: datetime, count: int) -> Concept:
    """With a question counted in (`count` 1), or taken out again (-1)."""
    scored, rung, earned = _scored(grade), exchange.ref.rung, share(grade)
    update: dict[str, Any] = {
        "questions": concept.questions + count,
        "points": _points(concept, scored, rung, at, count),
    }
    if rung == 0:
        sum_ = math.fsum(point.earned for point in scored)
        update["tally"] = concept.tally.plus(count * sum_, count * _weight(scored), at)
    if exchange.sure and earned is not None:
        before = concept.sure.get(exchange.sure, Sureness())
        update["sure"] = {**concept.sure, exchange.sure: before.plus(earned, count)}
    return concept.model_copy(update=update)


def _points(concept: Concept, scored: Iterable[PointGrade], rung: int, at: datetime, count: int) -> dict[str, Point]:
    points = dict(concept.points)
    for point in scored:
        name = f"{rung}:{point.point_id}" if rung else point.point_id
        before = points[name].tally if name in points else Tally(at=at)
        worth = point.verdict.credit * point.aid.share
        points[name] = Point(tally=before.plus(count * worth, count, at), verdict=point.verdict)
    return points


def _review(change: Change, grade: Grade, at: datetime) -> Review:
    contradicted = any(point.verdict is Verdict.CONTRADICTED for point in grade.points)
    return Review(
        key=change.key,
        at=at,
        rung=change.now.ref.rung,
        deeper=change.deeper,
        share=share(grade),
        wrong=contradicted or bool(grade.misconceptions),
    )


def _chained(concept: Concept, review: Review) -> tuple[Review, ...]:
    """The reviews with a new one, or with one in its place; how the concept stood after it and those after it."""
    others = [each for each in concept.reviews if each.key != review.key]
    reviews = sorted([*others, review], key=lambda each: (each.at, each.key))
    first = reviews.index(review)
    if first == 0 and len(others) < len(concept.reviews) and concept.questions > len(reviews):
        # What stood before it is no longer kept: how the concept stood after it stays as it was.
        return (review.model_copy(update={"recall": concept.reviews[0].recall}), *concept.reviews[1:])
    recall = next((each.recall for each in reversed(reviews[:first]) if each.recall), None)
    for index, each in enumerate(reviews[first:], first):
        if each.share is not None and not each.deeper:
            recall = reviewed(recall, each.share, each.at)
            reviews[index] = each.model_copy(update={"recall": recall})
    return tuple(reviews[-_REVIEWS:])


def _beliefs(concept: Concept, now: Exchange, review: Review) -> dict[str, datetime]:
    """The misconceptions that are held: a later answer that earns half or more without one has put it right."""
    right = review.rung == 0 and review.share is not None and review.share >= _ENOUGH
    stated = {belief.claim: review.at for belief in now.misconceptions}
    return {claim: at for claim, at in concept.beliefs.items() if not (right and at < review.at)} | stated
