"""The gateway of the double: sessions over websockets, which can be cut and taken up again."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.discord.rules import Json
from tests.discord.world import DM, MESSAGE_CONTENT_LIMITED, World


class Op(IntEnum):
    """What a packet is for."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


AUTHENTICATION_FAILED, ALREADY_AUTHENTICATED, SESSION_TIMED_OUT, DISALLOWED_INTENTS = 4004, 4005, 4009, 4014
GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
_KEPT = 2_000  # events for a RESUME


@dataclass
class Session:
    """What Discord remembers of a connection, so that another can go on with it."""

    shard: int
    shards: int
    intents: int
    id: str = field(default_factory=lambda: uuid4().hex)
    sequence: int = 0
    events: deque[Json] = field(default_factory=lambda: deque[Json](maxlen=_KEPT))
    wire: Wire | None = None

    async def send(self, event: str, data: Json) -> None:
        """Dispatch an event, now or when the session is taken up again."""
        self.sequence += 1
        packet: Json = {"op": Op.DISPATCH, "t": event, "s": self.sequence, "d": data}
        self.events.append(packet)
        if self.wire:
            await self.wire.send(packet)


class Wire:
    """One websocket; what goes out is one zlib stream where the client asked for that."""

    def __init__(self, socket: web.WebSocketResponse, cable: asyncio.Transport | None, *, compressed: bool) -> None:
        self.socket = socket
        self.cable = cable
        self._zlib = zlib.compressobj() if compressed else None
        self._lock = asyncio.Lock()

    async def send(self, packet: Json) -> None:
        """Send a packet; a socket that broke meanwhile is noticed by whoever reads from it."""
        text = json.dumps(packet)
        async with self._lock:
            with suppress(ConnectionError):
                if self._zlib:
                    data = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(data)
                else:
                    await self.socket.send_str(text)


class Gateway:
    """HELLO, IDENTIFY, RESUME, heartbeats, and everything that can happen to a connection.

    `refusing` is how many of the next connections are turned away; without `acknowledging`
    heartbeats get no answer.
    """

    def __init__(self, world: World, token: str) -> None:
        self._world = world
        self._token = token
        self.address = ""
        self.heartbeat_seconds = 41.25
        self.acknowledging = True
        self.refusing = 0
        self.sessions: dict[str, Session] = {}
        self.identified: list[Json] = []
        self.resumed: list[Json] = []
        self.heartbeats = 0
        self.changed = asyncio.Event()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """A client connects."""
        if self.refusing:
            self.refusing -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(heartbeat=None)
        await socket.prepare(request)
        wire = Wire(socket, request.transport, compressed=request.query.get("compress") == "zlib-stream")
        await wire.send({"op": Op.HELLO, "d": {"heartbeat_interval": int(self.heartbeat_seconds * 1_000)}})
        session: Session | None = None
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    session = await self._packet(wire, session, json.loads(frame.data))
                    self.changed.set()
        finally:
            if session and session.wire is wire:
                session.wire = None
        return socket

    async def _packet(self, wire: Wire, session: Session | None, packet: Json) -> Session | None:
        match packet["op"]:
            case Op.HEARTBEAT:
                self.heartbeats += 1
                if self.acknowledging:
                    await wire.send({"op": Op.HEARTBEAT_ACK})
            case Op.IDENTIFY if session is None:
                return await self._identify(wire, packet["d"])
            case Op.RESUME if session is None:
                return await self._resume(wire, packet["d"])
            case Op.IDENTIFY | Op.RESUME:
                await wire.socket.close(code=ALREADY_AUTHENTICATED)
            case _:
                pass
        return session

    async def _identify(self, wire: Wire, data: Json) -> Session | None:
        self.identified.append(data)
        if data["token"] != self._token:
            await wire.socket.close(code=AUTHENTICATION_FAILED)
            return None
        if data["intents"] & MESSAGE_CONTENT and not self._world.application["flags"] & MESSAGE_CONTENT_LIMITED:
            await wire.socket.close(code=DISALLOWED_INTENTS)
            return None
        shard, shards = data.get("shard", [0, 1])
        session = Session(shard, shards, data["intents"], wire=wire)
        self.sessions[session.id] = session
        mine = [name for name in self._world.guilds if self._concerns(session, name)]
        await session.send("READY", self._ready(session, mine))
        for guild_id in mine:
            await session.send("GUILD_CREATE", self._world.guild_create(guild_id))
        return session

    def _ready(self, session: Session, guilds: list[str]) -> Json:
        application = {"id": self._world.application["id"], "flags": self._world.application["flags"]}
        return {
            "v": 10,
            "user": self._world.bot,
            "guilds": [{"id": guild_id, "unavailable": True} for guild_id in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.address,
            "shard": [session.shard, session.shards],
            "application": application,
        }

    async def _resume(self, wire: Wire, data: Json) -> Session | None:
        self.resumed.append(data)
        session = self.sessions.get(data["session_id"])
        if session is None or data["token"] != self._token:
            await wire.send({"op": Op.INVALID_SESSION, "d": False})
            return None
        told: int = data["seq"]
        while missed := [packet for packet in session.events if packet["s"] > told]:
            for packet in missed:
                await wire.send(packet)
            told = missed[-1]["s"]
        session.wire = wire
        await session.send("RESUMED", {})
        return session

    def _concerns(self, session: Session, guild_id: str | None) -> bool:
        shard = (int(guild_id) >> 22) % session.shards if guild_id else 0
        return shard == session.shard

    async def dispatch(self, event: str, data: Json, *, guild_id: str | None) -> None:
        """Tell every session that an event concerns, also those whose connection is cut."""
        for session in list(self.sessions.values()):
            if self._concerns(session, guild_id) and session.intents & _wanted(event, guild_id):
                shown = self._as_read(session, data) if event == "MESSAGE_CREATE" else data
                await session.send(event, shown)

    def _as_read(self, session: Session, message: Json) -> Json:
        """A message without its text, unless the bot may read it or is meant by it."""
        bot: str = self._world.bot["id"]
        mentioned = any(user["id"] == bot for user in message["mentions"])
        own = message["author"]["id"] == bot or self._world.channels[message["channel_id"]]["type"] == DM
        if session.intents & MESSAGE_CONTENT or mentioned or own:
            return message
        return {**message, "content": "", "attachments": [], "embeds": [], "components": []}

    # What can happen to connections

    async def drop(self, code: int | None = None) -> None:
        """Cut every connection: with a code, or as if a cable broke."""
        for wire in self._wires():
            if code is not None:
                await wire.socket.close(code=code)
            elif wire.cable:
                wire.cable.abort()

    async def ask_to_reconnect(self) -> None:
        """Op 7."""
        for wire in self._wires():
            await wire.send({"op": Op.RECONNECT, "d": None})

    async def invalidate(self, *, resumable: bool) -> None:
        """Op 9; sessions that cannot be resumed are forgotten."""
        wires = self._wires()
        if not resumable:
            self.sessions.clear()
        for wire in wires:
            await wire.send({"op": Op.INVALID_SESSION, "d": resumable})

    def _wires(self) -> list[Wire]:
        return [session.wire for session in self.sessions.values() if session.wire]

    @property
    def connected(self) -> bool:
        """Whether any session has a connection now."""
        return bool(self._wires())


def _wanted(event: str, guild_id: str | None) -> int:
    """The intents with which a bot hears of an event; all bits for what needs none."""
    if event.startswith("MESSAGE_"):
        return GUILD_MESSAGES if guild_id else DIRECT_MESSAGES
    return GUILDS if event.startswith(("THREAD_", "CHANNEL_", "GUILD_")) else -1
