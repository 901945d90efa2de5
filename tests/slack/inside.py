"""Viva on the double in this process, over parts that a test may have made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bot.compose import App
from bot.slack.app import Viva
from bot.slack.installing import OneWorkspace
from bot.slack.web import session
from tests.slack.double import Double
from tests.slack.settling import Settling


@asynccontextmanager
async def inside(slack: Double, app: App) -> AsyncGenerator[tuple[Viva, Settling]]:
    """Viva in Socket Mode, from the moment it is connected until it is told to stop."""
    settings, stop = app.settings.slack, asyncio.Event()
    assert settings.bot_token
    async with session() as connections:
        workspace = OneWorkspace(settings, connections)
        await workspace.open(settings.bot_token)
        viva = Viva(app, workspace, connections)
        settling = Settling(slack)
        running = asyncio.create_task(viva.connect(stop))
        await slack.until(lambda: running.done() or slack.socket.connections)
        yield viva, settling
        stop.set()
        await running
