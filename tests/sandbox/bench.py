"""What one run of a drill with numpy costs: cold and warm, in processor time and memory."""

import asyncio
import os
import resource
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from bot.errors import SandboxError
from bot.sandbox.sandbox import Sandbox, Trial
from bot.sandbox.setup import Compiled, ready
from bot.sandbox.wasi import wasi
from bot.settings import VivaSettings

KNN = """
import numpy as np


def knn(X, y, Q, k):
    distances = ((Q[:, None] - X[None]) ** 2).sum(-1)
    nearest = np.argpartition(distances, k, axis=1)[:, :k]
    return np.array([np.bincount(row).argmax() for row in y[nearest]])
"""


def trials() -> list[Trial]:
    """Six cases of k nearest neighbours, the last with 400 points."""
    rng = np.random.default_rng(1)
    sizes = (8, 8, 20, 50, 100, 400)
    return [
        Trial(
            f"case {i}",
            {"X": rng.normal(size=(n, 5)), "y": rng.integers(0, 3, n), "Q": rng.normal(size=(50, 5)), "k": 3},
            "result = knn(X, y, Q, k)",
        )
        for i, n in enumerate(sizes)
    ]


async def measure(report: Callable[..., None]) -> None:
    """Report the first run from the disk, then runs as they are from the second on."""
    data_dir = VivaSettings.model_fields["data_dir"].get_default(call_default_factory=True)
    try:
        compiled, sandbox = ready(data_dir), wasi(data_dir)
    except SandboxError as error:
        report(f"sandbox: {error}", float("nan"), "")
        return
    forget(compiled)
    report("a drill run with numpy, six cases, files not in memory", (await once(sandbox))[0], "s")
    runs = [await once(sandbox) for _ in range(11)]
    report("a drill run with numpy, six cases, median", statistics.median(cpu for _, cpu in runs), "s CPU", "under 0.5")
    report("  by the clock", statistics.median(wall for wall, _ in runs), "s")
    report("  greatest memory of the child", await peak(sandbox), "MB", "under 512")


def forget(compiled: Compiled) -> None:
    """Ask the kernel to drop the compiled files from its memory."""
    for path in compiled.files:
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


async def once(sandbox: Sandbox) -> tuple[float, float]:
    """Seconds by the clock, and of processor time of the whole child, of one run."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    outcome = await sandbox.run(KNN, trials())
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert len(outcome.ran) == len(trials()), outcome.sentence
    assert not any(ran.error for ran in outcome.ran), outcome.sentence
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def peak(sandbox: Sandbox) -> float:
    """Megabytes that the child held at most; it waits at its end so that it can be looked at."""
    waiting = [*trials(), Trial("wait", {}, "import time; time.sleep(0.5); result = 0")]
    task = asyncio.create_task(sandbox.run(KNN, waiting))
    held = 0
    while not task.done():
        await asyncio.sleep(0.05)
        with suppress(FileNotFoundError):  # it ended meanwhile
            held = max([held, *(high(pid) for pid in children())])
    return held / 1024


def children() -> list[str]:
    """Process ids of the children of this process."""
    return [pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]


def high(pid: str) -> int:
    """Most memory a process has held so far, in KB."""
    status = Path("/proc", pid, "status").read_text()
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)
