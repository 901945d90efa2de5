"""Messages into a place, each once: what a message is called goes with it, and is looked for before it is posted again.

Slack has no nonce. Of a request that broke off nobody knows whether it was done, and of a process that was killed
nobody knows what it had posted; the thread itself says it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.slack.kit import Json
from bot.slack.places import Where
from bot.slack.telling import TROUBLES, code, passing
from bot.surface.press import Press, Verb

log = logging.getLogger("viva.slack")

_KIND = "viva_reply"
_AGAIN_SECONDS = 0.5
_PAGE, _PAGES = 200, 5  # of a thread, from its beginning


@dataclass(frozen=True)
class Name:
    """What a message is called: the how manieth of those that answer an event of a session."""

    session_id: str
    event_id: str
    number: int

    @property
    def metadata(self) -> Json:
        """As it goes with a message."""
        payload = {"session": self.session_id, "event": self.event_id, "number": self.number}
        return {"event_type": _KIND, "event_payload": payload}

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> "Name | None":
        """What a message is called, or None for one that has no name."""
        metadata: Json = message.get("metadata") or {}
        if metadata.get("event_type") != _KIND:
            return None
        payload: Json = metadata.get("event_payload") or {}
        return cls(payload.get("session", ""), payload.get("event", ""), int(payload.get("number", 0)))


@dataclass(frozen=True)
class Posted:
    """A message that stands somewhere."""

    where: Where
    ts: str
    text: str
    blocks: tuple[Json, ...] = ()


async def post(where: Where, name: Name, text: str, blocks: list[Json], *, again: bool = False) -> Posted:
    """Post a message; `again` where it may have been posted before. Raises one of TROUBLES."""
    if again and (found := await find(where, name)):
        return await update(found, name, text, blocks)
    try:
        return await _post(where, name, text, blocks)
    except TROUBLES as error:
        if not passing(error):
            raise
    await asyncio.sleep(_AGAIN_SECONDS)
    if found := await find(where, name):
        return found
    return await _post(where, name, text, blocks)


async def _post(where: Where, name: Name, text: str, blocks: list[Json]) -> Posted:
    thread = {"thread_ts": where.place.thread} if where.place.thread else {}
    sent = await where.web(
        "chat.postMessage",
        channel=where.place.channel,
        text=text,
        blocks=blocks,
        metadata=name.metadata,
        unfurl_links=False,
        unfurl_media=False,
        **thread,
    )
    return Posted(where, sent["ts"], text, tuple(blocks))


async def update(posted: Posted, name: Name | None, text: str, blocks: list[Json]) -> Posted:
    """Put something else in the place of a message. Raises one of TROUBLES."""
    named = {"metadata": name.metadata} if name else {}
    channel = posted.where.place.channel
    await posted.where.web("chat.update", channel=channel, ts=posted.ts, text=text, blocks=blocks, **named)
    return Posted(posted.where, posted.ts, text, tuple(blocks))


async def find(where: Where, name: Name) -> Posted | None:
    """A message by its name, or one that a stream broke off in, which has neither name nor blocks yet."""
    half: Posted | None = None
    async for message in own_messages(where):
        posted = Posted(where, message["ts"], message.get("text", ""), tuple(message.get("blocks") or ()))
        if Name.read(message) == name:
            return posted
        if not (message.get("metadata") or message.get("blocks") or message.get("files")):
            half = posted
    if half:
        await end_stream(half)
    return half


async def end_stream(posted: Posted, name: Name | None = None) -> None:
    """That was all of a message that grew; it can be changed from then on. One that grows no more is left alone."""
    named = {"metadata": name.metadata} if name else {}
    try:
        await posted.where.web("chat.stopStream", channel=posted.where.place.channel, ts=posted.ts, **named)
    except SlackApiError as error:
        if passing(error):
            raise


async def remove(posted: Posted) -> None:
    """Take a message away, if it is still there."""
    try:
        await posted.where.web("chat.delete", channel=posted.where.place.channel, ts=posted.ts)
    except SlackApiError as error:
        log.info("half a message could not be removed (%s)", code(error))


async def own_messages(where: Where) -> AsyncGenerator[Mapping[str, Any]]:
    """What Viva posted in a thread, oldest first; of a direct message as a whole the last of it, newest first."""
    channel, thread, more = where.place.channel, where.place.thread, ""
    for _ in range(_PAGES if thread else 1):
        given: Json = {"channel": channel, "limit": _PAGE, "include_all_metadata": True}
        if thread:
            page = await where.web("conversations.replies", ts=thread, cursor=more or None, **given)
        else:
            page = await where.web("conversations.history", **given)
        for message in page["messages"]:
            if message.get("bot_id"):
                yield message
        after: Json = page.get("response_metadata") or {}
        more = after.get("next_cursor", "")
        if not more:
            return


def prompt_in(posted: Posted) -> Press | None:
    """The Answer button under a question, if it is still there."""
    for block in posted.blocks:
        for element in block.get("elements") or ():
            press = Press.read(str(element.get("action_id", "")))
            if press and press.verb == Verb.ANSWER:
                return press
    return None


def without_buttons(posted: Posted) -> list[Json]:
    """The blocks of a question without what answers it."""
    return [block for block in posted.blocks if block.get("type") != "actions"]
