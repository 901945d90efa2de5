"""Replies into a channel: posted in order, streamed by edits, followed to where they can be read."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import aiohttp
import discord

from bot.coach.reply import (
    AnswerReply,
    DebriefReply,
    Delta,
    ExplanationReply,
    GradeReply,
    HintReply,
    ProbeReply,
    QuestionReply,
    Reply,
    RunReply,
)
from bot.discord import buttons
from bot.discord.cards import cards, question, so_far
from bot.discord.places import Channel
from bot.discord.telling import passing
from bot.discord.text import MESSAGE, pieces
from bot.unexpected import told

log = logging.getLogger("viva.discord")

_EDIT_SECONDS = 1.0  # between edits of a message that streams
_TYPING_AFTER, _TYPING_AGAIN = 0.4, 9.0  # seconds; Discord shows typing for ten
_ARCHIVED = 50083  # Discord's code for a thread that has to be opened first
_FOR_ONE = (RunReply, GradeReply, ExplanationReply, DebriefReply, HintReply)


Prompt = tuple[int, discord.Message]
"""The number of a prompt and the message that its buttons are under."""


class ByToken:
    """The answer to an interaction as a channel, for as long as its token lives."""

    def __init__(self, interaction: discord.Interaction[Any], *, ephemeral: bool) -> None:
        self._interaction = interaction
        self._ephemeral = ephemeral

    async def send(self, *_: Any, **message: Any) -> discord.Message:
        """Post a message; unlike others it takes no nonce."""
        message.pop("nonce", None)
        return await self._interaction.followup.send(**message, ephemeral=self._ephemeral, wait=True)

    async def typing(self) -> None:
        """Discord itself shows that something is coming."""


@dataclass
class Turn:
    """One event of one session, and where what follows from it is shown.

    Without a `channel` all is whispered by way of the interaction; `whisper`: cards are in any case, for others
    read the channel. `elsewhere` is asked for another channel when one takes nothing, `prompts` for the number
    of the prompt that stands open. `put` are the prompts that were put: their numbers and messages.
    """

    session_id: str
    event_id: str
    channel: Channel | None
    prompts: Callable[[], Awaitable[int]]
    elsewhere: Callable[[Channel], Awaitable[Channel | None]]
    interaction: discord.Interaction[Any] | None = None
    acknowledged: asyncio.Future[Any] | None = None
    whisper: bool = False
    put: list[Prompt] = field(default_factory=list["Prompt"], init=False)
    _posted: int = field(default=0, init=False)

    async def show(self, items: AsyncIterator[Reply | Delta]) -> None:
        """Show everything, in order; raises what `passing` knows where Discord fails."""
        stream: _Stream | None = None
        async with _typing(self.channel):
            async for item in items:
                if isinstance(item, Delta):
                    stream = stream or _Stream(self)
                    await stream.add(item)
                elif stream and isinstance(item, ProbeReply | AnswerReply):
                    await self.reply(item, stream.message)
                    stream = None
                else:
                    await self.reply(item)

    async def reply(self, reply: Reply, streamed: discord.Message | None = None) -> None:
        """Show one reply, in place of the message where it was streamed."""
        if isinstance(reply, QuestionReply | ProbeReply):
            await self._put(reply, streamed)
        elif self.whisper and isinstance(reply, _FOR_ONE) and not self._token_lives:
            view = buttons.reveal(self.session_id, reply)
            await self.post(content="There is something for your eyes alone.", view=view)
        else:
            await self._show_cards(reply, streamed)

    async def _show_cards(self, reply: Reply, streamed: discord.Message | None) -> None:
        whispered = self.whisper and isinstance(reply, _FOR_ONE)
        # Formulas are drawn: a second thread keeps others from waiting for it.
        for card in await asyncio.to_thread(cards, reply, session_id=self.session_id, private=whispered):
            files = list(card.files)
            if streamed and await _replaced(streamed, content=None, view=card.view, attachments=files):
                streamed = None
            else:
                await self.post(view=card.view, files=files, whispered=whispered)

    async def _put(self, reply: QuestionReply | ProbeReply, streamed: discord.Message | None) -> None:
        """An ordinary message: whoever replies to it needs no Message Content intent."""
        *before, last = pieces(question(reply), MESSAGE)
        number = await self.prompts()
        view = buttons.under_question(self.session_id, number)
        if streamed and not before and await _replaced(streamed, content=last, view=view):
            self.put.append((number, streamed))
            return
        for text in before:
            await self.post(content=text)
        message = await self.post(content=last, view=view)
        if message:
            self.put.append((number, message))

    @property
    def _token_lives(self) -> bool:
        return self.interaction is not None and not self.interaction.is_expired()

    async def post(self, *, whispered: bool = False, **message: Any) -> discord.Message | None:
        """Post one message; None where it could only be whispered, or be shown nowhere at all."""
        self._posted += 1
        if self.acknowledged:
            await asyncio.wait([self.acknowledged])
        if whispered and await self._whispered(message):
            return None
        while self.channel:
            try:
                return await self._sent(self.channel, message)
            except (discord.Forbidden, discord.NotFound) as error:
                log.info("nothing can be posted in the channel of session %s (%s)", self.session_id, error.code)
                self.channel = await self.elsewhere(self.channel)
            except discord.HTTPException as error:
                if passing(error) or "view" not in message:
                    raise
                # Discord does not take this card, and would not later either; what follows it may pass.
                message = {"content": told(error)}
        if not await self._whispered(message):
            log.warning("a reply to %s in session %s can be shown nowhere", self.event_id, self.session_id)
        return None

    async def _sent(self, channel: Channel, message: dict[str, Any]) -> discord.Message:
        # The nonce makes Discord take a message once, whatever is sent again after a cut or a kill.
        name = f"{self.session_id}/{self.event_id}/{self._posted}"
        nonce = blake2b(name.encode(), digest_size=12).hexdigest()
        try:
            sent = await channel.send(**_unread(message), nonce=nonce)
        except discord.HTTPException as error:
            if error.code != _ARCHIVED or not isinstance(channel, discord.Thread):
                raise
            await channel.edit(archived=False)
            sent = await channel.send(**_unread(message), nonce=nonce)
        if sent.content.strip() != (message.get("content") or "").strip():
            # Discord took this one when it was half a stream, and then the edit that was to finish it failed.
            await sent.edit(content=message.get("content"), view=message.get("view"), attachments=_files(message))
        return sent

    async def _whispered(self, message: dict[str, Any]) -> bool:
        """Shown to the candidate alone by way of the interaction; False where its token no longer serves."""
        if self.interaction is None or not self._token_lives:
            return False
        try:
            await self.interaction.followup.send(**_unread(message), ephemeral=True)
        except discord.NotFound:
            return False
        return True


def _unread(message: dict[str, Any]) -> dict[str, Any]:
    """The message with its files at their beginning, also where an attempt has read them."""
    _files(message)
    return message


def _files(message: dict[str, Any]) -> list[discord.File]:
    files: list[discord.File] = message.get("files", [])
    for file in files:
        file.reset(seek=True)
    return files


class _Stream:
    """A reply that is being worded: one message, edited once a second at most."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._text = ""
        self._edited = float("-inf")
        self.message: discord.Message | None = None

    async def add(self, delta: Delta) -> None:
        """More of it."""
        self._text += delta.text
        now = asyncio.get_running_loop().time()
        if now - self._edited < _EDIT_SECONDS:
            return
        shown = so_far(self._text, markdown=delta.markdown)
        if not shown.strip() or len(shown) > MESSAGE:
            return
        self._edited = now
        if self.message is None:
            self.message = await self._turn.post(content=shown)
        else:
            await _replaced(self.message, content=shown)


async def _replaced(message: discord.Message, **by: Any) -> bool:
    """Edited; False where somebody deleted the message meanwhile."""
    try:
        await message.edit(**by)
    except discord.NotFound:
        return False
    return True


@asynccontextmanager
async def _typing(channel: Channel | None) -> AsyncGenerator[None]:
    """Show that something is coming, once it takes a moment."""
    task = asyncio.create_task(_type(channel))
    try:
        yield
    finally:
        task.cancel()


async def _type(channel: Channel | None) -> None:
    await asyncio.sleep(_TYPING_AFTER)
    try:
        while channel:
            await channel.typing()
            await asyncio.sleep(_TYPING_AGAIN)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.debug("typing could not be shown: %s", type(error).__name__)
