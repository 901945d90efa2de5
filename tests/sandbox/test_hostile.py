"""Nothing that a candidate pastes gets out, takes more than its limits, or keeps anybody else waiting.

`make test-code` runs these against the sandboxes that this machine has.
"""

import asyncio
import os
import re
import resource
import signal
import socket
import subprocess
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.errors import SandboxError
from bot.sandbox import wire
from bot.sandbox.bubblewrap import bubblewrap
from bot.sandbox.child import ChildSandbox
from bot.sandbox.sandbox import End, Limits, Trial
from bot.sandbox.wasi import wasi
from bot.settings import VivaSettings, read
from tests.sandbox.hostile import PROGRAMS, Hostile

pytestmark = pytest.mark.code

SECRET = "sk-canary-4711"
LIMITS = Limits(seconds=2)
OWN_MEMORY = 256 * 2**20  # bytes a child has besides the guest's
TRIALS = [Trial("one", {"x": [3, 1, 2]}, "result = f(x)"), Trial("two", {"x": [2, 1, 3]}, "result = f(x)")]
SANDBOXES: dict[str, Callable[[], ChildSandbox]] = {
    "wasi": lambda: wasi(read(VivaSettings).data_dir),
    "bubblewrap": bubblewrap,
}


@pytest.fixture(params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> ChildSandbox:
    return there(request.param)


def there(name: str) -> ChildSandbox:
    """The sandbox of that name, or a skipped test that says why there is none."""
    try:
        return SANDBOXES[name]()
    except SandboxError as error:
        pytest.skip(f"{name}: {error}")


@dataclass
class World:
    """What must not be touched."""

    canary: Path
    listener: socket.socket

    @property
    def port(self) -> int:
        return self.listener.getsockname()[1]

    def untouched(self) -> bool:
        with pytest.raises(BlockingIOError):
            self.listener.accept()
        return self.canary.read_text() == "sings" and os.listdir(self.canary.parent) == [self.canary.name]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    (folder := tmp_path / "cage").mkdir()
    (canary := folder / "canary").write_text("sings")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield World(canary, listener)


@asynccontextmanager
async def ticking() -> AsyncGenerator[list[float]]:
    """How long the event loop was away, each time it should have been back after 20 ms."""
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.02)
            gaps.append(time.perf_counter() - before)

    task = asyncio.create_task(tick())
    try:
        yield gaps
    finally:
        task.cancel()


def childless() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) == ()
    except ChildProcessError:
        return True


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
async def test_it_does_no_harm_and_is_told_in_one_sentence(
    program: Hostile, sandbox: ChildSandbox, world: World
) -> None:
    code = program.code.replace("CANARY", str(world.canary)).replace("PORT", str(world.port))
    limits = LIMITS if End.TIMEOUT in program.ends else Limits(seconds=20)  # so that a slow machine is no timeout
    async with ticking() as gaps:
        begun = time.perf_counter()
        hostile = asyncio.create_task(sandbox.run(code, TRIALS, limits))
        honest = asyncio.create_task(sandbox.run("def f(x): return sorted(x)", TRIALS, Limits(seconds=30)))
        outcome, other = await hostile, await honest
        wall = time.perf_counter() - begun
    assert outcome.end in program.ends, outcome
    assert re.search(program.says, outcome.sentence)
    assert re.fullmatch(r"[^\n]{10,700}", outcome.sentence)
    assert "[1, 2, 3]" not in [repr(ran.value) for ran in outcome.ran]
    assert SECRET not in repr(outcome)
    assert "root:" not in repr(outcome)
    assert world.untouched()
    assert [ran.value for ran in other.ran] == [[1, 2, 3], [1, 2, 3]]
    assert wall < limits.seconds + 3
    assert max(gaps) < 1
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < LIMITS.memory + OWN_MEMORY


def test_there_are_forty_programs_and_more() -> None:
    assert len({program.name for program in PROGRAMS}) == len(PROGRAMS) >= 40


async def test_numpy_answers_as_on_the_host(sandbox: ChildSandbox) -> None:
    import numpy as np

    x = np.random.default_rng(1).normal(size=(50, 4))
    code = "import numpy as np\ndef f(x):\n    return np.linalg.svd(x, full_matrices=False)[1]"
    outcome = await sandbox.run(code, [Trial("one", {"x": x}, "result = f(x)")])
    np.testing.assert_allclose(np.asarray(outcome.ran[0].value), np.linalg.svd(x, full_matrices=False)[1], rtol=1e-12)


@pytest.mark.parametrize(("megabytes", "end"), [(100, End.DONE), (280, End.MEMORY)])
def test_the_guest_has_its_memory_and_no_more(megabytes: int, end: End) -> None:
    code = f"def f(x):\n    return len(bytearray({megabytes} * 2**20))"
    assert asyncio.run(there("wasi").run(code, TRIALS)).end is end


async def test_what_would_answer_for_the_candidate_is_not_there(sandbox: ChildSandbox) -> None:
    code = "from sklearn.cluster import KMeans\ndef f(x): return x"
    outcome = await sandbox.run(code, TRIALS)
    assert outcome.end is End.DONE
    assert outcome.sentence.startswith("Line 1: ModuleNotFoundError")


def test_a_child_whose_parent_is_gone_ends_by_itself() -> None:
    words = list(there("wasi").command(Limits(seconds=0)))
    words[-2] = "2"  # seconds that the child has in all
    asked = wire.request("while True: pass", TRIALS, LIMITS, "m")
    ended = subprocess.run(words, input=asked, stdout=subprocess.PIPE, env={}, timeout=30)
    assert (b'm {"ready": true}' in ended.stdout, ended.returncode) == (True, -signal.SIGALRM)


def test_the_guest_can_list_and_change_nothing_of_its_library() -> None:
    code = "import os\ndef f(x):\n    return os.listdir('/usr/local/lib')"
    outcome = asyncio.run(there("wasi").run(code, TRIALS))
    assert "Capabilities insufficient" in outcome.sentence


async def test_a_start_that_is_given_up_leaves_no_process(sandbox: ChildSandbox) -> None:
    task = asyncio.create_task(sandbox.run("while True: pass", TRIALS, LIMITS))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert childless()
