"""People on the double: they type commands, click, fill in forms and talk."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from discord import Permissions

from bot.discord.check import PERMISSIONS
from tests.discord.double import ACK_SECONDS, Double
from tests.discord.rules import Json, listed, walk
from tests.discord.world import DM, EPHEMERAL, EVERYBODY

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
_STRING, _USER, _SELECTS = 3, 6, (3, 5, 6, 7, 8)
_FILE_LIMIT = 10 << 20


@dataclass
class Click:
    """An interaction, and what came of it.

    `acknowledged` is after how many seconds the bot first answered, `kind` how; `responses` are the
    messages by its token, `message` the one that was clicked; `expired` once the token serves no more.
    """

    person: Person
    payload: Json
    message: Json | None = None
    at: float = field(default_factory=time.monotonic)
    acknowledged: float | None = None
    kind: int = 0
    responses: list[Json] = field(default_factory=list[Json])
    modal: Json | None = None
    choices: list[Json] | None = None
    expired: bool = False

    @property
    def id(self) -> str:
        """The id of the interaction, which is what the bot knows it by."""
        return str(self.payload["id"])

    @property
    def told(self) -> list[str]:
        """What was said to this person alone."""
        return [text_of(message) for message in self.responses if message["flags"] & EPHEMERAL]


@dataclass
class Person:
    """Somebody, on a server or in direct messages."""

    discord: Double
    user: Json
    guild_id: str | None
    manager: bool = False
    by_server: bool = True  # whether it is the server that installed Viva

    @property
    def dm(self) -> Json:
        """The direct messages with Viva."""
        return self.discord.world.dm(self.user["id"])

    async def slash(self, channel_id: str, name: str, **options: Any) -> Click:
        """Type a command and wait until it is acknowledged."""
        given = self._options(name, options)
        data = self._command(name, 1) | {"options": given, "resolved": self._resolved(given)}
        return await self._send(COMMAND, channel_id, data)

    async def autocomplete(self, channel_id: str, name: str, option: str, typed: str) -> Click:
        """Type into an option and wait for what is offered."""
        data = self._command(name, 1) | {
            "options": [{"name": option, "type": _STRING, "value": typed, "focused": True}]
        }
        return await self._send(AUTOCOMPLETE, channel_id, data)

    async def choose(self, message: Json, name: str) -> Click:
        """Right-click a message and choose a command."""
        resolved = {"messages": {message["id"]: message}}
        data = self._command(name, 3) | {"target_id": message["id"], "resolved": resolved}
        return await self._send(COMMAND, message["channel_id"], data)

    async def click(self, message: Json, label: str) -> Click:
        """Click a button by what it says."""
        buttons = [part for part in walk(message["components"]) if part.get("label") == label]
        assert buttons, f"no button {label!r} under {text_of(message)!r}"
        assert not buttons[0].get("disabled"), f"{label!r} is disabled"
        data = {"custom_id": buttons[0]["custom_id"], "component_type": 2, "id": buttons[0]["id"]}
        return await self._send(COMPONENT, message["channel_id"], data, message)

    async def select(self, message: Json, custom_id: str, *values: str) -> Click:
        """Choose in a select."""
        (menu,) = [part for part in walk(message["components"]) if part.get("custom_id") == custom_id]
        assert menu["type"] in _SELECTS
        data: Json = {"custom_id": custom_id, "component_type": menu["type"], "values": list(values), "id": menu["id"]}
        world = self.discord.world
        if menu["type"] == 8:
            channels = {name: {**world.channels[name], "permissions": "0"} for name in values}
            data["resolved"] = {"channels": channels}
        return await self._send(COMPONENT, message["channel_id"], data, message)

    async def submit(self, shown: Click, **values: str) -> Click:
        """Fill in the form that a click brought up, and hand it in."""
        assert shown.modal, "no form was shown"
        components = [self._filled(component, values) for component in shown.modal["components"]]
        data: Json = {"custom_id": shown.modal["custom_id"], "components": components}
        return await self._send(MODAL, shown.payload["channel_id"], data, shown.message)

    def _filled(self, component: Json, values: dict[str, str]) -> Json:
        """A label or a text of a form as it comes back."""
        back: Json = {"type": component["type"], "id": component.get("id", 1)}
        if inner := component.get("component"):
            value = values.get(inner["custom_id"], inner.get("value") or "")
            assert len(value) <= inner.get("max_length", 4_000), "nobody can type more into that field"
            back["component"] = {"type": inner["type"], "id": 2, "custom_id": inner["custom_id"], "value": value}
        return back

    async def say(self, channel_id: str, text: str, *, reply_to: Json | None = None, mention: bool = False) -> Json:
        """Write a message; a reply mentions whom it replies to, as it does unless one turns that off."""
        world, more = self.discord.world, dict[str, Any]()
        if reply_to:
            reference = {"message_id": reply_to["id"], "channel_id": channel_id, "guild_id": self.guild_id, "type": 0}
            more = {"type": 19, "message_reference": reference, "referenced_message": reply_to}
        if mention or (reply_to and reply_to["author"]["id"] == world.bot["id"]):
            more |= {"mentions": [world.bot]}
        if self.guild_id:
            more["member"] = self._member(with_user=False)
        body = {"content": f"<@{world.bot['id']}> {text}" if mention else text}
        return await self.discord.post(world.make_message(channel_id, self.user, body, [], **more))

    def _command(self, name: str, kind: int) -> Json:
        found = [c for c in self.discord.world.commands if c["name"] == name and c["type"] == kind]
        assert found, f"Discord was not told of a command {name!r}"
        return {"id": found[0]["id"], "name": name, "type": kind}

    def _options(self, name: str, options: dict[str, Any]) -> list[Json]:
        (command,) = [c for c in self.discord.world.commands if c["name"] == name and c["type"] == 1]
        kinds = {option["name"]: option["type"] for option in listed(command, "options")}
        return [{"name": key, "type": kinds[key], "value": value} for key, value in options.items()]

    def _resolved(self, options: list[Json]) -> Json:
        """The people who are named in options."""
        world = self.discord.world
        people = {o["value"]: world.users[o["value"]] for o in options if o["type"] == _USER}
        members = {name: _without_user(world.member(user, [])) for name, user in people.items()}
        here = {name: {**member, "permissions": str(EVERYBODY.value)} for name, member in members.items()}
        return {"users": people, "members": here} if people else {}

    def _member(self, *, with_user: bool = True) -> Json:
        member = self.discord.world.member(self.user, [])
        may = EVERYBODY | Permissions(manage_guild=self.manager)
        member["permissions"] = str(may.value)
        return member if with_user else _without_user(member)

    async def _send(self, kind: int, channel_id: str, data: Json, message: Json | None = None) -> Click:
        """Tell the bot of an interaction; returns when the bot has answered, or has let three seconds pass."""
        world = self.discord.world
        channel = world.channels[channel_id]
        payload: Json = {
            "id": world.new_id(),
            "application_id": world.application["id"],
            "type": kind,
            "token": uuid4().hex,
            "version": 1,
            "data": data,
            "channel_id": channel_id,
            "channel": {**channel, "permissions": str(EVERYBODY.value)},
            "app_permissions": str(PERMISSIONS.value),
            "locale": "en-GB",
            "entitlements": [],
            "attachment_size_limit": _FILE_LIMIT,
            "authorizing_integration_owners": {"1": self.user["id"]},
            "context": 0 if "guild_id" in channel else 1 if channel["type"] == DM else 2,
            **({"message": message} if message else {}),
        }
        if "guild_id" in channel:
            guild_id: str = channel["guild_id"]
            payload |= {
                "guild_id": guild_id,
                "guild": {"id": guild_id, "locale": "en-GB", "features": []},
                "guild_locale": "en-GB",
                "member": self._member(),
            }
            if self.by_server:
                payload["authorizing_integration_owners"] = {"0": guild_id}
        else:
            payload["user"] = self.user
        click = Click(self, payload, message)
        self.discord.clicks[payload["token"]] = click
        # What goes over the wire is a copy: nobody on the other side sees it change.
        event = json.loads(json.dumps(payload))
        await self.discord.gateway.dispatch("INTERACTION_CREATE", event, guild_id=channel.get("guild_id"))
        await self._answered(click)
        return click

    async def _answered(self, click: Click) -> None:
        try:
            await self.discord.until(lambda: click.acknowledged is not None or click.expired, ACK_SECONDS + 0.5)
        except AssertionError:
            click.expired = True


def _without_user(member: Json) -> Json:
    return {key: value for key, value in member.items() if key != "user"}


def text_of(message: Json) -> str:
    """All that a message says, in content or components."""
    parts = [str(part["content"]) for part in walk(message["components"]) if part["type"] == 10]
    return "\n".join([*([message["content"]] if message["content"] else []), *parts])
