"""A session graded again by another judge, to see where the two differ. Nothing is stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.coach.events import CandidateEvent, Disputed, Graded, Marked, Outcome, Say
from bot.coach.interviewer import question
from bot.coach.session import Exchange, Session, apply
from bot.grading.grade import Judge, PointGrade, Submission
from knowledge.library import Library

_BY_NOBODY = "rule"  # says of a reply without a statement that it states nothing; no judge was asked


@dataclass(frozen=True)
class Difference:
    """A point of a question with two verdicts; `number` counts the points of its rubric from 1."""

    number: int
    text: str
    before: PointGrade
    after: PointGrade


async def regraded(
    events: Iterable[CandidateEvent | Outcome], library: Library, judge: Judge, person: str
) -> tuple[Session, Session]:
    """The session as it was graded and as this judge grades it, both without what the candidate says of a grade.

    The judge gets each answer with the points that were open when it was given. What the notes have lost keeps its
    grade. `person` is who pays for what a model uses.
    """
    before = after = Session()
    for event in events:
        if isinstance(event, Marked | Disputed):
            continue
        again = event
        if isinstance(event, Graded) and (submission := _submission(before, event, library, person)):
            again = event.model_copy(update={"grade": await judge.grade(submission)})
        before, after = apply(before, event), apply(after, again)
    return before, after


def _submission(session: Session, graded: Graded, library: Library, person: str) -> Submission | None:
    """What a judge got for a grade; None where none was asked, or where the notes have lost it."""
    exchange = session.current
    said = next((e.text for e in session.pending if isinstance(e, Say) and e.id == graded.to), None)
    found = question(library, exchange.ref) if exchange else None
    if exchange is None or said is None or found is None or graded.grade.judge == _BY_NOBODY:
        return None
    points = {point.id: point for point in found[1]}
    rubric = tuple(points[point.point_id] for point in graded.grade.points if point.point_id in points)
    if len(rubric) < len(graded.grade.points):
        return None
    return Submission(
        question=exchange.last_prompt,
        rubric=rubric,
        answer=said,
        misconceptions=library[exchange.ref.note_id].misconceptions,
        person=person,
    )


def differences(before: Exchange, after: Exchange, library: Library) -> Iterator[Difference]:
    """The points of a question whose verdicts differ."""
    found = question(library, before.ref)
    texts = {point.id: point.point for point in found[1]} if found else {}
    for number, (name, point) in enumerate(before.points.items(), 1):
        if point.verdict is not after.points[name].verdict:
            yield Difference(number, texts.get(name, name), point, after.points[name])
