"""How the double serves a method of the Web API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.slack.calls import Request
from tests.slack.double import Double
from tests.slack.world import Json, Refusal, Workspace

Handler: TypeAlias = Callable[[Double, Workspace, Request], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """What answers a call, the scopes that it needs, and whether it is the bot's token that opens it."""

    handle: Handler
    scopes: tuple[str, ...] = ()
    by_bot: bool = True


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, by_bot: bool = True) -> Callable[[Handler], Handler]:
    """Serve a method."""

    def served(handle: Handler) -> Handler:
        METHODS[name] = Method(handle, scopes, by_bot)
        return handle

    return served


def channel_of(there: Workspace, request: Request, key: str = "channel") -> str:
    """The channel that a call means, which Viva may write into; a person's id means their direct messages."""
    found: str = request.body.get(key) or ""
    if found in there.users:
        found = there.dm(found)
    channel = there.channels.get(found)
    if channel is None or (channel["is_private"] and not there.with_viva(found)):
        raise Refusal("channel_not_found")
    if channel["is_archived"]:
        raise Refusal("is_archived")
    if not there.with_viva(found):
        raise Refusal("not_in_channel")
    return found
