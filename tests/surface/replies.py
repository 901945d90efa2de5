"""Replies to show, and what every surface is to say of them. A new kind, or a new fact on a card, goes in here."""

from __future__ import annotations

from bot.coach.reply import (
    AnswerReply,
    BallotReply,
    DebriefReply,
    ExplanationReply,
    GradeReply,
    HintReply,
    NoticeReply,
    ProbeReply,
    QuestionReply,
    Reply,
    RunReply,
)
from bot.grading.grade import Aid, Span, Verdict, WrongBelief
from bot.grading.running import Case, Result, Wrong
from tests.surface.written import ANSWER, debrief, grade, line

WRONG = "It multiplies"
GRADE = grade(
    line(1, Verdict.MET, quote=ANSWER),
    line(2, Verdict.PARTIAL, quote="by T", aid=Aid.PROBE),
    line(3, Verdict.MISSED),
    line(4, Verdict.CONTRADICTED, quote="it adds", disputed="It adds up"),
    line(5, Verdict.UNSCORED, reason="The wording is open."),
    line(6, Verdict.MET, marked=True),
    open_weight=0.25,
).model_copy(
    update={
        "number": 2,
        "misconceptions": (
            WrongBelief(
                claim="never shown", correction="It divides by $T^2$.", evidence=Span(start=0, end=13, quote=WRONG)
            ),
        ),
    }
)
DEBRIEF = debrief("interview").model_copy(
    update={
        "questions": tuple(
            question.model_copy(update={"points": (*question.points, line(3, Verdict.UNSCORED, votes=[Verdict.MET]))})
            for question in debrief("interview").questions
        )
    }
)

EVERY_KIND: dict[type[Reply], tuple[Reply, tuple[str, ...]]] = {
    QuestionReply: (
        QuestionReply(
            text="Why divide?",
            note_id="temperature",
            number=1,
            of=5,
            stage="fundamentals",
            bridge="So $T$?",
            starter='def soft(x):\n    """Of $T$."""\n    ...\n',
        ),
        (
            "Question 1 of 5 · fundamentals",
            "So T?",
            "Why divide?",
            'def soft(x):\n    """Of $T$."""\n    ...',
            "Answer in code",
        ),
    ),
    ProbeReply: (ProbeReply(text="Where in the formula $x_i$?"), ("Where in the formula xᵢ?",)),
    RunReply: (
        RunReply(
            number=2,
            of=3,
            tests=(Result(id="a", says="two rows", passed=True), Result(id="b", says="T = 0", passed=False)),
            failing=Case(says="T = 0", inputs="x = [1, 2], T = 0", expected="[0, 1]", got="Line 4: ZeroDivisionError"),
            error=Wrong(sentence="Line 4: ZeroDivisionError", line=4, text="return exp(x / T)"),
            seconds=0.0042,
            reference=1.5,
        ),
        (
            "Try 2 of 3: 1 of 2 tests pass",
            "✓ two rows",
            "✗ T = 0",
            "input     x = [1, 2], T = 0",
            "expected  [0, 1]",
            "got       Line 4: ZeroDivisionError",
            "at        return exp(x / T)",
            "ran in 4.2 ms; the reference takes 1.5 s",
        ),
    ),
    HintReply: (
        HintReply(text="Look at the logits.", cost="a hinted point earns half"),
        ("Hint", "Look at the logits.", "a hinted point earns half"),
    ),
    GradeReply: (
        GRADE,
        (
            "Grade 25 %, 25 % open, 25 % disputed",
            "█████▒▒▒▒▒░░░░░░░░░░",
            "Why?",
            "Fact 1.",
            "25 % of 25 %",
            "You scale the logits by one over T",
            "9 % of 25 %, after a probe",
            "What was missing",
            "Fact 3.",
            "0 % of 25 %",
            "it adds",
            "you: said",
            "“It adds up”",
            "Yours to mark: compare with what you said",
            "25 % open",
            "The wording is open.",
            "marked by you: said",
            "Put right",
            WRONG,
            "It divides by T².",
            "graded by the chat judge",
        ),
    ),
    ExplanationReply: (
        ExplanationReply(note_id="temperature", text=r"Divide by $T^2$, *always*."),
        ("A strong answer in 30 seconds", "Divide by T²", "always", "temperature"),
    ),
    AnswerReply: (
        AnswerReply(text="It **divides** [temperature].", note_ids=("temperature", "sampling")),
        ("From the notes", "divides", "[temperature].", "temperature", "sampling"),
    ),
    NoticeReply: (NoticeReply(text="Paused and kept."), ("Paused and kept.",)),
    BallotReply: (
        BallotReply(number=2, question="Why divide?", points=("It keeps gradients alike.",)),
        ("The panel votes on question 2", "Why divide?"),
    ),
    DebriefReply: (
        DEBRIEF,
        (
            "Debrief: 12 %, 50 % open",
            "██▒▒▒▒▒▒▒▒▒▒░░░░░░░░",
            "Why divide?",
            "25 % · 50 % open · hints: 2",
            "Fact 1. (25 %)",
            "You scale the logits by one over T",
            "panel: 1 × said",
            "Why sample?",
            "0 % · 50 % open · skipped",
            "What carried you",
            "It divides.",
            "What to work on",
            "It sharpens.",
            "Yours to mark: what I could not tell, by question and point",
            "Next: ",
            "temperature",
            "progress",
        ),
    ),
}

