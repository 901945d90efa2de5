"""A kill -9 in the middle of many sessions, and the start after it."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import count

from tests.drills import ActT, Json, PersonT, Talk
from tests.loopback import ScriptedServer
from tests.model_replies import Fail, Fault, Reply, Request, Say
from tests.shipped import PATIENCE, WITHOUT_MODELS, Viva
from tests.terminal.replies import configured, is_judge, verdicts

_QUESTIONS = 5  # more than anybody gets through
_THINKS = (0.0, 0.2, 0.4, 0.8)  # seconds, in turns, so that a kill meets people at every step of a turn


@dataclass
class Killing(Talk[PersonT, ActT]):
    """A third of the people have been asked on, a third have just answered, a third are writing when it happens.

    `seconds` is how long it took from the next start until nobody waited any more.
    """

    seconds: float = 0.0

    def __post_init__(self) -> None:
        self._requests = count()

    def model(self, asked: Request) -> Reply:
        """Credits nothing and asks on in new words, after a while."""
        number = next(self._requests)
        well = verdicts(asked) if is_judge(asked) else Say(f"And what follows, number {number}?")
        return Fail(Fault.SLOW, seconds=_THINKS[number % len(_THINKS)], then=well)

    async def run(self, viva: Viva, server: ScriptedServer, names: list[str]) -> None:
        """Until the kill, and then until everybody has answered once more."""
        server.always(self.model)
        drills, command = self.drills, WITHOUT_MODELS | configured(server)
        people = [drills.person(name) for name in names]
        async with drills.running(viva, **command) as process:
            threads = await asyncio.gather(*(drills.begin(person, _QUESTIONS) for person in people))
            self.threads |= dict(zip(threads, people, strict=True))
            everybody = list(self.threads)
            asked_on, answered, writing = everybody[0::3], everybody[1::3], everybody[2::3]
            await self._until_over(await self._answer(asked_on))
            forms = {thread: await self._open_form(thread) for thread in writing}
            prompts = await self._answer(answered)
            enough = max(1, len(prompts) // 3)
            await drills.until(lambda: sum(not drills.is_open(*each) for each in prompts) >= enough, PATIENCE)
            process.kill()
        begun = asyncio.get_running_loop().time()
        async with drills.running(viva, **command):
            prompts += [(thread, prompt) for thread, (prompt, _) in forms.items()]
            written = [self._hand_in(thread, form, "written before") for thread, (_, form) in forms.items()]
            await asyncio.gather(*written)
            await self._until_over(prompts)
            self.seconds = asyncio.get_running_loop().time() - begun
            await self._until_over(await self._answer(everybody))

    async def _answer(self, threads: Iterable[Hashable]) -> list[tuple[Hashable, Json]]:
        """People answer what stands open, all at once; the prompts that they answered."""
        some = list(threads)
        forms = await asyncio.gather(*(self._open_form(thread) for thread in some))
        written = [
            self._hand_in(thread, form, f"{n}") for n, (thread, (_, form)) in enumerate(zip(some, forms, strict=True))
        ]
        await asyncio.gather(*written)
        return [(thread, prompt) for thread, (prompt, _) in zip(some, forms, strict=True)]

    async def _open_form(self, thread: Hashable) -> tuple[Json, ActT]:
        prompt = self.drills.prompts(thread)[-1]
        form = await self.drills.form(self.threads[thread], prompt)
        self.acts.append(form)
        return prompt, form

    async def _hand_in(self, thread: Hashable, form: ActT, what: str) -> None:
        said = self.answers[thread]
        said[text := f"Statement {len(said)}, {what}, is that zebras graze."] += 1
        handed_in = await self.drills.hand_in(form, text)
        assert handed_in, "a form did not come up"
        self.acts.append(handed_in)

    async def _until_over(self, prompts: list[tuple[Hashable, Json]]) -> None:
        await self.drills.until(
            lambda: not any(self.drills.is_open(*each) for each in prompts), PATIENCE, "somebody waits in vain"
        )
