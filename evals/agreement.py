"""Statistics of agreement, on numpy alone.

Scores are in [0, 1]. A statistic that its data cannot give (one case, no spread, no such class) is nan.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]
Classes = Sequence[int] | NDArray[np.int_]
Statistic = Callable[[Rows], float]
"""A number for the cases at these rows."""

LEVELS = 5  # grades that a score in [0, 1] is rounded to for quadratic weighted kappa: 0, 0.25, ..., 1
_ROWS_DRAWN = 2_000_000
BINS = 10  # equal-width bins of probability for the calibration error


def mean(values: NDArray[Any]) -> float:
    """The mean; nan of nothing."""
    return float(values.mean()) if len(values) else float("nan")


def share(part: float, whole: float) -> float:
    """A part of a whole; nan of nothing."""
    return float(part / whole) if whole else float("nan")


def pearson(x: Floats, y: Floats) -> float:
    """Pearson's r."""
    if len(x) < 2 or not np.ptp(x) or not np.ptp(y):
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def ranks(x: Floats) -> Floats:
    """Ranks from 1, ties sharing their mean rank."""
    _, where, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((last - counts + 1 + last) / 2)[where.reshape(-1)]


def spearman(x: Floats, y: Floats) -> float:
    """Spearman's rho: Pearson's r of the ranks."""
    return pearson(ranks(x), ranks(y))


def within(x: Floats, y: Floats, groups: Sequence[Hashable]) -> float:
    """Pearson's r with each group's mean taken out: agreement among answers to the same question."""
    _, index = np.unique(np.asarray(groups), return_inverse=True)
    size = np.bincount(index)
    centred = [values - (np.bincount(index, values) / size)[index] for values in (x, y)]
    return pearson(*centred) if len(x) > len(size) else float("nan")


def rmse(given: Floats, gold: Floats) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(mean((given - gold) ** 2)))


def mae(given: Floats, gold: Floats) -> float:
    """Mean absolute error."""
    return mean(np.abs(given - gold))


def bias(given: Floats, gold: Floats) -> float:
    """Mean of given minus gold: above 0 flatters, below 0 is harsh."""
    return mean(given - gold)


def kappa(given: Classes, gold: Classes, classes: int, *, quadratic: bool = False) -> float:
    """Cohen's kappa of two raters over classes 0 .. classes-1; with quadratic weights if so asked.

    1 - sum(w * observed) / sum(w * expected), expected from the raters' own frequencies.
    """
    table = confusion(gold, given, classes)
    row, column = np.indices(table.shape)
    weights = (row - column) ** 2 if quadratic else (row != column).astype(np.int_)
    chance = np.outer(table.sum(1), table.sum(0))
    return 1 - share(float((weights * table).sum() * table.sum()), float((weights * chance).sum()))


def qwk(given: Floats, gold: Floats) -> float:
    """Quadratic weighted kappa of scores rounded to five grades."""
    return kappa(_levels(given), _levels(gold), LEVELS, quadratic=True)


def _levels(scores: Floats) -> NDArray[np.int_]:
    # Half a grade goes up, as an examiner rounds; numpy would round to even.
    return np.floor(scores * (LEVELS - 1) + 0.5).astype(np.int_)


def confusion(gold: Classes, given: Classes, classes: int) -> NDArray[np.int_]:
    """Counts (classes, classes): row gold, column given."""
    table = np.zeros((classes, classes), dtype=np.int_)
    np.add.at(table, (np.asarray(gold, dtype=np.intp), np.asarray(given, dtype=np.intp)), 1)
    return table


def precision_recall_f1(table: NDArray[np.int_], row: int) -> tuple[float, float, float]:
    """Precision, recall and F1 of one class of a confusion table; its columns may be more than its rows."""
    hit, given, gold = float(table[row, row]), float(table[:, row].sum()), float(table[row].sum())
    return share(hit, given), share(hit, gold), share(2 * hit, given + gold)


def auroc(score: Floats, positive: Flags) -> float:
    """Area under the ROC curve: chance that a positive case scores above a negative one, ties half."""
    n = int(positive.sum())
    if not n or n == len(positive):
        return float("nan")
    return float((ranks(score)[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n)))


def brier(expected: Floats, worth: Floats | Flags) -> float:
    """Mean squared distance of what was expected, in [0, 1], from what came true: a flag, or a worth in [0, 1]."""
    return mean((expected - worth) ** 2)


def reliability(expected: Floats, worth: Floats | Flags) -> list[tuple[float, float, int]]:
    """For each bin of what was expected with cases in it: its mean, the mean of what came true, how many."""
    bins = np.minimum((expected * BINS).astype(np.intp), BINS - 1)
    chosen = [bins == b for b in range(BINS)]
    return [(float(expected[c].mean()), float(worth[c].mean()), int(c.sum())) for c in chosen if c.any()]


def calibration_error(expected: Floats, worth: Floats | Flags) -> float:
    """Expected calibration error: mean distance of the bins from the diagonal, by their sizes."""
    return share(sum(abs(p - true) * n for p, true, n in reliability(expected, worth)), len(worth))


def risk_coverage(confidence: Floats, right: Flags) -> list[tuple[float, float]]:
    """(coverage, error) when only the most confident cases are answered; ties are answered together."""
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order])
    ends: list[int] = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, bool(len(order)))).tolist()
    return [((end + 1) / len(right), float(wrong[end] / (end + 1))) for end in ends]


def bootstrap(
    statistic: Statistic, clusters: Sequence[Hashable], *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of a statistic when whole clusters (questions) are drawn with replacement.

    Answers to one question are alike, so drawing answers one by one would make the interval too narrow.
    1,000 draws, fewer (200 at least) where there are more than 2,000 rows. nan where there are fewer than
    two clusters.
    """
    _, index = np.unique(np.asarray(clusters), return_inverse=True)
    rows: list[Rows] = [np.flatnonzero(index == cluster) for cluster in range(index.max(initial=-1) + 1)]
    if len(rows) < 2:
        return float("nan"), float("nan")
    random = np.random.default_rng(seed)

    def draw() -> float:
        chosen: list[int] = random.integers(len(rows), size=len(rows)).tolist()
        return statistic(np.concatenate([rows[i] for i in chosen]))

    draws = max(200, min(1_000, _ROWS_DRAWN // len(index)))
    values = np.array([draw() for _ in range(draws)])
    if np.isnan(values).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
