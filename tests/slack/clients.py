"""Clients of the double that are not Viva: slack_sdk's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.double import APP_TOKEN, Double
from tests.slack.world import Json

GO: Json = {"type": "actions", "elements": [{"type": "button", "action_id": "go", "value": "1",
                                             "text": {"type": "plain_text", "text": "Go"}}]}  # fmt: skip
FORM: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "Hand in"},
    "blocks": [{"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Say"},
                "element": {"type": "plain_text_input", "action_id": "a", "max_length": 10}}],
}  # fmt: skip


def client_of(slack: Double, token: str | None = None, **more: Any) -> Any:
    """slack_sdk's client, which is typed only in part."""
    return AsyncWebClient(slack.lab.token if token is None else token, base_url=f"{slack.address}/api", **more)


class App:
    """An app in Socket Mode: keeps what it is told, and acknowledges it with what `answer` says."""

    def __init__(self, slack: Double) -> None:
        self.told: list[Any] = []
        self.silent = 0  # so many are not acknowledged
        self.answer: Callable[[Any], Json | None] = lambda _: None
        self.socket = SocketModeClient(app_token=APP_TOKEN, web_client=client_of(slack), ping_interval=0.2)
        self.socket.socket_mode_request_listeners.append(self._take)

    async def _take(self, socket: Any, request: SocketModeRequest) -> None:
        self.told.append(request)
        if self.silent:
            self.silent -= 1
            return
        await socket.send_socket_mode_response(SocketModeResponse(request.envelope_id, self.answer(request)))

    def events(self, kind: str) -> list[Json]:
        """What it was told of, envelopes that are no events left out."""
        found = [r.payload["event"] for r in self.told if r.type == "events_api"]
        return [event for event in found if event["type"] == kind]


async def refused(call: Any) -> str:
    """The word that Slack has for why not."""
    with pytest.raises(SlackApiError) as error:
        await call
    response: Any = cast("Any", error.value).response
    return response["error"]
