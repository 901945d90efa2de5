"""Small notes made by hand, and grades for them."""

from collections.abc import Sequence

from bot.grading.grade import Grade, PointGrade, Span, Verdict, WrongBelief
from knowledge.note import FULL, SHORT, Criterion, FollowUp, Kind, Level, Misconception, Note, Related, RubricPoint

MET, PARTIAL, MISSED = Verdict.MET, Verdict.PARTIAL, Verdict.MISSED
CONTRADICTED, UNSCORED = Verdict.CONTRADICTED, Verdict.UNSCORED

ANSWER = "it is the expected log loss"
"""What a candidate says who says something about the subject."""


def point(point_id: str, weight: float, *, of: str = "kl") -> RubricPoint:
    """A rubric point with words of its own: no other point shares them."""
    return RubricPoint(
        id=point_id,
        point=f"Secret {of} fact {point_id} rests on gauss{point_id} and euler{point_id}.",
        weight=weight,
        paraphrases=(f"{of} {point_id} said well", f"{of} {point_id} said otherwise"),
        contradictions=(f"{of} {point_id} denied", f"{of} {point_id} turned round"),
        probe=f"What about {point_id} in {of}?",
    )


def rubric(*weights: float, of: str = "kl") -> tuple[RubricPoint, ...]:
    """Points a, b, c … with these weights."""
    return tuple(point(chr(ord("a") + n), weight, of=of) for n, weight in enumerate(weights))


def note(
    note_id: str = "kl",
    *weights: float,
    topic: str = "losses",
    level: Level = Level.CORE,
    kind: Kind = Kind.CONCEPT,
    rungs: int = 1,
    related: Sequence[str] = (),
) -> Note:
    """A note with points a, b, c … (0.5, 0.3, 0.2 unless told) and a ladder of `rungs` one-point follow-ups."""
    return Note(
        id=note_id,
        question=f"What is {note_id}?",
        asked_as=(f"{note_id}?", f"explain {note_id}", f"define {note_id}"),
        topic=topic,
        level=level,
        kind=kind,
        rubric=rubric(*(weights or (0.5, 0.3, 0.2)), of=note_id),
        misconceptions=(Misconception(claim=f"{note_id} is easy.", correction="It is not."),),
        follow_ups=tuple(
            FollowUp(question=f"How deep does {note_id} go at rung {n}?", rubric=rubric(1.0, of=f"{note_id}-rung-{n}"))
            for n in range(1, rungs + 1)
        ),
        related=tuple(Related(id=other, bridge=f"From {note_id} to {other}?") for other in related),
        sections={
            SHORT: f"In short, {note_id} is this.",
            FULL: f"In full, {note_id} is that.\n\nAnd more.",
        },
    )


def graded(point_id: str, weight: float, verdict: Verdict, quote: str = ANSWER, reason: str = "") -> PointGrade:
    """A verdict on one point; all but missed and unscored ones quote the answer."""
    silent = verdict in (MISSED, UNSCORED)
    span = None if silent or not quote else Span(start=0, end=len(quote), quote=quote)
    return PointGrade(point_id=point_id, weight=weight, verdict=verdict, evidence=span, reason=reason)


def grade(points: Sequence[Criterion], *verdicts: Verdict, judge: str = "test", quote: str = ANSWER) -> Grade:
    """A grade of these points; the last verdict holds for the points that are left."""
    held = [*verdicts, *verdicts[-1:] * len(points)]
    return Grade(
        judge=judge,
        points=tuple(graded(p.id, p.weight, v, quote) for p, v in zip(points, held, strict=False)),
    )


def belief(of: str = "kl", quote: str = ANSWER) -> WrongBelief:
    """The misconception of a note, stated in these words."""
    (known,) = note(of).misconceptions
    return WrongBelief(
        claim=known.claim, correction=known.correction, evidence=Span(start=0, end=len(quote), quote=quote)
    )
