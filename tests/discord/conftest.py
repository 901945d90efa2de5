"""Viva in a Discord that lives in memory, with a judge that follows a script."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import simcord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from simcord import interactions
from yarl import URL

from bot.compose import App
from bot.discord.client import Viva
from bot.settings import DiscordSettings
from bot.store.store import Store
from tests.coach.scripted import ScriptedJudge
from tests.discord import openapi, rules
from tests.discord.double import TOKEN, Double
from tests.discord.people import Person
from tests.discord.rules import Json
from tests.discord.scene import Scene
from tests.surface.apps import app_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Wait long for Viva on a busy machine, yet not as long as it waits between two signs of typing."""
    for item in items:
        item.add_marker(pytest.mark.simcord(settle_timeout=8.5))


@dataclass
class Installation:
    """Who installed Viva: the server, as on most, or only the person who uses it."""

    by_server: bool = True


@pytest.fixture(autouse=True)
def installation(monkeypatch: pytest.MonkeyPatch) -> Installation:
    """What simcord leaves out of an interaction: by whose installation it came about."""
    installation = Installation()
    without = interactions.base_payload

    def base_payload(*args: Any, **kwargs: Any) -> Any:
        record, payload = without(*args, **kwargs)
        owners = {"1": str(kwargs["user_id"])}
        if installation.by_server and kwargs["guild_id"]:
            owners = {"0": str(kwargs["guild_id"])}
        payload["authorizing_integration_owners"] = owners
        return record, payload

    monkeypatch.setattr(interactions, "base_payload", base_payload)
    return installation


@pytest.fixture(autouse=True)
def sound_requests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever Viva sent is as Discord's OpenAPI document and our rules want it."""
    yield
    env: simcord.Env | None = request.node.funcargs.get("simcord_env")
    for sent in env.http_requests if env else ():
        found = openapi.problems(sent.method, sent.path, sent.json)
        assert "\n".join([*found, *rules.broken(sent.method, sent.path, sent.json)]) == ""


@pytest.fixture
async def store(tmp_path: Path, fresh_database: Path) -> AsyncIterator[Store]:
    shutil.copyfile(fresh_database, tmp_path / "viva.sqlite3")
    opened = await Store.open(f"sqlite:///{tmp_path / 'viva.sqlite3'}")
    yield opened
    await opened.close()


@pytest.fixture
def judge() -> ScriptedJudge:
    return ScriptedJudge(always="+")


@pytest.fixture
def free_chat() -> bool:
    """Whether the operator has free chat read."""
    return False


@pytest.fixture
def app(store: Store, judge: ScriptedJudge, tmp_path: Path, free_chat: bool) -> App:
    discord = DiscordSettings.model_validate({"shards": 1, "free_chat": free_chat})
    return app_of(store, judge, tmp_path, discord=discord)


@pytest.fixture
def simcord_bot(app: App) -> Viva:
    return Viva(app)


@pytest.fixture
def scene(simcord_env: simcord.Env) -> Scene:
    return Scene(simcord_env)


@pytest.fixture
async def double(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Double]:
    """A Discord on this machine that discord.py, in this process, takes for the real one."""
    async with Double() as double:
        monkeypatch.setattr(Route, "BASE", double.environment["VIVA_DISCORD_API"])
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL(double.gateway.address))
        yield double


@pytest.fixture
def lab(double: Double) -> Json:
    """A text channel on a server there."""
    return double.world.add_channel(double.world.add_guild("Lab")["id"], "general")


@pytest.fixture
def ada(double: Double, lab: Json) -> Person:
    """Somebody on that server."""
    return double.person("Ada", double.world.guilds[lab["guild_id"]])


@pytest.fixture
async def viva_on_double(double: Double, app: App) -> AsyncIterator[Viva]:
    """Viva in this process, on that Discord, with the judge that follows a script."""
    async with Viva(app) as viva:
        running = asyncio.create_task(viva.start(TOKEN))
        await double.ready()
        yield viva
        await viva.close()
        await running
