"""How people drill on the double, and what they have before their eyes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from tests.discord.double import Double
from tests.discord.people import Click, Person, text_of
from tests.discord.rules import Json, walk
from tests.shipped import PATIENCE

_IN_SIGHT = 20  # messages from the last one up


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
