"""Figures of the shipped command on a platform's double: a crowd, a kill, a storm."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable, Hashable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from tests.drills import Act, Drills, Talk
from tests.killing import Killing
from tests.loopback import ScriptedServer
from tests.model_replies import Fail, Fault, Reply, Request
from tests.reckoning import lost_or_doubled
from tests.shipped import PATIENCE, WITHOUT_MODELS, Viva
from tests.storm import Storm
from tests.terminal.replies import configured, nothing_was_said

Report: TypeAlias = Callable[..., None]
Lab: TypeAlias = Callable[[bool], AbstractAsyncContextManager[Drills[Any, Any]]]
"""A double with a channel; whether what it is asked for is held against the platform's rules: that takes the double
longer than it takes Viva, so it is left out where Viva is timed."""

_THINKS = 0.3  # seconds, for every request to the model
_AT_A_TIME = 20  # people who begin at once; then all of them answer at once
_ANSWERS = 3
_LOOKS_AGAIN = 0.1  # seconds; all who look whenever anything happens anywhere keep the double from answering


def thinking(asked: Request) -> Reply:
    """A model that takes its time and credits nothing."""
    return Fail(Fault.SLOW, seconds=_THINKS, then=nothing_was_said(asked))


async def crowd(report: Report, lab: Lab, number: int = 200) -> None:
    """So many people in as many threads answer at once."""
    with TemporaryDirectory() as folder, ScriptedServer() as server:
        viva = Viva(Path(folder))
        async with lab(False) as drills:
            talk = Talk(drills)
            server.always(thinking)
            command = WITHOUT_MODELS | configured(server, seconds=PATIENCE)
            async with drills.running(viva, **command) as process:
                await _begin(talk, [drills.person(f"Person {n:03}") for n in range(number)])
                begun = time.monotonic()
                await asyncio.gather(*(_answer(talk, thread) for thread in talk.threads))
                took, memory = time.monotonic() - begun, _megabytes(process.pid)
            waits = [PATIENCE if act.acknowledged is None else act.acknowledged for act in talk.acts]
            once = sum(times == 1 for times in viva.count("graded").values())
            report(f"{number} people answer at once: until acknowledged, greatest", max(waits), "s", "under 1")
            report("  median", statistics.median(waits), "s")
            report(f"  {_ANSWERS} answers of everybody, all graded and asked on after", took, "s")
            report("  answers graded exactly once", once, "answers", f"{_ANSWERS * number}")
            await _reckon(report, viva, talk)
            report("  memory of the process (RSS)", memory, "MB")


async def _begin(talk: Talk[Any, Any], people: list[Any]) -> None:
    """Everybody in a drill of their own."""
    for first in range(0, len(people), _AT_A_TIME):
        some = people[first : first + _AT_A_TIME]
        threads = await asyncio.gather(*(talk.drills.begin(person) for person in some))
        talk.threads |= dict(zip(threads, some, strict=True))


async def _answer(talk: Talk[Any, Any], thread: Hashable) -> None:
    """Answer by form whatever is asked, as soon as it is asked."""
    for number in range(_ANSWERS):
        (prompt,) = talk.drills.prompts(thread)
        form: Act = await talk.drills.form(talk.threads[thread], prompt)
        talk.answers[thread][text := f"Statement {number} is that zebras graze."] += 1
        talk.acts += [form, await talk.drills.hand_in(form, text)]
        while talk.drills.is_open(thread, prompt) or not talk.drills.prompts(thread):  # noqa: ASYNC110  # see above
            await asyncio.sleep(_LOOKS_AGAIN)


async def _reckon(report: Report, viva: Viva, talk: Talk[Any, Any]) -> None:
    problems = await lost_or_doubled(viva.data, talk)
    report("  lost or doubled", len(problems), "", "0")
    sys.stderr.writelines(f"{problem}\n" for problem in problems)


def _megabytes(pid: int) -> float:
    """What a process holds of the memory of this machine."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    return int(status["VmRSS"].split()[0]) / 1024


async def kill(report: Report, lab: Lab, number: int = 30) -> None:
    """So many sessions when the process is killed; then it is started again."""
    with TemporaryDirectory() as folder, ScriptedServer() as server:
        viva = Viva(Path(folder))
        async with lab(False) as drills:
            killing = Killing(drills)
            await killing.run(viva, server, [f"Person {n:03}" for n in range(number)])
            dead = sum(act.acknowledged is None for act in killing.acts)
            report(f"kill -9 during {number} sessions: all go on after", killing.seconds, "s")
            report("  buttons and forms, of before too, that do not work", dead, "", "0")
            await _reckon(report, viva, killing)


async def storm(
    report: Report,
    lab: Lab,
    over: Callable[..., Storm[Any, Any]],
    people: int = 20,
    seconds: float = 120,
    seed: int = 1,
) -> None:
    """Cut connections, 429s, 500s, lost replies and slow models at random."""
    with TemporaryDirectory() as folder, ScriptedServer() as server:
        viva = Viva(Path(folder))
        async with lab(True) as drills:
            raging = over(drills, seed=seed)
            server.always(raging.model)
            async with drills.running(viva, **WITHOUT_MODELS, **configured(server)):
                await raging.rage([f"Person {n:02}" for n in range(people)], seconds)
            said = sum(map(len, raging.answers.values()))
            report(f"a storm of {seconds:g} s, seed {seed}: {people} people", said, "answers")
            report(
                "  what was done to requests and connections", raging.faults.total() + raging.blows.total(), "faults"
            )
            await _reckon(report, viva, raging)


async def measure(report: Report, lab: Lab, over: Callable[..., Storm[Any, Any]]) -> None:
    """All of it; `report` takes a name, a value, its unit and what is aimed at."""
    await crowd(report, lab)
    await kill(report, lab)
    await storm(report, lab, over)
