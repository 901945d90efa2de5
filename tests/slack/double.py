"""Slack on this machine: Web API, Socket Mode and signed HTTP in one server on 127.0.0.1.

    async with Double() as slack:
        channel = slack.lab.add_channel("general")
        ...                                 # start the app with slack.environment
        ada = slack.person("Ada")
        act = await ada.slash(channel, "drill losses")

Every message and view is held against `rules`; what breaks one is refused as Slack would and raises AssertionError
at the end, so that code which swallows the error cannot hide it. What happens is told to the app as the manifest
subscribes to it, and what the app asks for needs the manifest's scopes.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from aiohttp import web

from tests.slack import rules
from tests.slack.calls import Fault, Request, received_from
from tests.slack.delivery import EVENT, Delivery, Post, Signed
from tests.slack.manifest import manifest
from tests.slack.socket import Socket
from tests.slack.world import APP, Clock, Json, Refusal, Workspace

if TYPE_CHECKING:
    from tests.slack.people import Act, Person

APP_TOKEN, SIGNING_SECRET = "xapp-s3cret-4711", "s1gning-4711"  # they open nothing
CLIENT_ID, CLIENT_SECRET = "4711.0815", "cl1ent-4711"
TRIGGER_SECONDS = 3.0
HOOK_USES, HOOK_SECONDS = 5, 1_800.0


@dataclass
class Trigger:
    """A trigger_id: what somebody did, once and for three seconds."""

    act: Act
    at: float
    used: bool = False


@dataclass
class Hook:
    """A response_url: five times in half an hour."""

    act: Act
    at: float
    uses: int = 0


@dataclass
class Double:
    """The server. `fault` is asked about every request, a word of Slack's is a refusal; `seconds` SLOW takes."""

    validating: bool = True
    fault: Callable[[Request], Fault | str | None] = field(default=lambda _: None)
    retry_after: int = 1
    seconds: float = 0.3

    def __post_init__(self) -> None:
        self.manifest = manifest()
        self.changed = asyncio.Event()
        self.clock = Clock()
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self.uploads: dict[str, bytes] = {}
        self.codes: dict[str, Workspace] = {}  # of an installation that somebody has agreed to
        self.people: dict[str, Person] = {}
        self.meant = set[str]()  # mentions that are on purpose, as <@U1>
        self.socket = Socket(self.complaints, self.changed)
        self.post = Post(self.socket, self.changed)
        self.workspaces: dict[str, Workspace] = {}
        self.lab = self.workspace("Lab")
        self.address = ""

    def workspace(self, name: str) -> Workspace:
        """A workspace in which Viva is installed."""
        made = Workspace(self.clock, name, tuple(sorted(self.manifest.scopes)))
        self.workspaces[made.id] = made
        return made

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/link/", self.socket.connect)
        app.router.add_route("*", "/api/{method}", self._answer)
        app.router.add_post("/upload/v1/{file}", self._upload)
        app.router.add_get("/files-pri/{file}", self._download)
        app.router.add_post("/hooks/{hook}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop; a complaint is raised over the test's own error, which stays chained to it."""
        await self.post.stop()
        await self.socket.cut()
        await self._runner.cleanup()
        if self.complaints:
            raise AssertionError("\n".join(dict.fromkeys(self.complaints)))

    @property
    def environment(self) -> dict[str, str]:
        """What points the shipped command here, in Socket Mode."""
        return {
            "VIVA_SLACK_BOT_TOKEN": self.lab.token,
            "VIVA_SLACK_APP_TOKEN": APP_TOKEN,
            "VIVA_SLACK_API": f"{self.address}/api",
        }

    def over_http(self, address: str) -> dict[str, str]:
        """Tell everything by signed requests to an address from now on; what points the shipped command here."""
        self.post.wire = Signed(address, SIGNING_SECRET)
        socket = {"VIVA_SLACK_APP_TOKEN"}
        kept = {name: value for name, value in self.environment.items() if name not in socket}
        return kept | {"VIVA_SLACK_SIGNING_SECRET": SIGNING_SECRET}

    def person(self, name: str, workspace: Workspace | None = None, *, admin: bool = False) -> Person:
        """Somebody who is in every channel there is so far."""
        from tests.slack.people import Person

        there = workspace or self.lab
        user = there.add_user(name, is_admin=admin)
        there.join(user["id"])
        person = self.people[user["id"]] = Person(self, there, user)
        return person

    async def until(self, holds: Callable[[], object], seconds: float = 20.0, what: str = "") -> None:
        """Until something holds; AssertionError when it does not in time."""
        deadline = time.monotonic() + seconds
        while not holds():
            self.changed.clear()
            left = deadline - time.monotonic()
            assert left > 0, what or f"not within {seconds:g} s; the last requests: {self.requests[-5:]}"
            try:
                await asyncio.wait_for(self.changed.wait(), min(left, 0.5))
            except TimeoutError:
                continue

    async def ready(self, seconds: float = 60.0) -> None:
        """Until an app has opened a connection."""
        await self.until(lambda: self.socket.connections, seconds, "no app came")

    # Requests

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        received = await received_from(request)
        self.requests.append(received)
        fault = self.fault(received)
        if fault is Fault.CUT and request.transport:
            request.transport.abort()
        if fault is Fault.SLOW:
            await asyncio.sleep(self.seconds)
        response = self._failed(fault) or await self._done(received, request.match_info.get("hook"))
        if fault is Fault.LOST:
            response = _broken()
        received.status = response.status
        self.changed.set()
        return response

    def _failed(self, fault: Fault | str | None) -> web.Response | None:
        if isinstance(fault, str):
            return web.json_response({"ok": False, "error": fault})
        if fault is Fault.RATE_LIMITED:
            headers = {"Retry-After": str(self.retry_after)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        return _broken() if fault in (Fault.BROKEN, Fault.CUT) else None

    async def _done(self, received: Request, hook: str | None) -> web.Response:
        from tests.slack.hooks import respond
        from tests.slack.web import METHODS, UNKNOWN

        try:
            self.check(received.method, received.body)
            if hook is not None:
                await respond(self, hook, received.body)
                return web.Response(text="ok")
            method = METHODS.get(received.method, UNKNOWN)
            workspace = self.authorised(received.token, method.scopes) if method.by_bot else self.lab
            body = await method.handle(self, workspace, received)
        except Refusal as refusal:
            received.error = refusal.body["error"]
            return web.json_response(refusal.body, status=404 if hook is not None else 200)
        scopes = {"x-oauth-scopes": ",".join(workspace.scopes)}
        return web.json_response({"ok": True, **body}, headers=scopes)

    def check(self, method: str, body: Json) -> None:
        """Hold a message or a view against what Slack takes; raises what Slack says of it."""
        channels = {f"<#{channel}>" for there in self.workspaces.values() for channel in there.channels}
        found = rules.broken(method, body, self.meant | channels) if self.validating else []
        if found:
            self.complaints += [f"{method}: {problem}" for problem in found]
            raise Refusal("invalid_arguments", response_metadata={"messages": found})

    def authorised(self, token: str, scopes: tuple[str, ...]) -> Workspace:
        """The workspace that a token is of; raises what Slack says of others."""
        if not token:
            raise Refusal("not_authed")
        for workspace in self.workspaces.values():
            if workspace.token == token:
                if not workspace.installed:
                    raise Refusal("token_revoked")
                if missing := set(scopes) - set(workspace.scopes):
                    raise Refusal("missing_scope", needed=",".join(missing), provided=",".join(workspace.scopes))
                return workspace
        raise Refusal("invalid_auth")

    async def _upload(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        received = Request("upload", {"file": file}, "", time.monotonic())
        self.requests.append(received)
        if failed := self._failed(self.fault(received)):
            return failed
        data = await request.read()
        if request.content_type.startswith("multipart/"):
            return web.Response(text="a form is no file", status=400)
        self.uploads[file] = data
        return web.Response(text=f"OK - {len(data)}")

    async def _download(self, request: web.Request) -> web.Response:
        """A file for whoever may read it; for others a page to log in."""
        try:
            self.authorised(request.headers.get("Authorization", "").removeprefix("Bearer "), ("files:read",))
        except Refusal:
            return web.Response(text="<html>Log in</html>", content_type="text/html")
        return web.Response(body=self.uploads[request.match_info["file"]])

    # What happens is told

    def event(self, workspace: Workspace, event: Json, subscription: str = "") -> Delivery | None:
        """Tell of an event, where the manifest subscribes to it."""
        if not workspace.installed or (subscription or event["type"]) not in self.manifest.events:
            return None
        happened = {"event_ts": self.clock.ts(), **event}
        payload: Json = {
            "token": "verification",
            "team_id": workspace.id,
            "api_app_id": APP,
            "event": json.loads(json.dumps(happened)),  # nobody on the other side sees it change
            "type": "event_callback",
            "event_id": self.clock.id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [{"enterprise_id": None, "team_id": workspace.id, "user_id": workspace.bot["id"],
                                "is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
        }  # fmt: skip
        return self.post.tell(Delivery(EVENT, payload))

    def posted(self, workspace: Workspace, channel_id: str, message: Json) -> Delivery | None:
        """Put a message into a channel, and tell of it who may know."""
        workspace.put(channel_id, message)
        self.changed.set()
        return self.message_event(workspace, channel_id, message)

    def message_event(self, workspace: Workspace, channel_id: str, event: Json) -> Delivery | None:
        """Tell of a message, or of what became of one, where Viva is in the channel."""
        if not workspace.with_viva(channel_id):
            return None
        channel = workspace.channels[channel_id]
        kind = "im" if channel.get("is_im") else "group" if channel["is_private"] else "channel"
        subscription = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}[kind]
        return self.event(workspace, {**event, "channel": channel_id, "channel_type": kind}, subscription)

    def trigger(self, act: Act) -> str:
        """A trigger_id for what somebody did."""
        name = f"{len(self.triggers) + 1}.{4711}.{uuid4().hex}"
        self.triggers[name] = Trigger(act, time.monotonic())
        return name

    def hook(self, act: Act) -> str:
        """A response_url for what somebody did."""
        self.hooks[name := uuid4().hex] = Hook(act, time.monotonic())
        return f"{self.address}/hooks/{name}"


def _broken() -> web.Response:
    return web.Response(text="Internal Server Error", status=500)
