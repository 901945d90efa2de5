"""Carry a task out: run its trials, and put the report together."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evals.judges import hashes
from evals.report import Report
from evals.run import RunFile, run
from evals.summary import Summary


class Task(Protocol):
    """What can be run: cases, a trial of one of them, a summary of all outcomes."""

    name: str
    cases: Sequence[Any]
    outcome: Any

    async def trial(self, case: Any) -> Any:
        """One outcome of one case."""
        ...

    def entry(self, case: Any, outcome: Any) -> Summary:
        """A case as the JSON report lists it."""
        ...

    def summary(self, outcomes: Mapping[tuple[str, int], Any]) -> Summary:
        """What the report says, over all outcomes by (case id, repeat)."""
        ...


@dataclass(frozen=True)
class Plan:
    """How a task is run. `runs` is the folder for run files, `file` one of its own instead.

    `depends_on` names what outcomes depend on besides the files of this repository, `split` which of
    Viva's own cases the task has (empty for any others).
    """

    runs: Path
    file: Path | None = None
    repeats: int = 1
    concurrency: int = 8
    per_minute: float | None = None
    depends_on: tuple[tuple[str, str], ...] = ()
    split: str = ""

    async def carry_out(self, task: Task, judge: str, progress: Callable[[int, int], None] | None = None) -> Report:
        """Run what has not been run yet, and report on all of it."""
        header = {"task": task.name, "judge": judge, "repeats": self.repeats, "cases": _digest(task.cases)}
        header |= hashes() | dict(self.depends_on)
        file = RunFile(self.file or self.runs / _name(header), header, task.outcome)
        await run(
            task.cases,
            task.trial,
            file,
            repeats=self.repeats,
            concurrency=self.concurrency,
            per_minute=self.per_minute,
            progress=progress,
        )
        trials = [(case, repeat) for repeat in range(self.repeats) for case in task.cases]
        outcomes = [(case, file.outcomes[case.id, repeat]) for case, repeat in trials]
        failed = [outcome.failed for _, outcome in outcomes if outcome.failed]
        summary: Summary = {
            "task": task.name,
            "judge": judge,
            "split": self.split,
            "cases": len(task.cases),
            "repeats": self.repeats,
            "failed": len(failed),
            "first failure": failed[0] if failed else "",
            **task.summary(file.outcomes),
            "depends on": header,
        }
        return {"summary": summary, "cases": [task.entry(case, outcome) for case, outcome in outcomes]}


def _digest(cases: Sequence[Any]) -> str:
    text = json.dumps([case.model_dump(mode="json") for case in cases], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _name(header: Mapping[str, Any]) -> str:
    """A file of its own for every run that differs in what it depends on."""
    return f"{header['task']}-{hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()[:16]}.jsonl"
