"""Everything goes wrong at random while people drill: nothing may be lost, and nothing doubled.

A person behaves as people do: whoever gets no reaction does it again.
"""

from __future__ import annotations

import asyncio
import random
from abc import abstractmethod
from collections import Counter
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from tests.drills import ActT, Json, PersonT, Talk
from tests.model_replies import Fail, Fault, Reply, Request, Say, Whole
from tests.shipped import PATIENCE
from tests.terminal.replies import is_judge, verdicts

QUESTIONS = 50  # more than anybody gets through
_FAULTS, _BLOWS = 8, 4  # a storm has at least so many


@dataclass
class Storm(Talk[PersonT, ActT]):
    """A storm over a platform; `faults` and `blows` count what happened to requests and to connections.

    After `patience` seconds without a reaction somebody does it again. At most `pause` seconds are between two blows,
    and at most `slow` seconds a model takes.
    """

    seed: int = 0
    patience: float = 8.0
    pause: float = 2.5
    slow: float = 0.7
    faults: Counter[str] = field(default_factory=Counter[str])
    blows: Counter[str] = field(default_factory=Counter[str])

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._probes = count(1)
        self._over = asyncio.Event()

    @abstractmethod
    def begin(self) -> None:
        """From now on requests meet with faults."""

    @abstractmethod
    def end(self) -> None:
        """All is well again."""

    @abstractmethod
    async def blow(self) -> str:
        """Do something to the connections; what it was, or nothing where there is none."""

    def drawn(self, *shares: tuple[float, object]) -> object:
        """One of these by chance, each with its share of all requests; mostly None."""
        left = self.chance.random()
        for share, what in shares:
            left -= share
            if left < 0:
                return what
        return None

    def model(self, asked: Request) -> Reply:
        """Credits nothing and asks on in new words, sometimes after a while."""
        well: Whole = verdicts(asked) if is_judge(asked) else Say(f"And what follows, number {next(self._probes)}?")
        slow = self.chance.random() < 0.5
        return Fail(Fault.SLOW, seconds=self.chance.uniform(0, self.slow), then=well) if slow else well

    async def _blows(self) -> None:
        """Blow upon blow, until the storm is over."""
        while not self._over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), self.chance.uniform(self.pause / 8, self.pause))
            if what := await self.blow():
                self.blows[what] += 1

    async def talk(self, person: PersonT, name: str, thread: Hashable) -> None:
        """Answer one prompt after another, by form or by message, until the storm is over and the last dealt with."""
        for number in count(1):
            text = f"Statement {number} of {name} is that zebras graze."
            prompt, again = self.drills.prompts(thread)[-1], False
            while self._is_last(thread, prompt):
                self.answers[thread][text] += 1
                await self._answer(person, prompt, text, again=again)
                again = True
                with suppress(AssertionError):
                    await self.drills.until(lambda p=prompt: not self._is_last(thread, p), self.patience)
            await self.drills.until(lambda: self.drills.prompts(thread), 60, f"nothing more is asked of {name}")
            if self._over.is_set():
                return

    def _is_last(self, thread: Hashable, prompt: Json) -> bool:
        """Whether a prompt is what stands open: where the platform fails, the buttons of one before may stay."""
        return self.drills.prompts(thread)[-1:] == [prompt]

    async def _answer(self, person: PersonT, prompt: Json, text: str, *, again: bool) -> None:
        """A message said twice could be taken for two; a form says which prompt it is for."""
        if self.chance.random() < 0.3 and not again:
            await self.drills.reply(person, prompt, text)
            return
        form = await self.drills.form(person, prompt)
        handed_in = await self.drills.hand_in(form, text)
        self.acts += [form, *([handed_in] if handed_in else [])]

    async def rage(self, names: list[str], seconds: float) -> None:
        """People begin in peace; then the storm, and then peace again until everybody's last answer is dealt with.

        The storm takes so many seconds, and on a slow machine as long as it takes to be one.
        """
        for name in names:
            person = self.drills.person(name)
            self.threads[await self.drills.begin(person, QUESTIONS)] = person
        self.begin()
        blowing = asyncio.create_task(self._blows())
        everybody = zip(names, self.threads.items(), strict=True)
        talking = [asyncio.create_task(self.talk(person, name, thread)) for name, (thread, person) in everybody]
        await asyncio.wait(talking, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        await self.drills.until(lambda: self._raged(talking), PATIENCE, "hardly anything happened")
        self._over.set()
        self.end()
        await asyncio.gather(blowing, *talking)

    def _raged(self, talking: list[asyncio.Task[None]]) -> bool:
        """Whether enough has gone wrong and enough been said, or somebody cannot go on."""
        much = self.faults.total() >= _FAULTS and self.blows.total() >= _BLOWS
        said = sum(map(len, self.answers.values()))
        return (much and said >= 2 * len(self.threads)) or any(task.done() for task in talking)
