"""Cards and reports to show."""

from __future__ import annotations

from bot.coach.reply import DebriefQuestion, DebriefReply, GradeReply, PointLine
from bot.grading.grade import Verdict

ANSWER = "You scale the logits by one over T."


def line(number: int, verdict: Verdict, **details: object) -> PointLine:
    """A point on a card, a quarter of the rubric."""
    given = {"number": number, "text": f"Fact {number}.", "weight": 0.25, "verdict": verdict, **details}
    return PointLine.model_validate(given)


def grade(*points: PointLine, score: float = 0.25, open_weight: float = 0.0, final: bool = True) -> GradeReply:
    """A card with these points."""
    return GradeReply(question="Why?", score=score, open_weight=open_weight, points=points, judge="chat", final=final)


def debrief(mode: str, **details: object) -> DebriefReply:
    """A report on two questions: the second was skipped, the first took two hints."""
    asked = DebriefQuestion(
        number=1,
        question="Why divide?",
        note_id="temperature",
        stage="",
        score=0.25,
        open_weight=0.5,
        points=(line(1, Verdict.MET, quote=ANSWER), line(2, Verdict.MISSED)),
        hints=2,
    )
    skipped = asked.model_copy(update={"number": 2, "question": "Why sample?", "score": 0.0, "skipped": True})
    given = {"mode": mode, "score": 0.125, "open_weight": 0.5, "questions": (asked, skipped)}
    texts = {"strengths": ("It divides.",), "weaknesses": ("It sharpens.",), "read_next": ("temperature", "sampling")}
    return DebriefReply.model_validate({**given, **texts, **details})
