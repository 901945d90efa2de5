"""A child process that runs a guest: its own group, an empty environment, a deadline, a bound on what it says.

The clock of a run starts when the guest says that it is ready, so a busy machine takes nothing from the
candidate's seconds; before that the child has `START` seconds to get there.
"""

import asyncio
import os
import secrets
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.errors import SandboxError
from bot.sandbox import wire
from bot.sandbox.sandbox import DEFAULT, End, Limits, Outcome, Trial

START = 30.0  # seconds until a guest is ready
AT_ONCE = 2
OUT_OF_MEMORY = 3  # the exit code by which a child says so

Command = Sequence[str]


@dataclass
class ChildSandbox:
    """A sandbox whose runs are child processes, `AT_ONCE` at a time; the others wait, the event loop never."""

    name: str
    command: Callable[[Limits], Command]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def run(self, code: str, trials: Sequence[Trial], limits: Limits = DEFAULT) -> Outcome:
        """Run the code in one child; raises SandboxError where its guest did not start."""
        marker = secrets.token_hex(16)
        asked = wire.request(code, trials, limits, marker)
        async with self.turns:
            said, end = await converse(self.command(limits), asked, marker, wire.bound(trials, limits), limits.seconds)
        if marker.encode("ascii") not in said:
            raise SandboxError("Your code could not be run: the sandbox did not start; `viva sandbox check` says why.")
        return wire.outcome(said, trials, limits, marker, end)


async def converse(command: Command, asked: bytes, marker: str, bound: int, seconds: float) -> tuple[bytes, End]:
    """Send a child its request; what it said, up to `bound` bytes, and why it ended. Leaves no process behind."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None  # noqa: S101  # both are pipes, which the types do not say
    assert stdout is not None  # noqa: S101
    said = bytearray()
    telling = asyncio.create_task(_tell(stdin, asked))
    try:
        end = await _hear(stdout, said, marker.encode("ascii"), bound, seconds)
        return bytes(said), end or _ended(await process.wait())
    finally:
        telling.cancel()
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _tell(stdin: asyncio.StreamWriter, asked: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it ended before it had read all
        stdin.write(asked)
        await stdin.drain()
        stdin.close()


async def _hear(stdout: asyncio.StreamReader, said: bytearray, marker: bytes, bound: int, seconds: float) -> End | None:
    """Read until the child says too much or is at its deadline; None where it was silent before."""
    ready = False
    try:
        async with asyncio.timeout(START) as deadline:
            while chunk := await stdout.read(2**16):
                said += chunk
                if len(said) > bound:
                    return End.OUTPUT
                if not ready and marker in said:
                    ready = True
                    deadline.reschedule(asyncio.get_running_loop().time() + seconds)
    except TimeoutError:
        return End.TIMEOUT
    return None


def _ended(code: int) -> End:
    return End.MEMORY if code == OUT_OF_MEMORY else End.CRASHED
