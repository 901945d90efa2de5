"""`viva slack`: on until it is told to stop, and then nothing under way is cut off."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.compose import App, Settings, opened
from bot.errors import SettingsError
from bot.settings import SlackSettings
from bot.slack.installing import ManyWorkspaces, OneWorkspace, Workspaces, asked
from bot.slack.listeners import Listeners
from bot.slack.parts import Parts
from bot.slack.places import PREFIX, Place
from bot.slack.reminding import REMIND_SECONDS, remind
from bot.slack.serving import serving
from bot.slack.web import Web, proxy_to, sdk_client, session
from bot.slack.web import log as web_log
from bot.store.installations import Installations
from bot.surface.beside import LOOK_SECONDS, left, repeatedly, until_done

log = logging.getLogger("viva.slack")

_RETRY_SECONDS = 10.0
_DAY = 86_400.0  # seconds
_STOP_SECONDS = 20.0  # what is under way at a stop has this long; the rest is taken up at the next start
_PING_SECONDS = 2.0  # a connection that does not answer for four times as long is made anew


async def run(settings: Settings, *, port: int | None = None) -> int:
    """Be on Slack until SIGINT or SIGTERM; the exit code.

    In Socket Mode, or with a port by signed requests to it. Raises SettingsError for a token that is missing or that
    Slack does not take, VivaError where Slack cannot be reached.
    """
    _complete(settings.slack, port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with opened(settings, shared=port is not None) as app, session() as connections:
        workspaces = await _workspaces(settings.slack, connections, app)
        viva = Viva(app, workspaces, connections)
        # Loading holds up all else in the process, and Slack waits three seconds for an answer.
        await asyncio.to_thread(app.knowledge.warm_up().join)
        if not stop.is_set():
            await (viva.serve(port, stop) if port is not None else viva.connect(stop))
    return 0


def _complete(settings: SlackSettings, port: int | None) -> None:
    """Raises SettingsError that names the first setting that is missing."""
    many = settings.client_id is not None and settings.client_secret is not None
    if settings.bot_token is None and not many:
        raise SettingsError("There is no bot token; set VIVA_SLACK_BOT_TOKEN (`viva slack --check` says more).")
    if port is None and settings.app_token is None:
        raise SettingsError("There is no app token; set VIVA_SLACK_APP_TOKEN, or use --http (`viva slack --check`).")
    if port is not None and settings.signing_secret is None:
        raise SettingsError("Requests could not be known to be Slack's; set VIVA_SLACK_SIGNING_SECRET.")


async def _workspaces(settings: SlackSettings, connections: aiohttp.ClientSession, app: App) -> Workspaces:
    if settings.bot_token is None:
        return ManyWorkspaces(settings, connections, Installations(app.store.database))
    one = OneWorkspace(settings, connections)
    await one.open(settings.bot_token)
    return one


class Viva:
    """Viva on Slack, over the parts that every surface has."""

    def __init__(self, app: App, workspaces: Workspaces, connections: aiohttp.ClientSession) -> None:
        self._settings = app.settings.slack
        self._connections = connections
        self.parts = Parts.over(app, workspaces)
        self.listeners = Listeners(self.parts)

        async def authorize(team_id: str | None) -> AuthorizeResult:
            return await workspaces.authorize(team_id)  # Bolt would take a method's self for an argument to fill in

        self.bolt = AsyncApp(
            name="viva",
            client=sdk_client(self._settings.api, connections),
            authorize=authorize,
            request_verification_enabled=False,  # what comes by HTTP is verified before Bolt sees it
            logger=web_log,
        )
        self.listeners.register(self.bolt)

    async def connect(self, stop: asyncio.Event) -> None:
        """Take what Slack tells over a connection of our own, until told to stop."""
        token = self._settings.app_token
        assert token  # noqa: S101  # `run` has seen to it
        web = Web(sdk_client(self._settings.api, self._connections, token.get_secret_value()))
        await asked(web, self._settings, "VIVA_SLACK_APP_TOKEN", "apps.connections.open")
        handler = AsyncSocketModeHandler(self.bolt, token.get_secret_value(), ping_interval=_PING_SECONDS)
        handler.client.proxy = proxy_to(self._settings.api)
        try:
            await handler.connect_async()
            async with self._at_work():
                await stop.wait()
        finally:
            await handler.close_async()

    async def serve(self, port: int, stop: asyncio.Event) -> None:
        """Take signed requests at a port, until told to stop."""
        async with serving(self.bolt, self.parts.workspaces, self._settings, port), self._at_work():
            await stop.wait()

    @asynccontextmanager
    async def _at_work(self) -> AsyncGenerator[None]:
        """Take up what was left, try again what failed; at the end finish what is under way."""
        tasks = [asyncio.create_task(work) for work in self._work()]
        log.info("on Slack")
        try:
            yield
        finally:
            await asyncio.gather(self.listeners.settled(_STOP_SECONDS), self.parts.showing.settled(_STOP_SECONDS))
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _work(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What is done beside answering: where other processes may die, what they leave is looked for again."""
        look = until_done if self.parts.app.leases is None else repeatedly
        yield look(LOOK_SECONDS, self._take_up, "taking up what was left")
        yield repeatedly(_RETRY_SECONDS, self.parts.showing.catch_up_again, "showing what was not taken")
        yield repeatedly(_DAY, self._expire, "removing old sessions")
        yield repeatedly(REMIND_SECONDS, self._remind, "reminding people")

    async def _take_up(self) -> None:
        """Go on where a process was stopped or killed: this one before its start, or one beside it at any time."""
        app = self.parts.app
        ours = await self.parts.workspaces.all()
        sessions = await left(app.coach, app.leases, PREFIX)
        await self.parts.showing.catch_up_with(row.id for row in sessions if Place.read(row.place).team in ours)

    async def _remind(self) -> None:
        await remind(self.parts, datetime.now(UTC))

    async def _expire(self) -> None:
        gone = await self.parts.servers.expire(datetime.now(UTC))
        log.info("%d sessions were older than their workspace keeps them", gone)
