"""How people drill on the double, and what they have before their eyes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import islice
from subprocess import Popen
from typing import Any

from bot.discord.cards import question
from bot.discord.text import MESSAGE, pieces
from tests.discord.double import Double
from tests.discord.people import Click, Person, text_of
from tests.discord.process import on_discord
from tests.discord.rules import Json, walk
from tests.drills import Asked, Drills
from tests.shipped import PATIENCE, Viva

_IN_SIGHT = 20  # messages from the last one up
_GRADES = ("### So far", "### Grade")


class OnDiscord(Drills[Person, Click]):
    """Drills on the double, from its channel #general."""

    def __init__(self, discord: Double) -> None:
        self.discord = discord
        self.guild = discord.world.add_guild("Lab")
        self.channel = discord.world.add_channel(self.guild["id"], "general")

    def person(self, name: str) -> Person:
        """Somebody on the server."""
        return self.discord.person(name, self.guild)

    def id_of(self, person: Person) -> str:
        """What the coach knows them by."""
        return f"discord:{person.user['id']}"

    async def until(self, holds: Callable[[], object], seconds: float = 20.0, what: str = "") -> None:
        """Until something holds."""
        await self.discord.until(holds, seconds, what)

    def running(self, viva: Viva, **env: str) -> AbstractAsyncContextManager[Popen[str]]:
        """`viva discord`."""
        return on_discord(viva, self.discord, **env)

    async def begin(self, person: Person, questions: int = 1) -> str:
        """A drill in a thread of its own."""
        return await drill(self.discord, person, self.channel, questions)

    def prompts(self, thread: Any) -> list[Json]:
        """What has a button to answer it."""
        return open_prompts(self.discord, thread)

    async def form(self, person: Person, prompt: Json) -> Click:
        """The button *Answer*."""
        return await person.click(prompt, "Answer")

    async def hand_in(self, form: Click, text: str) -> Click | None:
        """The form for an answer."""
        return await form.person.submit(form, answer=text) if form.modal else None

    async def reply(self, person: Person, prompt: Json, text: str) -> None:
        """A reply to the question."""
        await person.say(prompt["channel_id"], text, reply_to=prompt)

    def asked(self, thread: Any, prompts: list[Asked]) -> tuple[list[str], list[str]]:
        """Whatever has, or had, a button to answer it."""
        messages = list(self.discord.said_in(thread))
        asked = [m for m in messages if any(part.get("label") == "Answer" for part in walk(m["components"]))]
        return [text_of(m) for m in asked], [pieces(question(reply), MESSAGE)[-1] for reply in prompts]

    def cards(self, thread: Any) -> int:
        """Grades that stand in the thread."""
        return sum(text_of(message).startswith(_GRADES) for message in self.discord.said_in(thread))


@asynccontextmanager
async def lab(validating: bool) -> AsyncGenerator[OnDiscord]:
    """Drills on a double of their own."""
    async with Double(validating=validating) as discord:
        yield OnDiscord(discord)


async def drill(discord: Double, person: Person, channel: Json, questions: int = 1, **wishes: str) -> str:
    """A drill that has begun, on a mix of topics unless one is wished for: its thread, once the question is there."""
    before = {thread["id"] for thread in discord.world.threads(channel["guild_id"])}
    begun = await person.slash(channel["id"], "drill", questions=questions, **wishes)
    assert begun.acknowledged is not None, "the command was not acknowledged"

    def mine() -> list[str]:
        threads = [thread["id"] for thread in discord.world.threads(channel["guild_id"])]
        return [name for name in threads if name not in before and person.user["global_name"] in _name(discord, name)]

    await discord.until(lambda: mine() and open_prompts(discord, mine()[0]), PATIENCE)
    return mine()[0]


def _name(discord: Double, thread_id: str) -> str:
    return discord.world.channels[thread_id]["name"]


def open_prompts(discord: Double, channel_id: str) -> list[Json]:
    """What Viva asked there and still takes an answer to, oldest first."""
    messages = list(islice(reversed(discord.world.messages[channel_id].values()), _IN_SIGHT))
    return [message for message in reversed(messages) if _answerable(message)]


def _answerable(message: Json) -> bool:
    parts = walk(message["components"])
    return any(part.get("label") == "Answer" and not part.get("disabled") for part in parts)


def said(discord: Double, channel_id: str) -> str:
    """All that Viva said there."""
    return "\n".join(text_of(message) for message in discord.said_in(channel_id))


async def answer(discord: Double, person: Person, channel_id: str, text: str) -> Click:
    """Answer what stands open by the form, and wait until it stands open no more."""
    (prompt,) = open_prompts(discord, channel_id)
    handed_in = await person.submit(await person.click(prompt, "Answer"), answer=text)
    await discord.until(over(discord, channel_id, prompt))
    return handed_in


def over(discord: Double, channel_id: str, prompt: Json) -> Callable[[], bool]:
    """Whether a prompt is not the last that stands open: where Discord fails, the buttons of one before may stay."""
    return lambda: [last["id"] for last in open_prompts(discord, channel_id)[-1:]] != [prompt["id"]]
