"""What Slack tells an app, and how: once, or again until it is acknowledged.

An event is told again three times when nobody takes it in time; a click, a form or a command is not.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode

import aiohttp

from tests.slack.world import Json

ACK_SECONDS = 3.0
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
