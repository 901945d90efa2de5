from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Scores = NDArray[np.float64]


def _roc_auc(label: Labels, score: Scores) -> float:
    gap = score[label == 1][:, None] - score[label == 0][None, :]
    return float(((1 + np.sign(gap)) / 2).mean())


def _average_precision(label: Labels, score: Scores) -> float:
    ranked = label[np.argsort(-score)]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(precision[ranked == 1].mean())


def _counts(label: Labels, decision: Labels) -> tuple[int, int, int, int]:
    """TP, FP, FN, TN."""
    tp, fp, fn, tn = (int(((decision == d) & (label == y)).sum()) for d, y in ((1, 1), (1, 0), (0, 1), (0, 0)))
    return tp, fp, fn, tn


def _noisy(auc: float, prevalence: float, rate: float) -> tuple[float, float]:
    """The ROC-AUC under symmetric label noise, and the share of true negatives among the noisy positives."""
    positives = prevalence * (1 - rate) + (1 - prevalence) * rate
    alpha = (1 - prevalence) * rate / positives
    beta = prevalence * rate / (1 - positives)
    mixed = (1 - alpha) * (1 - beta) * auc + alpha * beta * (1 - auc) + (alpha * (1 - beta) + (1 - alpha) * beta) / 2
    factor = (1 - 2 * rate) * prevalence * (1 - prevalence) / (positives * (1 - positives))
    np.testing.assert_allclose(mixed - 0.5, factor * (auc - 0.5))
    return mixed, alpha


def test_precision_recall_and_auc(worked_example: Callable[[str], str]) -> None:
    text = worked_example("precision-recall-and-auc")
    positives, negatives = np.array([0.9, 0.8, 0.4]), np.array([0.85, 0.7, 0.5, 0.2, 0.1])
    score = np.concatenate([positives, negatives])
    label = np.repeat([1, 0], [len(positives), len(negatives)])
    assert f"positives score ${', '.join(map(str, positives))}$" in text
    assert f"negatives ${', '.join(map(str, negatives))}$" in text

    pairs, auc = len(positives) * len(negatives), _roc_auc(label, score)
    assert f"Of the {pairs} pairs {auc * pairs:.0f} are in order, so ROC-AUC is ${auc:.3f}$" in text
    assert f"average precision is ${_average_precision(label, score):.3f}$" in text
    assert f"chance level of ${label.mean():.3f}$" in text

    threshold = 0.6
    decision = (score > threshold).astype(np.int64)
    assert f"At threshold ${threshold}$" in text
    tp, fp, fn, tn = _counts(label, decision)
    assert f"$TP = {tp}$, $FP = {fp}$, $FN = {fn}$, $TN = {tn}$" in text
    assert f"precision ${tp / (tp + fp):.3f}$, recall ${tp / (tp + fn):.3f}$" in text

    assert f"names only: ROC-AUC ${_roc_auc(1 - label, score):.3f}$" in text
    assert f"ROC-AUC ${_roc_auc(1 - label, -score):.3f}$ again" in text
    new_tp, new_fp, new_fn, _ = _counts(1 - label, 1 - decision)
    assert new_tp / (new_tp + new_fp) == tn / (tn + fn)
    assert new_tp / (new_tp + new_fn) == tn / (tn + fp)
    assert f"precision ${tn / (tn + fn):.3f}$ (the old negative predictive value)" in text
    assert f"recall ${tn / (tn + fp):.3f}$ (the old specificity)" in text
    assert f"and average precision ${_average_precision(1 - label, -score):.3f}$" in text

    clean, rate, prevalence = 0.9, 0.1, 0.1
    (balanced, _), (rare, alpha) = _noisy(clean, 0.5, rate), _noisy(clean, prevalence, rate)
    np.testing.assert_allclose(balanced - 0.5, (1 - 2 * rate) * (clean - 0.5))
    np.testing.assert_allclose(alpha, 0.5)
    assert f"clean ROC-AUC of ${clean}$ with $r = {rate}$ is measured as ${balanced:.3f}$" in text
    assert f"as ${rare:.3f}$ when ${100 * prevalence:.0f}\\%$ are positive" in text
