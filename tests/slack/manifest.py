"""What manifest.yaml asks Slack for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).parents[2] / "manifest.yaml"


@cache
def _manifest() -> dict[str, Any]:
    return yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def bot_scopes() -> tuple[str, ...]:
    """The scopes of the bot's token."""
    return tuple(_manifest()["oauth_config"]["scopes"]["bot"])


def bot_events() -> frozenset[str]:
    """The events that the bot is told of."""
    return frozenset(_manifest()["settings"]["event_subscriptions"]["bot_events"])


def commands() -> frozenset[str]:
    """The slash commands."""
    return frozenset(command["command"] for command in _manifest()["features"]["slash_commands"])


def shortcuts() -> dict[str, str]:
    """The shortcuts under a message: what they are called, by callback_id."""
    return {each["callback_id"]: each["name"] for each in _manifest()["features"]["shortcuts"]}
