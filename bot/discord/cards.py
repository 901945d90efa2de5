"""Replies as cards. Pure: the same reply always makes the same cards."""

from collections.abc import Iterable, Iterator, Sequence

import discord

from bot.coach.coach import TopicProgress
from bot.coach.interviewer import shorten
from bot.coach.reply import (
    AnswerReply,
    BallotReply,
    DebriefQuestion,
    DebriefReply,
    ExplanationReply,
    GradeReply,
    HintReply,
    NoticeReply,
    PointLine,
    ProbeReply,
    QuestionReply,
    Reply,
)
from bot.discord import buttons
from bot.discord.layout import Block, Card, Document, laid_out
from bot.discord.marking import marking
from bot.discord.text import inert, unmentioning
from bot.grading.grade import Verdict, WrongBelief
from bot.surface import words
from bot.surface.formulas import formula, readable, replaced, without_half
from bot.surface.pictures import formulas, progress_chart
from bot.surface.pieces import closed
from bot.surface.report import report
from bot.surface.words import percent

GREEN, YELLOW, RED, GREY, BLUE = (discord.Colour(c) for c in (0x3BA55D, 0xF0B232, 0xDA373C, 0x80848E, 0x5865F2))

_WIDE, _NARROW = 20, 10  # characters of a bar
_STRONG, _FAIR = 0.7, 0.4
_GROUPS = (
    ("", (Verdict.MET, Verdict.PARTIAL, Verdict.CONTRADICTED)),
    ("**What was missing**\n", (Verdict.MISSED,)),
    ("**Yours to mark: compare with what you said**\n", (Verdict.UNSCORED,)),
)


def question(reply: QuestionReply | ProbeReply) -> str:
    """The text of a question or a probe; of any length, so to be sent in pieces."""
    if isinstance(reply, ProbeReply):
        return _plain(reply.text)
    bridge = [f"*{_plain(reply.bridge)}*"] if reply.bridge else []
    return "\n".join([f"### {inert(words.place(reply))}", *bridge, _plain(reply.text)])


def so_far(text: str, *, markdown: bool) -> str:
    """A probe or an answer that is still being worded, as the whole will look; what is half a formula is kept back."""
    whole = without_half(text)
    if not markdown:
        return _plain(whole)
    return unmentioning(closed(replaced(whole, lambda latex: inert(formula(latex)))))


def _plain(text: str) -> str:
    """Plain text with its formulas readable."""
    return inert(readable(text))


def cards(reply: Reply, *, session_id: str, private: bool = False, sharer: str = "") -> list[Card]:
    """A reply as messages. Under a `private` grade or debrief stands how to share it, over a shared one by whom."""
    match reply:
        case QuestionReply() | ProbeReply():
            return laid_out([question(reply)], BLUE)
        case HintReply():
            return laid_out([f"**Hint** {inert(reply.text)}\n-# {inert(reply.cost)}"], BLUE)
        case GradeReply():
            colour = _colour(reply.score) if reply.final else GREY
            blocks = _grade(reply, session_id)
        case ExplanationReply():
            return laid_out(_notes("A strong answer in 30 seconds", reply.text, [reply.note_id]), BLUE)
        case AnswerReply():
            return laid_out(_notes("From the notes", reply.text, reply.note_ids), BLUE)
        case NoticeReply():
            return laid_out([inert(reply.text)])
        case BallotReply():
            told = f"### The panel votes on question {reply.number}\n{inert(reply.question)}"
            return laid_out([told, buttons.vote(session_id, reply)], BLUE)
        case DebriefReply():
            colour = _colour(reply.score)
            blocks = _debrief(reply, session_id)
    above = [f"-# shared by {inert(sharer)}"] if sharer else []
    below = [buttons.share(session_id, reply)] if private else []
    return laid_out([*above, *blocks, *below], colour)


def progress(rows: Sequence[TopicProgress]) -> list[Card]:
    """Mean score by topic, as a chart and as text."""
    if not rows:
        return laid_out(["Nothing has been graded yet; /drill starts."])
    lines = [f"- {row.topic}: {percent(row.score)} ({words.counted(row.questions, 'question')})" for row in rows]
    return laid_out(["### Your progress by topic", progress_chart(rows), "\n".join(lines)], BLUE)


