"""Fitting a decision model: overconfidence taken back, precision reached, and nothing fitted on what measures."""

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.grading.decisions import CHOICES, DecisionsJudge, Fit, Fits, Shares, log_odds
from bot.grading.grade import Verdict
from bot.grading.matching import Matcher
from evals.cases import CaseError, GradingCase, grading
from evals.grading import Grading
from evals.plan import Plan
from evals.report import Report, write_json
from evals.thresholds import NEVER, PRECISION
from knowledge.library import Library
from tests.fakes import HashingEmbedder
from tests.loopback import ScriptedServer
from tests.model_client import MODEL, connected
from tests.model_replies import Decide
from training.decisions import fit, main, rows, unseen

MET, PARTIAL, MISSED, CONTRADICTED, UNSCORED = Verdict
DEFAULT = Fit(thresholds=dict.fromkeys(CHOICES, 0.6))
HEADER: dict[str, Any] = {
    "task": "grading",
    "judge": f"decisions ({MODEL})",
    "cases": 0,
    "repeats": 1,
    "failed": 0,
    "metrics": {},
}

Point = tuple[Shares, Verdict]


def report(questions: Sequence[Sequence[Point]], judge: str = HEADER["judge"]) -> Report:
    """A report with one answer to each question: what the model gave for each point, and the examiner's verdict."""
    cases: list[dict[str, Any]] = [
        {
            "id": f"case-{number}",
            "question": f"Question {number}?",
            "probabilities": {f"p{n}": dict(given) for n, (given, _) in enumerate(points)},
            "gold_points": {f"p{n}": gold.value for n, (_, gold) in enumerate(points)},
        }
        for number, points in enumerate(questions)
    ]
    depends_on = {"cases": "c4ses", "prompts": "pr0mpts", "judges": "x"}
    return {"summary": {**HEADER, "judge": judge, "depends on": depends_on}, "cases": cases}


def overconfident(seed: int, questions: int = 10, points: int = 100) -> list[list[Point]]:
    """A model whose log-odds of credit are twice what they should be."""
    chance = random.Random(seed)

    def point() -> Point:
        odds = chance.gauss(0, 3)
        said, right = 1 / (1 + math.exp(-odds)), 1 / (1 + math.exp(-odds / 2))
        return {MET: said, MISSED: 1 - said}, MET if chance.random() < right else MISSED

    return [[point() for _ in range(points)] for _ in range(questions)]


def brier(points: Sequence[Point], fitted: Fit) -> float:
    """Squared distance of the probability of credit from what came of it, on average."""
    shares = [(fitted.calibrated(given), gold) for given, gold in points]
    return sum((s.get(MET, 0) + s.get(PARTIAL, 0) - (gold is MET)) ** 2 for s, gold in shares) / len(points)


@pytest.fixture(scope="module")
def fitted() -> Fit:
    return fit(report(overconfident(1)), DEFAULT)


def test_an_overconfident_model_is_believed_less(fitted: Fit) -> None:
    assert fitted.calibration == pytest.approx((0.5, 0.0), abs=0.12)
    fresh = [point for question in overconfident(2) for point in question]
    assert brier(fresh, fitted) < brier(fresh, DEFAULT) - 0.005


@pytest.mark.parametrize("verdict", [MET, MISSED])
def test_a_verdict_is_given_from_where_it_is_as_often_right_as_wanted(fitted: Fit, verdict: Verdict) -> None:
    fresh = [(fitted.calibrated(given), gold) for question in overconfident(3) for given, gold in question]

    def precision(least: float) -> float:
        right = [gold is verdict for shares, gold in fresh if shares[verdict] >= least]
        return sum(right) / len(right)

    least = fitted.thresholds[verdict]
    assert precision(least) > PRECISION[verdict] - 0.03
    assert precision(least - 0.15) < PRECISION[verdict]


def test_a_verdict_that_is_never_right_enough_is_never_given() -> None:
    sure: Shares = {CONTRADICTED: 0.97, MISSED: 0.03}
    questions = overconfident(4)
    for question in questions:
        question += [(sure, CONTRADICTED), (sure, MISSED), (sure, CONTRADICTED)]
    assert fit(report(questions), DEFAULT).thresholds[CONTRADICTED] == NEVER


def test_a_verdict_with_few_labels_keeps_its_default_threshold(fitted: Fit) -> None:
    assert (fitted.thresholds[PARTIAL], fitted.thresholds[CONTRADICTED]) == (0.6, 0.6)
    assert fitted.thresholds[MET] != 0.6


def test_half_the_credit_is_right_where_the_examiner_gives_all_of_it() -> None:
    partly: Shares = {PARTIAL: 0.97, MISSED: 0.03}
    generous, harsh = overconfident(5), overconfident(5)
    for generously, harshly in zip(generous, harsh, strict=True):
        generously += [(partly, MET), (partly, PARTIAL)] * 2
        harshly += [(partly, MISSED), (partly, PARTIAL)] * 2
    assert fit(report(generous), DEFAULT).thresholds[PARTIAL] < NEVER
    assert fit(report(harsh), DEFAULT).thresholds[PARTIAL] == NEVER


