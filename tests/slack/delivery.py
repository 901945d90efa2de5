"""What Slack tells an app, and how: once, or again until it is acknowledged.

An event is told again three times when nobody takes it in time; a click, a form or a command is not.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp

from tests.slack.world import Json

ACK_SECONDS = 3.0
RETRIES = (0.0, 1.0, 5.0)  # seconds until an event is told again; Slack takes 0, 60, 300
EVENT, COMMAND, INTERACTIVE = "events_api", "slash_commands", "interactive"
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


class Unanswered(Exception):
    """Nobody acknowledged; the reason in Slack's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Delivery:
    """Something that Slack tells; `acknowledged` after how many seconds, `answer` with what, `times` how often."""

    kind: str
    payload: Json
    at: float = field(default_factory=time.monotonic)
    acknowledged: float | None = None
    answer: Json | None = None
    times: int = 0
    failed: bool = False

    @property
    def over(self) -> bool:
        """Whether it was acknowledged, or will not be."""
        return self.failed or self.acknowledged is not None


class Wire(Protocol):
    """A way to the app."""

    async def hand_over(self, delivery: Delivery, attempt: int, reason: str) -> Json | None:
        """Tell it once, for the how manieth time again and why; what it answered. Raises Unanswered."""
        ...


@dataclass
class Signed:
    """Signed HTTP requests to an address, as for an app without Socket Mode."""

    address: str
    secret: str
    ack_seconds: float = ACK_SECONDS

    async def hand_over(self, delivery: Delivery, attempt: int, reason: str) -> Json | None:
        """Post it; whatever is no 200 in time was not acknowledged."""
        again = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
        try:
            status, said = await self.post(*_body_of(delivery), headers=again)
        except TimeoutError as error:
            raise Unanswered("http_timeout") from error
        except aiohttp.ClientError as error:
            raise Unanswered("connection_failed") from error
        if status != 200:
            raise Unanswered("http_error")
        return json.loads(said) if said.startswith("{") else {"text": said} if said else None

    async def post(
        self, content_type: str, body: str, *, age: int = 0, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """A request that was signed so many seconds ago; its status and what was answered."""
        signed_at = str(int(time.time()) - age)
        signature = hmac.new(self.secret.encode(), f"v0:{signed_at}:{body}".encode(), hashlib.sha256).hexdigest()
        sent = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": signed_at,
            "X-Slack-Signature": f"v0={signature}",
            **(headers or {}),
        }
        timeout = aiohttp.ClientTimeout(self.ack_seconds)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(self.address, data=body.encode(), headers=sent) as response,
        ):
            return response.status, await response.text()


def _body_of(delivery: Delivery) -> tuple[str, str]:
    if delivery.kind == EVENT:
        return _JSON, json.dumps(delivery.payload)
    if delivery.kind == COMMAND:
        return _FORM, urlencode(delivery.payload)
    return _FORM, urlencode({"payload": json.dumps(delivery.payload)})


class Post:
    """Everything that Slack tells, over one wire. `twice` is asked about what was acknowledged: whether it is told
    again all the same."""

    def __init__(self, wire: Wire, changed: asyncio.Event) -> None:
        self.wire = wire
        self.deliveries: list[Delivery] = []
        self.retries = RETRIES
        self.twice: Callable[[Delivery], bool] = lambda _: False
        self._changed = changed
        self._telling = set[asyncio.Task[Any]]()

    @property
    def telling(self) -> bool:
        """Whether anything is being told."""
        return bool(self._telling)

    def tell(self, delivery: Delivery) -> Delivery:
        """Begin to tell the app of something."""
        self.deliveries.append(delivery)
        self._begin(self._tell(delivery))
        return delivery

    def again(self, delivery: Delivery) -> None:
        """Tell the app once more of what it knows already."""
        self._begin(self._once(delivery, 1, "timeout"))

    def _begin(self, telling: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(telling)
        self._telling.add(task)
        task.add_done_callback(self._told)

    def _told(self, task: asyncio.Task[Any]) -> None:
        self._telling.discard(task)
        self._changed.set()

    async def _tell(self, delivery: Delivery) -> None:
        """A try, and three more where Slack makes them."""
        reason = await self._once(delivery, 0, "")
        for attempt, pause in enumerate(self.retries if delivery.kind == EVENT else (), 1):
            if reason:
                await asyncio.sleep(pause)
                reason = await self._once(delivery, attempt, reason)
        delivery.failed = bool(reason)
        if not reason and self.twice(delivery):
            await self._once(delivery, 1, "timeout")

    async def _once(self, delivery: Delivery, attempt: int, reason: str) -> str:
        """One try; the reason why it failed, or ''."""
        delivery.times += 1
        try:
            answer = await self.wire.hand_over(delivery, attempt, reason)
        except Unanswered as error:
            return error.reason
        if delivery.acknowledged is None:
            delivery.acknowledged = time.monotonic() - delivery.at
            delivery.answer = answer
        self._changed.set()
        return ""

    async def stop(self) -> None:
        """Tell nothing any more."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
