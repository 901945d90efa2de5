"""A kill -9 in the middle of many sessions, and the start after it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from tests.discord.drilling import drill, open_prompts, over
from tests.discord.people import Click, Person
from tests.discord.process import WITHOUT_MODELS, on_discord
from tests.discord.reckoning import Talk
from tests.discord.rules import Json
from tests.loopback import Fail, Fault, Reply, ScriptedServer
from tests.loopback import Request as Asked
from tests.loopback import Say as Words
from tests.shipped import PATIENCE, Viva
from tests.terminal.replies import configured, is_judge, verdicts

_QUESTIONS = 5  # more than anybody gets through
_THINKS = (0.0, 0.2, 0.4, 0.8)  # seconds, in turns, so that a kill meets people at every step of a turn


@dataclass
class Killing(Talk):
    """A third of the people have been asked on, a third have just answered, a third are writing when it happens.

    `clicks` is all they did; `seconds` is how long it took from the next start until nobody waited any more.
    """

    clicks: list[Click] = field(default_factory=list[Click])
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._requests = count()

    def model(self, asked: Asked) -> Reply:
        """Credits nothing and asks on in new words, after a while."""
        number = next(self._requests)
        well = verdicts(asked) if is_judge(asked) else Words(f"And what follows, number {number}?")
        return Fail(Fault.SLOW, seconds=_THINKS[number % len(_THINKS)], then=well)

    async def run(self, viva: Viva, server: ScriptedServer, people: list[Person], channel: Json) -> None:
        """Until the kill, and then until everybody has answered once more."""
        server.always(self.model)
        command = WITHOUT_MODELS | configured(server)
        async with on_discord(viva, self.discord, **command) as process:
            threads = await asyncio.gather(*(drill(self.discord, person, channel, _QUESTIONS) for person in people))
            self.threads |= {thread: person.user["id"] for thread, person in zip(threads, people, strict=True)}
            everybody = list(zip(people, threads, strict=True))
            asked_on, answered, writing = everybody[0::3], everybody[1::3], everybody[2::3]
            prompts = await self._answer(asked_on)
            await self._until_over(prompts)
            forms = [await self._open_form(person, thread) for person, thread in writing]
            prompts = await self._answer(answered)
            enough = max(1, len(prompts) // 3)
            await self.discord.until(lambda: sum(self._is_over(prompt) for prompt in prompts) >= enough, PATIENCE)
            process.kill()
        begun = asyncio.get_running_loop().time()
        async with on_discord(viva, self.discord, **command):
            prompts += [form.message for form in forms if form.message]
            await asyncio.gather(*(self._hand_in(form, "written before") for form in forms))
            await self._until_over(prompts)
            self.seconds = asyncio.get_running_loop().time() - begun
            await self._until_over(await self._answer(everybody))

    async def _answer(self, some: Iterable[tuple[Person, str]]) -> list[Json]:
        """People answer what stands open, all at once; the prompts that they answered."""
        forms = await asyncio.gather(*(self._open_form(person, thread) for person, thread in some))
        await asyncio.gather(*(self._hand_in(form, f"{number}") for number, form in enumerate(forms)))
        return [form.message for form in forms if form.message]

    async def _open_form(self, person: Person, thread: str) -> Click:
        form = await person.click(open_prompts(self.discord, thread)[-1], "Answer")
        self.clicks.append(form)
        return form

    async def _hand_in(self, form: Click, what: str) -> None:
        said = self.answers[form.payload["channel_id"]]
        said[text := f"Statement {len(said)}, {what}, is that zebras graze."] += 1
        self.clicks.append(await form.person.submit(form, answer=text))

    async def _until_over(self, prompts: list[Json]) -> None:
        await self.discord.until(
            lambda: all(self._is_over(prompt) for prompt in prompts), PATIENCE, "somebody waits in vain"
        )

    def _is_over(self, prompt: Json) -> bool:
        return over(self.discord, prompt["channel_id"], prompt)()
