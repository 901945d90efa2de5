"""Showing on Discord: what posts for an event, and the buttons of prompts that are over."""

import asyncio
import logging
from typing import Any

import aiohttp
import discord

from bot.coach.coach import Coach
from bot.discord import buttons
from bot.discord.deliver import Prompt, Turn
from bot.discord.places import Channel, Places
from bot.discord.telling import passing
from bot.surface import showing

log = logging.getLogger("viva.discord")

_IN_SIGHT = 20  # messages from the last one up; what one turn posts is fewer

Interaction = discord.Interaction[Any]


class Showing(showing.Showing[Interaction, Channel, discord.Message, Turn]):
    """Shows what the coach replies, and knows what Discord has not shown yet."""

    troubles = (discord.HTTPException, aiohttp.ClientError, OSError)

    def __init__(self, coach: Coach, places: Places) -> None:
        super().__init__(coach)
        self._places = places

    async def turn(
        self,
        session_id: str,
        event_id: str,
        by: Interaction | None = None,
        acknowledged: asyncio.Future[Any] | None = None,
        channel: Channel | None = None,
    ) -> Turn:
        """What posts for one event of a session: in `channel`, else where it is held, else in a direct message."""
        held = await self._places.held(session_id)

        async def prompts() -> int:
            return (await self._coach.session(session_id)).prompts

        async def elsewhere(refused: Channel) -> Channel | None:
            if refused is not held.channel:
                return held.channel
            return (await self._places.to_direct_message(session_id)).channel

        return Turn(
            session_id=session_id,
            event_id=event_id,
            channel=channel or held.channel,
            prompts=prompts,
            elsewhere=elsewhere,
            interaction=by,
            acknowledged=acknowledged,
            whisper=held.whisper,
        )

    def passing(self, error: Exception) -> bool:
        """Whether it is Discord, or the way to it, that fails for a while."""
        return passing(error)

    async def retire(self, session_id: str, number: int, message: discord.Message) -> None:
        """Disable the buttons of a prompt."""
        view = buttons.under_question(session_id, number, disabled=True)
        await message.edit(view=view, allowed_mentions=discord.AllowedMentions.none())

    async def standing(self, turn: Turn, still_open: int | None) -> list[Prompt]:
        """The prompts that a process before this one put where the turn is shown: with live buttons, though over."""
        put = {message.id for _, message in turn.put}
        if any(number == 1 for number, _ in turn.put) or not isinstance(turn.channel, discord.abc.Messageable):
            return []
        found = list[Prompt]()
        try:
            async for message in turn.channel.history(limit=_IN_SIGHT):
                press = buttons.answerable(message)
                if not press or not press.prompt or press.session_id != turn.session_id or message.id in put:
                    continue
                if press.prompt != still_open:
                    found.append((press.prompt, message))
        except self.troubles as error:
            log.debug("old prompts of session %s are not found (%s)", turn.session_id, type(error).__name__)
        return found
