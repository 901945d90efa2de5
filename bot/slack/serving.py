"""Slack's requests by HTTP, each known to be Slack's by its signature; and installing Viva in a workspace."""

import html
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.errors import VivaError
from bot.settings import SlackSettings
from bot.slack.installing import ManyWorkspaces, Workspaces

log = logging.getLogger("viva.slack")

_LARGEST = 2 << 20  # bytes of a request
_PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Viva</title><body style="font: 1.1em system-ui; margin: 4em auto; max-width: 34em"><p>{}</p></body></html>
"""
_COOKIE = "viva-install"
_AGAIN = "This did not work: open /slack/install again, and agree there within ten minutes."


@asynccontextmanager
async def serving(bolt: AsyncApp, workspaces: Workspaces, settings: SlackSettings, port: int) -> AsyncGenerator[None]:
    """Take requests at a port; raises VivaError where it is taken."""
    runner = web.AppRunner(_application(bolt, workspaces, settings), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    except OSError as error:
        raise VivaError(f"Port {port} cannot be used ({error.strerror}); name another with --http.") from error
    finally:
        await runner.cleanup()


def _application(bolt: AsyncApp, workspaces: Workspaces, settings: SlackSettings) -> web.Application:
    secret = settings.signing_secret
    door = Door(bolt, SignatureVerifier(secret.get_secret_value() if secret else ""))
    application = web.Application(client_max_size=_LARGEST)
    application.router.add_post("/slack/events", door.enter)
    application.router.add_get("/health", _health)
    if isinstance(workspaces, ManyWorkspaces):
        reception = Reception(workspaces)
        application.router.add_get("/slack/install", reception.install)
        application.router.add_get("/slack/oauth_redirect", reception.back)
    return application


async def _health(_: web.Request) -> web.Response:
    return web.Response(text="ok")


class Door:
    """Lets in what Slack signed within the last five minutes."""

    def __init__(self, bolt: AsyncApp, verifier: SignatureVerifier) -> None:
        self._bolt = bolt
        self._verifier = verifier

    async def enter(self, request: web.Request) -> web.Response:
        """Hand a request to Bolt; 401 for one that is not Slack's, or too old to be."""
        raw = await request.text()
        headers = {name.casefold(): value for name, value in request.headers.items()}
        if not self._verified(raw, headers):
            return web.Response(status=401, text="not signed by Slack")
        try:
            body = _read(raw, request.content_type)
        except ValueError:
            return web.Response(status=400, text="not as Slack writes")
        # Bolt looks for the word payload in a form to know what it is, so `/viva ask what is a payload` would be empty.
        kept: dict[str, Any] = {name: value for name, value in headers.items() if name.startswith("x-slack-retry")}
        answer = await self._bolt.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body, headers=kept))
        return await to_aiohttp_response(answer)

    def _verified(self, raw: str, headers: dict[str, str]) -> bool:
        signed, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
        return signed.isdecimal() and self._verifier.is_valid(raw, signed, signature)


def _read(raw: str, content_type: str) -> dict[str, Any]:
    if content_type == "application/json":
        return dict(json.loads(raw))
    form = dict(parse_qsl(raw, keep_blank_values=True))
    return dict(json.loads(form["payload"])) if "payload" in form else form


class Reception:
    """Installing Viva: to Slack, and back with a code that becomes a token."""

    def __init__(self, workspaces: ManyWorkspaces) -> None:
        self._workspaces = workspaces

    async def install(self, _: web.Request) -> web.Response:
        """To Slack, where somebody agrees. The cookie says that it is they who come back."""
        address, state = await self._workspaces.begin()
        response = web.Response(status=302, headers={"Location": address})
        response.set_cookie(_COOKIE, state, max_age=600, secure=True, httponly=True, samesite="Lax")
        return response

    async def back(self, request: web.Request) -> web.Response:
        """Back from Slack."""
        state = request.query.get("state", "")
        begun = bool(state) and request.cookies.get(_COOKIE) == state
        installed = await self._workspaces.end(state, request.query.get("code", "")) if begun else None
        if installed is None:
            return _page(_AGAIN, status=400)
        return _page(f"Viva is in {html.escape(installed.name)}: type /viva drill there.")


def _page(sentence: str, status: int = 200) -> web.Response:
    return web.Response(text=_PAGE.format(sentence), content_type="text/html", status=status)
