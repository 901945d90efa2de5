"""The shipped command on the double, as a process of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from subprocess import Popen

import aiohttp

from tests.shipped import PATIENCE, Viva
from tests.slack.delivery import Signed
from tests.slack.double import Double


@asynccontextmanager
async def on_slack(viva: Viva, slack: Double, *args: str, **env: str) -> AsyncGenerator[Popen[str]]:
    """`viva slack` in Socket Mode from the moment it is connected; at the end it is told to stop, and has to stop well.

    A test that kills it goes on with one that is dead.
    """
    before = slack.socket.opened
    process = viva.start("slack", *args, **(slack.environment | env))
    async with _stopped_well(process):
        await slack.until(lambda: process.poll() is not None or slack.socket.opened > before, PATIENCE, "nobody came")
        assert process.poll() is None, process.communicate()[1]
        yield process


@asynccontextmanager
async def on_slack_by_http(viva: Viva, slack: Double, **env: str) -> AsyncGenerator[Popen[str]]:
    """`viva slack --http`, from the moment it answers; what happens is told by signed requests."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    told = slack.over_http(f"{address}/slack/events")
    process = viva.start("slack", "--http", str(port), **(told | env))
    async with _stopped_well(process):
        async with aiohttp.ClientSession() as session:
            while not await _answers(session, f"{address}/health"):
                assert process.poll() is None, process.communicate()[1]
                await asyncio.sleep(0.02)
        assert isinstance(slack.post.wire, Signed)
        yield process


@asynccontextmanager
async def _stopped_well(process: Popen[str]) -> AsyncGenerator[None]:
    try:
        yield
        process.send_signal(signal.SIGTERM)
        out, error = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
        ended = process.returncode, out, error
        assert ended in ((0, "", ""), (-signal.SIGKILL, "", "")), f"it ended so: {ended}"
    finally:
        process.kill()
        process.communicate()


async def _answers(session: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with session.get(address) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
