"""What kind of thing the candidate just said. Pure, and deliberately narrow.

Only what is unmistakable is caught here; everything else is an answer and goes to the judge.
"""

import re
from enum import StrEnum

from bot.grading.evidence import carries_content, content, statements, words


class Heard(StrEnum):
    """How a reply is to be treated."""

    ANSWER = "answer"
    DONT_KNOW = "don't know"
    EMPTY = "empty"  # nothing about the subject: "fine", the question again, a request for marks
    QUESTION = "question"  # asks back instead of answering


_DONT_KNOW = re.compile(
    r"^(?:(?:sorry|hm+|um+|uh+|well|honestly|ok|so)[,. ]+)*"
    r"(?:i\s+(?:really\s+|honestly\s+)?(?:do\s*n[o']?t|dont|cannot|can'?t)\s+(?:know|remember|recall|say)\b.{0,30}"
    r"|no\s+(?:idea|clue)\b.{0,20}|idk\b.{0,20}|dunno\b.{0,20}|not\s+sure|(?:i\s+)?(?:have\s+)?no\s+idea"
    r"|(?:i\s+)?forgot|pass|i\s+give\s+up|never\s+heard\s+of\s+(?:it|this|that))[.!\s]*$",
    re.IGNORECASE,
)
_ASKS_BACK = re.compile(
    r"^(?:what|which|how|why|do|does|did|can|could|should|is|are|you mean|sorry|wait|huh|pardon)\b|^\?+$"
    r"|\b(?:you mean|do you mean|clarify|rephrase|repeat)\b",
    re.IGNORECASE,
)
_PLEASANTRIES = frozenset(
    "fine ok okay good great sure yes yep yeah no nope maybe hi hello hey thanks thank nice cool easy done next "
    "idk hmm whatever depends obviously correct right true false".split()
)
_ASKING_BACK_WORDS = 18


def hear(text: str, question: str) -> Heard:
    """Classify one reply to a question."""
    stripped = text.strip()
    if _DONT_KNOW.match(stripped):
        return Heard.DONT_KNOW
    if stripped.endswith("?") and len(words(stripped)) <= _ASKING_BACK_WORDS and _ASKS_BACK.search(stripped):
        echoed = len(set(content(stripped)) & set(content(question))) >= 0.8 * len(set(content(question)) or {""})
        return Heard.EMPTY if echoed else Heard.QUESTION
    if not any(carries_content(span.quote, question) for span in statements(text)):
        return Heard.EMPTY
    if set(words(stripped)) <= _PLEASANTRIES:
        return Heard.EMPTY
    return Heard.ANSWER
