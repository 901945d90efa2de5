"""What kind of thing the candidate just said. Pure, and deliberately narrow.

Only what is unmistakable is caught here; everything else is an answer and goes to the judge.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from bot.grading.evidence import FILLERS, STOPWORDS, addresses_grader, content, echoes, statements, words
from bot.grading.grade import Grade, PointGrade, Verdict
from knowledge.note import RubricPoint


class Heard(StrEnum):
    """How a reply is to be treated."""

    ANSWER = "answer"
    DONT_KNOW = "don't know"
    EMPTY = "empty"  # nothing about the subject: "fine", the question again, a request for marks
    QUESTION = "question"  # asks back instead of answering


MAX_ANSWER = 8_000  # characters; more than anyone says to one question
CUT = f"Only the first {MAX_ANSWER:,} characters were graded; say what matters most first."

_DONT_KNOW = re.compile(
    r"""
    (?:(?:sorry|hm+|um+|uh+|well|honestly|ok|so|sure)[,.\s]+)*
    (?: (?:i\s+)? (?:am\s+|'?m\s+)? (?:really\s+|honestly\s+)?
        (?: do\s*n[o']?t\s+(?:know|remember|recall) | dont\s+(?:know|remember|recall) | not\s+(?:know|sure)
          | (?:cannot|can'?t)\s+(?:remember|recall|say) | have\s+no\s+(?:idea|clue) | no\s+(?:idea|clue)
          | forgot | give\s+up )
        (?: \s+(?:what|how|why|which)(?:\s+(?!but\b|maybe\b|perhaps\b)[^\s.,;]+){0,5} )?
      | i'm\s+not\s+sure | idk | dunno | pass | never\s+heard\s+of\s+(?:it|this|that) )
    (?:[,.!\s]+(?:sorry|really|honestly|this|that|it|one|about|the|answer|anymore|here|at|all|either|yet|tbh|how|why))*
    [\s.!]*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ASKS_BACK = re.compile(
    r"^(?:what|which|how|why|do|does|did|can|could|should|is|are|you mean|sorry|wait|huh|pardon)\b|^\?+$"
    r"|\b(?:you mean|do you mean|clarify|rephrase|repeat)\b",
    re.IGNORECASE,
)
_ASKING_BACK_WORDS = 18
_ECHOED = 0.6


def hear(text: str, *questions: str) -> Heard:
    """Classify one reply to what was asked: the question, and the last probe where there was one."""
    stripped = text.strip().replace("’", "'")
    if _DONT_KNOW.fullmatch(stripped):
        return Heard.DONT_KNOW
    if any(_is_echo(stripped, question) for question in questions):
        return Heard.EMPTY
    if _is_question(stripped):
        return Heard.QUESTION
    telling = [span.quote for span in statements(text) if set(words(span.quote)) - FILLERS - STOPWORDS]
    # "No, because p is fixed" has no word that the question lacks, and is an answer all the same.
    return Heard.ANSWER if any(not addresses_grader(quote) for quote in telling) else Heard.EMPTY


_REASONS = {
    Heard.DONT_KNOW: "You said that you don't know.",
    Heard.EMPTY: "Nothing was said about the subject.",
    None: "The question was skipped.",
}


def missed(rubric: Sequence[RubricPoint], heard: Heard | None) -> Grade:
    """The grade of a reply that plainly states nothing, or of none; no judge is needed for it."""
    return Grade(
        judge="rule",
        points=tuple(
            PointGrade(point_id=p.id, weight=p.weight, verdict=Verdict.MISSED, reason=_REASONS.get(heard, ""))
            for p in rubric
        ),
    )


def _is_echo(text: str, question: str) -> bool:
    """True for the question again, whole or nearly: a word or two out of it can be an answer."""
    asked = set(content(question))
    return bool(asked) and echoes(text, question) and len(asked & set(content(text))) >= _ECHOED * len(asked)


def _is_question(text: str) -> bool:
    """True for one short question and nothing said before it."""
    alone = len(words(text)) <= _ASKING_BACK_WORDS and not re.search(r"[.!;]\s", text)
    return text.endswith("?") and alone and bool(_ASKS_BACK.search(text))
