"""Waiting until an app in this process has done all that follows from what it was told."""

from __future__ import annotations

import asyncio

from tests.slack.double import Double

# They wait for what is told, or for the time to come, and do nothing else.
_WAITING = ("RequestHandler.start", "SocketModeClient.", "AsyncBaseSocketModeClient.", "Viva.connect", "repeatedly")


class Settling:
    """Knows which tasks there are without Viva; made before it begins."""

    def __init__(self, slack: Double) -> None:
        self._slack = slack
        self._idle = asyncio.all_tasks()

    def _busy(self) -> set[asyncio.Task[object]]:
        waiting = {asyncio.current_task(), *(connection.task for connection in self._slack.socket.connections)}
        return {task for task in asyncio.all_tasks() - self._idle - waiting if task and not _named(task, _WAITING)}

    async def settled(self, seconds: float = 20.0) -> None:
        """Until nothing is told any more and nobody is at work."""
        async with asyncio.timeout(seconds):
            while (busy := self._busy()) or self._slack.post.telling:
                await asyncio.wait(busy, timeout=0.5) if busy else await asyncio.sleep(0)


def _named(task: asyncio.Task[object], names: tuple[str, ...]) -> bool:
    return str(getattr(task.get_coro(), "__qualname__", "")).startswith(names)