def _grade(reply: GradeReply, session_id: str) -> Iterator[Block]:
    bar = _bar(reply.score, reply.open_weight, _WIDE)
    about = f"\n-# {inert(shorten(reply.question))}" if reply.final else ""  # until then it stands right above
    yield f"### {words.headline(reply)}\n`{bar}`{about}"
    for heading, verdicts in _GROUPS:
        points = [point for point in words.shown(reply) if point.verdict in verdicts]
        for first, point in enumerate(points):
            yield (heading if first == 0 else "") + _point(point)
    for first, belief in enumerate(reply.misconceptions):
        yield ("**Put right**\n" if first == 0 else "") + _put_right(belief)
    if reply.final:
        yield from marking(session_id, [(reply.number, point) for point in words.unscored(reply.points)])
    yield "\n".join(f"-# {line}" for line in (words.unsaid(reply), words.judged(reply)) if line)


def _point(point: PointLine) -> str:
    """A point with the bar of what it earned, and the words that earned it."""
    name = words.NAME[point.verdict]
    earned, is_open = point.verdict.credit * point.aid.share, point.verdict is Verdict.UNSCORED
    got = f"{percent(point.weight)} open" if is_open else f"{percent(point.weight * earned)} of {percent(point.weight)}"
    text = inert(point.text) if point.text else f"*{name}*"
    lines = [
        f"{words.SIGN[point.verdict]} **{point.number}.** {text}",
        f"-# `{_bar(earned, float(is_open))}` {got}{words.AIDED[point.aid]}",
    ]
    return "\n".join([*lines, *_evidence(point)])


def _evidence(point: PointLine) -> Iterator[str]:
    if point.marked:
        yield f"> *marked by you: {words.NAME[point.verdict]}*"
    elif point.quote:
        yield f"> “{inert(shorten(point.quote))}”"
    elif point.verdict is Verdict.UNSCORED and point.reason:
        yield f"-# {inert(point.reason)}"


def _put_right(belief: WrongBelief) -> str:
    return f"> “{inert(shorten(belief.evidence.quote))}”\n{_plain(belief.correction)}"


def _notes(title: str, markdown: str, note_ids: Iterable[str]) -> Iterator[Block]:
    text, pictures = formulas(markdown, inert)
    yield f"### {title}\n{unmentioning(text)}"
    yield from pictures
    yield "-# from " + " · ".join(f"`{note_id}`" for note_id in note_ids)


def _debrief(reply: DebriefReply, session_id: str) -> Iterator[Block]:
    yield f"### {words.headline(reply)}\n`{_bar(reply.score, reply.open_weight, _WIDE)}`"
    for question in reply.questions:
        yield _answered(question, with_points=reply.mode == "interview")
    for title, texts in (("What carried you", reply.strengths), ("What to work on", reply.weaknesses)):
        if texts:
            yield "\n".join([f"**{title}**", *(f"- {inert(text)}" for text in texts)])
    unscored = [(q.number, point) for q in reply.questions for point in words.unscored(q.points)]
    if unscored:
        yield "**Yours to mark**: what I could not tell, by question and point"
        yield from marking(session_id, unscored, by_question=True)
    drills = [f"`/drill topic:{note_id}`" for note_id in reply.read_next] or ["`/drill`"]
    yield "-# Next: " + " · ".join([*drills, "`/progress`"])
    yield Document("debrief.md", report(reply))


def _answered(question: DebriefQuestion, *, with_points: bool) -> str:
    facts = [percent(question.score)]
    if question.open_weight:
        facts.append(f"{percent(question.open_weight)} open")
    if used := words.helped(question):
        facts.append(used)
    lines = [
        f"**{question.number}.** {inert(question.question)}",
        f"-# `{_bar(question.score, question.open_weight)}` {' · '.join(facts)}",
    ]
    if with_points:
        lines += [line for point in question.points for line in _in_short(point)]
    return "\n".join(lines)


def _in_short(point: PointLine) -> Iterator[str]:
    text = inert(point.text or words.NAME[point.verdict])
    yield f"{words.SIGN[point.verdict]} {point.number}. {text} ({percent(point.weight)}{words.AIDED[point.aid]})"
    if point.votes:
        yield f"-# {words.voted(point)}"
    yield from _evidence(point)


def _bar(score: float, open_weight: float = 0.0, width: int = _NARROW) -> str:
    return "".join(words.bar(score, open_weight, width=width))


def _colour(score: float) -> discord.Colour:
    return GREEN if score >= _STRONG else YELLOW if score >= _FAIR else RED
