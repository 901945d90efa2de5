"""A summary as people and machines read it: on the console, as JSON, as JUnit. `page.py` makes the HTML."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.cases import CaseError
from evals.summary import Summary

Report = dict[str, Any]
"""`{"summary": Summary, "cases": [one entry a case and repeat]}`."""

_MARGIN = "  "


def console(report: Report) -> str:
    """The report as text: what was run, numbers with their intervals, tables."""
    return "\n".join(_lines(report["summary"]))


def _lines(summary: Summary) -> Iterator[str]:
    split = f" ({summary['split']})" if summary["split"] else ""
    repeats = f" x {summary['repeats']}" if summary["repeats"] > 1 else ""
    yield f"{summary['task']}{split}, judge {summary['judge']}: {summary['cases']} cases{repeats}"
    if summary["failed"]:
        yield f"{summary['failed']} trials failed: {summary['first failure']}"
    yield ""
    for name, metric in summary["metrics"].items():
        bounds = f"  [{show(metric['low'])}, {show(metric['high'])}]" if metric["low"] is not None else ""
        yield f"{_MARGIN}{name:26} {show(metric['value']):>7}{bounds}"
    if "verdicts" in summary:
        yield from _table("by verdict", summary["verdicts"])
        yield from _table("gold \\ given", summary["confusion"])
    yield from _table("beside the first examiner", summary.get("human ceiling", {}))
    for name in ("calibration", "consistency", "injection lift"):
        if summary.get(name):
            yield f"\n{name}"
            yield from (f"{_MARGIN}{k:32} {show(v)}" for k, v in summary[name].items() if not isinstance(v, list))
    for name, rows in summary.get("slices", {}).items():
        yield from _table(name, rows)
    for name, wrongs in summary.get("broken", {}).items():
        yield f"\n{name}"
        yield from (f"{_MARGIN}{wrong}" for wrong in wrongs)
    if summary.get("worst") and "broken" not in summary:
        yield f"\nfurthest off: {', '.join(summary['worst'][:5])}"
    if summary.get("usage"):
        yield "\n" + ", ".join(f"{name} {show(value)}" for name, value in summary["usage"].items())


def _table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    columns = list(next(iter(rows.values())))
    first = max(len(title), *(len(name) for name in rows))
    widths = [max(7, len(column)) for column in columns]
    yield ""
    yield f"{title:{first}}" + "".join(f"  {c:>{w}}" for c, w in zip(columns, widths, strict=True))
    for name, row in rows.items():
        cells = (f"  {show(row[column]):>{width}}" for column, width in zip(columns, widths, strict=True))
        yield f"{name:{first}}" + "".join(cells)


def show(value: object) -> str:
    """A value of a summary in a cell."""
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def write_json(report: Report, path: Path) -> None:
    """The whole report as JSON; the same run gives the same bytes."""
    write(path, json.dumps(report, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Report:
    """A report that `--json` wrote; raises CaseError where it is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CaseError(f"{path} cannot be read ({error.strerror}); write it with --json first.") from error
    try:
        return _Report.model_validate_json(content).model_dump()
    except ValidationError as error:
        raise CaseError(f"{path} is no report; write it with `viva eval ... --json`.") from error


class _Summary(BaseModel):
    """What every summary has."""

    model_config = ConfigDict(extra="allow")

    task: str
    judge: str
    cases: int
    repeats: int
    failed: int
    metrics: dict[str, dict[str, float | None]]


class _Case(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: str


class _Report(BaseModel):
    summary: _Summary
    cases: list[_Case]


def write_junit(report: Report, failures: Sequence[str], path: Path) -> None:
    """One test a case (in error where its trial failed) and one for each gate that failed, for a CI to show."""
    summary, cases = report["summary"], report["cases"]
    broken = [case for case in cases if case.get("failed")]
    suite = ElementTree.Element(
        "testsuite",
        name=f"viva eval {summary['task']}",
        tests=str(len(cases) + len(failures)),
        failures=str(len(failures)),
        errors=str(len(broken)),
    )
    for case in cases:
        element = ElementTree.SubElement(suite, "testcase", classname=summary["task"], name=_xml(case["id"]))
        if case.get("failed"):
            ElementTree.SubElement(element, "error", message=_xml(case["failed"]))
    for failure in failures:
        element = ElementTree.SubElement(suite, "testcase", classname="gate", name=_xml(failure.split(" is ")[0]))
        ElementTree.SubElement(element, "failure", message=_xml(failure))
    ElementTree.indent(suite)
    write(path, ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n")


def _xml(text: str) -> str:
    """The text with what XML 1.0 cannot hold replaced."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def check_writable(path: Path) -> None:
    """Raise CaseError where a file cannot be written: before the work, not after."""
    try:
        path.open("a").close()
    except OSError as error:
        raise CaseError(f"{path} cannot be written ({error.strerror}); name another file.") from error


def write(path: Path, text: str) -> None:
    """Write a file; raises CaseError naming it where that cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CaseError(f"{path} cannot be written ({error.strerror}); name another file.") from error
