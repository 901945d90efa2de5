"""A sandbox for tests that are about something else: it runs TRUSTED code, written in a test, in this very process.

It holds nothing in, which is why it lives here and not in `bot/`. Requests, answers and faults are the
real ones: the same guest is served over the same wire, without a process between. A deadline it has not.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from bot.sandbox import guest, wire
from bot.sandbox.sandbox import DEFAULT, End, Limits, Outcome, Trial


class Left(BaseException):
    """The guest ended its process."""


class ScriptedSandbox:
    """Remembers what it ran; `ends` are outcomes to give instead, first to last, None for a real run."""

    name = "scripted"

    def __init__(self, ends: Sequence[End | None] = ()) -> None:
        self.ends = list(ends)
        self.codes: list[str] = []

    async def run(self, code: str, trials: Sequence[Trial], limits: Limits = DEFAULT) -> Outcome:
        self.codes.append(code)
        await asyncio.sleep(0)
        end = self.ends.pop(0) if self.ends else None
        return Outcome(end, limits=limits) if end else serve(code, trials, limits)


def serve(code: str, trials: Sequence[Trial], limits: Limits = DEFAULT) -> Outcome:
    """What the guest makes of a request, without a process between."""
    said: list[bytes] = []

    def emit(line: dict[str, Any]) -> None:
        said.append(f"marker {json.dumps(line)}\n".encode("ascii"))

    def leave(code: int) -> NoReturn:
        raise Left(code)

    with suppress(Left):
        guest.serve(json.loads(wire.request(code, trials, limits, "marker")), emit, leave)
    return wire.outcome(b"".join(said), trials, limits, "marker", End.CRASHED)
