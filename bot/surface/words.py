"""What replies say on every surface, as plain text; a surface adds its colours and its markup. Pure."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from bot.coach.progress import Calibration, Progress, TopicProgress
from bot.coach.reply import DebriefQuestion, DebriefReply, GradeReply, PointLine, QuestionReply
from bot.grading.grade import Aid, Verdict

SIGN = {
    Verdict.MET: "✓",
    Verdict.PARTIAL: "◐",
    Verdict.MISSED: "·",
    Verdict.CONTRADICTED: "✗",
    Verdict.UNSCORED: "?",
}
NAME = {
    Verdict.MET: "said",
    Verdict.PARTIAL: "partly said",
    Verdict.MISSED: "not said",
    Verdict.CONTRADICTED: "at odds with the facts",
    Verdict.UNSCORED: "could not tell",
}
AIDED = {Aid.NONE: "", Aid.PROBE: ", after a probe", Aid.HINT: ", after a hint"}

# Control characters, half characters, and marks that turn the direction of whatever follows.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BELIEFS = 3  # that are told under a chart
_SAID = (Verdict.MET, Verdict.PARTIAL, Verdict.CONTRADICTED)


def percent(share: float) -> str:
    """A share in [0, 1] in per cent."""
    return f"{round(100 * share)} %"


def bar(score: float, open_weight: float = 0.0, *, width: int) -> tuple[str, str, str]:
    """A score in [0, 1] as `width` characters: what is earned, what is still open, what is lost."""
    full = round(score * width)
    left = min(width - full, round(open_weight * width))
    return "█" * full, "▒" * left, "░" * (width - full - left)


def waiting(due: int, before: str = ", ") -> str:
    """How many subjects are due, after what stands `before`; empty where none is."""
    return f"{before}{due} due" if due else ""


def trend(row: TopicProgress) -> str:
    """Where a mastery has gone in the last weeks: ", up 12" per cent; empty where that is not known or nowhere."""
    change = round(100 * (row.trend or 0))
    return f", {'up' if change > 0 else 'down'} {abs(change)}" if change else ""


def known(row: TopicProgress) -> str:
    """How somebody does on a topic: "72 % (14 questions), between 55 and 84 %, up 6, 2 due"."""
    said = f"{percent(row.score)} ({counted(row.questions, 'question')})"
    if row.low is not None and row.high is not None:
        said += f", between {round(100 * row.low)} and {percent(row.high)}"
    return f"{said}{trend(row)}{waiting(row.due)}"


def calibrated(found: Calibration) -> str:
    """How well somebody knows what they know, in a sentence."""
    return f"Your confidence is off by a Brier score of {found.brier:.2f} over {counted(found.questions, 'question')}."


def further(progress: Progress) -> list[str]:
    """What else to say under a chart, a sentence each: the day's goal or what is due, wrong beliefs, confidence."""
    due = f"{counted(progress.due, 'subject')} due; /drill due asks nothing else." if progress.due else ""
    beliefs = [f"Still to put right: “{each.claim}” {each.correction}" for each in progress.beliefs[:_BELIEFS]]
    sure = [calibrated(progress.calibration)] if progress.calibration else []
    return [sentence for sentence in (progress.standing or due, *beliefs, *sure) if sentence]


def counted(number: int, thing: str) -> str:
    """ "1 question", "3 questions"."""
    return f"{number} {thing}{'s' * (number != 1)}"


def printable(text: str) -> str:
    """The text without what no surface can show, or what would change how the rest is shown."""
    return _UNPRINTABLE.sub("", text)


def brief(text: str, most: int) -> str:
    """At most so many characters of a text, the last one an ellipsis where it is cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def listed(items: Sequence[str]) -> str:
    """At least one item: "1", "1 and 2", "1, 2 and 4"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def place(reply: QuestionReply) -> str:
    """Where in the session a question stands."""
    title = place_of(reply.number, reply.rung) + (f" of {reply.of}" if reply.of and not reply.rung else "")
    return f"{title} · {reply.stage}" if reply.stage else title


def place_of(number: int, rung: int) -> str:
    """Which of the main questions it is, or that it goes deeper into one."""
    return "Deeper" if rung else f"Question {number}"


def headline(reply: GradeReply | DebriefReply) -> str:
    """What the score is, how much of it nobody could tell yet, and how much the candidate disputes."""
    what = "Debrief:" if isinstance(reply, DebriefReply) else "Grade" if reply.final else "So far"
    beside = {"open": reply.open_weight, "disputed": disputed_weight(reply)}
    return f"{what} {percent(reply.score)}" + "".join(f", {percent(w)} {name}" for name, w in beside.items() if w)


def disputed_weight(reply: GradeReply | DebriefReply | DebriefQuestion) -> float:
    """What the points that the candidate disputes would add to the score, in [0, 1]."""
    if isinstance(reply, DebriefReply):
        return math.fsum(map(disputed_weight, reply.questions)) / len(reply.questions)
    return math.fsum(p.weight * (1 - p.verdict.credit * p.aid.share) for p in reply.points if p.disputed)


def disputed(point: PointLine) -> str:
    """What the candidate says about a point against the judge; empty where they do not."""
    return f"you: {NAME[Verdict.MET]}" if point.disputed else ""


def judged(reply: GradeReply) -> str:
    """Who graded; nothing where a plain rule did."""
    return "" if reply.judge == "rule" else f"graded by the {reply.judge} judge"


def helped(question: DebriefQuestion) -> str:
    """What help a question took."""
    return "skipped" if question.skipped else f"hints: {question.hints}" if question.hints else ""


def shown(reply: GradeReply) -> tuple[PointLine, ...]:
    """The points to show one by one: before the question is over only what was said; tests have a card of their own."""
    if reply.final:
        return reply.points
    return tuple(point for point in reply.points if point.verdict in _SAID and not point.test)


def unsaid(reply: GradeReply) -> str:
    """How much of an open question has not been said, without saying what; empty when it is over."""
    if reply.final:
        return ""
    points = [point for point in reply.points if not point.test]
    unsure = sum(point.verdict is Verdict.UNSCORED for point in points)
    missed = sum(point.verdict is Verdict.MISSED for point in points)
    rest = [f"{unsure} not clear from the wording"] * bool(unsure) + [f"{missed} not said yet"] * bool(missed)
    return f"of {len(points)} points: {', '.join(rest)}" if rest else ""


def name(point: PointLine) -> str:
    """What was made of a point."""
    if point.test:
        return "passed" if point.verdict is Verdict.MET else "failed"
    return NAME[point.verdict]


def voted(point: PointLine) -> str:
    """What the panel said about a point."""
    counted = Counter(point.votes)
    return "panel: " + ", ".join(f"{counted[verdict]} × {NAME[verdict]}" for verdict in NAME if counted[verdict])


def unscored(points: Iterable[PointLine]) -> list[PointLine]:
    """The points that no judge could score: the candidate's to mark once the question is over."""
    return [point for point in points if point.verdict is Verdict.UNSCORED]
