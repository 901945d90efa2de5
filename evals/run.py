"""Run trials: some at a time, at a pace, each outcome written down before the next is taken.

A run file is append-only JSON lines: a header that names everything the outcomes depend on, then one
outcome a line, then a last line once all are there. Killed anywhere, the same command goes on where it
was; a torn last line is dropped and its trial run again.
"""

import asyncio
import contextvars
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from evals.cases import Case, CaseError

_HEADER = b'{"run"'

REPEAT: contextvars.ContextVar[int] = contextvars.ContextVar("repeat", default=0)
"""Which repeat of a case is running; part of what a recorded reply is known by."""


class Outcome(BaseModel):
    """What came of one trial; `failed` says why there is no more than that."""

    model_config = ConfigDict(frozen=True)

    failed: str = ""

    @property
    def shown(self) -> dict[str, Any]:
        """The outcome as JSON values; `failed` only where it did."""
        return self.model_dump(mode="json", exclude=set() if self.failed else {"failed"})


C = TypeVar("C", bound=Case)
O = TypeVar("O", bound=Outcome)  # noqa: E741  # the second letter of (case, outcome)


class RunFile(Generic[O]):
    """Outcomes on disk by (case id, repeat)."""

    def __init__(self, path: Path, header: dict[str, Any], kind: type[O]) -> None:
        self._path, self._header, self._kind = path, header, kind
        self.outcomes: dict[tuple[str, int], O] = {}
        whole = self._read()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if whole:
                os.truncate(path, whole)  # drops a torn last line
            self._file = path.open("a" if whole else "w", encoding="utf-8")
        except OSError as error:
            raise CaseError(f"{path} cannot be written ({error.strerror}); name another file with --run.") from error
        if not whole:
            self._write({"run": header})

    def _read(self) -> int:
        """Take up the outcomes of an unfinished run of the same header; how many bytes of the file count."""
        try:
            lines = self._path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise CaseError(f"{self._path} cannot be read ({error.strerror}); name another with --run.") from error
        entries = list(_whole(lines))
        if lines and not (lines[0].startswith(_HEADER) or _HEADER.startswith(lines[0])):
            raise CaseError(f"{self._path} is no run file and is left as it is; name another with --run.")
        if not entries or entries[0][0] != {"run": self._header} or entries[-1][0] == {"done": True}:
            return 0
        for entry, _ in entries[1:]:
            self.outcomes[entry["id"], entry["repeat"]] = self._kind.model_validate(entry["outcome"])
        return entries[-1][1]

    def _write(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._file.flush()  # a killed process loses nothing that was flushed

    def add(self, case_id: str, repeat: int, outcome: O) -> None:
        """Keep one outcome."""
        self.outcomes[case_id, repeat] = outcome
        self._write(
            {"id": case_id, "repeat": repeat, "outcome": outcome.model_dump(mode="json", exclude_defaults=True)}
        )

    def finish(self) -> None:
        """Say that all outcomes are there: the next run of the same command starts afresh."""
        self._write({"done": True})

    def close(self) -> None:
        """Close the file, finished or not."""
        self._file.close()


def _whole(lines: Iterable[bytes]) -> Iterator[tuple[dict[str, Any], int]]:
    """Every line that is whole JSON, with the byte it ends at, up to the first that is not."""
    end = 0
    for line in lines:
        end += len(line)
        try:
            entry = json.loads(line)
        except ValueError:
            return
        if not line.endswith(b"\n") or not isinstance(entry, dict):
            return
        yield entry, end


class Pace:
    """At most so many trials begin in a minute; no limit where that is None."""

    def __init__(self, per_minute: float | None) -> None:
        self._gap = 60 / per_minute if per_minute else 0.0
        self._next = 0.0

    async def wait(self) -> None:
        """Until the next trial may begin."""
        if not self._gap:
            return
        now = time.monotonic()
        self._next = max(now, self._next) + self._gap
        await asyncio.sleep(self._next - self._gap - now)


async def run(
    cases: Sequence[C],
    trial: Callable[[C], Awaitable[O]],
    file: RunFile[O],
    *,
    repeats: int = 1,
    concurrency: int = 8,
    per_minute: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Every case `repeats` times, those left out whose outcomes the file has already.

    What a trial raises ends the run; what was done by then is kept.
    """
    wanted = [(case, repeat) for repeat in range(repeats) for case in cases]
    left = iter([(case, repeat) for case, repeat in wanted if (case.id, repeat) not in file.outcomes])
    pace = Pace(per_minute)

    async def work() -> None:
        for case, repeat in left:
            await pace.wait()
            REPEAT.set(repeat)
            file.add(case.id, repeat, await trial(case))
            if progress:
                progress(len(file.outcomes), len(wanted))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work())
        file.finish()
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None  # the first is what happened; the rest followed from it
    finally:
        file.close()
