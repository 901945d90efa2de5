"""Between a platform and the coach: what people do becomes events, and replies are shown.

Only the owner of a session drives it. Everything is acknowledged before it is dealt with, and taken in the order
it came.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, Generic
from uuid import uuid4

from bot.coach.coach import Coach
from bot.coach.events import Ask, CandidateEvent, Hint, Mode, Pause, Skip, Start, Stop
from bot.coach.reply import DebriefReply, GradeReply, Reply
from bot.coach.session import Session
from bot.errors import UsageError
from bot.surface.appealing import choices
from bot.surface.marking import Choice
from bot.surface.press import Press, Verb, mark
from bot.surface.showing import By, Channel, Showing

log = logging.getLogger("viva.surface")

Acknowledge = Callable[[], Coroutine[Any, Any, Any]]
"""Tells the platform that an event has arrived; awaited once."""

_CARD_GONE = "This card is no longer kept."
_NOT_ON_PANEL = "Only the panel of this interview votes."
_REMEMBERED = 10_000  # people who asked something
_STORING_SECONDS = 2.0  # for an event until it is acknowledged all the same; platforms wait three


class Conversation(Generic[By, Channel]):
    """All sessions that this process takes part in."""

    nothing_open: str
    """What to say to somebody who has no open session."""
    old: str
    """What to say about a button that is no longer known."""

    def __init__(self, coach: Coach, showing: Showing[By, Channel, Any, Any]) -> None:
        self._coach = coach
        self._showing = showing
        self._asking: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def take(
        self, session_id: str, event: CandidateEvent, by: By | None = None, acknowledge: Acknowledge | None = None
    ) -> None:
        """Have one event answered; it is acknowledged as soon as it is stored, whatever the answer takes."""
        async with self._keeping(acknowledge) as (kept, acknowledged):
            await self._coach.keep(session_id, event)
            kept()
            replies = self._coach.handle(session_id, event, once=True, kept=True)
            await self._showing.show(session_id, event.id, replies, by, acknowledged)

    @asynccontextmanager
    async def _keeping(
        self, acknowledge: Acknowledge | None
    ) -> AsyncGenerator[tuple[Callable[[], None], asyncio.Future[None] | None]]:
        """What to call when an event is stored, and its acknowledgement that follows; at the end it is stored."""
        kept = asyncio.Event()
        acknowledged = asyncio.ensure_future(self._tried(acknowledge, kept)) if acknowledge else None
        try:
            yield kept.set, acknowledged
            kept.set()  # long ago, where it was delivered before
        except BaseException:
            if acknowledged and not kept.is_set():
                acknowledged.cancel()  # what went wrong is told instead
            raise

    async def _tried(self, acknowledge: Acknowledge, kept: asyncio.Event) -> None:
        """Acknowledge what is kept: whoever sees that an answer was taken is not to be asked for it again after a kill.

        Where storing takes nearly as long as platforms wait, it is acknowledged before: a kill in that moment loses it.
        Where acknowledging fails the event counts all the same, and is answered in its channel.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(kept.wait(), _STORING_SECONDS)
        try:
            await acknowledge()
        except self._showing.troubles as error:
            log.warning("something could not be acknowledged (%s)", type(error).__name__)

    async def ask(
        self,
        person: str,
        place: str,
        event: Ask,
        channel: Channel,
        by: By | None = None,
        acknowledge: Acknowledge | None = None,
    ) -> None:
        """Answer from the notes, in the person's open session there or beside it; "and why?" leans on the last."""
        async with self._keeping(acknowledge) as (kept, acknowledged):
            session_id = await self._coach.unfinished(person, place) or self._asking.get((person, place), "")
            if (await self._coach.session(session_id)).start is None:  # none, or no longer kept
                session_id = await self._beside(person, place, event)
            await self._coach.keep(session_id, event)
            kept()
            replies = self._coach.handle(session_id, event, once=True, kept=True)
            await self._showing.show(session_id, event.id, replies, by, acknowledged, channel)

    async def _beside(self, person: str, place: str, event: Ask) -> str:
        """A session that only answers questions; it opens without a word."""
        session_id = self._asking[person, place] = self.beside(person, place, event)
        if len(self._asking) > _REMEMBERED:
            self._asking.popitem(last=False)
        if (await self._coach.session(session_id)).start is None:
            start = Start(id=f"{event.id}/start", at=event.at, mode=Mode.ASK)
            async for _ in self._coach.begin(session_id, person, place, start):
                pass
        return session_id

    def beside(self, person: str, place: str, event: Ask) -> str:  # noqa: ARG002  # where the platform tells of things twice
        """The id of a session that only answers questions, begun by this one."""
        return uuid4().hex

    async def make_room(self, person: str, place: str, event_id: str, at: datetime, by: By | None = None) -> None:
        """End what the person has open in a place, with a debrief where something was answered."""
        session_id = await self._coach.unfinished(person, place)
        if session_id is None:
            return
        session = await self._coach.session(session_id)
        stop = Stop(id=f"{event_id}/end", at=at)
        if any(exchange.answers for exchange in session.exchanges):
            await self.take(session_id, stop, by)
        else:
            async for _ in self._coach.handle(session_id, stop):
                pass  # nothing was answered, so there is nothing to say

    async def open(self, person: str, here: str) -> str:
        """The person's session: the open one here, the last one here, an open one elsewhere; UsageError without."""
        found = await self._coach.unfinished(person, here) or await self._coach.latest(person, here)
        found = found or await self._coach.unfinished(person)
        if found is None:
            raise UsageError(self.nothing_open)
        return found

    async def seated(self, session_id: str, person: str) -> Session:
        """A session whose panel the person is on; UsageError for everybody else."""
        session = await self._coach.session(session_id)
        if person not in session.panel:
            raise UsageError(_NOT_ON_PANEL)
        return session

    async def card(self, press: Press) -> Reply:
        """The reply that a button stands under or for; UsageError where it is no longer kept."""
        session = await self._coach.session(press.session_id)
        for replied in session.replies.values():
            for reply in replied.replies:
                if mark(reply) == press.detail:
                    return reply
        raise UsageError(_CARD_GONE)

    async def form(self, session_id: str, person: str, most: int) -> tuple[str, bool]:
        """What the form of an answer begins with, in at most so many characters, and whether it asks how sure they are.

        It begins with code to begin with, or the last try. It asks whoever wishes it, before their first answer.
        """
        exchange = (await self._coach.session(session_id)).current
        if exchange is None:
            return "", False
        code = exchange.answers[-1] if exchange.runs and exchange.answers else exchange.starter
        begun = code if not exchange.probes and len(code) <= most else ""
        return begun, not exchange.answers and (await self._coach.memory.wishes(person)).sure

    async def appealable(self, press: Press) -> Sequence[Choice]:
        """The points of a card that can be appealed; UsageError where there are none."""
        reply = await self.card(press)
        found = choices(reply) if isinstance(reply, GradeReply | DebriefReply) else ()
        if not found:
            raise UsageError(self.old)
        return found

    def event(self, press: Press, *, id: str, at: datetime) -> CandidateEvent:  # noqa: A002  # as the events name it
        """What a click on a question's button means; UsageError for one that is no longer known."""
        match press.verb:
            case Verb.HINT:
                return Hint(id=id, at=at, prompt=press.prompt)
            case Verb.SKIP:
                return Skip(id=id, at=at, prompt=press.prompt)
            case Verb.PAUSE:
                return Pause(id=id, at=at)
            case _:
                raise UsageError(self.old)
