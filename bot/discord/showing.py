"""Every reply is shown once: now, or as soon as Discord takes it, or at the next start."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any

import aiohttp
import discord

from bot.coach.coach import Coach
from bot.coach.reply import Delta, Reply
from bot.coach.session import Status
from bot.discord import buttons
from bot.discord.deliver import Prompt, Turn
from bot.discord.places import Channel, Places
from bot.discord.telling import passing
from bot.unexpected import noted

log = logging.getLogger("viva.discord")

_REMEMBERED = 10_000  # events and prompts
_AT_ONCE = 16  # sessions that are caught up with
_IN_SIGHT = 20  # messages from the last one up; what one turn posts is fewer


class Showing:
    """Shows what the coach replies, and knows what has not been shown yet."""

    def __init__(self, coach: Coach, places: Places) -> None:
        self._coach = coach
        self._places = places
        self._prompts: OrderedDict[str, Prompt] = OrderedDict()
        self._taken: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._behind: set[str] = set()
        self._busy: set[asyncio.Task[Any]] = set()

    async def show(
        self,
        session_id: str,
        event_id: str,
        replies: AsyncGenerator[Reply | Delta, None],
        interaction: discord.Interaction[Any] | None = None,
        acknowledged: asyncio.Future[Any] | None = None,
        channel: Channel | None = None,
    ) -> bool:
        """Show the replies to one event, in `channel` if there is one; False where Discord fails for now.

        An event that Discord delivers again while it is shown, or later, is not shown again.
        """
        taken = session_id, event_id
        if taken in self._taken:
            await replies.aclose()
            return True
        self._taken[taken] = None
        _trim(self._taken)
        turn = await self.turn(session_id, event_id, interaction, acknowledged, channel)
        task = asyncio.current_task()
        assert task  # noqa: S101  # a coroutine of ours always runs in a task
        self._busy.add(task)
        try:
            async with aclosing(replies):
                await turn.show(replies)
            await self._retire(session_id, turn)
        except Exception as error:
            if not passing(error):
                raise
            log.warning("session %s waits for Discord (%s)", session_id, type(error).__name__)
            self._behind.add(session_id)
            self._taken.pop(taken, None)
            return False
        finally:
            self._busy.discard(task)
        return True

    async def turn(
        self,
        session_id: str,
        event_id: str,
        interaction: discord.Interaction[Any] | None = None,
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
            interaction=interaction,
            acknowledged=acknowledged,
            whisper=held.whisper,
        )

    async def catch_up(self, session_id: str) -> None:
        """Show what was answered but not shown, and answer what was stored but not answered."""
        self._behind.discard(session_id)
        for event in await self._coach.unshown(session_id):
            if not await self.show(session_id, event.id, self._coach.handle(session_id, event)):
                return

    async def catch_up_if_behind(self, session_id: str) -> None:
        """First things first: what Discord did not take a moment ago."""
        if session_id in self._behind:
            await self.catch_up(session_id)

    async def catch_up_with(self, session_ids: Iterable[str]) -> None:
        """Catch up in many sessions; one that takes long or cannot go on does not hold up the others."""
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def one(session_id: str) -> None:
            try:
                async with at_once:
                    await self.catch_up(session_id)
            except Exception as error:  # whatever it is, it is one session's
                log.warning("session %s cannot be taken up (%s)", session_id, noted(error))

        await asyncio.gather(*(one(session_id) for session_id in session_ids))

    async def catch_up_again(self) -> None:
        """Try again to show what Discord did not take."""
        await self.catch_up_with(list(self._behind))

    async def settled(self, seconds: float) -> None:
        """Wait until all that is under way is done, but no longer than so many seconds."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=seconds)

    async def _retire(self, session_id: str, turn: Turn) -> None:
        """Disable the buttons of prompts that are over: only what stands open is there to be answered."""
        session = await self._coach.session(session_id)
        over = session.status is Status.CLOSED
        if not over and not turn.put:
            return
        before = self._prompts.pop(session_id, None)
        retired = [*([before] if before else await _standing(turn, None if over else session.prompts)), *turn.put]
        if not over:
            self._prompts[session_id] = retired.pop()
            _trim(self._prompts)
        for number, message in retired:
            try:
                view = buttons.under_question(session_id, number, disabled=True)
                await message.edit(view=view, allowed_mentions=discord.AllowedMentions.none())
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.debug("old buttons of session %s stay (%s)", session_id, type(error).__name__)


def _trim(remembered: OrderedDict[Any, Any]) -> None:
    while len(remembered) > _REMEMBERED:
        remembered.popitem(last=False)


async def _standing(turn: Turn, still_open: int | None) -> list[Prompt]:
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
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.debug("old prompts of session %s are not found (%s)", turn.session_id, type(error).__name__)
    return found
