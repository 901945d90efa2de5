"""Two reports against each other, and one against the floors that must hold."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from evals import agreement
from evals.cases import CaseError
from evals.report import Report, show
from evals.summary import Summary, metrics

GATES = Path(__file__).with_name("gates.json")


class Floor(BaseModel):
    """A number of a summary, by its path, and what it may be at least or at most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: tuple[str, ...]
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "Floor":
        if self.at_least is None and self.at_most is None:
            raise ValueError("give `at_least` or `at_most`")
        return self


def compare(before: Report, after: Report) -> Summary:
    """What changed from one report to another over the cases both have.

    Differences are after minus before, with a paired bootstrap over questions: both scores of a case are
    drawn together. Raises CaseError where the reports have nothing to compare.
    """
    first, second = _by_trial(before), _by_trial(after)
    shared = [trial for trial in first if trial in second]
    pairs = [(first[trial], second[trial]) for trial in shared if first[trial].get("gold_score") is not None]
    if not pairs:
        raise CaseError("The two reports share no case with a gold score; compare two runs over the same cases.")
    gold = np.array([a["gold_score"] for a, _ in pairs])
    old, new = np.array([a["score"] for a, _ in pairs]), np.array([b["score"] for _, b in pairs])
    statistics: dict[str, agreement.Statistic] = {
        "pearson": lambda rows: agreement.pearson(new[rows], gold[rows]) - agreement.pearson(old[rows], gold[rows]),
        "QWK": lambda rows: agreement.qwk(new[rows], gold[rows]) - agreement.qwk(old[rows], gold[rows]),
        "MAE": lambda rows: agreement.mae(new[rows], gold[rows]) - agreement.mae(old[rows], gold[rows]),
        "bias": lambda rows: agreement.bias(new[rows], gold[rows]) - agreement.bias(old[rows], gold[rows]),
    }
    flips = [flip for trial in shared for flip in _flips(first[trial], second[trial])]
    return {
        "before": before["summary"]["judge"],
        "after": after["summary"]["judge"],
        "cases": len(pairs),
        "left out": len(first.keys() ^ second.keys()),
        "difference": metrics(statistics, [a["question"] for a, _ in pairs]),
        "flips": flips,
        "flips that became right": sum(flip["gold"] == flip["after"] for flip in flips),
        "flips that became wrong": sum(flip["gold"] == flip["before"] for flip in flips),
    }


def told(comparison: Summary, most: int = 40) -> str:
    """A comparison as text."""
    lines = [f"{comparison['before']} -> {comparison['after']}: {comparison['cases']} cases", ""]
    for name, metric in comparison["difference"].items():
        clear = metric["low"] is not None and (metric["low"] > 0 or metric["high"] < 0)
        bounds = f"  [{show(metric['low'])}, {show(metric['high'])}]" if metric["low"] is not None else ""
        value = "-" if metric["value"] is None else f"{metric['value']:+.3f}"
        lines.append(f"  {name:10} {value}{bounds}{'  clear of zero' if clear else ''}")
    flips = comparison["flips"]
    lines.append(
        f"\n{len(flips)} verdicts flipped: {comparison['flips that became right']} became right, "
        f"{comparison['flips that became wrong']} became wrong"
    )
    lines += [
        f"  {f['case']} {f['point']}: {f['before']} -> {f['after']} (gold {f['gold'] or '-'})" for f in flips[:most]
    ]
    if len(flips) > most:
        lines.append(f"  and {len(flips) - most} more")
    return "\n".join(lines)


def _by_trial(report: Report) -> dict[tuple[str, int], dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for entry in report["cases"]:
        if "points" in entry and not entry.get("failed"):
            repeat = sum((entry["id"], earlier) in found for earlier in range(report["summary"]["repeats"]))
            found[entry["id"], repeat] = entry
    return found


def _flips(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Summary]:
    for point, verdict in before["points"].items():
        now = after["points"].get(point)
        if now is not None and now != verdict:
            gold = before.get("gold_points", {}).get(point, "")
            yield {"case": before["id"], "point": point, "before": verdict, "after": now, "gold": gold}


def failures(report: Report, path: Path = GATES) -> list[str]:
    """The floors that a report falls below, a sentence each. None stand for other tasks, judges or case sets."""
    summary = report["summary"]
    floors = _floors(path).get(f"{summary['task']} {summary['judge']}", [])
    return [wrong for floor in floors if (wrong := _below(summary, floor))]


def _floors(path: Path) -> dict[str, list[Floor]]:
    try:
        return TypeAdapter(dict[str, list[Floor]]).validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # unreadable, not UTF-8, not a gate
        raise CaseError(f"{path} cannot be used as a gate ({type(error).__name__}); correct or remove it.") from error


def _below(summary: Summary, floor: Floor) -> str:
    name = " / ".join(floor.path)
    value: Any = summary
    for part in floor.path:
        value = value.get(part) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON
    if isinstance(value, dict):
        value = value.get("value")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # a metric with its interval
    if not isinstance(value, int | float):
        return f"{name} is not in the report"
    if floor.at_least is not None and value < floor.at_least:
        return f"{name} is {show(value)}, below {floor.at_least:g}"
    if floor.at_most is not None and value > floor.at_most:
        return f"{name} is {show(value)}, above {floor.at_most:g}"
    return ""
