"""Workers on one database are killed at random: is every answer graded and asked on once, and by whom after how long?

This end is the platform: it tells any worker of what people do, again where nobody says that it was kept, now and then
twice at once, and takes a post of one name once, as Discord does by its nonce. So a reply that two workers post counts
as doubled only where neither of them was killed.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.coach.events import EVENT, CandidateEvent, Graded, Mode, Replied, Say, Start
from bot.store.store import Store
from tests.coach.scripted import NOON
from tests.workers import Pace

Report = Callable[..., None]
"""Takes a name, a value, its unit and what is aimed at."""

_AGAIN = 3.0  # seconds until something that nobody kept is told again, as Slack does
_TWICE = 0.05  # share of what is told to two workers at once
_PATIENCE = 90.0  # seconds that somebody waits for what follows


@dataclass
class Crowd:
    """People at workers; afterwards `taken_over` are the seconds from a kill until each answer it left was answered."""

    url: str
    sessions: int
    answers: int = 3
    workers: int = 4
    kills: int = 2
    seed: int = 1
    at_once: int = 40
    pace: Pace = field(default_factory=Pace)
    taken_over: list[float] = field(default_factory=list[float])
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._living: list[Process] = []
        self._dead: set[int] = set()
        self._kept: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._prompted: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._told: defaultdict[str, list[int]] = defaultdict(list)
        self._posted: defaultdict[str, list[int]] = defaultdict(list)
        self._orphans: dict[str, float] = {}
        self._answered = 0

    async def run(self) -> list[str]:
        """Until everybody has answered so often; what was lost or doubled."""
        begun = time.monotonic()
        async with self._at_work(), asyncio.TaskGroup() as tasks:
            tasks.create_task(self._kill())
            at_once = asyncio.Semaphore(self.at_once)
            for number in range(self.sessions):
                tasks.create_task(self._person(f"s{number}", at_once))
        self.seconds = time.monotonic() - begun
        return await self._problems()

    @asynccontextmanager
    async def _at_work(self) -> AsyncIterator[None]:
        # One after the other: the first makes the tables, and a machine with few cores has enough to do with it.
        for _ in range(self.workers):
            command = [sys.executable, "-m", "tests.workers", self.url, str(self.pace)]
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
            assert process.stdout
            assert await process.stdout.readline(), "a worker did not start"
            self._living.append(process)
        reading = [asyncio.create_task(self._read(process)) for process in self._living]
        try:
            yield
        finally:
            for process in self._living:
                process.kill()
            await asyncio.gather(*reading)

    async def _read(self, worker: Process) -> None:
        """What a worker says, to its end: what it said before a kill counts."""
        assert worker.stdout
        async for line in worker.stdout:
            told = json.loads(line)
            if "kept" in told:
                self._kept[told["kept"]].set()
            else:
                self._take_post(worker.pid, told["post"], is_prompt=told["prompt"] is not None)
        await worker.wait()

    def _take_post(self, worker: int, name: str, *, is_prompt: bool) -> None:
        self._posted[name].append(worker)
        event = name.rsplit("/", 1)[0]
        if is_prompt and not self._prompted[event].is_set():
            self._prompted[event].set()
            self._answered += 1
            if event in self._orphans:
                self.taken_over.append(time.monotonic() - self._orphans[event])

    # People

    async def _person(self, session_id: str, at_once: asyncio.Semaphore) -> None:
        async with at_once:
            given = {"id": f"{session_id}-0", "at": NOON, "mode": Mode.DRILL, "questions": 3}
            await self._do(session_id, Start.model_validate(given))
            for number in range(1, self.answers + 1):
                text = f"Statement {number} is that zebras graze."
                await self._do(session_id, Say(id=f"{session_id}-{number}", at=NOON, text=text))

    async def _do(self, session_id: str, event: CandidateEvent) -> None:
        """Tell a worker, and another where nobody keeps it; then wait for what is asked next."""
        name = f"{session_id}/{event.id}"
        line = json.dumps({"session": session_id, "event": event.model_dump(mode="json")}) + "\n"
        while not self._kept[event.id].is_set():
            for worker in self._chance.sample(self._living, 2 if self._chance.random() < _TWICE else 1):
                self._tell(worker, name, line)
            await _within(_AGAIN, self._kept[event.id])
        await _within(_PATIENCE, self._prompted[name])

    def _tell(self, worker: Process, name: str, line: str) -> None:
        assert worker.stdin
        self._told[name].append(worker.pid)
        worker.stdin.write(line.encode())

    # Kills

    async def _kill(self) -> None:
        """Each at a random moment of the whole, while somebody waits for what the worker has kept."""
        total = self.sessions * (self.answers + 1)
        for moment in sorted(self._chance.uniform(0.1, 0.8) * total for _ in range(self.kills)):
            worker = self._living[self._chance.randrange(len(self._living))]
            while self._answered < moment or not self._open(worker):  # noqa: ASYNC110  # nobody tells how far all are
                await asyncio.sleep(0.01)
            self._living.remove(worker)
            self._dead.add(worker.pid)
            worker.kill()
            self._orphans |= dict.fromkeys(self._open(worker), time.monotonic())

    def _open(self, worker: Process) -> list[str]:
        """What this worker alone was told of and has kept, and nobody has answered."""
        return [
            name
            for name, workers in self._told.items()
            if workers == [worker.pid]
            and self._kept[name.partition("/")[2]].is_set()
            and not self._prompted[name].is_set()
        ]

    # Reckoning

    async def _problems(self) -> list[str]:
        store = await Store.open(self.url)
        found = [problem for n in range(self.sessions) for problem in await self._wrong(store, f"s{n}")]
        await store.close()
        found += [f"{name} was never followed by a prompt" for name in self._told if not self._prompted[name].is_set()]
        return found + [
            f"{name} was posted {len(workers)} times"
            for name, workers in self._posted.items()
            if len(workers) > 1 and not self._dead & set(workers)
        ]

    async def _wrong(self, store: Store, session_id: str) -> list[str]:
        """What is not as it should be in a session: everything said is stored, graded and answered once."""
        events = [EVENT.validate_json(record.body) for record in await store.events(session_id)]
        said = Counter(event.id for event in events if isinstance(event, Say))
        graded = Counter(event.to for event in events if isinstance(event, Graded))
        replied = Counter(event.to for event in events if isinstance(event, Replied))
        wanted = Counter(f"{session_id}-{number}" for number in range(1, self.answers + 1))
        counts = {
            "said": (said, wanted),
            "graded": (graded, wanted),
            "replied": (replied, wanted + Counter([f"{session_id}-0"])),
        }
        wrong = [
            f"{session_id}: {what} {dict(is_)}, not once each"
            for what, (is_, should) in counts.items()
            if is_ != should
        ]
        unposted = [
            f"{session_id}/{event.to}/{number} was never posted"
            for event in events
            if isinstance(event, Replied)
            for number in range(1, len(event.replies) + 1)
            if f"{session_id}/{event.to}/{number}" not in self._posted
        ]
        return wrong + unposted


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Until it is set, or so long; whether it is can be seen."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def measure(report: Report, url: str, seed: int, sessions: int = 500) -> None:
    """The figures of one seed."""
    crowd = Crowd(url, sessions, seed=seed)
    problems = asyncio.run(crowd.run())
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    report(f"{sessions} sessions, 2 of 4 workers killed, seed {seed}: lost or doubled", len(problems), "", "0")
    report("  answers that a kill left open", len(crowd.taken_over), "")
    report("  until another worker answered them, greatest", max(crowd.taken_over, default=0), "s", "under 60")
    report("  the whole", crowd.seconds, "s")
