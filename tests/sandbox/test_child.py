"""A child process is ended at its deadline whatever it does, heard no longer than it may speak, and waited for by none.

The children here are small scripts of ours: what the real guests hold in is tried by `make test-code`.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SandboxError
from bot.sandbox import child, guest
from bot.sandbox.child import ChildSandbox
from bot.sandbox.sandbox import End, Limits, Outcome, Trial

TRIAL = Trial("one", {"x": [1, 2]}, "result = f(x)")
READY = "import sys, json, os, time\nasked = json.loads(sys.stdin.readline() or sys.stdin.read())\n" + (
    "def say(**line): os.write(1, f'\\n{asked[\"marker\"]} {json.dumps(line)}\\n'.encode())\nsay(ready=True)\n"
)


def python(*arguments: str) -> ChildSandbox:
    return ChildSandbox("python", lambda _: [sys.executable, "-I", "-S", *arguments])


def script(text: str) -> ChildSandbox:
    """A child that reads the request, says that it is ready, and goes on as the text has it."""
    return python("-c", READY + text)


async def run(sandbox: ChildSandbox, code: str = "def f(x): return x", seconds: float = 5.0) -> Outcome:
    return await sandbox.run(code, [TRIAL], Limits(seconds=seconds))


async def test_the_guest_answers_over_its_two_streams() -> None:
    code = (
        "import os\ndef f(x):\n    os.write(1, b'noise')\n    return [x, dict(os.environ), os.getcwd(), os.getsid(0)]"
    )
    outcome = await run(python(guest.__file__), code)
    assert outcome.end is End.DONE
    value: Any = outcome.ran[0].value
    assert value[0] == [1, 2]
    assert set(value[1]) <= {"LC_CTYPE"}  # Python's own, where it was started with no locale
    assert value[2] == "/"
    assert value[3] != os.getsid(0)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("while True: pass", End.TIMEOUT),
        ("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.close(1); time.sleep(9)", End.TIMEOUT),
        ("while True: os.write(1, b'x' * 65536)", End.OUTPUT),
        ("while True: os.write(2, b'x' * 65536)", End.TIMEOUT),
        ("sys.exit(3)", End.MEMORY),
        ("sys.exit(0)", End.CRASHED),
        ("os.kill(os.getpid(), 11)", End.CRASHED),
    ],
)
async def test_however_a_child_ends_it_is_told(text: str, end: End) -> None:
    assert (await run(script(text), seconds=0.3 if end is End.TIMEOUT else 20)).end is end


async def test_what_was_through_before_the_deadline_is_kept() -> None:
    outcome = await run(script("say(id='one', value=7, seconds=0, printed=''); time.sleep(60)"), seconds=0.3)
    assert (outcome.end, outcome.ran[0].value) == (End.DONE, 7)


async def test_the_clock_starts_when_the_guest_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    late = python("-c", "import time; time.sleep(0.5)\n" + READY + "say(id='one', value=1, seconds=0, printed='')")
    assert (await run(late, seconds=0.4)).end is End.DONE
    monkeypatch.setattr(child, "START", 0.2)
    with pytest.raises(SandboxError, match="timeout"):
        await run(late)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ([sys.executable, "-c", "input(); 1/0"], "ZeroDivisionError: division by zero"),
        ([sys.executable, "-c", "print('no')"], "crashed"),
        (["/no/such/program"], "No such file"),
    ],
)
async def test_a_guest_that_does_not_start_is_no_fault_of_the_code(command: Sequence[str], why: str) -> None:
    with pytest.raises(SandboxError, match=f"did not start .*{why}.*viva sandbox check"):
        await run(ChildSandbox("broken", lambda _: command))


async def test_no_process_is_left_behind(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = f"child = os.fork()\nopen({str(pids)!r}, 'a').write(f'{{os.getpid()}} ')\ntime.sleep(300)"
    task = asyncio.create_task(run(script(text)))
    async with asyncio.timeout(10):
        while not pids.exists() or len(pids.read_text().split()) < 2:  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(10):
            await task
    await asyncio.sleep(0.05)
    assert [pid for pid in pids.read_text().split() if alive(int(pid))] == []


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


async def test_two_run_at_once_and_the_others_wait_while_the_loop_goes_on() -> None:
    sandbox = script(
        "begun = time.time(); time.sleep(0.3); say(id='one', value=[begun, time.time()], seconds=0, printed='')"
    )
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            gaps.append(time.perf_counter() - before)

    ticking = asyncio.create_task(tick())
    outcomes = await asyncio.gather(*(run(sandbox) for _ in range(4)))
    ticking.cancel()
    spans: list[Any] = [outcome.ran[0].value for outcome in outcomes]
    assert max(sum(a <= begun <= b for a, b in spans) for begun, _ in spans) == 2
    assert max(gaps) < 1
