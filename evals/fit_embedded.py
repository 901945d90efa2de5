"""Fit the embedded judge's head on the labelled answers: `python -m evals.fit_embedded`.

Only notes outside the test split are used. Thresholds are the least probabilities at which the
out-of-note predictions (leave one note out) reach the wanted precision: credit has to be dear.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# scikit-learn ships no complete types; this script only hands arrays in and out.

import json
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from bot.grading.embedded import HEAD
from bot.grading.grade import Verdict
from bot.grading.matching import FEATURES, Match, Matcher
from evals.cases import GradingCase, digest, grading, split_files
from knowledge.embedder import SentenceEmbedder
from knowledge.library import Library, load

CLASSES = (Verdict.CONTRADICTED, Verdict.MET, Verdict.MISSED)
PRECISION = {Verdict.MET: 0.95, Verdict.CONTRADICTED: 0.9, Verdict.MISSED: 0.93}
_CONTESTED = 0.5  # relevance from which on it takes reading to say that a point was not said
_REGULARISATION = 0.3  # inverse strength; 0.03 to 1 gave the same out-of-note AUC within 0.01

Features = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Labelled points that an answer says something beside: features (n, d), relevance and class (n,), note."""

    features: Features
    relevance: Features
    classes: NDArray[np.int_]
    notes: list[str]


def table(cases: list[GradingCase], library: Library, matcher: Matcher) -> Table:
    """Every point of every case whose answer makes a statement; partly met counts as met."""
    rows: list[tuple[Match, Verdict, str]] = []
    for case in cases:
        submission = case.submission(library)
        for point, match in zip(submission.rubric, matcher.match(submission), strict=True):
            if match is not None:
                gold = case.gold_points[point.id]
                rows.append((match, Verdict.MET if gold.credit else gold, case.note))
    return Table(
        features=np.array([match.features for match, _, _ in rows]),
        relevance=np.array([match.relevance for match, _, _ in rows]),
        classes=np.array([CLASSES.index(verdict) for _, verdict, _ in rows]),
        notes=[note for _, _, note in rows],
    )


def threshold(probability: Features, right: NDArray[np.bool_], precision: float) -> float:
    """The least threshold from which on the precision never falls below what is wanted."""
    grid = np.arange(0.4, 0.96, 0.01)
    reached = [right[probability >= t].mean() if (probability >= t).any() else 1.0 for t in grid]
    good = [all(p >= precision for p in reached[i:]) for i in range(len(grid))]
    return round(float(grid[good.index(True)] if True in good else grid[-1]), 2)


def main() -> None:
    """Fit, say how well it does on notes it has not seen, and write the head."""
    library, cases = load(), grading("train")
    data = table(cases, library, Matcher(SentenceEmbedder()))
    mean, scale = np.nanmean(data.features, axis=0), np.nanstd(data.features, axis=0)
    # An undefined feature counts as average, as the head has it.
    x, y = np.nan_to_num((data.features - mean) / scale), data.classes
    model = LogisticRegression(C=_REGULARISATION, max_iter=5_000)
    predictions = cross_val_predict(model, x, y, groups=data.notes, cv=LeaveOneGroupOut(), method="predict_proba")
    unseen = np.asarray(predictions)
    thresholds: dict[str, float] = {}
    for column, verdict in enumerate(CLASSES):
        right, probability = y == column, unseen[:, column]
        chosen = unseen.argmax(1) == column
        if verdict is Verdict.MISSED:
            # Points that nothing comes near are easy and many; the threshold has to hold where it is hard.
            chosen &= data.relevance >= _CONTESTED
        thresholds[verdict] = threshold(probability[chosen], right[chosen], PRECISION[verdict])
        given = chosen & (probability >= thresholds[verdict])
        sys.stdout.write(
            f"{verdict:13} AUC {roc_auc_score(right, probability):.3f}  threshold {thresholds[verdict]:.2f}  "
            f"precision {right[given].mean():.3f}  recall {(right & given).sum() / right.sum():.3f}\n"
        )
    model.fit(x, y)
    head = {
        "classes": CLASSES,
        "features": FEATURES,
        "mean": mean.round(5).tolist(),
        "scale": scale.round(5).tolist(),
        "weights": np.asarray(model.coef_).round(4).tolist(),
        "bias": np.asarray(model.intercept_).round(4).tolist(),
        "thresholds": thresholds,
        "fitted_on": digest(split_files("train")),
    }
    HEAD.write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
