"""Everything goes wrong at random while people drill: nothing may be lost, and nothing doubled.

The gateway is cut, refuses and forgets; REST answers 429 and 500, hangs up, and loses replies; models are slow.
A person behaves as people do: whoever gets no reaction does it again.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from tests.discord.double import Fault, Request
from tests.discord.drilling import drill, open_prompts, over
from tests.discord.people import Click, Person
from tests.discord.reckoning import Talk
from tests.discord.rules import Json
from tests.loopback import Fail, Reply, Whole
from tests.loopback import Fault as ModelFault
from tests.loopback import Request as Asked
from tests.loopback import Say as Words
from tests.shipped import PATIENCE
from tests.terminal.replies import is_judge, verdicts

QUESTIONS = 50  # more than anybody gets through
_PATIENCE = 8.0  # seconds until somebody does it again
_REST = ((0.03, Fault.RATE_LIMITED), (0.005, Fault.RATE_LIMITED_EVERYWHERE), (0.03, Fault.BROKEN), (0.01, Fault.CUT))
_LOST = 0.03
_SLOW = 0.7  # seconds that a model takes at most
_FAULTS, _BLOWS = 8, 4  # a storm has at least so many
_PAUSE = 2.5  # seconds between two blows to the gateway at most


@dataclass
class Chaos(Talk):
    """A storm over a Discord; `faults` and `blows` count what happened, `clicks` what people did."""

    seed: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    blows: Counter[str] = field(default_factory=Counter[str])
    clicks: list[Click] = field(default_factory=list[Click])

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._probes = count(1)
        self._over = asyncio.Event()

    def model(self, asked: Asked) -> Reply:
        """Credits nothing and asks on in new words, sometimes after a while."""
        well: Whole = verdicts(asked) if is_judge(asked) else Words(f"And what follows, number {next(self._probes)}?")
        slow = self._chance.random() < 0.5
        return Fail(ModelFault.SLOW, seconds=self._chance.uniform(0, _SLOW), then=well) if slow else well

    def rest(self, request: Request) -> Fault | None:
        """What happens to a request; only what has a nonce can be done and yet look undone."""
        drawn = self._chance.random()
        body: Json = request.body or {}
        for share, fault in (*_REST, *([(_LOST, Fault.LOST)] if "nonce" in body else [])):
            drawn -= share
            if drawn < 0:
                self.faults[fault.name] += 1
                return fault
        return None

    async def gateway(self) -> None:
        """Blow upon blow, until the storm is over."""
        gateway = self.discord.gateway
        blows = {
            "cable cut": gateway.drop,
            "closed": lambda: gateway.drop(4000),
            "op 7": gateway.ask_to_reconnect,
            "op 9": lambda: gateway.invalidate(resumable=True),
            "forgotten": lambda: gateway.invalidate(resumable=False),
        }
        while not self._over.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), self._chance.uniform(0.3, _PAUSE))
            if not gateway.connected:
                continue
            # To be forgotten costs a bot five seconds, and to be refused ever more, so both are rare.
            blow = self._chance.choices(list(blows), weights=(4, 3, 3, 3, 1))[0]
            gateway.refusing = self._chance.choices((0, 1), weights=(5, 1))[0]
            self.blows[blow] += 1
            await blows[blow]()

    async def talk(self, person: Person, thread: str) -> None:
        """Answer one prompt after another, by form or by reply, until the storm is over and the last is dealt with."""
        name = person.user["global_name"]
        for number in count(1):
            text = f"Statement {number} of {name} is that zebras graze."
            prompt = open_prompts(self.discord, thread)[-1]
            while not over(self.discord, thread, prompt)():
                self.answers[thread][text] += 1
                await (self._form if self._chance.random() < 0.7 else self._reply)(person, prompt, text)
                with suppress(AssertionError):
                    await self.discord.until(over(self.discord, thread, prompt), _PATIENCE)
            await self.discord.until(lambda: open_prompts(self.discord, thread), 60, f"nothing more is asked of {name}")
            if self._over.is_set():
                return

    async def _form(self, person: Person, prompt: Json, text: str) -> None:
        shown = await person.click(prompt, "Answer")
        self.clicks.append(shown)
        if shown.modal:
            self.clicks.append(await person.submit(shown, answer=text))

    async def _reply(self, person: Person, prompt: Json, text: str) -> None:
        await person.say(prompt["channel_id"], text, reply_to=prompt)

    async def rage(self, people: list[Person], channel: Json, seconds: float) -> None:
        """People begin in peace; then the storm, and then peace again until everybody's last answer is dealt with.

        The storm takes so many seconds, and on a slow machine as long as it takes to be one.
        """
        for person in people:
            self.threads[await drill(self.discord, person, channel, QUESTIONS)] = person.user["id"]
        self.discord.fault = self.rest
        blowing = asyncio.create_task(self.gateway())
        talking = [asyncio.create_task(self.talk(p, t)) for p, t in zip(people, self.threads, strict=True)]
        await asyncio.wait(talking, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        await self.discord.until(lambda: self._raged(talking), PATIENCE, "hardly anything happened")
        self._over.set()
        self.discord.fault = lambda _: None
        self.discord.gateway.refusing = 0
        await asyncio.gather(blowing, *talking)

    def _raged(self, talking: list[asyncio.Task[None]]) -> bool:
        """Whether enough has gone wrong and enough been said, or somebody cannot go on."""
        much = self.faults.total() >= _FAULTS and self.blows.total() >= _BLOWS
        said = sum(map(len, self.answers.values()))
        return (much and said >= 2 * len(self.threads)) or any(task.done() for task in talking)
