"""A Slack on this machine, and Viva on it with a judge that follows a script."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.compose import App
from bot.settings import SlackSettings
from bot.store.store import Store
from tests.coach.scripted import ScriptedJudge
from tests.slack.double import APP_TOKEN, Double
from tests.slack.people import Person
from tests.slack.scene import Scene
from tests.surface.apps import app_of


@pytest.fixture
async def slack() -> AsyncIterator[Double]:
    """A Slack on this machine."""
    async with Double() as slack:
        yield slack


@pytest.fixture
def general(slack: Double) -> str:
    """A channel there, with Viva in it."""
    return slack.lab.add_channel("general")


@pytest.fixture
def ada(slack: Double, general: str) -> Person:
    """Somebody in that channel."""
    return slack.person("Ada")


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
def app(slack: Double, store: Store, judge: ScriptedJudge, tmp_path: Path) -> App:
    settings = SlackSettings.model_construct(
        bot_token=SecretStr(slack.lab.token), app_token=SecretStr(APP_TOKEN), api=f"{slack.address}/api"
    )
    return app_of(store, judge, tmp_path, slack=settings)


@pytest.fixture
async def scene(slack: Double, general: str, app: App) -> AsyncIterator[Scene]:
    """Viva in this process, in that channel."""
    scene = Scene(slack, general, app)
    await scene.start()
    yield scene
    await scene.stop()
