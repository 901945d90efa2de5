"""Every reply is shown once: now, or as soon as the platform takes it, or at the next start."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from bot.coach.coach import Coach
from bot.coach.reply import Delta, Reply
from bot.coach.session import Status
from bot.errors import StoreError
from bot.unexpected import noted

log = logging.getLogger("viva.surface")

_REMEMBERED = 10_000  # events and prompts
_AT_ONCE = 16  # sessions that are caught up with

By = TypeVar("By")  # what somebody did that is answered: a click, a command
Channel = TypeVar("Channel")  # what can be posted to
Message = TypeVar("Message")  # one that was posted


class Turn(Protocol[Message]):
    """What posts for one event of one session; `put` are the prompts it put, by number, with their messages."""

    put: list[tuple[int, Message]]

    async def show(self, items: AsyncIterator[Reply | Delta]) -> None:
        """Show everything, in order; raises what `Showing.passing` knows where the platform fails."""
        ...


AnyTurn = TypeVar("AnyTurn", bound=Turn[Any])


class Showing(ABC, Generic[By, Channel, Message, AnyTurn]):
    """Shows what the coach replies, and knows what has not been shown yet."""

    troubles: tuple[type[Exception], ...]
    """What the platform raises where it does not take something."""

    def __init__(self, coach: Coach) -> None:
        self._coach = coach
        self._prompts: OrderedDict[str, tuple[int, Message]] = OrderedDict()
        self._taken: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._behind: set[str] = set()
        self._late: set[str] = set()  # those of which the log says so already
        self._busy: set[asyncio.Task[Any]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @abstractmethod
    async def turn(
        self,
        session_id: str,
        event_id: str,
        by: By | None = None,
        acknowledged: asyncio.Future[Any] | None = None,
        channel: Channel | None = None,
    ) -> AnyTurn:
        """What posts for one event of a session: in `channel`, else where it is held, else in a direct message."""

    @abstractmethod
    def passing(self, error: Exception) -> bool:
        """Whether it is the platform, or the way to it, that fails for a while."""

    @abstractmethod
    async def retire(self, session_id: str, number: int, message: Message) -> None:
        """Have the buttons of a prompt answer no longer; raises one of `troubles` where that cannot be."""

    @abstractmethod
    async def standing(self, turn: AnyTurn, still_open: int | None) -> list[tuple[int, Message]]:
        """The prompts that a process before this one put where the turn is shown: with live buttons, though over."""

    async def show(
        self,
        session_id: str,
        event_id: str,
        replies: AsyncGenerator[Reply | Delta, None],
        by: By | None = None,
        acknowledged: asyncio.Future[Any] | None = None,
        channel: Channel | None = None,
    ) -> bool:
        """Show the replies to one event, in `channel` if there is one; False where the platform fails for now.

        One event after the other in each session, and first what the platform did not take a moment ago: else the
        replies to one would be shown as those to the next. An event that is delivered again while it is shown, or
        later, is not shown again.
        """
        async with self._turn_of(session_id):
            if session_id in self._behind:
                await self._catch_up(session_id, event_id)
            return await self._show(session_id, event_id, replies, by, acknowledged, channel)

    def _turn_of(self, session_id: str) -> asyncio.Lock:
        return self._turns.setdefault(session_id, asyncio.Lock())

    async def _show(
        self,
        session_id: str,
        event_id: str,
        replies: AsyncGenerator[Reply | Delta, None],
        by: By | None = None,
        acknowledged: asyncio.Future[Any] | None = None,
        channel: Channel | None = None,
    ) -> bool:
        taken = session_id, event_id
        if taken in self._taken:
            await replies.aclose()
            return True
        self._taken[taken] = None
        _trim(self._taken)
        turn = await self.turn(session_id, event_id, by, acknowledged, channel)
        task = asyncio.current_task()
        assert task  # noqa: S101  # a coroutine of ours always runs in a task
        self._busy.add(task)
        try:
            async with aclosing(replies):
                await turn.show(self._retiring(session_id, turn, replies))
            await self._retire(session_id, turn)
        except StoreError:
            self._taken.pop(taken, None)  # nothing is known of it here: told again, or looked for, it is dealt with
            raise
        except Exception as error:
            if not self.passing(error):
                raise
            level = logging.DEBUG if session_id in self._late else logging.WARNING
            log.log(level, "session %s waits for its platform (%s)", session_id, type(error).__name__)
            self._behind.add(session_id)
            self._late.add(session_id)
            self._taken.pop(taken, None)
            return False
        finally:
            self._busy.discard(task)
        self._late.discard(session_id)
        return True

    async def catch_up(self, session_id: str) -> None:
        """Show what was answered but not shown, and answer what was stored but not answered."""
        async with self._turn_of(session_id):
            await self._catch_up(session_id)

    async def _catch_up(self, session_id: str, until: str = "") -> None:
        """Those before an event: it and what came after it are shown to whoever waits for that."""
        self._behind.discard(session_id)
        try:
            for event in await self._coach.unshown(session_id):
                if event.id == until:
                    return
                replies = self._coach.handle(session_id, event, once=True, kept=True)
                if not await self._show(session_id, event.id, replies):
                    return
        except StoreError:
            self._behind.add(session_id)  # what the database does not take or tell now, it may later
            raise

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
        """Try again to show what the platform did not take."""
        await self.catch_up_with(list(self._behind))

    async def settled(self, seconds: float) -> None:
        """Wait until all that is under way is done, but no longer than so many seconds."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=seconds)

    async def _retiring(
        self, session_id: str, turn: AnyTurn, replies: AsyncGenerator[Reply | Delta, None]
    ) -> AsyncGenerator[Reply | Delta, None]:
        """The replies; whoever asks for the next has shown the one before, and what is over by it is retired first.

        Only after the last the event counts as shown, and is not taken up again after a kill.
        """
        async for reply in replies:
            yield reply
            if turn.put:
                await self._retire(session_id, turn)

    async def _retire(self, session_id: str, turn: AnyTurn) -> None:
        """Disable the buttons of prompts that are over: only what stands open is there to be answered."""
        session = await self._coach.session(session_id)
        over = session.status is Status.CLOSED
        if not over and not turn.put:
            return
        before = self._prompts.pop(session_id, None)
        still_open = None if over else session.prompts
        retired = [*([before] if before else await self.standing(turn, still_open)), *turn.put]
        if not over:
            self._prompts[session_id] = retired.pop()
            _trim(self._prompts)
        turn.put.clear()
        for number, message in retired:
            try:
                await self.retire(session_id, number, message)
            except self.troubles as error:
                log.debug("old buttons of session %s stay (%s)", session_id, type(error).__name__)


def _trim(remembered: OrderedDict[Any, Any]) -> None:
    while len(remembered) > _REMEMBERED:
        remembered.popitem(last=False)
