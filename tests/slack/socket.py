"""Socket Mode: an app opens connections to Slack and is told there what happens."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.slack.delivery import ACK_SECONDS, EVENT, Delivery, Unanswered
from tests.slack.world import APP, Json

CONNECTIONS = 10  # Slack lets an app open so many


@dataclass(eq=False)
class Connection:
    """One connection, the task that listens at it, and who waits there for an acknowledgement, by envelope."""

    socket: web.WebSocketResponse
    cable: asyncio.Transport | None
    task: asyncio.Task[Any] | None
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict[str, "asyncio.Future[Json | None]"])

    def closed(self) -> None:
        """Nobody will be answered here any more."""
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(Unanswered("socket_closed"))


class Socket:
    """The connections. `complaints` are what an app does that Slack does not understand."""

    def __init__(self, complaints: list[str], changed: asyncio.Event) -> None:
        self.connections: list[Connection] = []
        self.opened = 0  # how many there were so far
        self.refusing = 0  # so many of the next connections are not let in
        self.ack_seconds = ACK_SECONDS
        self._tickets: set[str] = set()
        self._complaints = complaints
        self._changed = changed
        self._chance = random.Random(4711)

    def ticket(self) -> str:
        """What opens one connection, once."""
        self._tickets.add(ticket := uuid4().hex)
        return ticket

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """A connection, from hello to its end."""
        ticket = request.query.get("ticket", "")
        if self.refusing or ticket not in self._tickets or len(self.connections) >= CONNECTIONS:
            self.refusing = max(0, self.refusing - 1)
            return web.Response(status=408)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(socket, request.transport, asyncio.current_task())
        self.connections.append(connection)
        self.opened += 1
        try:
            await self._serve(connection)
        finally:
            self.connections.remove(connection)
            connection.closed()
            self._changed.set()
        return socket

    async def _serve(self, connection: Connection) -> None:
        await connection.socket.send_json({
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": APP},
            "debug_info": {"host": "applink-loopback", "build_number": 1, "approximate_connection_time": 18_060},
        })  # fmt: skip
        self._changed.set()
        async for message in connection.socket:
            if message.type is WSMsgType.TEXT:
                self._acknowledged(connection, json.loads(message.data))

    def _acknowledged(self, connection: Connection, said: Json) -> None:
        future = connection.waiting.pop(said.get("envelope_id", ""), None)
        if future is None:
            return  # Slack takes no notice of what comes too late or twice
        if not future.done():
            future.set_result(said.get("payload"))

    async def hand_over(self, delivery: Delivery, attempt: int, reason: str) -> Json | None:
        """Send an envelope over one of the connections and wait for its acknowledgement."""
        if not self.connections:
            raise Unanswered("no_connection")
        connection = self._chance.choice(self.connections)
        envelope: Json = {
            "envelope_id": str(uuid4()),
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != EVENT,
        }
        if delivery.kind == EVENT:
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        answer = await self._over(connection, envelope)
        if answer and not envelope["accepts_response_payload"]:
            self._complaints.append(f"an event was acknowledged with a payload: {answer}")
        return answer

    async def _over(self, connection: Connection, envelope: Json) -> Json | None:
        future: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = future
        try:
            await connection.socket.send_json(envelope)
            return await asyncio.wait_for(future, self.ack_seconds)
        except TimeoutError as error:
            raise Unanswered("timeout") from error
        except (ConnectionError, RuntimeError) as error:  # aiohttp raises either when a socket is closing
            raise Unanswered("socket_closed") from error
        finally:
            connection.waiting.pop(envelope["envelope_id"], None)

    # What can happen to connections

    async def cut(self) -> None:
        """As if a cable broke."""
        for connection in list(self.connections):
            if connection.cable:
                connection.cable.abort()

    async def close(self) -> None:
        """Close every connection in good order."""
        for connection in list(self.connections):
            await connection.socket.close()

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask for new connections, as Slack does every few hours; `warning` comes some seconds before."""
        message: dict[str, Any] = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-loopback"}}
        for connection in list(self.connections):
            await connection.socket.send_json(message)
