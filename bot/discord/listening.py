"""Messages to Viva: replies to a question, mentions, direct messages, and free chat where it is read.

All but the last reach Viva with their text although it has no Message Content intent.
"""

import logging
import re

import discord

from bot.coach.coach import Coach
from bot.coach.events import Ask, Say
from bot.discord import buttons
from bot.discord.conversation import NOT_YOURS, Conversation
from bot.discord.places import PREFIX, Places, person_of, place_of
from bot.discord.servers import refusal
from bot.discord.telling import remark, replying
from bot.errors import UsageError
from bot.surface.code import MOST_BYTES, file_said, is_code_file
from bot.surface.servers import Servers

log = logging.getLogger("viva.discord")

_UNREADABLE = "I can't read that: leave the mention on when you reply, or press Answer."
_NOTHING_SAID = "Mention me with a question for the notes, or answer what is open; /help says more."
_MOST_BYTES = 32_000  # of a text that Discord made a file of because it was long


class Listening:
    """Takes messages for what they are meant to be."""

    def __init__(
        self, coach: Coach, places: Places, conversation: Conversation, servers: Servers, *, free_chat: bool
    ) -> None:
        self._coach = coach
        self._places = places
        self._conversation = conversation
        self._servers = servers
        self._free_chat = free_chat

    async def heard(self, message: discord.Message, me: discord.abc.User) -> None:
        """Somebody said something; bots, Viva itself among them, are not listened to."""
        if message.author.bot or message.webhook_id or message.is_system():
            return
        addressed = message.guild is None or any(user.id == me.id for user in message.mentions)
        prompt = _prompt_replied_to(message, me)
        if not addressed and prompt is None and not await self._is_free_chat(message):
            return
        async with replying(message):
            text = await _text(message, me)
            if not text:
                await remark(message, _UNREADABLE if prompt else _NOTHING_SAID)
            elif prompt:
                await self._answer(message, text, *prompt)
            else:
                await self._take(message, text, addressed=addressed)

    async def _answer(self, message: discord.Message, text: str, session_id: str, number: int | None) -> None:
        if (await self._places.held(session_id)).person != person_of(message.author):
            await remark(message, NOT_YOURS)
            return
        event = Say(id=str(message.id), at=message.created_at, text=text, prompt=number)
        await self._conversation.take(session_id, event)

    async def _take(self, message: discord.Message, text: str, *, addressed: bool) -> None:
        """An answer to what is open there; with nothing open a question for the notes."""
        person = person_of(message.author)
        session_id = await self._coach.unfinished(person, place_of(message.channel.id))
        if session_id:
            await self._answer(message, text, session_id, None)
        elif addressed:
            refused = await refusal(
                self._servers, _server(message), message.author, message.channel, message.created_at
            )
            if refused:
                raise UsageError(refused)
            event = Ask(id=str(message.id), at=message.created_at, text=text)
            await self._conversation.ask(person, place_of(message.channel.id), event, message.channel)

    async def _is_free_chat(self, message: discord.Message) -> bool:
        """Said in a thread to nobody else, where the operator and the server have it read."""
        if not self._free_chat or not isinstance(message.channel, discord.Thread):
            return False
        if message.mentions or message.reference:
            return False
        return (await self._servers.settings(_server(message))).free_chat


def _server(message: discord.Message) -> str | None:
    return f"{PREFIX}{message.guild.id}" if message.guild else None


def _prompt_replied_to(message: discord.Message, me: discord.abc.User) -> tuple[str, int | None] | None:
    """The session, and the number of the prompt in it, that a message replies to."""
    replied = message.reference.resolved if message.reference else None
    if not isinstance(replied, discord.Message) or replied.author.id != me.id:
        return None
    press = buttons.answered_under(replied)
    return (press.session_id, press.prompt) if press else None


async def _text(message: discord.Message, me: discord.abc.User) -> str:
    """What was said, without the mention of Viva; code in files, and the file that Discord makes of a long message.

    Raises UsageError for a file that is too long to read.
    """
    text = re.sub(rf"<@!?{me.id}>", "", message.content).strip()
    for attachment in message.attachments:
        if is_code_file(attachment.filename):
            data = await attachment.read() if attachment.size <= MOST_BYTES else bytes(MOST_BYTES + 1)
            text = f"{text}\n{file_said(attachment.filename, data)}".strip()
        elif (attachment.content_type or "").startswith("text/plain"):
            if attachment.size > _MOST_BYTES:
                raise UsageError(
                    f"{attachment.filename} has more than {_MOST_BYTES // 1000} kB; send a shorter answer."
                )
            text = f"{text}\n{(await attachment.read()).decode('utf-8', 'replace')}".strip()
    return text
