"""A report as a log of Inspect (inspect_ai), for its viewer."""

from datetime import datetime
from typing import Any

from evals.report import Report


def inspect_log(report: Report, created: datetime) -> dict[str, Any]:
    """The log as JSON values, by Inspect's log format 2; every case and repeat is a sample."""
    summary, cases = report["summary"], report["cases"]
    seen: dict[str, int] = {}
    samples: list[dict[str, Any]] = []
    for case in cases:
        seen[case["id"]] = seen.get(case["id"], 0) + 1
        samples.append(_sample(case, seen[case["id"]], summary["judge"]))
    metrics = {
        name: {"name": name, "value": metric["value"]}
        for name, metric in summary["metrics"].items()
        if metric["value"] is not None
    }
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "created": created.isoformat(timespec="seconds"),
            "task": f"viva/{summary['task']}",
            "model": summary["judge"],
            "dataset": {"name": summary["task"], "samples": summary["cases"], "sample_ids": list(seen)},
            "config": {"epochs": summary["repeats"]},
            "metadata": summary["depends on"],
        },
        "results": {
            "total_samples": len(cases),
            "completed_samples": len(cases) - summary["failed"],
            "scores": [{"name": "viva", "scorer": "viva", "metrics": metrics}],
        },
        "samples": samples,
    }


def _sample(case: dict[str, Any], epoch: int, judge: str) -> dict[str, Any]:
    gold: dict[str, str] = case.get("gold_points", {})
    points: dict[str, str] = case.get("points", {})
    rubric: dict[str, str] = case.get("rubric", {})
    table = "\n".join(
        f"- {text}: {points.get(point, '')}" + (f" (examiner: {gold[point]})" if point in gold else "")
        for point, text in rubric.items()
    )
    value = case.get("score", not case.get("broken") and not case.get("failed"))
    return {
        "id": case["id"],
        "epoch": epoch,
        "input": _input(case),
        "target": str(case.get("gold_score", case.get("expect") or "")),
        "output": {
            "model": judge,
            "choices": [
                {
                    "message": {"role": "assistant", "content": table or "\n".join(case.get("hits", ()))},
                    "stop_reason": "stop",
                }
            ],
        },
        "scores": {"viva": {"value": value, "explanation": case.get("failed", "") or table}},
        "metadata": {name: case[name] for name in ("kind", "dataset", "certain", "open") if name in case},
    }


def _input(case: dict[str, Any]) -> str:
    if "transcript" in case:
        return "\n".join(case["transcript"])
    if "query" in case:
        return f"{case.get('context', '')}\n{case['query']}".strip()
    return f"{case['question']}\n\n{case['answer']}"
