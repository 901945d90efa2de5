"""Figures of the shipped `viva discord` on the double: a crowd, a kill, a storm."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.discord.chaos import Chaos
from tests.discord.double import Double
from tests.discord.drilling import drill, open_prompts
from tests.discord.killing import Killing
from tests.discord.people import Click, Person
from tests.discord.process import WITHOUT_MODELS, on_discord
from tests.discord.reckoning import Talk, lost_or_doubled
from tests.discord.rules import Json
from tests.loopback import Fail, Fault, Reply, Request, ScriptedServer
from tests.shipped import PATIENCE, Viva
from tests.terminal.replies import configured, nothing_was_said

Report = Callable[..., None]
_THINKS = 0.3  # seconds, for every request to the model
_AT_A_TIME = 20  # people who begin at once; then all of them answer at once
_ANSWERS = 3
_LOOKS_AGAIN = 0.1  # seconds; all who look whenever anything happens anywhere keep the double from answering


def thinking(asked: Request) -> Reply:
    """A model that takes its time and credits nothing."""
    return Fail(Fault.SLOW, seconds=_THINKS, then=nothing_was_said(asked))


async def crowd(report: Report, number: int = 200) -> None:
    """So many people in as many threads answer at once."""
    with TemporaryDirectory() as folder, ScriptedServer() as server:
        viva = Viva(Path(folder))
        # Held against Discord's document every body takes the double longer than it took Viva.
        async with Double(validating=False) as discord:
            guild = discord.world.add_guild("Lab")
            channel = discord.world.add_channel(guild["id"], "general")
            people = [discord.person(f"Person {n:03}", guild) for n in range(number)]
            server.always(thinking)
            talk = Talk(discord)
            async with on_discord(viva, discord, **WITHOUT_MODELS, **configured(server, seconds=PATIENCE)) as process:
                await _begin(talk, people, channel)
                begun = time.monotonic()
                answered = [_answer(talk, *each) for each in zip(people, talk.threads, strict=True)]
                clicks = [click for clicks in await asyncio.gather(*answered) for click in clicks]
                took, memory = time.monotonic() - begun, _megabytes(process.pid)
            waits = [PATIENCE if click.acknowledged is None else click.acknowledged for click in clicks]
            once = sum(times == 1 for times in viva.count("graded").values())
            report(f"{number} people answer at once: until acknowledged, greatest", max(waits), "s", "under 1")
            report("  median", statistics.median(waits), "s")
            report(f"  {_ANSWERS} answers of everybody, all graded and asked on after", took, "s")
            report("  answers graded exactly once", once, "answers", f"{_ANSWERS * number}")
            await _reckon(report, viva, talk)
            report("  memory of the process (RSS)", memory, "MB")


async def _begin(talk: Talk, people: list[Person], channel: Json) -> None:
    """Everybody in a drill of their own."""
    for first in range(0, len(people), _AT_A_TIME):
        some = people[first : first + _AT_A_TIME]
        threads = await asyncio.gather(*(drill(talk.discord, person, channel) for person in some))
        talk.threads |= {thread: person.user["id"] for thread, person in zip(threads, some, strict=True)}


async def _answer(talk: Talk, person: Person, thread: str) -> list[Click]:
    """Answer by form whatever is asked, as soon as it is asked."""
    clicks = list[Click]()
    for number in range(_ANSWERS):
        (prompt,) = open_prompts(talk.discord, thread)
        form = await person.click(prompt, "Answer")
        talk.answers[thread][text := f"Statement {number} is that zebras graze."] += 1
        clicks += [form, await person.submit(form, answer=text)]
        while prompt in open_prompts(talk.discord, thread):  # noqa: ASYNC110  # see _LOOKS_AGAIN
            await asyncio.sleep(_LOOKS_AGAIN)
    return clicks


async def _reckon(report: Report, viva: Viva, talk: Talk) -> None:
    problems = await lost_or_doubled(viva, talk)
    report("  lost or doubled", len(problems), "", "0")
    sys.stderr.writelines(f"{problem}\n" for problem in problems)


def _megabytes(pid: int) -> float:
    """What a process holds of the memory of this machine."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    return int(status["VmRSS"].split()[0]) / 1024


async def kill(report: Report, number: int = 30) -> None:
    """So many sessions when the process is killed; then it is started again."""
    with TemporaryDirectory() as folder, ScriptedServer() as server:
        viva = Viva(Path(folder))
        async with Double(validating=False) as discord:
            guild = discord.world.add_guild("Lab")
            channel = discord.world.add_channel(guild["id"], "general")
            killing = Killing(discord)
            people = [discord.person(f"Person {n:03}", guild) for n in range(number)]
            await killing.run(viva, server, people, channel)
            dead = sum(click.acknowledged is None for click in killing.clicks)
            report(f"kill -9 during {number} sessions: all go on after", killing.seconds, "s")
            report("  buttons and forms, of before too, that do not work", dead, "", "0")
            await _reckon(report, viva, killing)


async def storm(report: Report, people: int = 20, seconds: float = 120, seed: int = 1) -> None:
    """Gateway cuts, 429s, 500s, lost replies and slow models at random."""
    with TemporaryDirectory() as folder, ScriptedServer() as server:
        viva = Viva(Path(folder))
        async with Double() as discord:
            guild = discord.world.add_guild("Lab")
            channel = discord.world.add_channel(guild["id"], "general")
            chaos = Chaos(discord, seed=seed)
            server.always(chaos.model)
            async with on_discord(viva, discord, **WITHOUT_MODELS, **configured(server)):
                await chaos.rage([discord.person(f"Person {n:02}", guild) for n in range(people)], channel, seconds)
            said = sum(map(len, chaos.answers.values()))
            report(f"a storm of {seconds:g} s, seed {seed}: {people} people", said, "answers")
            report("  what was done to Discord and its gateway", chaos.faults.total() + chaos.blows.total(), "faults")
            await _reckon(report, viva, chaos)


async def measure(report: Report) -> None:
    """All of it; `report` takes a name, a value, its unit and what is aimed at."""
    await crowd(report)
    await kill(report)
    await storm(report)
