"""Showing on Slack: what posts for an event, and the buttons of prompts that are over."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.coach.coach import Coach
from bot.coach.reply import Delta, Reply
from bot.slack.call import Call
from bot.slack.deliver import Prompt, Turn
from bot.slack.places import Places, Where
from bot.slack.posting import Posted, own_messages, prompt_in, update, without_buttons
from bot.slack.telling import REVOKED, TROUBLES, NotInstalled, code, passing
from bot.slack.uploads import Uploads
from bot.surface import showing

log = logging.getLogger("viva.slack")


class Showing(showing.Showing[Call, Where, Posted, Turn]):
    """Shows what the coach replies, and knows what Slack has not shown yet."""

    troubles = TROUBLES

    def __init__(self, coach: Coach, places: Places, uploads: Uploads) -> None:
        super().__init__(coach)
        self._places = places
        self._uploads = uploads

    async def show(
        self,
        session_id: str,
        event_id: str,
        replies: AsyncGenerator[Reply | Delta, None],
        by: Call | None = None,
        acknowledged: asyncio.Future[Any] | None = None,
        channel: Where | None = None,
    ) -> bool:
        """Show the replies to one event; told of again, also after a restart, it is not answered again."""
        if by and await self._coach.was_shown(session_id, event_id):
            await replies.aclose()
            return True
        return await super().show(session_id, event_id, replies, by, acknowledged, channel)

    async def turn(
        self,
        session_id: str,
        event_id: str,
        by: Call | None = None,
        acknowledged: asyncio.Future[Any] | None = None,
        channel: Where | None = None,
    ) -> Turn:
        """What posts for one event of a session: in `channel`, else where it is held, else in a direct message."""
        held = await self._places.held(session_id)

        async def prompts() -> int:
            return (await self._coach.session(session_id)).prompts

        async def elsewhere(refused: Where) -> Where | None:
            if held.where and refused.place != held.place:
                return held.where
            return (await self._places.to_direct_message(session_id)).where

        async def direct() -> Where:
            return await self._places.direct(held.person)

        return Turn(
            session_id=session_id,
            event_id=event_id,
            person=held.person,
            where=channel or held.where,
            uploads=self._uploads,
            prompts=prompts,
            elsewhere=elsewhere,
            direct=direct,
            by=by,
            acknowledged=acknowledged,
            whisper=held.whisper,
        )

    def passing(self, error: Exception) -> bool:
        """Whether Slack, or the way to it, fails for a while, also until Viva is installed again."""
        revoked = isinstance(error, SlackApiError) and code(error) in REVOKED
        return passing(error) or revoked or isinstance(error, NotInstalled)

    async def retire(self, session_id: str, number: int, message: Posted) -> None:  # noqa: ARG002  # the interface's
        """Take the buttons of a prompt away: Slack knows none that cannot be clicked."""
        await update(message, None, message.text, without_buttons(message))

    async def standing(self, turn: Turn, still_open: int | None) -> list[Prompt]:
        """The prompts that a process before this one put where the turn is shown: with live buttons, though over."""
        if any(number == 1 for number, _ in turn.put) or not turn.where:
            return []
        put = {posted.ts for _, posted in turn.put}
        found = list[Prompt]()
        try:
            async for message in own_messages(turn.where):
                posted = Posted(turn.where, message["ts"], message.get("text", ""), tuple(message.get("blocks") or ()))
                press = prompt_in(posted)
                if not press or not press.prompt or press.session_id != turn.session_id or posted.ts in put:
                    continue
                if press.prompt != still_open:
                    found.append((press.prompt, posted))
        except TROUBLES as error:
            what = code(error) if isinstance(error, SlackApiError) else type(error).__name__
            log.debug("old prompts of session %s are not found (%s)", turn.session_id, what)
        return found
