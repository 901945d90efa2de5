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
from bot.sandbox.wasm import OUT_OF_MEMORY

START = 30.0  # seconds until a guest is ready
AT_ONCE = 2

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
        known, bound = marker.encode("ascii"), wire.bound(trials, limits)
        async with self.turns:
            try:
                said, end, complaint = await converse(self.command(limits), asked, known, bound, limits.seconds)
            except OSError as error:
                said, end, complaint = b"", End.CRASHED, str(error)
        if known not in said:
            raise SandboxError(f"The sandbox did not start ({complaint or end}); `viva sandbox check` tries it alone.")
        return wire.outcome(said, trials, limits, marker, end)


async def converse(command: Command, asked: bytes, marker: bytes, bound: int, seconds: float) -> tuple[bytes, End, str]:
    """Send a child its request, and leave no process behind.

    What it said, up to `bound` bytes; why it ended; and where it did not start, its last words on standard error.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=pipe, env={}, cwd="/", start_new_session=True
    )
    assert process.stdin  # noqa: S101  # all three are pipes, which the types do not say
    said, complaint = bytearray(), b""
    telling = asyncio.create_task(_tell(process.stdin, asked))
    try:
        end = await _hear(process, said, marker, bound, seconds)
    finally:
        telling.cancel()
        with suppress(ProcessLookupError):  # it ended by itself, with all that it started
            os.killpg(process.pid, signal.SIGKILL)
        # Not `wait`: it does not return while a pipe that was written full is not read out.
        _, complaint = await process.communicate()
    return bytes(said), end, complaint.decode("utf-8", "replace").strip().rpartition("\n")[2]


async def _hear(process: asyncio.subprocess.Process, said: bytearray, marker: bytes, bound: int, seconds: float) -> End:
    assert process.stdout  # noqa: S101  # a pipe
    try:
        async with asyncio.timeout(START) as deadline:
            while chunk := await process.stdout.read(2**16):
                ready = marker in said
                said += chunk
                if len(said) > bound:
                    return End.OUTPUT
                if not ready and marker in said:
                    deadline.reschedule(asyncio.get_running_loop().time() + seconds)
            return End.MEMORY if await process.wait() == OUT_OF_MEMORY else End.CRASHED
    except TimeoutError:
        return End.TIMEOUT


async def _tell(stdin: asyncio.StreamWriter, asked: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # it ended before it had read all
        stdin.write(asked)
        await stdin.drain()
        stdin.close()
