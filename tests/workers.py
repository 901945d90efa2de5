"""A worker for tests: a minimal surface over the coach, several of which share one database.

`python -m tests.workers URL PACE` is told of events on standard input, a line each, and says on standard output when
one is kept and what it posts. Whoever holds the other end is the platform (`tests/handover.py`).
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.events import EVENT, CandidateEvent, Start
from bot.coach.persona import Persona
from bot.coach.reply import Delta, ProbeReply, QuestionReply, Reply
from bot.errors import StoreError
from bot.grading.grade import Grade, Submission
from bot.store import leases as leasing
from bot.store.leases import Leases
from bot.store.store import Store
from bot.surface.beside import LOOK_SECONDS, left, repeatedly
from bot.surface.conversation import Conversation
from bot.surface.showing import Showing
from tests.coach.scripted import LIBRARY, ScriptedJudge, find_named

PLACE = "crowd:"


@dataclass(frozen=True)
class Pace:
    """Seconds: the most that a judge thinks, that a lease lives, and between two looks at what others left.

    As they are shipped, but for the judge.
    """

    thinks: float = 0.6
    lease: float = leasing._SECONDS  # pyright: ignore[reportPrivateUsage]  # a test may want it shorter
    look: float = LOOK_SECONDS

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def say(**what: object) -> None:
    """A line for whoever holds the other end; written at once, so that a kill takes nothing back."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class SlowJudge(ScriptedJudge):
    """Credits nothing, after a while."""

    def __init__(self, thinks: float) -> None:
        super().__init__(always="-")
        self._thinks = thinks

    async def grade(self, submission: Submission) -> Grade:
        await asyncio.sleep(random.uniform(0, self._thinks))
        return await super().grade(submission)


class Turn:
    """Posts what follows from one event of one session."""

    def __init__(self, session_id: str, event_id: str) -> None:
        self.put: list[tuple[int, None]] = []
        self._name = f"{session_id}/{event_id}"

    async def show(self, items: AsyncIterator[Reply | Delta]) -> None:
        number = 0
        async for item in items:
            if not isinstance(item, Delta):
                number += 1
                prompt = item.text if isinstance(item, QuestionReply | ProbeReply) else None
                say(post=f"{self._name}/{number}", prompt=prompt)


class Posting(Showing[None, None, None, Turn]):
    """A platform that takes everything."""

    troubles = (ConnectionError,)

    async def turn(self, session_id: str, event_id: str, *_: object) -> Turn:
        return Turn(session_id, event_id)

    def passing(self, error: Exception) -> bool:  # noqa: ARG002  # the interface's
        return False

    async def retire(self, session_id: str, number: int, message: None) -> None: ...  # the interface's

    async def standing(self, turn: Turn, still_open: int | None) -> list[tuple[int, None]]:  # noqa: ARG002  # the interface's
        return []


class Worker:
    """Answers what it is told of, and takes up what others left behind."""

    def __init__(self, store: Store, pace: Pace) -> None:
        self._store = store
        self._leases = Leases(store.database)
        answerer = Answerer(LIBRARY, find_named(LIBRARY))
        self._coach = Coach(LIBRARY, store, SlowJudge(pace.thinks), Persona(), answerer, self._leases)
        self._showing = Posting(self._coach)
        self._conversation = Conversation(self._coach, self._showing)

    async def take(self, line: str) -> None:
        """One event, and where it begins a session, that session; what the database did not take is told again."""
        told = json.loads(line)
        session_id, event = told["session"], EVENT.validate_python(told["event"])
        assert isinstance(event, CandidateEvent)

        async def acknowledge() -> None:
            say(kept=event.id)

        try:
            if isinstance(event, Start):
                await self._store.add_session(session_id, f"{PLACE}{session_id}", f"{PLACE}{session_id}")
            await self._conversation.take(session_id, event, None, acknowledge)
        except StoreError as error:
            sys.stderr.write(f"{session_id}: {error}\n")

    async def look(self) -> None:
        """Go on where another process was killed."""
        sessions = await left(self._coach, self._leases, PLACE)
        await self._showing.catch_up_with(row.id for row in sessions)


async def work(url: str, pace: Pace) -> None:
    """Until standard input ends."""
    leasing._SECONDS = pace.lease  # pyright: ignore[reportPrivateUsage]  # else a kill takes a test too long
    leasing._RENEWED = pace.lease / 3  # pyright: ignore[reportPrivateUsage]  # the same
    store = await Store.open(url)
    worker = Worker(store, pace)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    looking = asyncio.create_task(repeatedly(pace.look, worker.look, "looking"))
    say(ready=True)
    async with asyncio.TaskGroup() as tasks:
        async for line in reader:
            tasks.create_task(worker.take(line.decode()))
    looking.cancel()
    await store.close()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Pace(**json.loads(sys.argv[2]))))
