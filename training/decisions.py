"""Fit how a decision model's probabilities are read: `python -m training.decisions REPORT.json`.

The report is one that `viva eval grading --judge decisions --split dev --json REPORT.json` wrote; it holds
what the model gave, before any calibration. Fitted are Platt's curve over the log-odds that a point earns
credit, and the least probability at which each verdict reaches the wanted precision. What is printed, and
what the thresholds rest on, is out of note (leave one note out). Other models' fits stay as they are.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# scikit-learn ships no complete types; this script only hands arrays in and out.

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from bot.grading.decisions import CHOICES, FITS, Fit, Fits, Shares, log_odds
from bot.grading.grade import Verdict
from evals.cases import CaseError, grading
from evals.report import Report, read_json
from evals.thresholds import PRECISION, threshold

_ENOUGH = 20  # points that a verdict was likeliest for; with fewer its threshold stays the default one
_REGULARISATION = 10.0  # inverse strength

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One labelled point: what the model gave, the examiner's verdict, and the question it belongs to."""

    given: Shares
    gold: Verdict
    question: str


def rows(report: Report) -> list[Row]:
    """The labelled points of a report for which it has probabilities; raises CaseError where there are too few."""
    found = [
        Row({Verdict(v): p for v, p in case["probabilities"][point].items()}, Verdict(gold), case["question"])
        for case in report["cases"]
        for point, gold in case.get("gold_points", {}).items()
        if point in case.get("probabilities", {})
    ]
    for credited in (True, False):
        if len({row.question for row in found if bool(row.gold.credit) is credited}) < 2:
            raise CaseError("The report has too few points; both with credit and without, two questions need some.")
    return found


def model_of(report: Report) -> str:
    """The model that a report is about; raises CaseError where it is not one to fit on."""
    named = re.fullmatch(r"decisions \((.+)\)", report["summary"]["judge"])
    if not named:
        raise CaseError("This is no report on the decisions judge; write one with --judge decisions --json.")
    if {case["id"] for case in report["cases"]} & {case.id for case in grading("test")}:
        raise CaseError("The report has answers of the test split, which measure and are not fitted on; use dev.")
    return named[1]


def platt(odds: Floats, credited: Flags) -> tuple[float, float]:
    """Slope and intercept of the curve from the log-odds (n,) of credit to its probability."""
    model = LogisticRegression(C=_REGULARISATION).fit(odds[:, None], credited)
    return round(float(np.asarray(model.coef_)[0, 0]), 4), round(float(np.asarray(model.intercept_)[0]), 4)


def unseen(sample: Sequence[Row], odds: Floats, credited: Flags) -> list[dict[Verdict, float]]:
    """Each row's calibrated probabilities, by the curve of all the other questions."""
    questions = np.array([row.question for row in sample])
    curves = {
        question: Fit(thresholds={}, calibration=platt(odds[questions != question], credited[questions != question]))
        for question in {row.question for row in sample}
    }
    return [curves[row.question].calibrated(row.given) for row in sample]


def thresholds(
    sample: Sequence[Row], probabilities: Sequence[dict[Verdict, float]], default: Fit
) -> dict[Verdict, float]:
    """The least probability of each verdict that reaches its precision; 1 where none does.

    A verdict with credit is right where the examiner gives as much or more.
    """
    likeliest = [max(shares, key=lambda v, s=shares: s[v]) for shares in probabilities]
    found = dict(default.thresholds)
    for verdict in CHOICES:
        chosen = [n for n, likely in enumerate(likeliest) if likely is verdict]
        probability = np.array([probabilities[n][verdict] for n in chosen])
        right = np.array([_right(verdict, sample[n].gold) for n in chosen], dtype=np.bool_)
        if len(chosen) >= _ENOUGH:
            found[verdict] = threshold(probability, right, PRECISION[verdict])
        given = probability >= found[verdict]
        precision = f"{right[given].mean():.3f}" if given.any() else "-"
        sys.stdout.write(
            f"{verdict:13} likeliest for {len(chosen):4}, threshold {found[verdict]:.2f}, "
            f"given {given.sum():4}, precision {precision}\n"
        )
    return found


def _right(verdict: Verdict, gold: Verdict) -> bool:
    return gold.credit >= verdict.credit if verdict.credit else gold is verdict


def fit(report: Report, default: Fit) -> Fit:
    """What a report's labels say about its model, printing how well it does on notes it has not seen."""
    sample = rows(report)
    credited = np.array([bool(row.gold.credit) for row in sample])
    odds = np.array([log_odds(row.given) for row in sample])
    curve = platt(odds, credited)
    if curve[0] <= 0:
        raise CaseError("This model's probabilities say nothing about credit, so there is nothing to fit.")
    calibrated = unseen(sample, odds, credited)
    for name, all_shares in (("as given", [row.given for row in sample]), ("calibrated", calibrated)):
        credit = np.array([min(1.0, sum(p for v, p in shares.items() if v.credit)) for shares in all_shares])
        sys.stdout.write(f"{name}: Brier score {brier_score_loss(credited, credit):.4f} over {len(sample)} points\n")
    basis = report["summary"]["depends on"]
    return Fit(
        thresholds=thresholds(sample, calibrated, default),
        calibration=curve,
        fitted_on={name: basis[name] for name in ("cases", "prompts")},
    )


def main(arguments: Sequence[str], path: Path = FITS) -> None:
    """Fit on the report that is named, and keep it under its model's name; leaves with a sentence on a mistake."""
    if len(arguments) != 1:
        raise SystemExit("Name one report: python -m training.decisions REPORT.json")
    try:
        report, fits = read_json(Path(arguments[0])), Fits.read(path)
        models = {**fits.models, model_of(report): fit(report, fits.default)}
    except CaseError as error:
        raise SystemExit(str(error)) from error
    path.write_text(fits.model_copy(update={"models": models}).model_dump_json(indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
