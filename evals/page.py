"""The report as one static page: styles, numbers and pictures inside, nothing loaded from elsewhere."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from evals.report import Report, show, write
from evals.summary import Summary

_LOOK = {"met": "good", "partial": "wait", "contradicted": "bad", "unscored": "wait"}


def write_page(report: Report, failures: Sequence[str], path: Path) -> None:
    """Write the page; whatever people and models wrote is escaped."""
    write(path, page(report, failures))


def page(report: Report, failures: Sequence[str] = ()) -> str:
    """The HTML of a report."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=_Lenient)
    summary = report["summary"]
    entries: dict[str, Any] = {entry["id"]: entry for entry in reversed(report["cases"])}
    return environment.get_template("page.html").render(
        title=f"{summary['task'].capitalize()}: {summary['judge']}",
        summary=summary,
        failures=failures,
        pictures=_pictures(summary),
        worst=[entries[name] for name in summary.get("worst", ())][:20],
        show=show,
        look=_LOOK,
    )


class _Lenient(StrictUndefined):
    """A summary leaves out what it has not; asking whether it is there is no mistake, printing it is."""

    def __bool__(self) -> bool:
        return False


def _pictures(summary: Summary) -> dict[str, str]:
    """Reliability and risk-coverage as base64 PNG, where the summary has them."""
    found: dict[str, str] = {}
    if reliability := summary.get("calibration", {}).get("reliability"):
        found["Reliability diagram"] = _plot(
            [(p, share) for p, share, _ in reliability], "expected credit", "credit an examiner gives", diagonal=True
        )
    if curve := summary.get("risk_coverage"):
        found["Risk against coverage"] = _plot(curve, "share of points decided", "share of those wrong")
    return found


def _plot(points: Sequence[Sequence[float]], x: str, y: str, *, diagonal: bool = False) -> str:
    from matplotlib.figure import Figure  # half a second, and only a page needs it

    figure: Any = Figure(figsize=(4.6, 3.6), dpi=144, layout="constrained")
    axes: Any = figure.subplots()
    if diagonal:
        axes.plot([0, 1], [0, 1], color="#98a2b3", linewidth=1, linestyle="--")
    axes.plot([p[0] for p in points], [p[1] for p in points], color="#2563eb", marker="o" if diagonal else "", ms=4)
    axes.set(xlabel=x, ylabel=y, xlim=(0, 1), ylim=(0, 1 if diagonal else None))
    axes.grid(visible=True, color="#e4e7ec", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return base64.b64encode(content.getvalue()).decode()
