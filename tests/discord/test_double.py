"""The double is as Discord is: held against discord.py, which knows the original."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from tests.discord import openapi
from tests.discord.double import TOKEN, Double, Fault
from tests.discord.people import Person, text_of
from tests.discord.rules import Json

QUIET = discord.AllowedMentions.none()


class Bot(discord.Client):
    """Remembers what it hears, and does what a test tells it to with interactions."""

    def __init__(self, intents: discord.Intents, **options: Any) -> None:
        super().__init__(
            intents=intents, allowed_mentions=QUIET, max_messages=None, guild_ready_timeout=0.02, **options
        )
        self.heard: list[str] = []
        self.deal: Callable[[discord.Interaction[Any]], Any] | None = None
        self.failed: list[str] = []
        self.tree = app_commands.CommandTree(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Does not wait the five seconds that Discord wants between two."""

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.append(message.content)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        try:
            await self.deal(interaction) if self.deal else None
        except discord.HTTPException as error:
            self.failed.append(str(error.code))


@pytest.fixture
async def bot(double: Double, lab: Json) -> AsyncIterator[Bot]:
    """A client that is connected; it wants messages, but not their content."""
    intents = discord.Intents(guilds=True, messages=True)
    async with Bot(intents) as bot:
        running = asyncio.create_task(bot.start(TOKEN))
        await double.until(bot.is_ready)
        yield bot
        await bot.close()
        await running


def resumes(double: Double) -> int:
    return len(double.gateway.resumed)


async def test_a_client_learns_who_and_where_it_is(double: Double, bot: Bot, lab: Json) -> None:
    assert bot.user
    assert bot.user.name == "viva"
    assert [channel.name for channel in bot.get_all_channels()] == ["general"]
    assert double.gateway.identified[0]["properties"]["browser"] == "discord.py"


async def test_heartbeats_are_answered_and_a_gateway_that_falls_silent_is_left(double: Double, lab: Json) -> None:
    double.gateway.heartbeat_seconds = 0.1
    async with Bot(discord.Intents(guilds=True), heartbeat_timeout=3) as bot:
        running = asyncio.create_task(bot.start(TOKEN))
        await double.until(lambda: double.gateway.heartbeats > 10)
        assert resumes(double) == 0
        double.gateway.acknowledging = False
        await double.until(lambda: resumes(double) == 1)
        await bot.close()
        await running


@pytest.mark.parametrize("way", ["cut", "closed", "told to", "invalid for a moment"])
async def test_what_happens_while_a_client_is_away_is_told_when_it_comes_back(
    double: Double, bot: Bot, ada: Person, lab: Json, way: str
) -> None:
    await ada.say(lab["id"], "before", mention=True)
    await double.until(lambda: len(bot.heard) == 1)
    match way:
        case "cut":
            double.gateway.refusing = 1
            await double.gateway.drop()
        case "closed":
            await double.gateway.drop(4000)
        case "told to":
            await double.gateway.ask_to_reconnect()
        case _:
            await double.gateway.invalidate(resumable=True)
    for n in range(3):
        await ada.say(lab["id"], f"meanwhile {n}", mention=True)
    await double.until(lambda: len(bot.heard) == 4)
    assert [said.split("> ")[1] for said in bot.heard] == ["before", *(f"meanwhile {n}" for n in range(3))]
    assert (len(double.gateway.identified), resumes(double)) == (1, 1)


async def test_a_session_that_is_forgotten_is_begun_anew(double: Double, bot: Bot, ada: Person, lab: Json) -> None:
    await double.gateway.invalidate(resumable=False)
    await double.until(lambda: len(double.gateway.identified) == 2)
    await double.until(lambda: double.gateway.connected)
    await ada.say(lab["id"], "again", mention=True)
    await double.until(lambda: bot.heard)
    assert resumes(double) == 0


async def test_a_wrong_token_and_an_intent_that_is_not_enabled_are_refused(double: Double) -> None:
    async with Bot(discord.Intents(guilds=True)) as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.start("wrong")
    async with Bot(discord.Intents(guilds=True, message_content=True)) as bot:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.start(TOKEN)


async def test_text_is_hidden_from_a_bot_that_may_not_read_it_unless_it_is_meant(
    double: Double, bot: Bot, ada: Person, lab: Json
) -> None:
    channel: Any = bot.get_channel(int(lab["id"]))
    question = await channel.send("A question?")
    asked = double.world.messages[lab["id"]][str(question.id)]
    await ada.say(lab["id"], "among ourselves")
    await ada.say(lab["id"], "in reply", reply_to=asked)
    await ada.say(ada.dm["id"], "in private")
    await double.until(lambda: len(bot.heard) == 3)
    assert bot.heard == ["", "in reply", "in private"]


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.RATE_LIMITED_EVERYWHERE])
async def test_a_client_that_is_limited_waits_and_tries_again(
    double: Double, bot: Bot, lab: Json, fault: Fault
) -> None:
    faults = [fault, fault]
    double.fault = lambda _: faults.pop() if faults else None
    channel: Any = bot.get_channel(int(lab["id"]))
    await channel.send("hello")
    assert [request.status for request in double.requests[-3:]] == [429, 429, 200]
    assert double.requests[-1].at - double.requests[-3].at >= 2 * double.retry_after
    assert [text_of(message) for message in double.said_in(lab["id"])] == ["hello"]


