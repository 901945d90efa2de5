"""The routes of the double's REST API: as much of v10 as Viva uses, with Discord's own refusals."""

from __future__ import annotations

import time
from enum import IntEnum
from typing import TYPE_CHECKING

from tests.discord.double import ACK_SECONDS, TOKEN_SECONDS, Double, Handler, Refusal, Request, unknown
from tests.discord.rules import Json
from tests.discord.world import EPHEMERAL, LOADING, THREADS

if TYPE_CHECKING:
    from tests.discord.people import Click


class Answer(IntEnum):
    """What a bot can answer an interaction with."""

    MESSAGE = 4
    DEFERRED = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


async def me(discord: Double, _: Request) -> Json:
    """The bot as a user."""
    return discord.world.bot


async def application(discord: Double, _: Request) -> Json:
    """The bot as an application."""
    return discord.world.application


async def gateway(discord: Double, _: Request) -> Json:
    """Where the gateway is, and how many shards Discord advises."""
    limit = {"total": 1_000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
    return {"url": discord.gateway.address, "shards": 1, "session_start_limit": limit}


async def guilds(discord: Double, received: Request) -> list[Json]:
    """The servers that the bot is on."""
    after = int(received.query.get("after", 0))
    found = sorted((guild for guild in discord.world.guilds.values() if int(guild["id"]) > after), key=_id)
    keys = ("id", "name", "permissions", "features")
    return [{key: guild[key] for key in keys} for guild in found[: int(received.query.get("limit", 200))]]


def _id(thing: Json) -> int:
    return int(thing["id"])


async def commands(discord: Double, received: Request) -> list[Json]:
    """The commands, all told anew."""
    always: Json = {"type": 1, "description": "", "application_id": discord.world.application["id"], "version": "1"}
    discord.world.commands = [{**always, **command, "id": discord.world.new_id()} for command in received.body]
    return discord.world.commands


async def open_dm(discord: Double, received: Request) -> Json:
    """The direct messages with somebody."""
    user_id = str(received.body["recipient_id"])
    if user_id not in discord.world.users:
        raise unknown("User", 10013)
    return discord.world.dm(user_id)


async def get_channel(discord: Double, _: Request, channel: str) -> Json:
    """A channel."""
    return discord.channel(channel)


async def edit_channel(discord: Double, received: Request, channel: str) -> Json:
    """A thread that is opened, put away or renamed."""
    found = discord.channel(channel)
    if found["type"] in THREADS:
        changes = {key: value for key, value in received.body.items() if key in found["thread_metadata"]}
        found["thread_metadata"].update(changes)
    found.update({key: value for key, value in received.body.items() if key in found})
    return found


async def typing(discord: Double, _: Request, channel: str) -> None:
    """Somebody sees that something is coming."""
    discord.channel(channel)


async def start_thread(discord: Double, received: Request, channel: str) -> Json:
    """A thread without a message."""
    discord.channel(channel)
    thread = discord.world.add_thread(channel, received.body)
    told = {**thread, "newly_created": True}
    await discord.gateway.dispatch("THREAD_CREATE", told, guild_id=thread["guild_id"])
    return thread


async def add_to_thread(discord: Double, _: Request, channel: str, user: str) -> None:
    """Somebody is shown a thread."""
    if user not in discord.world.users:
        raise unknown("User", 10013)
    discord.channel(channel)["member_count"] += 1


async def post_message(discord: Double, received: Request, channel: str) -> Json:
    """A message; one with a nonce that was taken before is the message of then."""
    found, body = discord.channel(channel), received.body
    if found["type"] in THREADS and found["thread_metadata"]["locked"]:
        raise Refusal(400, 160005, "This thread is locked")
    if before := discord.once(channel, body):
        return before
    more = _reference(discord, channel, body)
    files = discord.uploaded(received)
    message = discord.world.make_message(channel, discord.world.bot, body, files, **more)
    discord.remember(channel, body, message)
    return await discord.post(message)


def _reference(discord: Double, channel: str, body: Json) -> Json:
    reference: Json | None = body.get("message_reference")
    if reference is None:
        return {}
    original = discord.world.messages[channel].get(str(reference["message_id"]))
    if original is None and reference.get("fail_if_not_exists", True):
        raise Refusal(400, 50035, "Invalid Form Body: message_reference: Unknown message")
    return {"type": 19, "message_reference": reference, "referenced_message": original}


async def get_messages(discord: Double, received: Request, channel: str) -> list[Json]:
    """The last messages of a channel, newest first."""
    discord.channel(channel)
    found = sorted(discord.world.messages[channel].values(), key=_id, reverse=True)
    return found[: int(received.query.get("limit", 50))]


async def get_message(discord: Double, _: Request, channel: str, message: str) -> Json:
    """A message."""
    return discord.message(channel, message)


async def edit_message(discord: Double, received: Request, channel: str, message: str) -> Json:
    """A message changed; in a thread that was put away Discord does not allow it."""
    found, place = discord.message(channel, message), discord.world.channels[channel]
    if place["type"] in THREADS and place["thread_metadata"]["archived"]:
        raise Refusal(400, 50083, "Thread is archived")
    discord.world.edit(found, received.body, discord.uploaded(received))
    await discord.gateway.dispatch("MESSAGE_UPDATE", found, guild_id=found.get("guild_id"))
    return found


async def delete_message(discord: Double, _: Request, channel: str, message: str) -> None:
    """A message taken away."""
    discord.message(channel, message)
    del discord.world.messages[channel][message]


# Interactions


async def callback(discord: Double, received: Request, click: str, token: str) -> Json:
    """The first answer to an interaction: once, and within three seconds."""
    found, body = _clicked(discord, token, click), received.body
    if found.acknowledged is not None:
        raise Refusal(400, 40060, "Interaction has already been acknowledged.")
    took = time.monotonic() - found.at
    if took > ACK_SECONDS:
        found.expired = True
        raise unknown("interaction", 10062)
    found.acknowledged, found.kind = took, int(body["type"])
    message = await _first(discord, found, received)
    resource: Json = {"type": found.kind, **({"message": message} if message else {})}
    about = {
        "id": found.id,
        "type": found.payload["type"],
        **({"response_message_id": message["id"]} if message else {}),
    }
    return {"interaction": about, "resource": resource}


async def _first(discord: Double, click: Click, received: Request) -> Json | None:
    data: Json = received.body.get("data") or {}
    match received.body["type"]:
        case Answer.MESSAGE:
            return await _respond(discord, click, data, discord.uploaded(received))
        case Answer.DEFERRED:
            return await _respond(discord, click, {"flags": data.get("flags", 0)}, [], loading=True)
        case Answer.UPDATE if click.message:
            discord.world.edit(click.message, data, discord.uploaded(received))
            return click.message
        case Answer.CHOICES:
            click.choices = data["choices"]
        case Answer.MODAL:
            click.modal = data
        case _:
            pass
    return None


async def _respond(discord: Double, click: Click, body: Json, files: list[Json], *, loading: bool = False) -> Json:
    """A message in answer to an interaction; one for a single person's eyes stands in no channel."""
    channel_id: str = click.payload["channel_id"]
    about = {
        "id": click.id,
        "type": click.payload["type"],
        "user": click.person.user,
        "authorizing_integration_owners": {},
    }
    message = discord.world.make_message(
        channel_id, discord.world.bot, body, files, interaction_metadata=about, webhook_id=discord.world.bot["id"]
    )
    message["flags"] |= LOADING if loading else 0
    click.responses.append(message)
    if not message["flags"] & EPHEMERAL:
        await discord.post(message)
    return message


def _clicked(discord: Double, token: str, click_id: str | None = None) -> Click:
    found = discord.clicks.get(token)
    if found is None or (click_id is not None and found.id != click_id):
        raise unknown("interaction", 10062)
    return found


def _living(discord: Double, token: str) -> Click:
    """The acknowledged interaction of a token that still serves."""
    found = discord.clicks.get(token)
    if found is None or found.acknowledged is None:
        raise unknown("Webhook", 10015)
    if time.monotonic() - found.at > TOKEN_SECONDS or found.expired:
        raise Refusal(401, 50027, "Invalid Webhook Token")
    return found


async def follow_up(discord: Double, received: Request, token: str) -> Json:
    """Another message by an interaction's token; the first after a deferral takes its place."""
    click, files = _living(discord, token), discord.uploaded(received)
    first = click.responses[0] if click.responses else None
    if first and first["flags"] & LOADING:
        discord.world.edit(first, received.body, files)
        return first
    return await _respond(discord, click, received.body, files)


async def get_response(discord: Double, _: Request, token: str, message: str) -> Json:
    """A message that was posted by a token."""
    return _response(_living(discord, token), message)


async def edit_response(discord: Double, received: Request, token: str, message: str) -> Json:
    """A message that was posted by a token, changed."""
    found = _response(_living(discord, token), message)
    discord.world.edit(found, received.body, discord.uploaded(received))
    return found


async def delete_response(discord: Double, _: Request, token: str, message: str) -> None:
    """A message that was posted by a token, taken away."""
    click = _living(discord, token)
    found = _response(click, message)
    click.responses.remove(found)
    discord.world.messages[found["channel_id"]].pop(found["id"], None)


def _response(click: Click, message_id: str) -> Json:
    """By id, or `@original`: what was answered first, or the message that was clicked."""
    if message_id == "@original":
        updates = click.kind in (Answer.DEFERRED_UPDATE, Answer.UPDATE)
        found = click.message if updates else click.responses[0] if click.responses else None
    else:
        known = [*click.responses, *([click.message] if click.message else [])]
        found = next((message for message in known if message["id"] == message_id), None)
    if found is None:
        raise unknown("Message", 10008)
    return found


_CHANNEL, _TOKEN = r"/channels/(?P<channel>\d+)", r"/webhooks/\d+/(?P<token>[^/]+)"
_OF_TOKEN = rf"{_TOKEN}/messages/(?P<message>\d+|@original)"
ROUTES: dict[str, Handler] = {
    "GET /users/@me": me,
    "GET /oauth2/applications/@me": application,
    "GET /gateway/bot": gateway,
    "GET /users/@me/guilds": guilds,
    r"PUT /applications/\d+/commands": commands,
    "POST /users/@me/channels": open_dm,
    f"GET {_CHANNEL}": get_channel,
    f"PATCH {_CHANNEL}": edit_channel,
    f"POST {_CHANNEL}/typing": typing,
    f"POST {_CHANNEL}/threads": start_thread,
    rf"PUT {_CHANNEL}/thread-members/(?P<user>\d+)": add_to_thread,
    f"POST {_CHANNEL}/messages": post_message,
    f"GET {_CHANNEL}/messages": get_messages,
    rf"GET {_CHANNEL}/messages/(?P<message>\d+)": get_message,
    rf"PATCH {_CHANNEL}/messages/(?P<message>\d+)": edit_message,
    rf"DELETE {_CHANNEL}/messages/(?P<message>\d+)": delete_message,
    r"POST /interactions/(?P<click>\d+)/(?P<token>[^/]+)/callback": callback,
    f"POST {_TOKEN}": follow_up,
    f"GET {_OF_TOKEN}": get_response,
    f"PATCH {_OF_TOKEN}": edit_response,
    f"DELETE {_OF_TOKEN}": delete_response,
}
