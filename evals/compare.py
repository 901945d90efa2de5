"""Two reports against each other: paired differences, and every verdict that flipped."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from evals import agreement
from evals.cases import CaseError
from evals.report import Report, show
from evals.summary import Summary, metrics

_OF_A_CASE = ("question", "rubric", "answer", "gold_points", "gold_score")
HIGHER_IS_BETTER = {"pearson": True, "QWK": True, "MAE": False, "accuracy per point": True}


def compare(before: Report, after: Report) -> Summary:
    """What changed from one report to another over the cases both have, worded and labelled alike.

    Differences are after minus before, with a paired bootstrap over questions: both scores of a case are
    drawn together. Raises CaseError where the reports have nothing to compare.
    """
    first, second = _by_trial(before), _by_trial(after)
    shared = [trial for trial in first if trial in second and _alike(first[trial], second[trial])]
    pairs = [(first[trial], second[trial]) for trial in shared if first[trial].get("gold_score") is not None]
    if not pairs:
        raise CaseError("The two reports share no case with a gold score; compare two runs over the same cases.")
    gold = np.array([a["gold_score"] for a, _ in pairs])
    old, new = np.array([a["score"] for a, _ in pairs]), np.array([b["score"] for _, b in pairs])
    labelled = np.array([len(a.get("gold_points", {})) for a, _ in pairs])
    gained = np.array([_right(b) - _right(a) for a, b in pairs])
    statistics: dict[str, agreement.Statistic] = {
        "pearson": lambda rows: agreement.pearson(new[rows], gold[rows]) - agreement.pearson(old[rows], gold[rows]),
        "QWK": lambda rows: agreement.qwk(new[rows], gold[rows]) - agreement.qwk(old[rows], gold[rows]),
        "MAE": lambda rows: agreement.mae(new[rows], gold[rows]) - agreement.mae(old[rows], gold[rows]),
        "bias": lambda rows: agreement.bias(new[rows], gold[rows]) - agreement.bias(old[rows], gold[rows]),
        "accuracy per point": lambda rows: agreement.share(gained[rows].sum(), labelled[rows].sum()),
    }
    flips = [flip for trial in shared for flip in _flips(first[trial], second[trial])]
    return {
        "before": before["summary"]["judge"],
        "after": after["summary"]["judge"],
        "cases": len(pairs),
        "left out": len(first.keys() | second.keys()) - len(shared),
        "difference": metrics(statistics, [a["question"] for a, _ in pairs]),
        "flips": flips,
        "flips that became right": sum(flip["gold"] == flip["after"] for flip in flips),
        "flips that became wrong": sum(flip["gold"] == flip["before"] for flip in flips),
    }


def worse(comparison: Summary) -> list[str]:
    """What became worse beyond chance (the interval of its difference lies on the wrong side of zero)."""
    differences = {name: comparison["difference"][name] for name in HIGHER_IS_BETTER}
    return [
        f"{name} changed by {metric['value']:+.3f} [{show(metric['low'])}, {show(metric['high'])}]"
        for name, metric in differences.items()
        if _clear(metric) and (metric["value"] < 0) == HIGHER_IS_BETTER[name]
    ]


def told(comparison: Summary, most: int = 40) -> str:
    """A comparison as text."""
    left_out = (
        f", {comparison['left out']} more in only one of the two or changed between them"
        if comparison["left out"]
        else ""
    )
    lines = [f"{comparison['before']} -> {comparison['after']}: {comparison['cases']} cases{left_out}", ""]
    for name, metric in comparison["difference"].items():
        bounds = f"  [{show(metric['low'])}, {show(metric['high'])}]" if metric["low"] is not None else ""
        value = "-" if metric["value"] is None else f"{metric['value']:+.3f}"
        lines.append(f"  {name:18} {value}{bounds}{'  clear of zero' if _clear(metric) else ''}")
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


def _clear(metric: Summary) -> bool:
    """True where the whole interval lies on one side of zero."""
    return metric["low"] is not None and (metric["low"] > 0 or metric["high"] < 0)


def _by_trial(report: Report) -> dict[tuple[str, int], dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    repeats: Counter[str] = Counter()
    for entry in report["cases"]:
        if "points" in entry and not entry.get("failed"):
            found[entry["id"], repeats[entry["id"]]] = entry
        repeats[entry["id"]] += 1
    return found


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two entries are of the same case: a label that changed is no progress of a judge."""
    return all(one.get(name) == other.get(name) for name in _OF_A_CASE)


def _right(entry: dict[str, Any]) -> int:
    return sum(entry["points"].get(point) == verdict for point, verdict in entry.get("gold_points", {}).items())


def _flips(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Summary]:
    for point, verdict in before["points"].items():
        now = after["points"].get(point)
        if now is not None and now != verdict:
            gold = before.get("gold_points", {}).get(point, "")
            yield {"case": before["id"], "point": point, "before": verdict, "after": now, "gold": gold}