async def test_a_message_whose_reply_was_lost_is_posted_once_by_its_nonce(
    double: Double, bot: Bot, lab: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("discord.http.asyncio.sleep", _at_once)
    faults = [Fault.LOST, Fault.BROKEN]
    double.fault = lambda _: faults.pop() if faults else None
    channel: Any = bot.get_channel(int(lab["id"]))
    await channel.send("once", nonce="n1")
    assert [request.status for request in double.requests[-3:]] == [500, 502, 200]
    assert len(list(double.said_in(lab["id"]))) == 1
    await channel.send("twice", nonce="n2")
    assert len(list(double.said_in(lab["id"]))) == 2


async def _at_once(_: float, pause: Callable[[float], Any] = asyncio.sleep) -> None:
    await pause(0)


BODIES: dict[str, tuple[Json, str]] = {
    "misspelt": ({"contnt": "x"}, "contnt"),
    "too long": ({"content": "x" * 2_001, "allowed_mentions": {"parse": []}}, "2001"),
    "empty": ({"content": " "}, "empty"),
    "mentioning": ({"content": "@everyone"}, "mention"),
}


@pytest.mark.parametrize(("body", "complaint"), BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_discord_does_not_take_fails_the_test(body: Json, complaint: str) -> None:
    if openapi.missing():
        pytest.skip(openapi.missing())
    with pytest.raises(AssertionError, match=complaint):
        await refused(body, 400, 50035)


async def test_a_route_that_it_does_not_know_fails_the_test() -> None:
    with pytest.raises(AssertionError, match=r"does not know this route|no such route"):
        await refused(None, 404 if openapi.missing() else 400, 0 if openapi.missing() else 50035, "teapots")


async def refused(body: Json | None, status: int, code: int, below: str = "messages") -> None:
    """Send a body to a double of its own and look at how it is refused."""
    async with Double() as double, aiohttp.ClientSession() as session:
        channel = double.world.add_channel(double.world.add_guild("Lab")["id"], "general")
        url = f"{double.environment['VIVA_DISCORD_API']}/channels/{channel['id']}/{below}"
        async with session.post(url, json=body, headers={"Authorization": f"Bot {TOKEN}"}) as response:
            assert (response.status, (await response.json())["code"]) == (status, code)


@pytest.fixture
async def clicking(double: Double, bot: Bot, lab: Json, ada: Person) -> Callable[..., Any]:
    """Posts a button, clicks it, and has the bot deal with the click."""

    async def click(deal: Callable[[discord.Interaction[Any]], Any]) -> Any:
        bot.deal = deal
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button[Any](label="Go", custom_id="go"))
        channel: Any = bot.get_channel(int(lab["id"]))
        await channel.send(view=view)
        return await ada.click(list(double.said_in(lab["id"]))[-1], "Go")

    return click


async def test_an_interaction_is_acknowledged_once(bot: Bot, clicking: Callable[..., Any], double: Double) -> None:
    async def twice(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer()
        again = type(interaction.response)(interaction)
        await again.send_message("again")

    clicked = await clicking(twice)
    await double.until(lambda: bot.failed)
    assert (clicked.kind, bot.failed, clicked.responses) == (6, ["40060"], [])


async def test_an_acknowledgement_after_three_seconds_comes_too_late(
    bot: Bot, clicking: Callable[..., Any], double: Double
) -> None:
    async def late(interaction: discord.Interaction[Any]) -> None:
        double.clicks[interaction.token].at -= 3.1
        await interaction.response.defer()

    clicked = await clicking(late)
    await double.until(lambda: bot.failed)
    assert (clicked.acknowledged, bot.failed) == (None, ["10062"])


async def test_what_follows_a_deferral_takes_its_place_and_a_dead_token_serves_no_more(
    bot: Bot, clicking: Callable[..., Any], double: Double, lab: Json
) -> None:
    async def defer(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send("for you alone")
        await interaction.followup.send("for all")
        double.clicks[interaction.token].expired = True
        await interaction.followup.send("nobody hears this")

    clicked = await clicking(defer)
    await double.until(lambda: bot.failed)
    assert clicked.told == ["for you alone"]
    assert [text_of(message) for message in double.said_in(lab["id"])] == ["", "for all"]
    assert bot.failed == ["50027"]


async def test_a_form_is_shown_filled_in_and_handed_in(
    bot: Bot, clicking: Callable[..., Any], double: Double, ada: Person
) -> None:
    handed_in: list[str] = []

    async def show(interaction: discord.Interaction[Any]) -> None:
        if interaction.type is discord.InteractionType.modal_submit:
            data: Any = interaction.data
            handed_in.append(data["components"][0]["component"]["value"])
            await interaction.response.defer()
            return
        form = discord.ui.Modal(title="Form", custom_id="form")
        field = discord.ui.TextInput[Any](custom_id="field", max_length=10)
        form.add_item(discord.ui.Label[Any](text="Say", component=field))
        await interaction.response.send_modal(form)

    clicked = await clicking(show)
    with pytest.raises(AssertionError, match="nobody can type more"):
        await ada.submit(clicked, field="x" * 11)
    await ada.submit(clicked, field="x" * 10)
    assert handed_in == ["x" * 10]


async def test_a_deleted_channel_a_forbidden_one_and_a_server_left_refuse_as_discord_does(
    double: Double, bot: Bot, lab: Json
) -> None:
    channel: Any = bot.get_partial_messageable(int(lab["id"]))
    double.forbidden.add(lab["id"])
    with pytest.raises(discord.Forbidden, match="50013"):
        await channel.send("x")
    double.forbidden.clear()
    await double.kick(lab["guild_id"])
    with pytest.raises(discord.Forbidden, match="50001"):
        await channel.send("x")
    await double.delete_channel(lab["id"])
    with pytest.raises(discord.NotFound, match="10003"):
        await channel.send("x")
