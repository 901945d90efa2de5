"""What an app asks the double for, and what can happen to that."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from tests.slack.world import Json


class Fault(Enum):
    """What can happen to a request besides what it asks for."""

    RATE_LIMITED = "429, and nothing was done"
    BROKEN = "500, and nothing was done"
    CUT = "the connection closes, and nothing was done"
    LOST = "it was done, but the reply is a 500"
    SLOW = "it is done after a while"


@dataclass
class Request:
    """One call of the app's; `at` from time.monotonic(), `error` the word that it got, '' for ok."""

    method: str
    body: Json
    token: str
    at: float
    status: int = 0
    error: str = ""


_STRUCTURED = {"attachments", "blocks", "chunks", "files", "metadata", "prompts", "view"}


async def received_from(request: web.Request) -> Request:
    """The arguments of a call, wherever they stand: Slack takes them from the query, a form or JSON."""
    body: Json = dict(request.query)
    if request.content_type == "application/json":
        body |= json.loads(await request.text() or "{}")
    elif request.can_read_body:
        body |= dict(await request.post())
    for name in _STRUCTURED & set(body):
        body[name] = json.loads(body[name]) if isinstance(body[name], str) else body[name]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        body["client_id"], _, body["client_secret"] = b64decode(token).decode().partition(":")
    token = str(body.pop("token", "")) or (token if scheme == "Bearer" else "")
    return Request(request.match_info.get("method", "response_url"), body, token, time.monotonic())
