"""Discord on this machine: gateway and REST v10 in one server on 127.0.0.1, for a bot in this process or another.

    async with Double() as discord:
        guild = discord.world.add_guild("Lab")
        channel = discord.world.add_channel(guild["id"], "general")
        ...                                 # start the bot with discord.environment
        ada = discord.person("Ada", guild)
        shown = await ada.slash(channel["id"], "drill", topic="losses")

Every request is held against Discord's OpenAPI document and against `rules`; what breaks one is refused as
Discord would and raises AssertionError at the end, so that code which swallows the error cannot hide it.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Self, cast

from aiohttp import web

from tests.discord import openapi, rules
from tests.discord.gateway import Gateway
from tests.discord.rules import Json
from tests.discord.world import World

if TYPE_CHECKING:
    from tests.discord.people import Click, Person

TOKEN = "b0t-s3cret-4711"  # it opens nothing
ACK_SECONDS, TOKEN_SECONDS = 3.0, 900.0
_NO_TOKEN_NEEDED = re.compile(r"/(interactions|webhooks)/\d+/")


@dataclass(frozen=True)
class Refusal(Exception):
    """How Discord says no: a status, and its own code and words."""

    status: int
    code: int
    message: str


def unknown(what: str, code: int) -> Refusal:
    """Something is not, or no longer, there."""
    return Refusal(404, code, f"Unknown {what}")


class Fault(Enum):
    """What can happen to a request besides what it asks for."""

    RATE_LIMITED = "429"
    RATE_LIMITED_EVERYWHERE = "429, global"
    BROKEN = "500, and nothing was done"
    CUT = "the connection closes, and nothing was done"
    LOST = "it was done, but the reply is a 502"


@dataclass
class Request:
    """One request that the bot made; `at` from time.monotonic(), `status` what it got."""

    method: str
    path: str
    body: Any
    files: dict[str, bytes]
    query: dict[str, str]
    at: float
    status: int = 0

    @property
    def name(self) -> str:
        """Method and template of the path, as in POST /channels/{channel_id}/messages."""
        return f"{self.method} {openapi.route(self.path) or self.path}"


@dataclass
class Double:
    """The server. `fault` is asked about every request; `retry_after` is what a 429 says, in seconds."""

    message_content: bool = False
    validating: bool = True
    fault: Callable[[Request], Fault | None] = field(default=lambda _: None)
    retry_after: float = 0.05

    def __post_init__(self) -> None:
        self.world = World(message_content=self.message_content)
        self.gateway = Gateway(self.world, TOKEN)
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.clicks: dict[str, Click] = {}
        self.forbidden: set[str] = set()  # channels where Viva may do nothing
        self.address = ""
        self._files: dict[str, bytes] = {}
        self._nonces: dict[tuple[str, str], Json] = {}

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/gateway/", self.gateway.connect)
        app.router.add_get("/gateway", self.gateway.connect)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_route("*", "/api/v10/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"{host}:{port}"
        self.gateway.address = f"ws://{self.address}/gateway"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; a complaint is raised over the test's own error, which stays chained to it."""
        await self.gateway.drop()
        await self._runner.cleanup()
        if self.complaints:
            raise AssertionError("\n".join(dict.fromkeys(self.complaints)))

    @property
    def environment(self) -> dict[str, str]:
        """What points the shipped command here."""
        return {
            "VIVA_DISCORD_TOKEN": TOKEN,
            "VIVA_DISCORD_API": f"http://{self.address}/api/v10",
            "VIVA_DISCORD_GATEWAY": self.gateway.address,
            "VIVA_DISCORD_FREE_CHAT": str(self.message_content).lower(),
        }

    def person(self, name: str, guild: Json | None = None, *, manager: bool = False) -> Person:
        """Somebody, on a server or in direct messages alone."""
        from tests.discord.people import Person

        return Person(self, self.world.add_user(name), guild["id"] if guild else None, manager=manager)

    async def until(self, holds: Callable[[], object], seconds: float = 20.0, what: str = "") -> None:
        """Until something holds; AssertionError when it does not in time."""
        deadline = time.monotonic() + seconds
        while not holds():
            self.gateway.changed.clear()
            left = deadline - time.monotonic()
            assert left > 0, what or f"not within {seconds:g} s; the last requests: {self.requests[-5:]}"
            try:
                await asyncio.wait_for(self.gateway.changed.wait(), min(left, 0.5))
            except TimeoutError:
                continue

    async def ready(self, seconds: float = 60.0) -> None:
        """Until a bot has identified and told its commands."""
        await self.until(lambda: self.gateway.connected and self.world.commands, seconds, "no bot came")

    async def _file(self, request: web.Request) -> web.Response:
        return web.Response(body=self._files[request.match_info["name"]])

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        received = await _received(request)
        self.requests.append(received)
        fault = self.fault(received)
        if fault is Fault.CUT and request.transport:
            request.transport.abort()
        response = self._faulty(fault) if fault and fault is not Fault.LOST else await self._done(request, received)
        if fault is Fault.LOST and response.status < 300:
            response = _json({"message": "502: Bad Gateway"}, 502)
        received.status = response.status
        self.gateway.changed.set()
        return response

    def _faulty(self, fault: Fault) -> web.Response:
        if fault not in (Fault.RATE_LIMITED, Fault.RATE_LIMITED_EVERYWHERE):
            return _json({"message": "500: Internal Server Error", "code": 0}, 500)
        everywhere = fault is Fault.RATE_LIMITED_EVERYWHERE
        body = {"message": "You are being rate limited.", "retry_after": self.retry_after, "global": everywhere}
        headers = {"Via": "1.1 google", "Retry-After": "1", "X-RateLimit-Scope": "global" if everywhere else "user"}
        return _json(body, 429, headers)

    async def _done(self, request: web.Request, received: Request) -> web.Response:
        bare = _NO_TOKEN_NEEDED.match(received.path)
        if not bare and request.headers.get("Authorization") != f"Bot {TOKEN}":
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        try:
            self._validate(received)
            body = await self._route(received)
        except Refusal as refusal:
            return _json({"message": refusal.message, "code": refusal.code}, refusal.status)
        return _json(body, 200) if body is not None else web.Response(status=204)

    def _validate(self, received: Request) -> None:
        if not self.validating:
            return
        found = openapi.problems(received.method, received.path, received.body)
        found = found or rules.broken(received.method, received.path, received.body, received.files)
        if found:
            self.complaints += [f"{received.name}: {problem}" for problem in found]
            raise Refusal(400, 50035, f"Invalid Form Body: {'; '.join(found)}")

    async def _route(self, received: Request) -> Any:
        from tests.discord.rest import ROUTES

        request = f"{received.method} {received.path}"
        for pattern, handle in ROUTES.items():
            if match := re.fullmatch(pattern, request):
                return await handle(self, received, **match.groupdict())
        self.complaints.append(f"{received.name}: the double does not know this route")
        raise Refusal(404, 0, "404: Not Found")

    # What its routes and its people do

    def uploaded(self, received: Request) -> list[Json]:
        """The files of a request as attachments."""
        described = {str(each["id"]): each for each in rules.listed(_message_of(received.body), "attachments")}
        return [
            self.keep_file(name, data, **described.get(str(n), {}))
            for n, (name, data) in enumerate(received.files.items())
        ]

    def keep_file(self, name: str, data: bytes, *, description: str | None = None, **_: Any) -> Json:
        """A file as an attachment that can be fetched."""
        file_id = self.world.new_id()
        self._files[file_id] = data
        url = f"http://{self.address}/files/{file_id}"
        file: Json = {"id": file_id, "filename": name, "size": len(data), "url": url, "proxy_url": url}
        return file | ({"description": description} if description else {})

    def file(self, file_id: str) -> bytes:
        """What is in an attachment."""
        return self._files[file_id]

    def channel(self, channel_id: str) -> Json:
        """A channel that Viva may write into; raises as Discord does."""
        channel = self.world.channels.get(channel_id)
        if channel is None:
            raise unknown("Channel", 10003)
        if channel_id in self.forbidden or channel.get("parent_id") in self.forbidden:
            raise Refusal(403, 50013, "Missing Permissions")
        if "guild_id" in channel and channel["guild_id"] not in self.world.guilds:
            raise Refusal(403, 50001, "Missing Access")
        return channel

    def message(self, channel_id: str, message_id: str) -> Json:
        """A message in a channel; raises as Discord does."""
        self.channel(channel_id)
        message = self.world.messages[channel_id].get(message_id)
        if message is None:
            raise unknown("Message", 10008)
        return message

    async def post(self, message: Json) -> Json:
        """Put a message into its channel and tell whoever listens."""
        self.world.put(message)
        await self.gateway.dispatch("MESSAGE_CREATE", message, guild_id=message.get("guild_id"))
        self.gateway.changed.set()
        return message

    async def delete_channel(self, channel_id: str) -> None:
        """Somebody deletes a channel or a thread."""
        channel = self.world.channels.pop(channel_id)
        event = "THREAD_DELETE" if "thread_metadata" in channel else "CHANNEL_DELETE"
        await self.gateway.dispatch(event, channel, guild_id=channel.get("guild_id"))

    async def kick(self, guild_id: str) -> None:
        """Somebody removes Viva from a server."""
        del self.world.guilds[guild_id]
        await self.gateway.dispatch("GUILD_DELETE", {"id": guild_id}, guild_id=guild_id)

    def once(self, channel_id: str, body: Json) -> Json | None:
        """The message that was posted with this nonce already, where the bot wants that looked at."""
        return self._nonces.get((channel_id, str(body["nonce"]))) if body.get("enforce_nonce") else None

    def remember(self, channel_id: str, body: Json, message: Json) -> None:
        """Know a message by its nonce."""
        if body.get("nonce") is not None:
            self._nonces[channel_id, str(body["nonce"])] = message

    def said_in(self, channel_id: str) -> Iterator[Json]:
        """What Viva posted in a channel, oldest first."""
        bot = self.world.bot["id"]
        return (m for m in self.world.messages[channel_id].values() if m["author"]["id"] == bot)


Handler = Callable[..., Awaitable[Any]]


def _message_of(body: Any) -> Json:
    """The message in a body: the body itself, or the data of a callback."""
    found: Json = body or {}
    return found.get("data") or found if isinstance(found.get("type"), int) and "data" in found else found


async def _received(request: web.Request) -> Request:
    body: Any = None
    files: dict[str, bytes] = {}
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            piece = cast("Any", part)
            if piece.name == "payload_json":
                body = json.loads(await piece.text())
            else:
                files[str(piece.filename)] = bytes(await piece.read())
    elif request.can_read_body:
        body = json.loads(await request.text() or "null")
    path = "/" + request.match_info["path"]
    return Request(request.method, path, body, files, dict(request.query), time.monotonic())


def _json(body: Any, status: int, headers: dict[str, str] | None = None) -> web.Response:
    # A charset beside the content type, and discord.py takes the body for text.
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json", headers=headers)
