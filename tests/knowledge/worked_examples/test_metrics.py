import contextlib
import io
import math
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def normal_cdf(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def listed(values: Floats, digits: int) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)


def kappa(table: Floats) -> tuple[float, float]:
    """Agreement expected by chance and Cohen's kappa."""
    shares = table / table.sum()
    chance = float(shares.sum(0) @ shares.sum(1))
    return chance, (float(np.trace(shares)) - chance) / (1 - chance)


def test_confusion_matrix(worked_example: Callable[[str], str]) -> None:
    text = worked_example("confusion-matrix")
    table = np.array([[90, 8, 2], [12, 86, 2], [3, 7, 0]], dtype=np.float64)
    for row in table:
        assert f"$({', '.join(f'{count:.0f}' for count in row)})$" in text
    hits = np.diag(table)
    recalls, precisions = hits / table.sum(1), hits / table.sum(0)
    assert f"${hits.sum():.0f}/{table.sum():.0f} = {hits.sum() / table.sum():.3f}$" in text
    assert "recalls are ${:.3f}$, ${:.3f}$ and ${:.3f}$".format(*recalls) in text
    assert "precisions are ${:.3f}$, ${:.3f}$ and ${:.3f}$".format(*precisions) in text
    assert f"balanced accuracy is ${recalls.mean():.3f}$" in text
    assert f"Foxes are called dogs ${table[2, 1]:.0f}$ times, dogs are called foxes ${table[1, 2]:.0f}$" in text
    chance, value = kappa(table)
    assert f"$p_e = {chance:.3f}$, so $\\kappa = {value:.3f}$" in text
    second = np.array([[90, 5], [5, 0]], dtype=np.float64)
    chance, value = kappa(second)
    assert "$(90, 5)$ and $(5, 0)$" in text
    assert f"agreement of ${np.trace(second) / second.sum():.3f}$" in text
    assert f"$p_e = {chance:.3f}$ and $\\kappa = {value:.3f}$" in text
    assert f"$c_{{FN}} = 10$ and $c_{{FP}} = 1$ the threshold on the probability is ${1 / 11:.3f}$" in text


def test_f1_and_averages(worked_example: Callable[[str], str]) -> None:
    text = worked_example("f1-and-averages")

    def f_beta(precision: float, recall: float, beta: float = 1.0) -> float:
        return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)

    assert f"$0.9$ and recall $0.1$ give $F_1 = {f_beta(0.9, 0.1):.3f}$" in text
    assert f"arithmetic mean would be ${(0.9 + 0.1) / 2:.3f}$" in text
    assert f"$F_2 = {f_beta(0.9, 0.1, 2):.3f}$ and $F_{{0.5}} = {f_beta(0.9, 0.1, 0.5):.3f}$" in text
    table = np.array([[88, 10, 2], [14, 82, 4], [4, 4, 2]], dtype=np.float64)
    for row in table:
        assert f"$({', '.join(f'{count:.0f}' for count in row)})$" in text
    hits, present, predicted = np.diag(table), table.sum(1), table.sum(0)
    scores = 2 * hits / (present + predicted)
    precisions, recalls = hits / predicted, hits / present
    macro, weighted = scores.mean(), (scores * present).sum() / present.sum()
    false_positives, false_negatives = (predicted - hits).sum(), (present - hits).sum()
    micro = 2 * hits.sum() / (2 * hits.sum() + false_positives + false_negatives)
    np.testing.assert_allclose(micro, hits.sum() / table.sum())
    assert "F1 scores are ${:.3f}$, ${:.3f}$ and ${:.3f}$".format(*scores) in text
    assert f"macro-F1 is ${macro:.3f}$" in text
    of_means = f_beta(float(precisions.mean()), float(recalls.mean()))
    assert of_means >= macro
    assert f"macro-recall is ${of_means:.3f}$" in text
    assert f"micro-F1 is ${micro:.3f}$" in text
    assert f"weighted F1 is ${weighted:.3f}$" in text
    everything = 2 * 0.1 / 1.1
    assert f"everything positive gives ${everything:.3f}$, and half of that, ${everything / 2:.3f}$" in text
    p = np.linspace(0.005, 0.995, 100) ** 2
    best = max(2 * p[p >= t].sum() / ((p >= t).sum() + p.sum()) for t in p)
    called = p > best / 2
    np.testing.assert_allclose(2 * p[called].sum() / (called.sum() + p.sum()), best)


