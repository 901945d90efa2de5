"""The numbers of the code notes on neighbours, densities, SGD, k-means, PCA, the loss and the reservoir."""

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np

Example = Callable[[str], str]
Solution = Callable[[str], dict[str, Any]]


def row(numbers: Any, form: str = ".4g") -> str:
    """Numbers as a note writes them one after the other."""
    return ", ".join(format(number, form) for number in numbers)


def missing(text: str, *claims: str) -> list[str]:
    return [claim for claim in claims if claim not in text]


def test_knn_from_scratch(worked_example: Example, solution: Solution) -> None:
    text, predict = worked_example("knn-from-scratch"), solution("knn-from-scratch")["knn_predict"]
    points, labels, query = np.array([[0.0], [1], [2], [10]]), np.array([4, 0, 0, 4]), np.array([[0.1]])
    one, three, four = (int(predict(points, labels, query, k)[0]) for k in (1, 3, 4))
    x, q = 1e8, 1e8 + 1
    assert (q * q - 2 * q * x + x * x, (q - x) ** 2) == (0, 1)
    claims = [
        f"Points ${row(points[:, 0])}$ on a line with labels ${row(labels)}$; the query is ${query[0, 0]}$",
        f"squared distances are ${row(((points - query) ** 2)[:, 0])}$",
        f"With $k = 1$ the answer is ${one}$",
        f"so the answer is ${three}$, while the mean of the three labels is ${labels[:3].mean():.2f}$",
        f"With $k = 4$ it is two against two, and the smaller label ${four}$ wins",
        "the expansion gives $0$ for the squared distance, though it is $1$",
    ]
    assert missing(text, *claims) == []


def test_histogram_density(worked_example: Example, solution: Solution) -> None:
    text, density = worked_example("histogram-density"), solution("histogram-density")["histogram_density"]
    samples, edges = np.array([0.1, 0.2, 0.4, 1.5]), np.array([0, 0.5, 2])
    widths = np.diff(edges)
    heights = density(samples, edges, np.array([0.3, 1.0]))
    counts = heights * widths * len(samples)
    shares = counts / counts.sum()
    claims = [
        f"Samples ${row(samples)}$ and edges ${row(edges)}$",
        f"The counts are ${counts[0]:g}$ and ${counts[1]:g}$, the widths ${widths[0]}$ and ${widths[1]}$",
        f"The heights are $3 / (4 \\cdot 0.5) = {heights[0]:g}$ and $1 / (4 \\cdot 1.5) = {heights[1]:.4f}$",
        f"the areas ${(heights * widths)[0]:g}$ and ${(heights * widths)[1]:g}$ sum to one",
        f"the heights would be ${shares[0]:g}$ and ${shares[1]:g}$, whose area is ${shares @ widths:g}$",
    ]
    assert missing(text, *claims) == []


def test_gaussian_kde(worked_example: Example, solution: Solution) -> None:
    text, log_kde = worked_example("gaussian-kde"), solution("gaussian-kde")["log_kde"]
    samples = np.array([[0.0], [2]])
    between = float(log_kde(samples, np.array([[1.0]]), 2)[0])
    mistaken = float(log_kde(samples, np.array([[1.0]]), math.sqrt(2))[0])
    far = float(log_kde(0 * samples, np.array([[100.0]]), 1)[0])
    assert math.exp(-(100**2) / 2) == 0
    claims = [
        f"both exponents are $-1/8 = {-1 / 8}$",
        f"\\log \\sqrt{{2\\pi}} = {between:.4f}$, a density of ${math.exp(between):.4f}$",
        f"\\log(4\\pi) = {mistaken:.4f}$",
        f"the exponents are ${-(100**2) // 2}$",
        f"the log-density is ${far:.4f}$",
    ]
    assert missing(text, *claims) == []


def test_softmax_cross_entropy_stable(worked_example: Example, solution: Solution) -> None:
    name = "softmax-cross-entropy-stable"
    text, loss_of = worked_example(name), solution(name)["softmax_cross_entropy"]
    logits, labels = np.array([[0, 0], [0, math.log(3)]]), np.array([0, 0])
    loss, gradient = loss_of(logits, labels)
    each = [loss_of(logits[[i]], labels[[i]])[0] for i in range(2)]
    high, pull = loss_of(np.array([[1000.0, 0]]), np.array([1]))
    capped = [-math.log(1e-12 + math.exp(-gap)) for gap in (35, 1000)]
    assert f"{capped[0]:.2f}" == f"{capped[1]:.2f}"
    claims = [
        f"probabilities of the label are ${math.exp(-each[0]):g}$ and ${math.exp(-each[1]):g}$",
        f"the losses ${each[0]:.4f}$ and ${each[1]:.4f}$, the mean ${loss:.4f}$",
        f"is $({row(gradient[0])})$ and $({row(gradient[1])})$",
        f"the loss is ${high:g}$ and the gradient $({row(pull[0])})$",
        f"the loss would be ${capped[1]:.2f}$",
    ]
    assert missing(text, *claims) == []