def test_each_note_is_judged_by_a_curve_that_has_not_seen_it() -> None:
    sample = rows(report(overconfident(6)))
    own = np.array([row.question == sample[0].question for row in sample])
    odds = np.array([log_odds(row.given) for row in sample])
    credited = np.array([row.gold is MET for row in sample])
    before, after = unseen(sample, odds, credited), unseen(sample, odds, credited ^ own)
    assert [a == b for a, b in zip(before, after, strict=True)] == own.tolist()


# What is written


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A file with what was fitted for another model."""
    path = tmp_path / "fits.json"
    other = Fit(thresholds=dict.fromkeys(CHOICES, 0.9), fitted_on={"cases": "others"})
    path.write_text(Fits(default=DEFAULT, models={"another": other}).model_dump_json(), encoding="utf-8")
    return path


def test_a_fit_is_kept_under_its_model_with_what_it_was_fitted_on(tmp_path: Path, stored: Path) -> None:
    before = Fits.read(stored)
    write_json(report(overconfident(1)), tmp_path / "report.json")
    main([str(tmp_path / "report.json")], stored)
    after = Fits.read(stored)
    assert after.models[MODEL].fitted_on == {"cases": "c4ses", "prompts": "pr0mpts"}
    assert after.models[MODEL].calibration
    assert (after.default, after.models["another"]) == (before.default, before.models["another"])


@pytest.mark.parametrize(
    ("made", "says"),
    [
        pytest.param(lambda: report(overconfident(1), judge="chat (m)"), "--judge decisions", id="another judge"),
        pytest.param(lambda: report([]), "too few points", id="no points"),
        pytest.param(lambda: report(overconfident(1, questions=1)), "too few points", id="one question"),
        pytest.param(lambda: report([[({MET: 0.9}, MET)]] * 30), "too few points", id="credit everywhere"),
        pytest.param(
            lambda: report([[({MET: 0.9, MISSED: 0.1}, MISSED), ({MET: 0.1, MISSED: 0.9}, MET)]] * 30),
            "nothing to fit",
            id="a model that is always wrong",
        ),
    ],
)
def test_what_cannot_be_fitted_on_is_told_and_changes_nothing(
    tmp_path: Path, stored: Path, made: Any, says: str
) -> None:
    before = stored.read_bytes()
    write_json(made(), tmp_path / "report.json")
    with pytest.raises(SystemExit, match=says):
        main([str(tmp_path / "report.json")], stored)
    assert stored.read_bytes() == before


def test_nothing_is_fitted_on_the_answers_that_measure(tmp_path: Path, stored: Path) -> None:
    spoilt = report(overconfident(1))
    spoilt["cases"][-1]["id"] = grading("test")[0].id
    write_json(spoilt, tmp_path / "report.json")
    with pytest.raises(SystemExit, match="test split"):
        main([str(tmp_path / "report.json")], stored)


@pytest.mark.parametrize(("arguments", "says"), [([], "Name one report"), (["nowhere.json"], "nowhere.json")])
def test_a_wrong_command_line_gets_one_sentence(stored: Path, arguments: list[str], says: str) -> None:
    with pytest.raises(SystemExit, match=says):
        main(arguments, stored)


# From a real report


async def test_a_report_holds_what_the_model_gave_also_of_points_left_open(tmp_path: Path) -> None:
    rubric = [{"id": name, "point": f"Fact {name} is so."} for name in ("a", "b")]
    cases = [
        GradingCase.model_validate(
            {
                "id": str(n),
                "question": f"What of {n}?",
                "rubric": rubric,
                "answer": "Fact a is so. Fact b is so.",
                "gold_points": {"a": "met", "b": "missed"},
            }
        )
        for n in range(2)
    ]
    given = Decide([{"met": 0.55, "missed": 0.45}, {"missed": 0.7, "partial": 0.3}])
    with ScriptedServer() as server:
        server.always(given)
        async with connected(server) as client:
            judge = DecisionsJudge(client, MODEL, Matcher(HashingEmbedder()))
            made = await Plan(tmp_path / "runs").carry_out(Grading(cases, Library([]), judge), judge.name)
    write_json(made, tmp_path / "report.json")
    read = json.loads((tmp_path / "report.json").read_text())
    assert read["cases"][0]["points"]["a"] == UNSCORED
    found = rows(read)
    assert [(row.given[MET], row.given[MISSED], row.gold) for row in found[:2]] == [(0.55, 0.45, MET), (0, 0.7, MISSED)]
    assert len({row.question for row in found}) == 2
    with pytest.raises(CaseError):
        rows({**read, "cases": read["cases"][:1]})
