"""Waiting until an app in this process has done all that follows from what it was told."""

from __future__ import annotations

import asyncio

from tests.slack.double import Double

_SERVING = ("RequestHandler.start", "SocketModeClient.")  # they wait for what is told, and do nothing else


class Settling:
    """Knows which tasks there are when nothing is to be done; made while that is so."""

    def __init__(self, slack: Double) -> None:
        self._slack = slack
        self._idle = asyncio.all_tasks()

    def _busy(self) -> set[asyncio.Task[object]]:
        new = asyncio.all_tasks() - self._idle - {asyncio.current_task()}
        return {
            task for task in new if task and not str(getattr(task.get_coro(), "__qualname__", "")).startswith(_SERVING)
        }

    async def settled(self, seconds: float = 20.0) -> None:
        """Until nothing is told any more and nobody is at work."""
        async with asyncio.timeout(seconds):
            while (busy := self._busy()) or self._slack.post.telling:
                await asyncio.wait(busy, timeout=0.5) if busy else await asyncio.sleep(0)