TYPED = {
    "mentions": "<!channel> <!here|x> <!everyone> <!subteam^S1> <@U1> <#C1> @channel @here @everyone <@&1>",
    "marks": "*a* _b_ ~c~ `d` **e** __f__ ~~g~~ ||h|| *_~`i`~_* snake_case 2*3 __init__",
    "fences": "```py\nx = 1\n``` and ```\nunclosed",
    "links": "[a](https://b.c) <https://d.e|f> <https://g.h> https://i.j k.com www.l.m :smile: a:b:c",
    "what nobody sees": "\u200bz\u200c\u200d\ufeff\u2060w",
    "right to left": "\u202eabc\u2066 שלום مرحبا",
    "entities": "& &amp; &lt;!channel&gt; < > &#60;!here&#62; a<b>c",
    "lines": "> quote\n>>> more\n# head\n- item\n1. one\n    code\n---\n===\n\n\n| a | b |",
    "formulas": r"\frac{a}{b} $5 to $6, \(x_i\) and \[y^2\]",
    "one word": "x" * 4_000,
    "many words": "It divides the logits. " * 170,
    "marks alone": "*_~`" * 250,
    "ampersands": "&<>" * 400,
}
"""What people type, as a name or as an answer, to see what happens."""


def hostile(typed: str) -> list[Reply]:
    """Every kind of reply that shows words of a person, or of a model that repeats them, with these words in it."""
    points = [line(n, list(Verdict)[n % 5], text=f"{n} {typed}", quote=typed, reason=typed) for n in range(1, 61)]
    belief = WrongBelief(claim="x", correction=typed, evidence=Span(start=0, end=len(typed), quote=typed))
    first, _ = debrief("interview").questions
    asked = tuple(
        first.model_copy(update={"number": n, "question": typed, "points": (points[n],)}) for n in range(1, 4)
    )
    return [
        QuestionReply(text=typed, note_id="kl", number=1, of=5, bridge=typed),
        ProbeReply(text=typed),
        RunReply(
            number=1,
            of=3,
            tests=(Result(id="a", says=typed, passed=False),),
            failing=Case(says=typed, inputs=typed, expected=typed, got=typed),
            error=Wrong(sentence=typed, line=1, text=typed),
        ),
        HintReply(text=typed, cost=typed),
        grade(*points).model_copy(update={"misconceptions": (belief,), "question": typed}),
        grade(*points, final=False),
        ExplanationReply(note_id="kl", text=typed),
        AnswerReply(text=typed, note_ids=("kl",) * 60),
        NoticeReply(text=typed),
        BallotReply(number=1, question=typed, points=(typed,) * 60),
        debrief("interview", questions=asked, strengths=(typed,), weaknesses=(typed,)),
    ]
