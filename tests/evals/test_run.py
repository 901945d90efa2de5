"""Runs: whatever kills one, the same command goes on where it was, and no trial is lost or done twice."""

import asyncio
import gc
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evals.cases import Case, CaseError
from evals.run import REPEAT, Outcome, Pace, RunFile, run

HEADER: dict[str, Any] = {"task": "saying", "judge": "Ümlaut", "repeats": 2}
CASES = [Case(id="a"), Case(id="b\u2028ü"), Case(id="c")]
REPEATS = 2
TRIALS = [(case.id, repeat) for repeat in range(REPEATS) for case in CASES]


class Heard(Outcome):
    """What a trial said."""

    said: str = ""


class Trials:
    """A trial that counts itself, and does `then` with the case first."""

    def __init__(self, then: Callable[[Case], None] = lambda _: None) -> None:
        self.ran: list[tuple[str, int]] = []
        self._then = then

    async def __call__(self, case: Case) -> Heard:
        self._then(case)
        self.ran.append((case.id, REPEAT.get()))
        return Heard(said=f"„{case.id}“ {REPEAT.get()}")


def opened(path: Path, header: dict[str, Any] = HEADER) -> RunFile[Heard]:
    return RunFile(path, header, Heard)


async def whole_run(
    path: Path, trial: Callable[[Case], Awaitable[Heard]], header: dict[str, Any] = HEADER, concurrency: int = 1
) -> RunFile[Heard]:
    file = opened(path, header)
    await run(CASES, trial, file, repeats=REPEATS, concurrency=concurrency)
    return file


def kept(path: Path) -> list[tuple[str, int]]:
    """The outcomes a file holds, in its order."""
    entries = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    return [(entry["id"], entry["repeat"]) for entry in entries if "id" in entry]


# Going on


async def test_a_run_cut_at_any_byte_comes_to_the_same_file_and_runs_only_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    await whole_run(path, Trials())
    content = path.read_bytes()
    assert kept(path) == TRIALS
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        trials = Trials()
        file = await whole_run(path, trials)
        there = max(0, content[:cut].count(b"\n") - 1)  # whole lines, without the header
        assert trials.ran == TRIALS[there:], cut
        assert path.read_bytes() == content, cut
        assert {name: outcome.said for name, outcome in file.outcomes.items()} == {
            (case_id, repeat): f"„{case_id}“ {repeat}" for case_id, repeat in TRIALS
        }


ENDLESS = """
import asyncio, sys
from pathlib import Path
from evals.run import run
from tests.evals.test_run import CASES, REPEATS, Heard, Trials, opened

said = Trials()

async def trial(case):
    if len(said.ran) == int(sys.argv[2]):
        print("kept", flush=True)
        await asyncio.Event().wait()
    return await said(case)

asyncio.run(run(CASES, trial, opened(Path(sys.argv[1])), repeats=REPEATS, concurrency=1))
"""


def test_a_killed_process_loses_only_the_trial_it_was_at(tmp_path: Path) -> None:
    path, root = tmp_path / "run.jsonl", Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path), "4"], stdout=subprocess.PIPE, cwd=root)
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"kept\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert kept(path) == TRIALS[:4]
    trials = Trials()
    asyncio.run(whole_run(path, trials))
    assert trials.ran == TRIALS[4:]
    assert kept(path) == TRIALS


async def broken_run(path: Path, trial: Callable[[Case], Awaitable[Heard]], concurrency: int = 1) -> str:
    """What a run was ended by."""
    ended = ""
    try:
        await whole_run(path, trial, concurrency=concurrency)
    except Exception as error:
        ended = f"{type(error).__name__}: {error}"
    await asyncio.sleep(0)
    gc.collect()  # a file left open is a warning here, and not in some later test
    return ended


async def test_what_a_trial_raises_ends_the_run_and_keeps_what_was_done(tmp_path: Path) -> None:
    def breaks(case: Case) -> None:
        if case.id == "c":
            raise LookupError("this one")

    path = tmp_path / "run.jsonl"
    assert await broken_run(path, Trials(breaks)) == "LookupError: this one"
    assert kept(path) == TRIALS[:2]
    trials = Trials()
    await whole_run(path, trials)
    assert trials.ran == TRIALS[2:]


async def test_of_several_errors_the_first_is_told(tmp_path: Path) -> None:
    async def trial(case: Case) -> Heard:
        try:
            await asyncio.sleep(0 if case.id == "c" else 10)
        except asyncio.CancelledError:
            raise LookupError("what followed") from None
        raise ValueError("what happened")

    assert await broken_run(tmp_path / "run.jsonl", trial, concurrency=3) == "ValueError: what happened"


async def test_a_run_of_something_else_starts_afresh(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    await whole_run(path, Trials())
    path.write_bytes(path.read_bytes().removesuffix(b'{"done": true}\n'))
    trials = Trials()
    await whole_run(path, trials, {**HEADER, "judge": "another"})
    assert trials.ran == TRIALS
    assert kept(path) == TRIALS


async def test_a_finished_run_starts_afresh(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    await whole_run(path, Trials())
    trials = Trials()
    await whole_run(path, trials)
    assert trials.ran == TRIALS
    assert kept(path) == TRIALS


def test_a_file_that_is_no_run_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"question": "A file of somebody\'s cases, named by mistake"}\n')
    before = path.read_bytes()
    with suppress(CaseError):
        opened(path).finish()
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", [".", "a-file/below/run.jsonl"], ids=["folder", "below a file"])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").touch()
    with pytest.raises(CaseError, match="name another"):
        opened(tmp_path / name)


# How trials run


async def test_every_case_runs_in_every_repeat_and_progress_counts_them(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))

    trials = Trials()
    await run(CASES, trials, opened(tmp_path / "run.jsonl"), repeats=2, concurrency=1, progress=progress)
    assert trials.ran == TRIALS
    assert told == [(done, 6) for done in range(1, 7)]


async def test_so_many_trials_run_at_a_time_and_no_more(tmp_path: Path) -> None:
    together, running, most = asyncio.Barrier(3), 0, 0

    async def trial(case: Case) -> Heard:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await together.wait()  # ends only with three of them here
        running -= 1
        return Heard(said=f"{case.id}{REPEAT.get()}")

    path = tmp_path / "run.jsonl"
    file = opened(path)
    async with asyncio.timeout(30):
        await run(CASES, trial, file, repeats=REPEATS, concurrency=3)
    assert most == 3
    assert Counter(kept(path)) == Counter(TRIALS)
    assert {outcome.said for outcome in file.outcomes.values()} == {f"{case_id}{repeat}" for case_id, repeat in TRIALS}


class Clock:
    """Time that passes only where it is said to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.begun = 100.0, list[float]()
        monkeypatch.setattr("evals.run.time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr("asyncio.sleep", self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.begun.append(self.now + seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_trials_begin_no_faster_than_the_pace_however_many_run_at_a_time(tmp_path: Path, clock: Clock) -> None:
    await run(CASES, Trials(), opened(tmp_path / "run.jsonl"), repeats=2, concurrency=4, per_minute=30)
    assert sorted(clock.begun) == [100, 102, 104, 106, 108, 110]


async def test_time_in_which_nothing_began_is_not_made_up_for(clock: Clock) -> None:
    pace = Pace(30)
    await pace.wait()
    clock.now += 60
    for _ in range(3):
        await pace.wait()
    assert clock.begun == [100, 160, 162, 164]


async def test_without_a_pace_nothing_waits(tmp_path: Path, clock: Clock) -> None:
    await whole_run(tmp_path / "run.jsonl", Trials())
    assert clock.begun == []