def test_roc_auc(worked_example: Callable[[str], str]) -> None:
    text = worked_example("roc-auc")
    positives, negatives = np.array([0.9, 0.8, 0.6, 0.4]), np.array([0.7, 0.6, 0.3, 0.2, 0.1])
    assert f"Positives score ${listed(positives, 1)}$, negatives ${listed(negatives, 1)}$" in text
    difference = positives[:, None] - negatives
    ordered, tied = int((difference > 0).sum()), int((difference == 0).sum())
    wins = ordered + tied / 2
    assert f"$P = {len(positives)}$, $N = {len(negatives)}$ and there are ${difference.size}$ pairs" in text
    assert f"Ordered pairs: ${ordered}$, tied pairs: ${tied}$" in text
    assert f"${wins}/{difference.size} = {wins / difference.size:.3f}$" in text
    scores = np.concatenate([positives, negatives])
    ranks = [(scores < score).sum() + ((scores == score).sum() + 1) / 2 for score in sorted(positives)]
    total, smallest = sum(ranks), len(positives) * (len(positives) + 1) // 2
    assert f"ascending ranks ${', '.join(f'{rank:g}' for rank in ranks)}$" in text
    area = (total - smallest) / difference.size
    assert f"$R = {total}$ and $({total} - {smallest})/{difference.size} = {area:.3f}$" in text
    first, second = (normal_cdf(d / math.sqrt(2)) for d in (1, 2))
    assert f"$d = 1$ give an area of ${first:.3f}$, with $d = 2$ one of ${second:.3f}$" in text
    assert f"as large as ${math.sqrt(0.8 * 0.2 / 50):.3f}$" in text
    assert f"would have given ${math.sqrt(0.8 * 0.2 / (50 * 1000)):.4f}$" in text


def test_flipped_labels(worked_example: Callable[[str], str]) -> None:
    text = worked_example("flipped-labels")
    rate = 0.1

    def measured(accuracy: float) -> float:
        return accuracy * (1 - rate) + (1 - accuracy) * rate

    assert f"$0.95$ is measured as ${measured(0.95):.3f}$ and one of $0.90$ as ${measured(0.9):.3f}$" in text
    assert f"A perfect model shows ${measured(1.0):.3f}$" in text
    assert f"$(0.86 - 0.1)/0.8 = {(measured(0.95) - rate) / (1 - 2 * rate):.3f}$" in text
    lost_positives, lost_negatives = 0.4, 0.0
    crossing = (0.5 - lost_negatives) / (1 - lost_negatives - lost_positives)
    noisy = (1 - lost_positives) * 0.8 + lost_negatives * 0.2
    assert f"clean probability of ${crossing:.3f}$" in text
    assert f"$\\tilde{{\\eta}} = {noisy:.3f}$" in text
    right, wrong = -math.log(0.9), -math.log(0.1)
    corrected = [((1 - rate) * a - rate * b) / (1 - 2 * rate) for a, b in ((right, wrong), (wrong, right))]
    assert f"$l(y) = {right:.4f}$ and $l(-y) = {wrong:.4f}$" in text
    assert f"${corrected[0]:.4f}$ for the true label and ${corrected[1]:.4f}$" in text
    mean = (1 - rate) * corrected[0] + rate * corrected[1]
    assert f"$0.9 \\cdot ({corrected[0]:.4f}) + 0.1 \\cdot {corrected[1]:.4f} = {mean:.4f}$" in text
    np.testing.assert_allclose(mean, right)


def test_calibration(worked_example: Callable[[str], str]) -> None:
    text = worked_example("calibration")
    share = np.array([0.6, 0.3, 0.1])
    confidence, accuracy = np.array([0.95, 0.75, 0.55]), np.array([0.8, 0.7, 0.6])
    gaps = np.abs(accuracy - confidence)
    terms = " + ".join(f"{s} \\cdot {gap:.2f}" for s, gap in zip(share, gaps, strict=True))
    assert f"$\\mathrm{{ECE}} = {terms} = {(share * gaps).sum():.3f}$" in text
    for size, sure, right in zip(share, confidence, accuracy, strict=True):
        row = rf"\${100 * size:.0f}\$ (examples )?with (confidence )?\${sure}\$ and (accuracy )?\${right:.2f}\$"
        assert re.search(row, text)
    brier = (share * (accuracy * (1 - confidence) ** 2 + (1 - accuracy) * confidence**2)).sum()
    reliability, refinement = (share * gaps**2).sum(), (share * accuracy * (1 - accuracy)).sum()
    np.testing.assert_allclose(brier, reliability + refinement)
    assert f"Brier score is ${brier:.4f}$" in text
    assert f"${reliability:.4f}$ is calibration and ${refinement:.4f}$ refinement" in text
    logits = np.array([2.0, 0.0, -1.0])
    cold, warm = (np.exp(logits / t).max() / np.exp(logits / t).sum() for t in (1, 2))
    assert f"${cold:.3f}$ at $T = 1$ and ${warm:.3f}$ at $T = 2$" in text
    few, many = (sum(math.comb(n, k) * abs(k / n - 0.5) for k in range(n + 1)) / 2**n for n in (25, 100))
    assert f"${few:.3f}$ on $25$ examples and still ${many:.3f}$ on $100$" in text


