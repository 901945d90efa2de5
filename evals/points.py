"""Verdicts against an examiner's, over the labelled points of many answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.grading.grade import Verdict
from evals import agreement
from evals.agreement import Floats, Rows, mean
from evals.summary import Summary, number

GIVEN = tuple(Verdict)
GOLD = tuple(verdict for verdict in Verdict if verdict is not Verdict.UNSCORED)

_CURVE = 50  # points that a curve is drawn through at most

Verdicts = Mapping[str, Verdict]
"""By point id."""


@dataclass(frozen=True)
class Points:
    """One entry a labelled point: indices into GOLD and GIVEN, what the judge expects it to be worth, its question."""

    gold: NDArray[np.int_]
    given: NDArray[np.int_]
    expected: Floats
    questions: list[str]

    @classmethod
    def of(cls, answers: Iterable[tuple[str, Verdicts, Verdicts, Mapping[str, float]]]) -> "Points":
        """From the question, the labels, the verdicts given and the expected worths of each of some answers."""
        entries = [
            (GOLD.index(label), GIVEN.index(given[point]), expected.get(point, np.nan), question)
            for question, labels, given, expected in answers
            for point, label in labels.items()
        ]
        gold, given, expected, questions = zip(*entries, strict=True) if entries else ((), (), (), ())
        return cls(np.array(gold, dtype=np.int_), np.array(given, dtype=np.int_), np.array(expected), list(questions))

    def statistics(self) -> dict[str, agreement.Statistic]:
        """Numbers over points; a point left open counts as not right in `accuracy per point`."""
        gold, given = self.gold, self.given
        scored, right = given < len(GOLD), gold == given

        def kept(chosen: Rows) -> Rows:
            return chosen[scored[chosen]]

        def f1(chosen: Rows) -> float:
            table = agreement.confusion(gold[chosen], given[chosen], len(GIVEN))
            return agreement.precision_recall_f1(table, GOLD.index(Verdict.CONTRADICTED))[2]

        return {
            "accuracy per point": lambda chosen: mean(right[chosen]),
            "accuracy of scored points": lambda chosen: mean(right[kept(chosen)]),
            "abstention": lambda chosen: mean(~scored[chosen]),
            "F1 of contradicted": f1,
            "kappa of scored points": lambda chosen: agreement.kappa(
                given[kept(chosen)], gold[kept(chosen)], len(GOLD)
            ),
        }

    def tables(self) -> Summary:
        """Confusion, verdicts, calibration and risk against coverage; nothing where no point is labelled."""
        if not len(self.gold):
            return {}
        table = agreement.confusion(self.gold, self.given, len(GIVEN))
        found: Summary = {
            "confusion": {
                gold.value: {given.value: int(table[row, column]) for column, given in enumerate(GIVEN)}
                for row, gold in enumerate(GOLD)
            },
            "verdicts": {gold.value: _of_verdict(table, row) for row, gold in enumerate(GOLD)},
            "majority baseline": number(table.sum(1).max() / table.sum()),
        }
        known = ~np.isnan(self.expected)
        if known.any():
            # What is expected is a worth, and is held against the worth of the label: half for a point partly said.
            expected = self.expected[known]
            worth = np.array([verdict.credit for verdict in GOLD])[self.gold[known]]
            # Would the point be credited? Every point has an answer to that, also those left open.
            credited = worth > 0
            confidence, right = np.abs(expected - 0.5), (expected >= 0.5) == credited
            found["calibration"] = {
                "brier": number(agreement.brier(expected, worth)),
                "expected calibration error": number(agreement.calibration_error(expected, worth)),
                "AUROC": number(agreement.auroc(expected, credited)),
                "reliability": [[number(p), number(true), n] for p, true, n in agreement.reliability(expected, worth)],
            }
            curve = agreement.risk_coverage(confidence, right)
            shown = np.unique(np.linspace(0, len(curve) - 1, min(_CURVE, len(curve))).round().astype(np.int_))
            found["risk_coverage"] = [
                [number(coverage), number(risk)] for coverage, risk in map(curve.__getitem__, shown)
            ]
        return found


def _of_verdict(table: NDArray[np.int_], row: int) -> Summary:
    precision, recall, f1 = map(number, agreement.precision_recall_f1(table, row))
    return {"precision": precision, "recall": recall, "f1": f1, "points": int(table[row].sum())}
