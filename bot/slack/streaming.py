"""A reply that is being worded: a message that grows, or one that is changed once a second where none can grow."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from slack_sdk.errors import SlackApiError

from bot.coach.reply import Delta
from bot.slack.blocks import so_far, streamed
from bot.slack.places import Where, who
from bot.slack.posting import Name, Posted, end_stream, update
from bot.slack.telling import REVOKED, code, passing

log = logging.getLogger("viva.slack")

_SECONDS = 1.0  # between two changes of what is seen
_TEXT = 4_000  # characters that a message takes while it is worded

Post = Callable[[str], Awaitable[Posted | None]]
"""Posts a text as the next message of its turn."""


class Stream:
    """One reply being worded; `message` is where it is seen, once there is something to see."""

    def __init__(self, where: Where, person: str, name: Name, post: Post) -> None:
        self._where = where
        self._person = person
        self._name = name
        self._post = post
        self._text = ""
        self._seen = ""
        self._at = float("-inf")
        self._grows = bool(where.place.thread)
        self._stopped = False
        self.message: Posted | None = None

    async def add(self, delta: Delta) -> None:
        """More of it. Raises one of TROUBLES."""
        self._text += delta.text
        now = asyncio.get_running_loop().time()
        if self._stopped or now - self._at < _SECONDS:
            return
        if await self._grown(delta) if self._grows else await self._changed(delta):
            self._at = now

    async def _grown(self, delta: Delta) -> bool:
        shown = streamed(self._text, markdown=delta.markdown)
        if not shown.startswith(self._seen) or not shown.removeprefix(self._seen).strip() or len(shown) > _TEXT:
            return False
        try:
            await self._grow(shown.removeprefix(self._seen))
        except SlackApiError as error:
            if passing(error) or code(error) in REVOKED:
                raise
            self._refused(error)
            return self.message is None and await self._changed(delta)
        self._seen = shown
        return True

    def _refused(self, error: SlackApiError) -> None:
        """A stream that cannot be begun is none; one that was ended by somebody grows no more."""
        log.debug("nothing is streamed here (%s)", code(error))
        self._grows = self.message is not None
        self._stopped = self._grows

    async def _grow(self, more: str) -> None:
        place, web = self._where.place, self._where.web
        if self.message:
            await web("chat.appendStream", channel=place.channel, ts=self.message.ts, markdown_text=more)
            return
        _, user = who(self._person)
        begun = await web(
            "chat.startStream",
            channel=place.channel,
            thread_ts=place.thread,
            recipient_team_id=place.team,
            recipient_user_id=user,
            markdown_text=more,
        )
        self.message = Posted(self._where, begun["ts"], more)

    async def _changed(self, delta: Delta) -> bool:
        shown = so_far(self._text, markdown=delta.markdown)
        if not shown.strip() or len(shown) > _TEXT:
            return False
        if self.message is None:
            self.message = await self._post(shown)
        else:
            self.message = await update(self.message, self._name, shown, [])
        return True

    async def ended(self) -> Posted | None:
        """The message, which can be changed now. Raises one of TROUBLES."""
        if self.message and self._grows:
            await end_stream(self.message, self._name)
        return self.message
