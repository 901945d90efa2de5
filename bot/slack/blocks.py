"""Replies as Slack's messages. Pure: the same reply always makes the same messages."""

from collections.abc import Sequence
from dataclasses import replace

from bot.coach.progress import TopicProgress
from bot.coach.reply import DebriefReply, GradeReply, ProbeReply, QuestionReply, Reply
from bot.slack.actions import question_buttons
from bot.slack.layout import Message, Quote, laid_out
from bot.slack.text import commands, growing, literal, mrkdwn
from bot.surface.cards import FAIR, STRONG, Block, Markup, Passage
from bot.surface.code import fenced, looks_like_code
from bot.surface.formulas import formula, readable, replaced, without_half
from bot.surface.words import printable

# Of CommonMark rich text is made, or mrkdwn.
SLACK = Markup(
    inert=literal,
    markdown=printable,
    literal=literal,
    sentence=lambda own: literal(commands(own)),
    bold=lambda text: f"**{text}**",
    italic=lambda text: f"*{text.strip()}*",
    small=lambda line: line,
    quote=lambda text: f"> {text}\n",  # the blank line ends it: else it would go on with the line that follows
    item=lambda text: f"- {text}",
    command=lambda name, topic: f"/viva {name} {topic}".strip(),
)


def messages(reply: Reply, *, session_id: str, private: bool = False, sharer: str = "") -> list[Message]:
    """A reply as messages. Under a `private` one stands how to share it, over a shared one by whom."""
    blocks = SLACK.card(reply, session_id=session_id, private=private, sharer=sharer)
    return laid_out(_coloured(block, reply) for block in blocks)


def question(session_id: str, number: int, reply: QuestionReply | ProbeReply, *, over: bool = False) -> list[Message]:
    """A question or a probe, prompt `number` of its session; until it is over buttons stand under the last message."""
    return laid_out([SLACK.question(reply), *([] if over else question_buttons(session_id, number))])


def progress(rows: Sequence[TopicProgress], further: Sequence[str] = ()) -> list[Message]:
    """Mastery by topic, as a chart and as text, with sentences of Viva's own under it."""
    return laid_out(SLACK.progress(rows, further))


def said(plain: str) -> list[Message]:
    """What somebody wrote, quoted; bare code as a block."""
    return laid_out([Passage(fenced(plain)) if looks_like_code(plain) else Quote(plain)])


def told(own: str) -> list[Message]:
    """A sentence of Viva's own."""
    return laid_out([Passage(SLACK.sentence(own))])


def so_far(text: str, *, markdown: bool) -> str:
    """A reply still being worded, as mrkdwn for chat.update; what is half a formula is kept back."""
    return mrkdwn(SLACK.so_far(text, markdown=markdown))


def streamed(text: str, *, markdown: bool) -> str:
    """A reply still being worded, for chat.appendStream: CommonMark, which only grows as the text grows.

    Where a formula turns out to be none it does not, so what is shown already is to be compared.
    """
    whole = without_half(text)
    return growing(replaced(whole, lambda latex: literal(formula(latex))) if markdown else literal(readable(whole)))


def _coloured(block: Block, reply: Reply) -> Block:
    """A score has a colour; it stands before the title, for no message of blocks has one."""
    if isinstance(block, Passage) and block.title and isinstance(reply, GradeReply | DebriefReply):
        return replace(block, title=f"{_colour(reply)} {block.title}")
    return block


def _colour(reply: GradeReply | DebriefReply) -> str:
    if isinstance(reply, GradeReply) and not reply.final:
        return "⚪"
    return "🟢" if reply.score >= STRONG else "🟡" if reply.score >= FAIR else "🔴"
