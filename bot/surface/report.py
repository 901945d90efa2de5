"""A debrief as a Markdown file to keep. Pure."""

import re
from collections.abc import Iterator

from bot.coach.reply import DebriefQuestion, DebriefReply, PointLine
from bot.surface import words
from bot.surface.words import percent

_MARKUP = re.compile(r"[\\`*\[\]<]")


def report(reply: DebriefReply) -> str:
    """Every question with every point, and the words that earned it in full."""
    return "\n".join(_lines(reply)) + "\n"


def _lines(reply: DebriefReply) -> Iterator[str]:
    yield f"# {words.headline(reply)}"
    yield ""
    yield f"The mean over the questions of this {reply.mode}. For practice only, not for hiring decisions."
    for question in reply.questions:
        yield ""
        yield f"## {question.number}. {plain(question.question)}"
        yield ""
        yield ", ".join(_facts(question))
        yield ""
        for point in question.points:
            yield from point_lines(point)
    for title, texts in (
        ("What carried you", reply.strengths),
        ("What to work on", reply.weaknesses),
        ("Read next", reply.read_next),
    ):
        if texts:
            yield from ("", f"## {title}", "", *(f"- {plain(text)}" for text in texts))


def _facts(question: DebriefQuestion) -> Iterator[str]:
    yield percent(question.score)
    if question.open_weight:
        yield f"{percent(question.open_weight)} open"
    if disputed := words.disputed_weight(question):
        yield f"{percent(disputed)} disputed"
    if used := words.helped(question):
        yield used
    yield f"note: {question.note_id}"


def point_lines(point: PointLine) -> Iterator[str]:
    """A point with its verdict, and below it what the verdict rests on, as a list in Markdown."""
    name = words.name(point)
    yield f"- **{name}**: {plain(point.text or name)} ({percent(point.weight)}{words.AIDED[point.aid]})"
    if point.votes:
        yield f"  - {words.voted(point)}"
    if point.marked:
        yield "  - marked by the candidate"
    elif point.quote:
        yield f"  - “{plain(point.quote)}”"
    elif point.reason and (point.test or words.unscored([point])):
        yield f"  - {plain(point.reason)}"
    if point.disputed:
        yield f"  - {words.disputed(point)}, “{plain(point.disputed)}”"


def plain(text: str) -> str:
    """On one line, with nothing in it that Markdown would read as more than text."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
