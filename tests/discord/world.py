"""What there is on the double's Discord: people, servers, channels and messages, as Discord writes them in JSON."""

from __future__ import annotations

import time
from copy import deepcopy
from datetime import UTC, datetime
from itertools import count
from typing import Any

from discord import Permissions

from bot.discord.check import PERMISSIONS
from tests.discord.rules import IS_COMPONENTS_V2, Json, listed

TEXT, DM, NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 10, 11, 12
THREADS = (NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)
DEFAULT, REPLY, CHAT_INPUT = 0, 19, 20
EPHEMERAL, LOADING = 1 << 6, 1 << 7
MESSAGE_CONTENT_LIMITED = 1 << 19
_EPOCH = 1_420_070_400_000  # milliseconds; where Discord's ids begin
EVERYBODY = Permissions.general() | Permissions.text()


class World:
    """Grows only by its methods; every value is what Discord would send."""

    def __init__(self, *, message_content: bool) -> None:
        self._counter = count(1)
        self.users: dict[str, Json] = {}
        self.guilds: dict[str, Json] = {}
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, dict[str, Json]] = {}
        self.commands: list[Json] = []
        self.bot = self.add_user("Viva", bot=True)
        self.application: Json = {
            "id": self.bot["id"],
            "name": "Viva",
            "icon": None,
            "description": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "owner": self.add_user("owner"),
            "flags": MESSAGE_CONTENT_LIMITED if message_content else 0,
            "integration_types_config": {"0": {}, "1": {}},
        }

    def new_id(self, age: float = 0.0) -> str:
        """A snowflake of now, or of so many seconds ago."""
        milliseconds = int((time.time() - age) * 1_000) - _EPOCH
        return str(milliseconds << 22 | next(self._counter) % (1 << 22))

    def add_user(self, name: str, *, bot: bool = False) -> Json:
        """Somebody."""
        user: Json = {
            "id": self.new_id(),
            "username": name.lower(),
            "discriminator": "0",
            "global_name": name,
            "avatar": None,
            "bot": bot,
        }
        self.users[user["id"]] = user
        return user

    def add_guild(self, name: str) -> Json:
        """A server that Viva is on, with what it wants to be allowed and nothing more."""
        guild_id = self.new_id()
        everyone = _role(guild_id, "@everyone", EVERYBODY)
        own = _role(self.new_id(), "Viva", PERMISSIONS)
        guild: Json = {
            "id": guild_id,
            "name": name,
            "owner_id": self.application["owner"]["id"],
            "permissions": str(PERMISSIONS.value),
            "roles": [everyone, own],
            "emojis": [],
            "features": [],
            "preferred_locale": "en-GB",
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "premium_tier": 0,
            "nsfw_level": 0,
            "afk_timeout": 300,
            "system_channel_flags": 0,
            "member_count": 2,
            "large": False,
            "unavailable": False,
            "joined_at": _now(),
            "members": [self.member(self.bot, [own["id"]])],
        }
        self.guilds[guild_id] = guild
        return guild

    def add_channel(self, guild_id: str, name: str) -> Json:
        """A text channel."""
        channel: Json = {
            "id": self.new_id(),
            "type": TEXT,
            "guild_id": guild_id,
            "name": name,
            "position": len(self.channels),
            "permission_overwrites": [],
            "parent_id": None,
            "topic": None,
            "nsfw": False,
            "rate_limit_per_user": 0,
            "last_message_id": None,
        }
        return self._keep(channel)

    def add_thread(self, parent_id: str, body: Json) -> Json:
        """A thread that the bot opens under a channel."""
        parent = self.channels[parent_id]
        thread: Json = {
            "id": self.new_id(),
            "type": body.get("type", PRIVATE_THREAD),
            "guild_id": parent["guild_id"],
            "parent_id": parent_id,
            "owner_id": self.bot["id"],
            "name": body["name"],
            "last_message_id": None,
            "message_count": 0,
            "member_count": 1,
            "total_message_sent": 0,
            "rate_limit_per_user": 0,
            "flags": 0,
            "applied_tags": [],
            "thread_metadata": {
                "archived": False,
                "locked": False,
                "auto_archive_duration": body.get("auto_archive_duration") or 1440,
                "archive_timestamp": _now(),
                "create_timestamp": _now(),
                "invitable": True,
            },
        }
        return self._keep(thread)

    def dm(self, user_id: str) -> Json:
        """The direct messages between Viva and somebody; the same each time."""
        for channel in self.channels.values():
            if channel["type"] == DM and channel["recipients"][0]["id"] == user_id:
                return channel
        recipients = [self.users[user_id]]
        return self._keep({"id": self.new_id(), "type": DM, "last_message_id": None, "recipients": recipients})

    def _keep(self, channel: Json) -> Json:
        self.channels[channel["id"]] = channel
        self.messages[channel["id"]] = {}
        return channel

    def member(self, user: Json, roles: list[str]) -> Json:
        """Somebody on a server."""
        return {
            "user": user,
            "roles": roles,
            "nick": None,
            "joined_at": _now(),
            "deaf": False,
            "mute": False,
            "flags": 0,
        }

    def threads(self, guild_id: str) -> list[Json]:
        """The open threads of a server."""
        return [c for c in self.channels.values() if c["type"] in THREADS and c["guild_id"] == guild_id]

    def guild_create(self, guild_id: str) -> Json:
        """All that a bot is told about a server when it connects."""
        of_it = [channel for channel in self.channels.values() if channel.get("guild_id") == guild_id]
        return {
            **self.guilds[guild_id],
            "channels": [channel for channel in of_it if channel["type"] not in THREADS],
            "threads": [channel for channel in of_it if channel["type"] in THREADS],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "stickers": [],
            "soundboard_sounds": [],
        }

    def make_message(self, channel_id: str, author: Json, body: Json, files: list[Json], **more: Any) -> Json:
        """A message as it would stand in a channel, not yet put there."""
        channel = self.channels[channel_id]
        message: Json = {
            "id": self.new_id(),
            "type": DEFAULT,
            "channel_id": channel_id,
            "author": author,
            "content": body.get("content") or "",
            "timestamp": _now(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": files,
            "embeds": deepcopy(body.get("embeds") or []),
            "components": numbered(body.get("components") or []),
            "pinned": False,
            "flags": (body.get("flags") or 0) & (IS_COMPONENTS_V2 | EPHEMERAL),
            "nonce": body.get("nonce"),
            **({"guild_id": channel["guild_id"]} if "guild_id" in channel else {}),
            **more,
        }
        return message

    def put(self, message: Json) -> None:
        """Put a message into its channel; a thread that was put away comes back by it."""
        channel = self.channels[message["channel_id"]]
        self.messages[channel["id"]][message["id"]] = message
        channel["last_message_id"] = message["id"]
        if channel["type"] in THREADS:
            channel["thread_metadata"]["archived"] = False
            channel["message_count"] += 1

    def edit(self, message: Json, body: Json, files: list[Json]) -> None:
        """Change a message in place."""
        for key in ("content", "embeds"):
            if key in body:
                message[key] = deepcopy(body[key]) or type(message[key])()
        if "components" in body:
            message["components"] = numbered(body["components"] or [])
        if "flags" in body:
            message["flags"] = message["flags"] & ~IS_COMPONENTS_V2 | (body["flags"] or 0) & IS_COMPONENTS_V2
        if "attachments" in body or files:
            stay = {str(each["id"]) for each in listed(body, "attachments")}
            message["attachments"] = [each for each in message["attachments"] if each["id"] in stay] + files
        message["flags"] &= ~LOADING
        message["edited_timestamp"] = _now()


def _role(role_id: str, name: str, permissions: Permissions) -> Json:
    return {
        "id": role_id,
        "name": name,
        "permissions": str(permissions.value),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def numbered(components: list[Json]) -> list[Json]:
    """Components as Discord sends them back: each with an id."""
    copied = deepcopy(components)
    numbers = count(1)

    def number(parts: list[Json]) -> None:
        for part in parts:
            part.setdefault("id", next(numbers))
            number(listed(part, "components"))
            number([part[key] for key in ("accessory", "component") if part.get(key)])

    number(copied)
    return copied


def _now() -> str:
    return datetime.now(UTC).isoformat()
