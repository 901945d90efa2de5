"""Grade cards and the report after a session. Pure."""

from collections.abc import Sequence

from bot.coach.interviewer import shorten, wordings
from bot.coach.jury import votes
from bot.coach.reply import DebriefQuestion, DebriefReply, GradeReply, PointLine
from bot.coach.session import Exchange, Session
from bot.grading.grade import Grade, PointGrade, Verdict, WrongBelief
from bot.grading.running import is_test
from knowledge.library import Library

_STRONG = 0.7
_NAMED = 3


def card(exchange: Exchange, grade: Grade, library: Library, *, final: bool, number: int | None = None) -> GradeReply:
    """The grade of one question; points that may still be earned keep their text to themselves.

    So do corrections: after a question that was met in full comes its next rung, which they could answer.
    """
    ladder_ends = final and any(point.verdict is not Verdict.MET for point in grade.points)
    return GradeReply(
        question=exchange.text,
        score=grade.score,
        open_weight=grade.open_weight,
        points=_lines(exchange, grade, library, final=final),
        judge=grade.judge,
        final=final,
        misconceptions=grade.misconceptions if ladder_ends else (),
        number=number,
    )


def _lines(exchange: Exchange, grade: Grade, library: Library, *, final: bool) -> tuple[PointLine, ...]:
    texts = wordings(library, exchange.ref)

    def line(number: int, point: PointGrade) -> PointLine:
        test = is_test(point.point_id)
        return PointLine(
            number=number,
            text=texts.get(point.point_id, point.point_id) if final or test or point.verdict is Verdict.MET else None,
            weight=point.weight,
            verdict=point.verdict,
            quote=point.evidence.quote if point.evidence and not test else "",  # of each test it is the same line
            aid=point.aid,
            reason=point.reason,
            marked=point.marked,
            test=test,
            disputed=exchange.disputed[point.point_id].evidence.quote if point.point_id in exchange.disputed else "",
        )

    return tuple(line(number, point) for number, point in enumerate(grade.points, 1))


def debrief(session: Session, library: Library) -> DebriefReply | None:
    """The report over all finished questions, or None when nothing was answered."""
    questions: list[DebriefQuestion] = []
    beliefs: dict[str, WrongBelief] = {}
    for number, exchange in enumerate(session.history, 1):
        grade = exchange.grade
        if grade is None:
            continue
        beliefs |= {belief.claim: belief for belief in grade.misconceptions if belief.claim not in beliefs}
        questions.append(
            DebriefQuestion(
                number=number,
                question=exchange.text,
                note_id=exchange.ref.note_id,
                stage=exchange.stage,
                score=grade.score,
                open_weight=grade.open_weight,
                points=tuple(
                    point.model_copy(update={"votes": votes(session, number, point.number)})
                    for point in _lines(exchange, grade, library, final=True)
                ),
                skipped=exchange.skipped,
                hints=len(exchange.hinted),
            )
        )
    if not questions:
        return None
    weakest = sorted((q for q in questions if q.score < _STRONG), key=lambda q: (q.score, q.number))
    return DebriefReply(
        mode=session.mode,
        score=_mean([q.score for q in questions]),
        open_weight=_mean([q.open_weight for q in questions]),
        questions=tuple(questions),
        strengths=_strengths(questions),
        weaknesses=(*_weaknesses(questions), *map(_put_right, beliefs.values())),
        read_next=tuple(dict.fromkeys(q.note_id for q in weakest))[:_NAMED],
    )


def _strengths(questions: Sequence[DebriefQuestion]) -> tuple[str, ...]:
    """The heaviest points that were met without help, as the rubric states them."""
    met = [
        (point.weight, point.text or "")
        for q in questions
        for point in q.points
        if point.verdict is Verdict.MET and point.aid == "none" and not point.marked and not point.test
    ]
    return tuple(text for _, text in sorted(met, key=lambda pair: -pair[0])[:_NAMED])


def _weaknesses(questions: Sequence[DebriefQuestion]) -> tuple[str, ...]:
    """The points said wrongly, then the heaviest that were not said."""
    lost = [
        (point.verdict is not Verdict.CONTRADICTED, -point.weight, point.text or "")
        for q in questions
        for point in q.points
        if point.verdict in (Verdict.CONTRADICTED, Verdict.MISSED)
    ]
    return tuple(text for _, _, text in sorted(lost)[:_NAMED])


def _put_right(belief: WrongBelief) -> str:
    return f"You said “{shorten(belief.evidence.quote)}”. In fact: {belief.correction}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
