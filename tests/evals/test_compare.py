"""Comparisons of two reports, and the gates that a report must pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.grading.grade import Verdict
from evals.cases import APART, SPLIT, CaseError
from evals.compare import HIGHER_IS_BETTER, compare, told, worse
from evals.gates import GATES, failures
from evals.report import Report, read_json

MET, PARTIAL, MISSED, CONTRADICTED, UNSCORED = Verdict


def graded(judge: str, *entries: tuple[str, float, float, Verdict, Verdict]) -> Report:
    """A report of (id, gold score, score, gold verdict, verdict), each on a question of its own."""
    cases = [
        {"id": i, "question": i, "gold_score": g, "score": s, "points": {"a": v}, "gold_points": {"a": right}}
        for i, g, s, right, v in entries
    ]
    head = {"task": "grading", "split": "test", "judge": judge, "cases": len(cases), "repeats": 1, "failed": 0}
    return {"summary": {**head, "metrics": {}}, "cases": cases}


def test_a_comparison_is_after_minus_before_over_the_cases_both_have() -> None:
    both = ("x", 1, 0.5, MET, MISSED), ("y", 0, 0.5, MISSED, MISSED), ("z", 0.5, 0.5, PARTIAL, MISSED)
    before = graded("old", *both, ("only", 1, 0, MET, MISSED), ("lost", 1, 0, MET, MISSED))
    moved = ("z", 0.5, 0.5, PARTIAL, MET), ("y", 0, 0, MISSED, MET), ("x", 1, 1, MET, MET)
    after = graded("new", *moved, ("lost", 1, 0, MET, UNSCORED))
    after["cases"][-1]["failed"] = "The new judge is away."
    found = compare(before, after)
    assert (found["before"], found["after"], found["cases"], found["left out"]) == ("old", "new", 3, 2)
    assert found["difference"]["MAE"]["value"] == -0.3333
    assert found["difference"]["bias"]["value"] == 0
    assert found["difference"]["accuracy per point"]["value"] == 0  # one became right, one became wrong
    assert [(flip["case"], flip["before"], flip["after"], flip["gold"]) for flip in found["flips"]] == [
        ("x", "missed", "met", "met"),
        ("y", "missed", "met", "missed"),
        ("z", "missed", "met", "partial"),
    ]
    assert (found["flips that became right"], found["flips that became wrong"]) == (1, 1)


def test_a_case_that_was_labelled_anew_is_left_out() -> None:
    kept = "x", 1, 1, MET, MET
    before, after = graded("old", kept, ("y", 1, 1, MISSED, MET)), graded("new", kept, ("y", 1, 1, MET, MET))
    found = compare(before, after)
    assert (found["cases"], found["left out"], found["difference"]["accuracy per point"]["value"]) == (1, 1, 0)


def test_a_trial_that_failed_does_not_shift_the_later_ones() -> None:
    first, second = (graded("j", ("x", 1, score, MET, verdict)) for score, verdict in ((0.2, MISSED), (1, MET)))
    before, after = (graded("j") for _ in range(2))
    before["cases"] = [{**first["cases"][0], "failed": "The judge is away."}, second["cases"][0]]
    after["cases"] = [first["cases"][0], second["cases"][0]]
    found = compare(before, after)
    assert (found["cases"], found["flips"], found["difference"]["MAE"]["value"]) == (1, [], 0)


def test_both_scores_of_a_case_are_drawn_together() -> None:
    scores = [0.1, 0.9, 0.3, 0.7, 0.5]  # far apart, and yet every one rises by the same
    before, after = (
        graded("j", *((str(i), 0.5, score + rise, MET, MET) for i, score in enumerate(scores))) for rise in (0, 0.1)
    )
    found = compare(before, after)
    assert found["difference"]["bias"] == {"value": 0.1, "low": 0.1, "high": 0.1}


def test_a_comparison_is_told_with_what_is_clear_of_zero_and_every_flip() -> None:
    before = graded("old", ("x", 1, 0.5, MET, MISSED), ("y", 0, 0.4, MISSED, MISSED), ("z", 0.5, 0.3, MET, MET))
    after = graded("new", ("x", 1, 0.6, MET, MET), ("y", 0, 0.5, MISSED, MISSED), ("z", 0.5, 0.4, MET, MET))
    after["cases"].append(graded("new", ("only", 1, 1, MET, MET))["cases"][0])
    lines = told(compare(before, after)).splitlines()
    assert lines[0] == "old -> new: 3 cases, 1 more in only one of the two or changed between them"
    assert [line.split()[0] for line in lines if "clear of zero" in line] == ["bias"]
    assert [line.strip() for line in lines if "->" in line][1:] == ["x a: missed -> met (gold met)"]


GOOD = graded("good", *((f"{n}", n % 2, n % 2, (MISSED, MET)[n % 2], (MISSED, MET)[n % 2]) for n in range(8)))
WRONG = graded("wrong", *((f"{n}", n % 2, 0.9 - 0.8 * (n % 2), (MISSED, MET)[n % 2], PARTIAL) for n in range(8)))


def test_what_became_worse_beyond_chance_is_told_apart_from_what_became_better() -> None:
    lost = worse(compare(GOOD, WRONG))
    assert [sentence.split(" changed by ")[0] for sentence in lost] == list(HIGHER_IS_BETTER)
    assert lost[2] == "MAE changed by +0.900 [0.900, 0.900]"
    assert worse(compare(WRONG, GOOD)) == worse(compare(GOOD, GOOD)) == []


def test_what_may_be_chance_is_not_worse() -> None:
    entries = [(f"{n}", 0.5, 0.5, MET, MET) for n in range(8)]
    after = graded("after", ("0", 0.5, 0.9, MET, MISSED), *entries[1:])
    found = compare(graded("before", *entries), after)
    assert found["difference"]["MAE"]["value"] == 0.05
    assert worse(found) == []


def test_what_cannot_be_computed_is_told_as_that() -> None:
    alike = graded("j", ("x", 1, 0.5, MET, MET), ("y", 0, 0.5, MET, MET))  # no r without a spread
    pearson = next(line for line in told(compare(alike, alike)).splitlines() if "pearson" in line)
    assert pearson.split() == ["pearson", "-"]


@pytest.mark.parametrize("after", [graded("j", ("y", 1, 1, MET, MET)), {"summary": {"repeats": 1}, "cases": []}])
def test_reports_that_share_no_case_cannot_be_compared(after: Report) -> None:
    with pytest.raises(CaseError, match="share no case"):
        compare(graded("j", ("x", 1, 1, MET, MET)), after)


@pytest.mark.parametrize(
    "text", [b"\xff", b"{", b"[]", b'{"summary": {}}', b'{"summary": 1, "cases": 2}', b'{"summary": {}, "cases": [{}]}']
)
def test_what_is_no_report_is_told_so(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "some.json").write_bytes(text)
    with pytest.raises(CaseError, match=r"some\.json"):
        read_json(tmp_path / "some.json")


# Gates


SUMMARY: dict[str, Any] = {
    "task": "grading",
    "split": "test",
    "judge": "j",
    "failed": 1,
    "metrics": {"MAE": {"value": 0.2, "low": 0.0, "high": 1.0}, "QWK": {"value": None}},
    "slices": {"kind": {"fluent-wrong": {"n": 3, "certain": 0.04}}},
}


@pytest.mark.parametrize(
    ("bound", "says"),
    [
        ({"path": ["metrics", "MAE"], "at_most": 0.2}, []),
        ({"path": ["metrics", "MAE"], "at_least": 0.2, "at_most": 0.2}, []),
        ({"path": ["metrics", "MAE"], "at_most": 0.1}, ["metrics / MAE is 0.200, above 0.1"]),
        ({"path": ["metrics", "MAE"], "at_least": 0.3}, ["metrics / MAE is 0.200, below 0.3"]),
        ({"path": ["failed"], "at_most": 0}, ["failed is 1, above 0"]),
        ({"path": ["slices", "kind", "fluent-wrong", "certain"], "at_most": 0.05}, []),
        (
            {"path": ["slices", "kind", "fluent-wrong", "certain"], "at_most": 0.03},
            ["slices / kind / fluent-wrong / certain is 0.040, above 0.03"],
        ),
        (
            {"path": ["slices", "kind", "strong", "certain"], "at_least": 0.3},
            ["slices / kind / strong / certain is not in the report"],
        ),
        ({"path": ["metrics", "RMSE"], "at_most": 1}, ["metrics / RMSE is not in the report"]),
        ({"path": ["metrics", "QWK"], "at_least": 0}, ["metrics / QWK is not in the report"]),
        ({"path": ["failed", "deeper"], "at_least": 0}, ["failed / deeper is not in the report"]),
    ],
)
def test_a_gate_says_what_is_below_or_above_or_not_there(tmp_path: Path, bound: Any, says: list[str]) -> None:
    others = {
        key: [{"path": ["x"], "at_most": 0}] for key in ("grading test other", "grading dev j", "agreement test j")
    }
    (tmp_path / "gates.json").write_text(json.dumps({"grading test j": [bound], **others}))
    assert failures({"summary": SUMMARY, "cases": []}, tmp_path / "gates.json") == says


def test_cases_of_somebody_elses_have_no_gate(tmp_path: Path) -> None:
    bound = {"path": ["failed"], "at_most": 0}
    (tmp_path / "gates.json").write_text(json.dumps({"grading j": [bound]}))
    for own in ({"split": ""}, {}):
        summary = {name: value for name, value in SUMMARY.items() if name != "split"} | own
        assert failures({"summary": summary, "cases": []}, tmp_path / "gates.json") == []


def test_the_gates_that_are_shipped_are_of_reports_that_there_can_be() -> None:
    gates = json.loads(GATES.read_text(encoding="utf-8"))
    split = json.loads(SPLIT.read_text(encoding="utf-8"))
    known = {"grading": {*split, *APART, "train", "all"}, "retrieval": {"all"}, "conversation": {"all"}}
    for key in gates:
        task, of, judge = key.split(" ", 2)
        assert of in known[task]
        assert judge in {"embedded", "search"}
    assert failures({"summary": SUMMARY, "cases": []}) == []


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"g": [{"path": ["x"]}]}',
        b'{"g": [{"path": ["x"], "at_least": "much"}]}',
        b'{"g": [{"path": ["x"], "at_least": 1, "at_last": 2}]}',
    ],
)
def test_a_gate_that_cannot_be_read_is_no_open_gate(tmp_path: Path, text: bytes | None) -> None:
    if text is not None:
        (tmp_path / "gates.json").write_bytes(text)
    with pytest.raises(CaseError, match=r"gates\.json"):
        failures({"summary": SUMMARY, "cases": []}, tmp_path / "gates.json")
