"""What can be typed after a slash, parsed into events. Pure."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from bot.errors import UsageError
from bot.grading.grade import Verdict
from knowledge.note import Level

HELP = {
    "/drill [topic or note] [questions] [level]": "questions with a grade after each answer",
    "/drill due": "what you were asked before and is due again",
    "/interview [minutes] [topic]": "an interview, silent about grades until the debrief",
    "/ask question": "an answer from the notes",
    "@file.py": "the code of a file, as an answer",
    "/hint": "a nudge; the hinted point then earns half",
    "/skip": "show the answer and move on",
    "/mark [question.]point yes|partly|no": "your own verdict where the judge could not tell",
    '/appeal [question.]point "words"': "you did say that, in these words: kept beside the judge's verdict",
    "/pause, /resume": "leave and come back, also days later",
    "/stop": "end here and hear how it went",
    "/progress": "how you do by topic",
    "/goal [questions a day, or off]": "a daily goal, told when you begin",
    "/sure on|off": "say how sure you are: an answer then ends with !1 to !5",
    "/topics": "what there is to ask about",
    "/help": "this list",
    "/quit": "leave; an open session waits for you",
}
NAMES = (
    "drill",
    "interview",
    "ask",
    "hint",
    "skip",
    "mark",
    "appeal",
    "pause",
    "resume",
    "stop",
    "progress",
    "goal",
    "sure",
    "topics",
    "help",
    "quit",
)

_VERDICTS: dict[str, Literal[Verdict.MET, Verdict.PARTIAL, Verdict.MISSED]] = {
    "yes": Verdict.MET, "met": Verdict.MET, "y": Verdict.MET,
    "partly": Verdict.PARTIAL, "partial": Verdict.PARTIAL, "half": Verdict.PARTIAL,
    "no": Verdict.MISSED, "missed": Verdict.MISSED, "n": Verdict.MISSED,
}  # fmt: skip


_DIGITS = 50


@dataclass(frozen=True)
class DrillWish:
    """What a /drill asks for."""

    topic: str | None = None
    questions: int = 5
    level: Level | None = None


@dataclass(frozen=True)
class InterviewWish:
    """What an /interview asks for."""

    minutes: int = 30
    topic: str | None = None


@dataclass(frozen=True)
class MarkWish:
    """What a /mark says; `question` is None for the last one."""

    question: int | None
    point: int
    verdict: Literal[Verdict.MET, Verdict.PARTIAL, Verdict.MISSED]


def split(line: str) -> tuple[str, str] | None:
    """("drill", "losses 3") for "/drill losses 3"; None for a line that is no command.

    Raises UsageError for a command that does not exist, with the nearest that does.
    """
    match = re.match(r"/([A-Za-z]+)(?:\s+(.*))?$", line.strip(), re.DOTALL)
    if not match:
        return None
    name = match[1].lower()
    if name not in NAMES:
        close = get_close_matches(name, NAMES, n=1)
        hint = f"did you mean /{close[0]}?" if close else "/help lists what there is."
        raise UsageError(f"There is no /{name}; {hint}")
    return name, (match[2] or "").strip()


def drill(text: str) -> DrillWish:
    """Topic, number of questions and level in any order; what is neither number nor level is the topic."""
    wish = DrillWish()
    topic: list[str] = []
    for word in text.split():
        if re.fullmatch(r"[0-9]+", word):
            wish = DrillWish(wish.topic, _between(word, 1, 50, "questions"), wish.level)
        elif word.lower() in list(Level):
            wish = DrillWish(wish.topic, wish.questions, Level(word.lower()))
        elif word.lower() != "mixed":
            topic.append(word)
    return DrillWish(" ".join(topic) or None, wish.questions, wish.level)


def interview(text: str) -> InterviewWish:
    """Minutes and topic in any order."""
    minutes, topic = InterviewWish.minutes, list[str]()
    for word in text.split():
        number = re.fullmatch(r"([0-9]+)(?:m|min|minutes)?", word)
        if number:
            minutes = _between(number[1], 5, 180, "minutes")
        elif word not in ("min", "minutes"):
            topic.append(word)
    return InterviewWish(minutes, " ".join(topic) or None)


def mark(text: str) -> MarkWish:
    """`3 yes`, or `2.3 partly` for the third point of the second question."""
    match = re.fullmatch(r"(?:([0-9]{1,6})\.)?([0-9]{1,6})\s+([a-z]+)", text.lower())
    if not match or match[3] not in _VERDICTS or int(match[2]) < 1 or (match[1] and int(match[1]) < 1):
        raise UsageError("Say which point and your verdict, for example: /mark 3 yes, /mark 2.3 partly, /mark 1 no.")
    return MarkWish(int(match[1]) if match[1] else None, int(match[2]), _VERDICTS[match[3]])


def sureness(line: str) -> tuple[str, int | None]:
    """An answer and how sure it is: ("it is convex", 4) for "it is convex !4" or "it is convex, sure 4"."""
    match = re.fullmatch(r"(.*?)(?:!|(?:^|[\s,;])sure:?\s+)([1-5])\s*", line, re.DOTALL)
    return (match[1].rstrip(" ,;\n"), int(match[2])) if match else (line, None)


def _between(digits: str, low: int, high: int, what: str) -> int:
    """The number, when it lies between two others; int() itself gives up on thousands of digits."""
    if len(digits) > _DIGITS or not low <= int(digits) <= high:
        raise UsageError(f"The number of {what} lies between {low} and {high}, {digits[:_DIGITS]} does not.")
    return int(digits)
