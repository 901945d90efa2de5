"""One turn's messages, without a Discord."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.coach.reply import ProbeReply
from bot.discord.deliver import Turn
from bot.discord.telling import passing
from bot.discord.text import MESSAGE


class Recorder:
    """A channel that keeps what is posted."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []

    async def send(self, *_: Any, **message: Any) -> discord.Message:
        self.posted.append(message)
        return cast("Any", SimpleNamespace(content=message["content"]))

    async def typing(self) -> None:
        """Nobody looks."""


async def three() -> int:
    return 3


async def nowhere(_: object) -> None:
    return None


def turn(channel: Recorder, **details: Any) -> Turn:
    given: dict[str, Any] = {"session_id": "0" * 32, "event_id": "1", "prompts": three, "elsewhere": nowhere, **details}
    return Turn(channel=channel, **given)


async def test_nothing_is_posted_before_the_acknowledgement_so_that_the_answer_stands_above_its_grade() -> None:
    channel, acknowledged = Recorder(), asyncio.get_running_loop().create_future()
    posting = asyncio.create_task(turn(channel, acknowledged=acknowledged).post(content="the grade"))
    await asyncio.sleep(0.01)
    assert channel.posted == []
    acknowledged.set_result(None)
    await posting
    assert [message["content"] for message in channel.posted] == ["the grade"]


async def test_a_question_longer_than_a_message_has_its_buttons_under_the_last_part() -> None:
    channel = Recorder()
    await turn(channel).reply(ProbeReply(text="And why is that? " * 300))
    assert len(channel.posted) == 3
    assert all(len(message["content"]) <= MESSAGE for message in channel.posted)
    assert ["view" in message for message in channel.posted] == [False, False, True]
    assert "".join(message["content"] for message in channel.posted).count("And why is that?") == 300


async def test_every_message_of_a_turn_has_a_nonce_of_its_own_and_the_same_each_time() -> None:
    posted: list[list[str]] = []
    for event in ("1", "1", "2"):
        channel = Recorder()
        await turn(channel, event_id=event).reply(ProbeReply(text="And why is that? " * 300))
        posted.append([message["nonce"] for message in channel.posted])
    assert posted[0] == posted[1]
    assert len({*posted[0], *posted[2]}) == 6
    assert all(len(nonce) <= 25 for nonce in posted[0])


@pytest.mark.parametrize(
    ("status", "is_passing"), [(500, True), (502, True), (429, True), (400, False), (403, False), (404, False)]
)
def test_what_discord_fails_at_passes_and_what_it_refuses_does_not(status: int, is_passing: bool) -> None:
    response: Any = SimpleNamespace(status=status, reason="")
    assert passing(discord.HTTPException(response, "")) is is_passing
    assert passing(ConnectionResetError())
    assert passing(TimeoutError())
    assert not passing(ValueError())
