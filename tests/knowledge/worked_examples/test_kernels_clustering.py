from collections.abc import Callable
from math import comb, exp, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def gaussian(x: Array, means: Array, variances: Array) -> Array:
    """Densities of the points (rows) under one-dimensional Gaussians (columns)."""
    return np.exp(-0.5 * (x[:, None] - means) ** 2 / variances) / np.sqrt(2 * pi * variances)


def spelled(values: Array, separator: str = ", ") -> str:
    return separator.join(f"{value:g}" for value in values)


def test_support_vector_machines(worked_example: Callable[[str], str]) -> None:
    text = worked_example("support-vector-machines")
    x, y = np.array([[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [3.0, 0.0]]), np.array([-1.0, -1.0, 1.0, 1.0])
    alpha, b = np.array([0.5, 0.5, 1.0, 0.0]), -1.0
    w = (alpha * y) @ x
    scores = x @ w + b
    assert f"multipliers are ${', '.join(map(str, alpha))}$" in text
    assert f"$w = ({spelled(w)})$, $b = {b:g}$, with scores ${spelled(scores)}$" in text
    assert f"\\alpha_i y_i x_i = ({spelled(w)})$" in text
    assert (y * scores >= 1).all()
    assert not (alpha * (y * scores - 1)).any()
    assert alpha @ y == 0
    dual = alpha.sum() - 0.5 * (alpha * y) @ x @ x.T @ (alpha * y)
    np.testing.assert_allclose(dual, 0.5 * w @ w)
    assert f"objective are both ${dual:.1f}$" in text
    assert f"both classes add up to ${alpha[y > 0].sum():.1f}$" in text
    assert alpha[y < 0].sum() == alpha[y > 0].sum()
    assert f"$2/\\|w\\| = {2 / np.linalg.norm(w):.4f}$" in text
    new = np.array([3.0, -1.0])
    score = w @ new + b
    assert f"scores ${score:g}$ and pays a hinge loss of ${max(0.0, 1 + score):g}$" in text
    assert "$(2,0) = 0.25\\,(0,0) + 0.25\\,(2,2) + 0.5\\,(3,-1)$" in text
    np.testing.assert_allclose(0.25 * x[0] + 0.25 * x[1] + 0.5 * new, x[2])


def test_kernel_trick(worked_example: Callable[[str], str]) -> None:
    text = worked_example("kernel-trick")

    def features(v: Array) -> Array:
        a, b = v
        return np.array([1, sqrt(2) * a, sqrt(2) * b, a * a, b * b, sqrt(2) * a * b])

    x, z = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    products = features(x) * features(z)
    assert f"x^\\top z = {x @ z:g}$, so $k = {(1 + x @ z) ** 2:g}$" in text
    assert f"six products are ${spelled(products)}$ and add up to ${products.sum():g}$" in text
    assert f"feature vector has {comb(103, 3)} entries" in text
    points = np.arange(3.0)
    gram = (np.abs(points[:, None] - points) <= 1).astype(float)
    rows = ", ".join(f"$({spelled(row, ',')})$" for row in gram)
    low, middle, high = np.linalg.eigvalsh(gram)
    assert f"rows {rows} and the eigenvalues ${high:.4f}$, ${middle:.4f}$ and ${low:.4f}$" in text


def test_gaussian_processes(worked_example: Callable[[str], str]) -> None:
    text = worked_example("gaussian-processes")
    x, y, noise, new = np.array([0.0, 1.0]), np.array([1.0, -0.5]), 0.1, np.array([0.5, 3.0])

    def kernel(a: Array, b: Array, scale: float = 1.0) -> Array:
        return np.exp(-0.5 * ((a[:, None] - b) / scale) ** 2)

    covariance = kernel(x, x) + noise * np.eye(2)
    weights, cross = np.linalg.solve(covariance, y), kernel(x, new)
    mean, variance = weights @ cross, 1 - (cross * np.linalg.solve(covariance, cross)).sum(0)
    assert f"noise variance ${noise}$, data $y = {y[0]}$ at $x = {x[0]:g}$ and $y = {y[1]}$ at $x = {x[1]:g}$" in text
    assert f"are ${weights[0]:.4f}$ and ${weights[1]:.4f}$" in text
    for point, m, v in zip(new, mean, variance, strict=True):
        assert f"At $x = {point:g}$ the mean is ${m:.4f}$ and the variance ${v:.4f}$".lower() in text.lower()
    assert f"variances stay at ${variance[0]:.4f}$ and ${variance[1]:.4f}$" in text
    matrices = [kernel(x, x, scale) + noise * np.eye(2) for scale in (0.1, 1.0, 10.0)]
    fit = np.array([-0.5 * y @ np.linalg.solve(matrix, y) for matrix in matrices])
    penalty = np.array([-0.5 * log(np.linalg.det(matrix)) for matrix in matrices])
    evidence = fit + penalty - log(2 * pi)
    for name, terms in (("data-fit term is", fit), ("log-determinant term", penalty), ("log evidence", evidence)):
        first, second, third = terms
        assert f"{name} ${first:.4f}$, ${second:.4f}$ and ${third:.4f}$" in text


def lloyd(x: Array, centres: Array) -> tuple[Array, float]:
    while True:
        nearest = np.abs(x[:, None] - centres).argmin(1)
        updated = np.array([x[nearest == k].mean() for k in range(len(centres))])
        if (updated == centres).all():
            return centres, float(((x - centres[nearest]) ** 2).sum())
        centres = updated


def test_k_means(worked_example: Callable[[str], str]) -> None:
    text = worked_example("k-means")
    x = np.array([0.0, 1.0, 10.0, 11.0, 20.0, 21.0])
    assert f"Six points on a line: ${spelled(x)}$" in text
    poor, high = lloyd(x, np.array([0.0, 1.0, 10.0]))
    good, low = lloyd(x, np.array([0.0, 10.0, 20.0]))
    assert f"the means are ${poor[0]:g}$, ${poor[1]:g}$, ${poor[2]:g}$" in text
    assert f"Lloyd stops at $J = {high:.1f}$" in text
    assert f"centres ${spelled(good)}$ with $J = {low:.1f}$" in text
    assert f"one is {high / low:.0f} times worse" in text
    draws = (x[1:] - x[0]) ** 2
    assert f"weights ${spelled(draws)}$" in text
    assert f"$1/{draws.sum():g} = {draws[0] / draws.sum():.4f}$" in text


def test_gaussian_mixtures_and_em(worked_example: Callable[[str], str]) -> None:
    text = worked_example("gaussian-mixtures-and-em")
    x, means, variances, weights = np.array([0.0, 1.0, 4.0, 5.0]), np.array([1.0, 3.0]), np.ones(2), np.full(2, 0.5)
    history: list[tuple[float, Array, Array, Array, Array]] = []
    for _ in range(6):
        joint = weights * gaussian(x, means, variances)
        shares = joint / joint.sum(1, keepdims=True)
        history.append((float(np.log(joint.sum(1)).sum()), shares, means, variances, weights))
        counts = shares.sum(0)
        means = (shares * x[:, None]).sum(0) / counts
        variances = (shares * (x[:, None] - means) ** 2).sum(0) / counts
        weights = counts / len(x)
    assert (np.diff([step[0] for step in history]) > -1e-12).all()
    assert f"$L = {history[0][0]:.4f}$" in text
    assert "first component are " + ", ".join(f"${share:.4f}$" for share in history[0][1][:, 0]) in text
    for name, (first, second) in zip(("means", "variances", "weights"), history[1][2:], strict=True):
        assert f"the {name} ${first:.4f}$ and ${second:.4f}$" in text
    assert f"$L$ rises to ${history[1][0]:.4f}$" in text
    assert f"reach ${history[2][0]:.4f}$ and ${history[3][0]:.4f}$" in text
    np.testing.assert_allclose(history[3][2], [0.5, 4.5], atol=1e-6)
    np.testing.assert_allclose(history[3][3], 0.25, atol=1e-6)
    singular = [
        float(np.log(0.5 * gaussian(x, np.array([2.0, 5.0]), np.array([4.0, width**2])).sum(1)).sum())
        for width in (0.1, 1e-3, 1e-6)
    ]
    assert f"$L$ is ${singular[0]:.4f}$, ${singular[1]:.4f}$ and ${singular[2]:.4f}$" in text


def test_tsne_and_umap(worked_example: Callable[[str], str]) -> None:
    text = worked_example("tsne-and-umap")
    similarity = exp(-(2.0**2))
    assert f"a pair at $d = 2$ has the similarity ${similarity:.4f}$" in text
    assert f"gives ${1 / (1 + 2**2):.4f}$ there" in text
    assert f"reaches ${similarity:.4f}$ only at $d = {sqrt(1 / similarity - 1):.4f}$" in text
    distances = np.array([1.0, 1.5, 3.0])
    perplexities: list[float] = []
    for width in (0.5, 1.0, 2.0):
        p = np.exp(-(distances**2) / (2 * width**2))
        p /= p.sum()
        perplexities.append(exp(-float((p * np.log(p)).sum())))
    assert "perplexity is ${:.4f}$, ${:.4f}$ and ${:.4f}$".format(*perplexities) in text
    assert f"adds ${0.1 * log(0.1 / 0.01):.4f}$ to the loss" in text
    assert f"adds ${0.01 * log(0.01 / 0.1):.4f}$" in text
