"""The shipped command on the double, as a process of its own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from subprocess import Popen

from tests.discord.double import Double
from tests.shipped import PATIENCE, Viva


@asynccontextmanager
async def on_discord(viva: Viva, discord: Double, *args: str, **env: str) -> AsyncGenerator[Popen[str]]:
    """`viva discord` from the moment it is ready; at the end it is told to stop, and has to stop well.

    A test that kills it goes on with one that is dead.
    """
    before = len(discord.gateway.identified)
    process = viva.start("discord", *args, **discord.environment, **env)
    try:
        await discord.until(
            lambda: process.poll() is not None or len(discord.gateway.identified) > before, PATIENCE, "no bot came"
        )
        assert process.poll() is None, process.communicate()[1]
        await discord.ready()
        yield process
        process.send_signal(signal.SIGTERM)
        out, error = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
        ended = process.returncode, out, error
        assert ended in ((0, "", ""), (-signal.SIGKILL, "", "")), f"it ended so: {ended}"
    finally:
        process.kill()
        process.communicate()
