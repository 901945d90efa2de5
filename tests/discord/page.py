"""The parts of docs/discord.md that come from what runs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import discord
from discord import app_commands, ui
from discord.http import Route
from pydantic import SecretStr

from bot.discord.check import PERMISSIONS, called, examine
from bot.discord.commands import add_commands
from bot.discord.servers import SettingsCard
from bot.settings import DiscordSettings, VivaSettings, read
from bot.surface.privacy import privacy_text
from bot.surface.servers import Servers, ServerSettings
from tests.discord.double import TOKEN, Double
from tests.discord.stories import STORIES
from tests.discord.story import Story, tell
from tests.markdown import block, settings_table, table

_WHY = {
    "view channel": "to be in the channel where it is asked",
    "send messages": "to answer there",
    "create public threads": "a session has a thread of its own",
    "create private threads": "one that nobody else reads, with `private`",
    "send messages in threads": "to hold the session there",
    "attach files": "formulas and charts as pictures, the debrief and your data as files",
    "read message history": "to know which question a message replies to",
}
_MENU = "Right-click a message of yours, *Apps*: pick the question that it answers, see the grade alone, share it."
_ID = re.compile(r"\d{17,}")
_NO_STORE: Any = SimpleNamespace()  # nothing is asked of it


def check() -> str:
    """What `viva discord --check` prints where all is well."""

    async def found() -> list[str]:
        async with Double() as double:
            double.world.add_guild("Lab")
            api, gateway = double.environment["VIVA_DISCORD_API"], double.gateway.address
            settings = DiscordSettings.model_construct(token=SecretStr(TOKEN), api=api, gateway=gateway)
            return [f"{'ok ' if finding.ok else '!! '} {finding.text}" for finding in await examine(settings)]

    with patch.object(Route, "BASE", Route.BASE):  # looking points it at the double
        return block(_ID.sub("<application id>", "\n".join(asyncio.run(found()))))


def permissions() -> str:
    """Every permission that is asked for, and what for."""
    wanted = [called(name) for name, on in PERMISSIONS if on]
    return table(("permission", "what for"), ((name, _WHY[name]) for name in wanted))


def commands() -> str:
    """A table of the commands with their options."""
    tree: app_commands.CommandTree[Any] = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    add_commands(tree, Servers(_NO_STORE), free_chat=True)
    return table(("command", "what it does"), _commands(tree))


def _commands(tree: app_commands.CommandTree[Any]) -> Iterator[tuple[str, str]]:
    for command in tree.get_commands():
        if isinstance(command, app_commands.Command):
            names = [p.display_name if p.required else f"[{p.display_name}]" for p in command.parameters]
            yield f"`/{' '.join([command.name, *names])}`", command.description
        elif isinstance(command, app_commands.ContextMenu):
            yield f"*{command.name}*", _MENU


def settings() -> str:
    """The environment variables."""
    return settings_table(DiscordSettings)


def server_settings() -> str:
    """What the card of `/settings` asks, with what it is by itself."""
    card = SettingsCard(Servers(_NO_STORE), free_chat=True)
    asked, rows = "", list[tuple[str, str]]()
    for item in card.walk_children():
        if isinstance(item, ui.TextDisplay):
            asked = item.content
        if isinstance(item, ui.Select):
            chosen = [option.label for option in item.options if option.default]
            rows.append((asked, chosen[0]))
        elif isinstance(item, ui.ChannelSelect | ui.RoleSelect):
            rows.append((asked, item.placeholder or ""))
        elif isinstance(item, ui.Section):
            rows += [tuple(line.rsplit(": " if ": " in line else " for ", 1)) for line in _text_of(item).split("\n")]
    return table(("on this server", "by itself"), rows)


def _text_of(section: ui.Section[Any]) -> str:
    return "\n".join(item.content for item in section.children if isinstance(item, ui.TextDisplay))


def privacy() -> str:
    """What `/privacy` says on a server."""
    text = privacy_text("Discord", kept_days=ServerSettings().retention_days, models=False)
    return "\n".join(f"> {line}  " for line in text.split("\n")).rstrip()


def told(*names: str, index: Path | None = None) -> dict[str, Story]:
    """The stories of these names, or all; the index of the notes is that of this machine unless one is given."""
    found = read(VivaSettings).data_dir / "notes.index"
    index = index or (found if found.is_file() else None)
    return asyncio.run(tell({name: STORIES[name] for name in names or STORIES}, index))


def transcripts(*names: str, index: Path | None = None) -> dict[str, Callable[[], str]]:
    """What these stories, or all, look like."""
    stories = told(*names, index=index)
    return {name: lambda story=story: block(story.transcript()) for name, story in stories.items()}


SECTIONS: dict[str, Callable[[], str]] = {
    "check": check,
    "permissions": permissions,
    "commands": commands,
    "settings": settings,
    "server-settings": server_settings,
    "privacy": privacy,
}
