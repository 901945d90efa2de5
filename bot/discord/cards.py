"""Replies as Discord's cards. Pure: the same reply always makes the same cards."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import discord
from discord import ButtonStyle, ui

from bot.coach.progress import TopicProgress
from bot.coach.reply import DebriefReply, GradeReply, NoticeReply, ProbeReply, QuestionReply, Reply, RunReply
from bot.discord import layout
from bot.discord.buttons import Button
from bot.discord.layout import Card, laid_out
from bot.discord.marking import select
from bot.discord.text import inert, unmentioning
from bot.surface.cards import FAIR, STRONG, Block, Click, Markup, Passage
from bot.surface.marking import Marking

GREEN, YELLOW, RED, GREY, BLUE = (discord.Colour(c) for c in (0x3BA55D, 0xF0B232, 0xDA373C, 0x80848E, 0x5865F2))

DISCORD = Markup(
    inert=inert,
    markdown=unmentioning,
    literal=inert,
    sentence=inert,
    bold=lambda text: f"**{text}**",
    italic=lambda text: f"*{text}*",
    small=lambda line: f"-# {line}",
    quote=lambda text: f"> {text}",
    item=lambda text: f"- {text}",
    command=lambda name, topic: f"/{name} topic:{topic}" if topic else f"/{name}",
)
so_far = DISCORD.so_far


def question(reply: QuestionReply | ProbeReply) -> str:
    """The text of a question or a probe; of any length, so to be sent in pieces."""
    return _text(DISCORD.question(reply))


def cards(reply: Reply, *, session_id: str, private: bool = False, sharer: str = "") -> list[Card]:
    """A reply as messages. Under a `private` grade or debrief stands how to share it, over a shared one by whom."""
    shareable = private and isinstance(reply, GradeReply | DebriefReply)
    blocks = DISCORD.card(reply, session_id=session_id, private=shareable, sharer=sharer)
    return laid_out(_laid(blocks), _colour(reply))


def progress(rows: Sequence[TopicProgress], further: Sequence[str] = ()) -> list[Card]:
    """Mastery by topic, as a chart and as text, with sentences of Viva's own under it."""
    return laid_out(_laid(DISCORD.progress(rows, further)), BLUE if rows else None)


def _laid(blocks: Iterable[Block]) -> Iterator[layout.Block]:
    for block in blocks:
        match block:
            case Passage():
                yield _text(block)
            case Click(press, label, primary):
                style = ButtonStyle.primary if primary else ButtonStyle.secondary
                yield ui.ActionRow[Any](Button(press, label, style))
            case Marking():
                yield select(block)
            case _:
                yield block


def _text(passage: Passage) -> str:
    title = [f"### {inert(passage.title)}"] if passage.title else []
    lines = passage.text.split("\n") if passage.small else [passage.text] if passage.text else []
    return "\n".join([*title, *(DISCORD.small(line) if passage.small else line for line in lines)])


def _colour(reply: Reply) -> discord.Colour | None:
    """By how good a score is, once it is final."""
    match reply:
        case NoticeReply():
            return None
        case GradeReply(final=False):
            return GREY
        case RunReply():
            return YELLOW if reply.failing or reply.error else GREEN
        case GradeReply() | DebriefReply():
            return GREEN if reply.score >= STRONG else YELLOW if reply.score >= FAIR else RED
        case _:
            return BLUE
