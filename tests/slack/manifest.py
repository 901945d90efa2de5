"""What manifest.yaml at the root of the repository asks Slack for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parents[2] / "manifest.yaml"


@dataclass(frozen=True)
class Manifest:
    """The parts of the app that the bot has to have a listener, or a use, for."""

    commands: frozenset[str]
    shortcuts: frozenset[str]
    events: frozenset[str]
    scopes: frozenset[str]
    prompts: tuple[tuple[str, str], ...]


def document() -> dict[str, Any]:
    """The whole of it, as Slack reads it."""
    return yaml.safe_load(PATH.read_text(encoding="utf-8"))


def manifest() -> Manifest:
    """Commands with their slash, callback_ids of shortcuts, events, scopes of the bot, prompts as (title, message)."""
    read = document()
    features, settings = read["features"], read["settings"]
    return Manifest(
        commands=frozenset(each["command"] for each in features["slash_commands"]),
        shortcuts=frozenset(each["callback_id"] for each in features["shortcuts"]),
        events=frozenset(settings["event_subscriptions"]["bot_events"]),
        scopes=frozenset(read["oauth_config"]["scopes"]["bot"]),
        prompts=tuple((each["title"], each["message"]) for each in features["agent_view"]["suggested_prompts"]),
    )