def test_cross_validation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("cross-validation")
    x, y = np.arange(5.0), np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    assert f"$x = {listed(x, 0)}$ and $y = {listed(y, 0)}$" in text
    design = np.column_stack([np.ones(5), x])
    intercept, slope = np.linalg.solve(design.T @ design, design.T @ y)
    assert f"$\\hat{{y}} = {intercept:.1f} + {slope:.1f}x$" in text
    leverage = np.diag(design @ np.linalg.inv(design.T @ design) @ design.T)
    residual = y - intercept - slope * x
    left_out = residual / (1 - leverage)
    refitted = np.empty(5)
    for i in range(5):
        kept = np.arange(5) != i
        coefficients = np.linalg.solve(design[kept].T @ design[kept], design[kept].T @ y[kept])
        refitted[i] = y[i] - design[i] @ coefficients
    np.testing.assert_allclose(left_out, refitted)
    assert f"residuals are ${listed(residual, 1)}$ and the leverages ${listed(leverage, 1)}$" in text
    assert f"leave-one-out residuals are ${listed(left_out, 3)}$" in text
    assert f"${(residual**2).mean():.3f}$ in training and ${(left_out**2).mean():.3f}$ in leave-one-out" in text
    n, configurations = 100, 20
    below = np.cumsum([math.comb(n, k) / 2**n for k in range(n + 1)]) ** configurations
    best = (np.arange(n + 1) * np.diff(below, prepend=0)).sum() / n
    assert f"${configurations}$ configurations which all guess, each scored on ${n}$" in text
    assert f"best score of ${best:.3f}$" in text
    labels = np.repeat([0, 1], 10)
    majority = [int(np.delete(labels, i).mean() > 0.5) for i in range(len(labels))]
    assert f"leave-one-out accuracy of ${np.mean(np.array(majority) == labels):.1f}$" in text


def test_data_leakage(worked_example: Callable[[str], str]) -> None:
    code, shown = re.findall(r"```(?:python)?\n(.*?)```", worked_example("data-leakage"), flags=re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == shown


def test_significance_tests(worked_example: Callable[[str], str]) -> None:
    text = worked_example("significance-tests")
    n = 1000
    for only_a, only_b, sentence in (
        (30, 40, "only A is right on $30$ and only B on $40$, then $z = {z:.2f}$, and the exact two-sided"),
        (5, 15, "numbers are $5$ and $15$, the difference is the same one point, but $z = {z:.2f}$ and $p = {p:.3f}$"),
    ):
        discordant = only_a + only_b
        p = 2 * sum(math.comb(discordant, k) for k in range(only_b, discordant + 1)) / 2**discordant
        assert only_b - only_a == 910 - 900
        assert sentence.format(z=(only_b - only_a) / math.sqrt(discordant), p=p) in text
        assert f"$p = {p:.3f}$" in text
    half_width = 1.96 * math.sqrt(5 + 15 - (15 - 5) ** 2 / n) / n
    assert f"${100 * (0.01 - half_width):.2f}$ to ${100 * (0.01 + half_width):.2f}$ points" in text
    unpaired = 0.01 / math.sqrt((0.9 * 0.1 + 0.91 * 0.09) / n)
    assert f"unpaired comparison would have given $z = {unpaired:.2f}$" in text
    similar, different = (1.96**2 * share / 0.01**2 for share in (0.02, 0.1))
    assert f"about ${similar:.0f}$ examples if the models disagree on $2\\%$, and ${different:.0f}$" in text
    naive, corrected = (0.02 / (0.025 * math.sqrt(factor)) for factor in (1 / 10, 1 / 10 + 1 / 9))
    assert f"$t = {naive:.2f}$ uncorrected and $t = {corrected:.2f}$ corrected" in text
    assert f"false positive with probability ${1 - 0.95**20:.3f}$" in text
