"""Replies into a place: posted in order, streamed, followed to where they can be read."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from slack_sdk.errors import SlackApiError

from bot.coach.reply import (
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
from bot.slack import actions, blocks
from bot.slack.call import Call
from bot.slack.layout import Message, laid_out
from bot.slack.places import Where, who
from bot.slack.posting import Name, Posted, own_messages, post, remove, update
from bot.slack.streaming import Stream
from bot.slack.telling import NOWHERE, REVOKED, TROUBLES, Whisper, code, passing
from bot.slack.uploads import Uploads, upload
from bot.surface.cards import Document, Passage
from bot.unexpected import told

log = logging.getLogger("viva.slack")

_WORKING_AFTER = 0.4  # seconds until it is shown that something is coming
_FOR_ONE = (RunReply, GradeReply, ExplanationReply, DebriefReply, HintReply)
# Slack's words for a message that takes nothing else any more.
_GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "streaming_state_conflict"}
_FOR_YOU = "There is something for your eyes alone."

Prompt = tuple[int, Posted]
"""The number of a prompt and the message that its buttons are under."""


@dataclass
class Turn:
    """One event of one session, and where what follows from it is shown.

    `whisper`: cards are for `person` alone, for others read along. `by` is what the person did, None where nobody
    waits: what was posted by then is looked for. `elsewhere` is asked for another place when one takes nothing,
    `direct` for the person's direct messages, `prompts` for the number of the prompt that stands open. `put` are
    the prompts that were put.
    """

    session_id: str
    event_id: str
    person: str
    where: Where | None
    uploads: Uploads
    prompts: Callable[[], Awaitable[int]]
    elsewhere: Callable[[Where], Awaitable[Where | None]]
    direct: Callable[[], Awaitable[Where]]
    by: Call | None = None
    acknowledged: asyncio.Future[None] | None = None
    whisper: bool = False
    put: list[Prompt] = field(default_factory=list["Prompt"], init=False)
    _posted: int = field(default=0, init=False)

    async def show(self, items: AsyncIterator[Reply | Delta]) -> None:
        """Show everything, in order; raises what `passing` knows where Slack fails."""
        stream: Stream | None = None
        async with _working(self.where, self.person):
            async for item in items:
                if not isinstance(item, Delta):
                    await self.reply(item, await stream.ended() if stream else None)
                    stream = None
                elif self.where and not self._maybe_posted:
                    stream = stream or await self._stream(self.where)
                    await stream.add(item)

    async def _stream(self, where: Where) -> Stream:
        await self._after_acknowledgement()
        name = Name(self.session_id, self.event_id, self._posted + 1)

        async def begin(text: str) -> Posted | None:
            return await post(where, name, text, [], again=self._maybe_posted)

        return Stream(where, self.person, name, begin)

    @property
    def _maybe_posted(self) -> bool:
        return self.by is None or self.by.again

    async def reply(self, reply: Reply, streamed: Posted | None = None) -> None:
        """Show one reply, in place of the message where it was streamed."""
        if isinstance(reply, QuestionReply | ProbeReply):
            await self._put(reply, streamed)
        elif not (self.whisper and isinstance(reply, _FOR_ONE)):
            # Formulas are drawn: a second thread keeps others from waiting for it.
            for card in await asyncio.to_thread(blocks.messages, reply, session_id=self.session_id):
                await self._show(card, streamed)
                streamed = None
        elif self.by:
            for card in await asyncio.to_thread(blocks.messages, reply, session_id=self.session_id, private=True):
                await self.whispered(card)
        else:
            # What one person alone is shown, Slack shows only while they look; it can be posted when they ask for it.
            for card in laid_out([Passage(blocks.SLACK.sentence(_FOR_YOU)), actions.reveal(self.session_id, reply)]):
                await self._show(card)

    async def _put(self, reply: QuestionReply | ProbeReply, streamed: Posted | None) -> None:
        number = await self.prompts()
        posted: Posted | None = None
        for message in blocks.question(self.session_id, number, reply):
            posted = await self._show(message, streamed)
            streamed = None
        if posted:
            self.put.append((number, posted))

    async def _show(self, message: Message, streamed: Posted | None = None) -> Posted | None:
        """Post one message for all who read along, and its files; None where that can be done nowhere."""
        self._posted += 1
        name = Name(self.session_id, self.event_id, self._posted)
        await self._after_acknowledgement()
        while self.where:
            try:
                posted = await self._shown(self.where, name, message, streamed)
                await self._attach(message.documents, self.where)
            except SlackApiError as error:
                if code(error) not in NOWHERE:
                    raise
                log.info("nothing can be posted where session %s is held (%s)", self.session_id, code(error))
                self.where, streamed = await self.elsewhere(self.where), None
            else:
                return posted
        log.warning("a reply to %s in session %s can be shown nowhere", self.event_id, self.session_id)
        return None

    async def _shown(self, where: Where, name: Name, message: Message, streamed: Posted | None) -> Posted:
        async def show(files: Mapping[str, str]) -> Posted:
            shown = message.rendered(files)
            if streamed:
                try:
                    return await update(streamed, name, message.text, shown)
                except SlackApiError as error:
                    if code(error) not in _GONE:
                        raise
                    await remove(streamed)
            return await post(where, name, message.text, shown, again=self._maybe_posted)

        try:
            return await self.uploads.shown(where.web, where.place.team, [message], show)
        except SlackApiError as error:
            if passing(error) or code(error) in NOWHERE | REVOKED:
                raise
            # Slack does not take this message, and would not later either; what follows it may pass.
            log.warning("Slack does not take a message of session %s (%s)", self.session_id, code(error))
            (sentence,) = blocks.told(told(error))
            return await post(where, name, sentence.text, sentence.rendered({}))

    async def whispered(self, message: Message) -> None:
        """Show one message to the person alone, its files in their direct messages."""
        await self._after_acknowledgement()
        if not self.where:
            return
        team, user = who(self.person)
        place = self.where.place
        to = Whisper(self.where.web, user, place.channel, place.thread)

        async def show(files: Mapping[str, str]) -> None:
            await to.show(message.text, message.rendered(files))

        await self.uploads.shown(self.where.web, team, [message], show)
        if message.documents:
            await self._attach(message.documents, await self.direct())

    async def _attach(self, documents: tuple[Document, ...], where: Where) -> None:
        for document in documents:
            if self._maybe_posted and await _has(where, document.name):
                continue
            try:
                await upload(where.web, document.name, document.text.encode(), where=where)
            except TROUBLES as error:
                if passing(error):
                    raise
                log.warning("a file could not be uploaded (%s)", type(error).__name__)

    async def _after_acknowledgement(self) -> None:
        if self.acknowledged:
            await asyncio.wait([self.acknowledged])


async def _has(where: Where, name: str) -> bool:
    """Whether a file stands there already."""
    async for message in own_messages(where):
        if any(file.get("name") == name or file.get("title") == name for file in message.get("files") or ()):
            return bool(where.place.thread)  # of a direct message as a whole nobody knows what it belongs to
    return False


@asynccontextmanager
async def _working(where: Where | None, person: str) -> AsyncGenerator[None]:
    """Show that something is coming, once it takes a moment; whoever sees that can stop it."""
    at_work = where if where and where.place.thread else None
    task = asyncio.create_task(_work(at_work, person))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if at_work and not task.cancelled():
            await status(at_work, "active")


async def _work(where: Where | None, person: str) -> None:
    await asyncio.sleep(_WORKING_AFTER)
    if where:
        await status(where, "processing", person)


async def status(where: Where, status: str, person: str = "") -> None:
    """Set whether Viva is at work in a thread: `processing`, or `active` when it is not."""
    place = where.place
    initiator = who(person)[1] if person else None
    try:
        await where.web(
            "agents.sessions.setStatus",
            channel_id=place.channel,
            thread_ts=place.thread,
            status=status,
            initiator_user_id=initiator,
        )
    except TROUBLES as error:
        log.debug("a status could not be shown: %s", type(error).__name__)
