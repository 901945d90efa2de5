"""What must hold before a change goes in: `gates.json`, floors and ceilings for the numbers of reports.

    {
     "grading test embedded": [
      {"path": ["metrics", "QWK"], "at_least": 0.6},
      {"path": ["slices", "kind", "fluent-wrong", "certain"], "at_most": 0.05},
      {"path": ["injection lift", "greatest lift"], "at_most": 0.02},
      {"path": ["failed"], "at_most": 0}
     ]
    }

A key is a task, which of Viva's own cases it had (a split of the labelled answers; `all` for retrieval and
conversation) and the judge as reports name it (`search` for retrieval). A path leads through the summary
that `--json` writes to a number, or to a metric, whose value is then meant and not its interval. A number
that is not there, or that its data could not give, does not pass.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from evals.cases import CaseError
from evals.report import Report, show

GATES = Path(__file__).with_suffix(".json")


class Bound(BaseModel):
    """A number of a summary, by its path, and what it may be at least or at most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: tuple[str, ...]
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "Bound":
        if self.at_least is None and self.at_most is None:
            raise ValueError("give `at_least` or `at_most`")
        return self

    def failure(self, summary: Any) -> str:
        """What is wrong with the number, as a sentence without its end; empty where nothing is."""
        name, value = " / ".join(self.path), summary
        for part in self.path:
            value = value.get(part) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON
        if isinstance(value, dict):
            value = value.get("value")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # a metric with its interval
        if not isinstance(value, int | float):
            return f"{name} is not in the report"
        if self.at_least is not None and value < self.at_least:
            return f"{name} is {show(value)}, below {self.at_least:g}"
        if self.at_most is not None and value > self.at_most:
            return f"{name} is {show(value)}, above {self.at_most:g}"
        return ""


def failures(report: Report, path: Path | None = None) -> list[str]:
    """What a report fails of its gate; nothing where there is no gate for such a report.

    Raises CaseError where the gates cannot be read: no gate must not be an open gate.
    """
    summary = report["summary"]
    bounds = _read(path or GATES).get(f"{summary['task']} {summary.get('split')} {summary['judge']}", [])
    return [failure for bound in bounds if (failure := bound.failure(summary))]


def _read(path: Path) -> dict[str, list[Bound]]:
    try:
        return TypeAdapter(dict[str, list[Bound]]).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:  # unreadable, not UTF-8, not a gate
        raise CaseError(f"{path} cannot be used as a gate ({type(error).__name__}); correct or remove it.") from error
