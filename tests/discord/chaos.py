"""Everything goes wrong at random while people drill: nothing may be lost, and nothing doubled.

The gateway is cut, refuses and forgets; REST answers 429 and 500, hangs up, and loses replies; models are slow.
A person behaves as people do: whoever gets no reaction does it again.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from bot.coach.events import EVENT, CandidateEvent, Graded, Outcome, Replied, Say
from bot.coach.reply import GradeReply, ProbeReply, QuestionReply
from bot.coach.reply import Reply as ReplyKind
from bot.store.store import Store
from tests.discord.double import Double, Fault, Request
from tests.discord.drilling import drill, open_prompts, over
from tests.discord.people import Click, Person, text_of
from tests.discord.rules import Json, walk
from tests.loopback import Fail, Reply, Whole
from tests.loopback import Fault as ModelFault
from tests.loopback import Request as Asked
from tests.loopback import Say as Words
from tests.shipped import PATIENCE, Viva
from tests.terminal.replies import is_judge, verdicts

QUESTIONS = 50  # more than anybody gets through
_PATIENCE = 8.0  # seconds until somebody does it again
_REST = ((0.03, Fault.RATE_LIMITED), (0.005, Fault.RATE_LIMITED_EVERYWHERE), (0.03, Fault.BROKEN), (0.01, Fault.CUT))
_LOST = 0.03
_GRADES = ("### So far", "### Grade")
_SLOW = 0.7  # seconds that a model takes at most
_FAULTS, _BLOWS = 8, 4  # a storm has at least so many
_PAUSE = 2.5  # seconds between two blows to the gateway at most


@dataclass
class Chaos:
    """A storm over a Discord; `faults` and `blows` count what happened, `clicks` what people did."""

    discord: Double
    seed: int
    faults: Counter[str] = field(default_factory=Counter[str])
    blows: Counter[str] = field(default_factory=Counter[str])
    clicks: list[Click] = field(default_factory=list[Click])
    answers: Counter[str] = field(default_factory=Counter[str])
    threads: dict[str, str] = field(default_factory=dict[str, str])

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
                self.answers[text] += 1
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
        return (much and len(self.answers) >= 2 * len(self.threads)) or any(task.done() for task in talking)


async def lost_or_doubled(viva: Viva, chaos: Chaos) -> list[str]:
    """Every difference between what people said, what is stored and what stands in the threads; a line each."""
    found = list[str]()
    store = await Store.open(f"sqlite:///{viva.data / 'viva.sqlite3'}")
    for thread, user_id in chaos.threads.items():
        rows = await store.sessions(f"discord:{user_id}")
        events = [EVENT.validate_json(record.body) for row in rows for record in await store.events(row.id)]
        found += [f"{thread}: {problem}" for problem in _problems(chaos, thread, len(rows), events)]
    await store.close()
    return found


def _problems(chaos: Chaos, thread: str, sessions: int, events: list[CandidateEvent | Outcome]) -> Iterator[str]:
    if sessions != 1:
        yield f"{sessions} sessions"
    stored = Counter(event.text for event in events if isinstance(event, Say))
    name = chaos.discord.world.users[chaos.threads[thread]]["global_name"]
    for text, times in chaos.answers.items():
        if f"of {name} is" in text and not 1 <= stored[text] <= times:
            yield f"said {times} times, stored {stored[text]} times: {text}"
    prompts = [reply for reply in _replies(events) if isinstance(reply, QuestionReply | ProbeReply)]
    graded = sum(isinstance(event, Graded) for event in events)
    if graded != len(prompts) - 1:
        yield f"{len(prompts)} prompts, all but the last answered, and {graded} grades"
    yield from _shown(chaos.discord, thread, events, [reply.text for reply in prompts])


def _shown(discord: Double, thread: str, events: list[CandidateEvent | Outcome], prompts: list[str]) -> Iterator[str]:
    messages = list(discord.said_in(thread))
    asked = [text_of(m) for m in messages if any(part.get("label") == "Answer" for part in walk(m["components"]))]
    for text in prompts:
        if (times := sum(shown.endswith(text) for shown in asked)) != 1:
            yield f"asked {times} times: {text}"
    if len(asked) != len(prompts):
        yield f"{len(asked)} questions stand there, {len(prompts)} were put"
    grades = sum(isinstance(reply, GradeReply) for reply in _replies(events))
    cards = sum(text_of(message).startswith(_GRADES) for message in messages)
    if cards != grades:
        yield f"{cards} cards stand there, {grades} grades were given"


def _replies(events: list[CandidateEvent | Outcome]) -> list[ReplyKind]:
    return [reply for event in events if isinstance(event, Replied) for reply in event.replies]
