"""`viva discord --check`: what it looks at, and what it says to do."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from discord import Permissions

from bot.discord.check import PERMISSIONS, examine
from bot.settings import DiscordSettings
from tests.discord.double import TOKEN, Double, Fault
from tests.discord.rules import Json
from tests.shipped import WITHOUT_MODELS, Viva


def settings(double: Double, **changes: Any) -> DiscordSettings:
    return DiscordSettings.model_validate(
        {"token": TOKEN, "api": double.environment["VIVA_DISCORD_API"], "gateway": double.gateway.address, **changes}
    )


async def wrong(double: Double, **changes: Any) -> list[str]:
    """What is found to be wrong."""
    return [finding.text for finding in await examine(settings(double, **changes)) if not finding.ok]


async def test_a_sound_bot_is_found_sound_and_its_invitations_ask_for_the_least(double: Double, lab: Json) -> None:
    found = await examine(settings(double))
    assert [finding.text for finding in found if not finding.ok] == []
    assert "servers: 1" in [finding.text for finding in found]
    server, person = (finding.text.split(": ", 1)[1] for finding in found[-2:])
    asked = parse_qs(urlsplit(server).query)
    assert asked["client_id"] == [double.world.application["id"]]
    assert asked["scope"] == ["bot applications.commands"]
    assert Permissions(int(asked["permissions"][0])) == PERMISSIONS
    asked = parse_qs(urlsplit(person).query)
    assert (asked["scope"], asked["integration_type"]) == (["applications.commands"], ["1"])
    assert "permissions" not in asked


def test_the_least_permissions_are_few_and_none_of_them_gives_power_over_others() -> None:
    assert sorted(name for name, wanted in PERMISSIONS if wanted) == [
        "attach_files",
        "create_private_threads",
        "create_public_threads",
        "read_message_history",
        "read_messages",
        "send_messages",
        "send_messages_in_threads",
    ]


async def test_no_token_and_a_wrong_one_say_where_to_get_one(double: Double) -> None:
    (text,) = await wrong(double, token=None)
    assert "VIVA_DISCORD_TOKEN" in text
    (text,) = await wrong(double, token="wrong")
    assert "Discord does not know it" in text
    assert "wrong" not in text


async def test_free_chat_needs_its_intent_and_is_looked_at_only_where_it_is_wanted(double: Double) -> None:
    (text,) = await wrong(double, free_chat=True)
    assert "Message Content" in text
    double.world.application["flags"] = 1 << 18
    assert await wrong(double, free_chat=True) == []


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("interactions_endpoint_url", "https://elsewhere.example", "Interactions Endpoint URL"),
        ("bot_require_code_grant", True, "Code Grant"),
        ("integration_types_config", {"0": {}}, "User Install"),
    ],
)
async def test_what_keeps_people_from_installing_or_clicking_is_found(
    double: Double, key: str, value: Any, word: str
) -> None:
    double.world.application[key] = value
    (text,) = await wrong(double)
    assert word in text


async def test_what_viva_may_not_do_on_a_server_is_named(double: Double, lab: Json) -> None:
    guild = double.world.guilds[lab["guild_id"]]
    guild["permissions"] = str(Permissions(PERMISSIONS.value & ~Permissions(attach_files=True).value).value)
    (text,) = await wrong(double)
    assert "Lab: Viva may not attach files" in text
    guild["permissions"] = str(Permissions(administrator=True).value)
    assert await wrong(double) == []


async def test_all_servers_are_looked_at_however_many_there_are(double: Double) -> None:
    for n in range(401):
        double.world.add_guild(f"Server {n}")
    double.world.guilds[max(double.world.guilds)]["permissions"] = "0"
    found = await examine(settings(double))
    assert "servers: 401" in [finding.text for finding in found]
    assert sum("may not" in finding.text for finding in found) == 1


async def test_a_discord_that_fails_is_a_sentence(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discord.http.asyncio.sleep", _at_once)
    double.fault = lambda _: Fault.BROKEN
    (text,) = await wrong(double)
    assert "answers 500" in text
    (text,) = await wrong(double, api="http://127.0.0.1:9/api/v10")
    assert "http://127.0.0.1:9/api/v10 does not answer" in text


async def _at_once(_: float) -> None:
    pass


async def test_the_command_says_it_line_by_line_and_by_its_exit_code(viva: Viva, double: Double, lab: Json) -> None:
    environment = {**double.environment, **WITHOUT_MODELS}
    sound = await asyncio.to_thread(viva, "discord", "--check", **environment)
    assert (sound.returncode, sound.stderr) == (0, "")
    assert all(line.startswith("ok ") for line in sound.stdout.splitlines())
    assert TOKEN not in sound.stdout
    unsound = await asyncio.to_thread(viva, "discord", "--check", **environment | {"VIVA_DISCORD_FREE_CHAT": "true"})
    assert (unsound.returncode, unsound.stderr) == (2, "")
    assert sum(line.startswith("!! ") for line in unsound.stdout.splitlines()) == 1
