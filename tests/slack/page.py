"""The parts of docs/slack.md that come from what runs."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from pydantic import SecretStr

from bot.compose import Settings, opened
from bot.settings import DiscordSettings, OpenAISettings, SlackSettings, StoreSettings, VivaSettings, read
from bot.slack.check import examine
from bot.slack.commands import COMMANDS
from bot.slack.text import commands as typed_here
from bot.surface.privacy import privacy_text
from bot.surface.servers import ServerSettings
from tests.markdown import block, settings_table, table
from tests.slack.double import APP_TOKEN, Double
from tests.slack.inside import inside
from tests.slack.manifest import PATH, manifest
from tests.slack.stories import STORIES
from tests.slack.story import Script, Story

_SEED = 12  # of the order of questions
_SCOPE = re.compile(r"^ +- (?P<scope>[\w:]+) # (?P<why>.+)$", re.MULTILINE)
_MENU = "In the menu of a message of yours: pick the question that it answers, see the grade alone, share it."


def check() -> str:
    """What `viva slack --check` prints where all is well for one workspace."""

    async def found() -> list[str]:
        async with Double() as slack:
            settings = _slack(slack)
            return [f"{'ok ' if finding.ok else '!! '} {finding.text}" for finding in await examine(settings)]

    return block("\n".join(asyncio.run(found())))


def _slack(slack: Double) -> SlackSettings:
    """What a person sets who has done the five steps."""
    tokens: dict[str, Any] = {"bot_token": SecretStr(slack.lab.token), "app_token": SecretStr(APP_TOKEN)}
    return SlackSettings.model_construct(**tokens, api=f"{slack.address}/api")


def scopes() -> str:
    """Every scope that is asked for, and what for."""
    asked = manifest().scopes
    found = [(f"`{m['scope']}`", m["why"]) for m in _SCOPE.finditer(PATH.read_text(encoding="utf-8"))
             if m["scope"] in asked]  # fmt: skip
    assert len(found) == len(asked), "a scope does not say what it is for"
    return table(("scope", "what for"), found)


def commands() -> str:
    """A table of the commands with what can follow them."""
    return table(("command", "what it does"), _commands())


def _commands() -> Iterator[tuple[str, str]]:
    for name, command in COMMANDS.items():
        yield f"`/viva {f'{name} {command.usage}'.strip()}`", typed_here(command.about)
    yield "*Grade this answer*", _MENU


def settings() -> str:
    """The environment variables."""
    return settings_table(SlackSettings)


def privacy() -> str:
    """What `/viva privacy` says."""
    text = typed_here(privacy_text("Slack", kept_days=ServerSettings().retention_days, models=False))
    return "\n".join(f"> {line}  " for line in text.split("\n")).rstrip()


def transcripts(*names: str, index: Path | None = None) -> dict[str, Callable[[], str]]:
    """What these stories, or all, look like; the index of the notes is that of this machine unless one is given."""
    found = read(VivaSettings).data_dir / "notes.index"
    scripts = {name: STORIES[name] for name in names or STORIES}
    stories = asyncio.run(_tell(scripts, index or (found if found.is_file() else None)))
    return {name: lambda story=story: block(story.transcript()) for name, story in stories.items()}


async def _tell(scripts: Mapping[str, Script], index: Path | None) -> dict[str, Story]:
    """Tell every story in a channel of its own, with nothing but what is shipped: no key, no model server."""
    stories = dict[str, Story]()
    with TemporaryDirectory() as folder:
        if index:
            shutil.copyfile(index, Path(folder) / "notes.index")
        async with Double() as slack, opened(_settings(Path(folder), slack)) as app:
            with patch.object(random, "randrange", return_value=_SEED):
                async with inside(slack, app) as (_, settling):
                    for name, script in scripts.items():
                        stories[name] = Story(slack, settling)
                        await script(stories[name])
    return stories


def _settings(folder: Path, slack: Double) -> Settings:
    return Settings(
        VivaSettings.model_construct(data_dir=folder),
        OpenAISettings.model_construct(),
        StoreSettings.model_construct(),
        DiscordSettings.model_construct(),
        _slack(slack),
    )


SECTIONS: dict[str, Callable[[], str]] = {
    "check": check,
    "scopes": scopes,
    "commands": commands,
    "settings": settings,
    "privacy": privacy,
}