def test_logistic_regression_sgd(worked_example: Example, solution: Solution) -> None:
    text, fit = worked_example("logistic-regression-sgd"), solution("logistic-regression-sgd")["fit_logistic"]
    rows, labels = np.array([[1.0, 0], [1, 2], [1, 4]]), np.array([0, 0, 1])
    step = fit(rows, labels, 0.6, 1, 3, np.random.default_rng(0))
    same, ones = np.ones((3, 1)), np.ones(3)
    both = fit(same, ones, 1.0, 1, 2, np.random.default_rng(0))[0]
    first = fit(same[:2], ones[:2], 1.0, 1, 2, np.random.default_rng(0))[0]
    claims = [
        f"the residuals are ${row(0.5 - labels)}$",
        f"= ({row(rows.T @ (0.5 - labels) / 3, '.4f')})$, and the step gives $w = ({row(step)})$",
        f"the first step gives $w = {first:g}$",
        f"adds $1 - \\sigma(0.5) = {both - first:.4f}$, so $w = {both:.4f}$",
        f"it would end at ${first:g}$",
    ]
    assert missing(text, *claims) == []


def test_kmeans_lloyd(worked_example: Example, solution: Solution) -> None:
    text, kmeans = worked_example("kmeans-lloyd"), solution("kmeans-lloyd")["kmeans"]
    points, start = np.array([[0.0], [1], [10], [11]]), np.array([[0.0], [1]])
    found = [kmeans(points, start, steps)[:, 0] for steps in range(4)]
    costs = [((points - centres) ** 2).min(1).sum() for centres in found]
    np.testing.assert_array_equal(found[2], found[3])
    claims = [
        f"Points ${row(points[:, 0])}$ on a line, centres ${found[0][0]:g}$ and ${found[0][1]:g}$",
        f"the centres become ${found[1][0]:g}$ and $22/3 = {found[1][1]:.4f}$",
        f"its distances are ${1 - found[1][0]:g}$ and ${found[1][1] - 1:.4f}$",
        f"the centres become ${found[2][0]:g}$ and ${found[2][1]:g}$",
        f"is ${costs[0]:g}$, ${costs[1]:.4f}$ and ${costs[2]:g}$",
    ]
    assert missing(text, *claims) == []


def test_pca_power_iteration(worked_example: Example, solution: Solution) -> None:
    text = worked_example("pca-power-iteration")
    components = solution("pca-power-iteration")["principal_components"]
    points = np.array([[3.0, -3], [-3, 3], [1, 1], [-1, -1]])
    product = points.T @ points
    found = components(points, 2)
    first, second = np.diag(found.T @ product @ found)
    step = product @ [1, 0]
    unit = step / np.linalg.norm(step)
    tangent = abs(unit @ [1, 1]) / abs(unit @ [1, -1])
    np.testing.assert_allclose(abs(found.T @ [1, -1]) / math.sqrt(2), [1, 0], atol=1e-12)
    np.testing.assert_allclose(tangent, second / first)
    np.testing.assert_array_equal(product @ [1, 1], second * np.ones(2))
    claims = [
        f"${product[0, 0]:g}$ on the diagonal and ${product[0, 1]:g}$ off it",
        f"eigenvalues are ${first:.4g}$ for $(1, -1)/\\sqrt{{2}}$ and ${second:.4g}$ for",
        f"the first step gives $({row(step)})$, normalised $({row(unit, '.4f')})$",
        f"is $1$ at first and $1/9 = {tangent:.4f}$ after one step",
    ]
    assert missing(text, *claims) == []


def test_reservoir_sampling(worked_example: Example, solution: Solution) -> None:
    text, reservoir = worked_example("reservoir-sampling"), solution("reservoir-sampling")["reservoir"]
    k, n, runs = 3, 10, 2000
    stays = math.prod(1 - 1 / seen for seen in range(k + 1, n + 1))
    mistaken = math.prod(1 - 1 / index for index in range(k, n))
    mean, sigma = runs * k / n, math.sqrt(runs * k / n * (1 - k / n))
    rng = random.Random(0)
    kept = sum(0 in list(reservoir(range(n), k, rng))[-1] for _ in range(300))
    assert abs(kept - 300 * stays) < 5 * math.sqrt(300 * stays * (1 - stays))
    np.testing.assert_allclose([stays, mistaken], [3 / 10, 2 / 9])
    assert 7.5 < (mean - runs * mistaken) / sigma < 8
    claims = [
        "\\frac{9}{10} = 3/10$, the same",
        f"In ${runs}$ runs each count is expected to be ${mean:g}$, with a standard deviation of ${sigma:.2f}$",
        f"\\frac{{8}}{{9}} = 2/9$, which makes ${runs * mistaken:.1f}$, nearly eight standard deviations",
        f"about $10 \\ln(10^8) = {10 * math.log(1e8):.1f}$",
    ]
    assert missing(text, *claims) == []
