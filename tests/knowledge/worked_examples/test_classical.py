from collections.abc import Callable
from math import ceil, exp, log, sqrt

import numpy as np


def test_federated_averaging(worked_example: Callable[[str], str]) -> None:
    text = worked_example("federated-averaging")
    examples, minima, rate = np.array([300, 100]), np.array([1.0, 5.0]), 0.1
    share = examples / examples.sum()
    optimum = share @ minima
    assert f"the weights are {share[0]} and {share[1]}" in text
    assert f"the global optimum is $w = {optimum}$" in text
    assert f"an unweighted mean would aim at {minima.mean()}" in text

    def local(steps: int) -> np.ndarray:
        weights = np.zeros(2)
        for _ in range(steps):
            weights = weights - rate * (weights - minima)
        return weights

    one, five = local(1), local(5)
    assert f"takes the clients to {one[0]:.1f} and {one[1]:.1f}; their weighted mean is {share @ one:.1f}" in text
    gradient = share @ (0 - minima)
    assert f"The global gradient at 0 is $-{-gradient}$, so one central step gives {-rate * gradient:.1f}" in text
    assert f"take them to {five[0]:.3f} and {five[1]:.3f}, with the mean {share @ five:.3f}" in text
    rounds = [ceil(log(0.01) / log(1 - share @ local(steps) / optimum)) for steps in (1, 5)]
    assert f"takes {rounds[0]} rounds with one local step and {rounds[1]} rounds with five" in text


def test_federated_learning_non_iid(worked_example: Callable[[str], str]) -> None:
    text = worked_example("federated-learning-non-iid")
    curvature, minima, rate = np.array([1.0, 4.0]), np.array([0.0, 1.0]), 0.1
    assert f"minimiser of the mean loss is $w = {curvature @ minima / curvature.sum():.4f}$" in text

    def averaged(steps: int) -> float:
        weight = 0.3
        for _ in range(400):
            clients = np.full(2, weight)
            for _ in range(steps):
                clients = clients - rate * curvature * (clients - minima)
            weight = float(clients.mean())
        return weight

    def proximal(mu: float) -> float:
        weight = 0.3
        for _ in range(2000):
            weight = float(((curvature * minima + mu * weight) / (curvature + mu)).mean())
        return weight

    settled = [f"{averaged(steps):.4f} for $E = {steps}$" for steps in (1, 5, 20, 50)]
    assert f"settles at {', '.join(settled[:3])} and {settled[3]}" in text
    assert f"the limit is {minima.mean()}" in text
    held = [f"{proximal(mu):.4f} for $\\mu = {mu}$" for mu in (0, 4, 36)]
    assert f"the rounds settle at {held[0]}, {held[1]} and {held[2]}" in text


def test_federated_privacy_and_communication(worked_example: Callable[[str], str]) -> None:
    text = worked_example("federated-privacy-and-communication")
    x, probabilities = np.array([0.2, -1.0, 0.5]), np.array([0.6, 0.4])
    delta = probabilities - np.array([0, 1])
    row = np.outer(delta, x)[0]
    assert f"$\\delta = ({delta[0]}, {delta[1]})$" in text
    assert f"$({', '.join(f'{value:.2f}' for value in row)})$" in text
    assert f"divided by the bias gradient {delta[0]}" in text
    np.testing.assert_allclose(row / delta[0], x)
    values, m12, m13, m23 = (5, 7, 9), 33, 58, 71
    sent = [(values[0] + m12 + m13) % 100, (values[1] - m12 + m23) % 100, (values[2] - m13 - m23) % 100]
    assert f"Sent are {sent[0]}, {sent[1]} and {sent[2]}, which add up to {sum(sent)}, so to {sum(values)}" in text
    assert sum(sent) % 100 == sum(values)
    parameters = 10**6
    norms = {clients: sqrt(parameters) / clients for clients in (100, 10000)}
    assert f"about {norms[100]:.1f} with $m = 100$ clients and {norms[10000]:.1f} with $m = 10000$" in text
    full, top, bits = 4 * parameters, parameters // 100 * 8, parameters // 8
    assert f"floats are {full / 1e6:.1f} MB" in text
    assert f"are {top // 1000} kB, {full // top} times less; one bit per entry is {bits // 1000} kB" in text
    assert f"kB, {full // bits} times less." in text


def test_decision_trees(worked_example: Callable[[str], str]) -> None:
    text = worked_example("decision-trees")

    def error(p: np.ndarray) -> float:
        return 1 - p.max()

    def gini(p: np.ndarray) -> float:
        return float((p * (1 - p)).sum())

    def entropy(p: np.ndarray) -> float:
        q = p[p > 0]
        return -float((q * np.log2(q)).sum())

    def after(split: list[tuple[int, int]], impurity: Callable[[np.ndarray], float]) -> float:
        children = [np.array(child) for child in split]
        total = sum(int(child.sum()) for child in children)
        return sum(child.sum() / total * impurity(child / child.sum()) for child in children)

    parent, a, b = np.array([0.5, 0.5]), [(8, 2), (2, 8)], [(6, 0), (4, 10)]
    assert "$(8, 2)$ and $(2, 8)$, split B gives $(6, 0)$ and $(4, 10)$" in text
    assert f"{after(a, error):.2f} for both" in text
    np.testing.assert_allclose(after(a, error), after(b, error))
    assert f"falls from {gini(parent):.4f} to {after(a, gini):.4f} for A and to {after(b, gini):.4f} for B" in text
    fall = f"from {entropy(parent):.4f} bit to {after(a, entropy):.4f} for A and to {after(b, entropy):.4f} for B"
    assert fall in text
    assert f"gains are {1 - after(a, entropy):.4f} and {1 - after(b, entropy):.4f} bits" in text


def test_random_forests(worked_example: Callable[[str], str]) -> None:
    text = worked_example("random-forests")
    for variance, correlation in ((4, 0.5), (5, 0.1)):
        assert f"$\\sigma^2 = {variance}$" in text
        assert f"$\\rho = {correlation}$" in text
        one, ten, hundred = (correlation * variance + (1 - correlation) * variance / trees for trees in (1, 10, 100))
        assert f"{one:.3f} for one tree, {ten:.3f} for 10, {hundred:.3f} for 100" in text
        assert f"and {correlation * variance:.3f} in the limit" in text
        covariance = np.full((10, 10), correlation * variance) + np.eye(10) * (1 - correlation) * variance
        np.testing.assert_allclose(covariance.mean(), ten)
    left_out = [(1 - 1 / n) ** n for n in (10, 100)]
    assert f"{left_out[0]:.4f} for $n = 10$, {left_out[1]:.4f} for $n = 100$ and {exp(-1):.4f} in the limit" in text


def test_gradient_boosting(worked_example: Callable[[str], str]) -> None:
    text = worked_example("gradient-boosting")
    y = np.array([1.0, 2.0, 6.0])
    start = np.full(3, y.mean())
    residuals = y - start
    assert f"$F_0 = {start[0]:.0f}$" in text
    assert f"the mean squared error is {(residuals**2).mean():.4f}" in text
    assert f"the residuals are $({', '.join(f'{value:.0f}' for value in residuals)})$" in text
    stumps = [np.r_[np.full(k, residuals[:k].mean()), np.full(3 - k, residuals[k:].mean())] for k in (1, 2)]
    errors = [((residuals - stump) ** 2).sum() for stump in stumps]
    assert errors[1] < errors[0]
    assert f"predicts $-{-stumps[1][0]:.1f}$ on the left and ${stumps[1][2]:.1f}$ on the right" in text
    boosted = start + 0.5 * stumps[1]
    assert f"predictions become $({', '.join(f'{value:.2f}' for value in boosted)})$" in text
    assert f"the mean squared error {((y - boosted) ** 2).mean():.4f}" in text
    assert f"the residuals $({', '.join(f'{value:.2f}' for value in y - boosted)})$" in text
    labels = np.array([1, 1, 1, 0])
    gradient, curvature = (0.5 - labels).sum(), labels.size * 0.25
    assert f"$G = {gradient:.2f}$ and $H = {curvature:.2f}$" in text
    leaf = [-gradient / (curvature + penalty) for penalty in (0, 1)]
    assert f"${leaf[0]:.2f}$ for $\\lambda = 0$ and ${leaf[1]:.2f}$ for $\\lambda = 1$" in text
    assert f"$\\log 3 = {log(labels.sum() / (labels.size - labels.sum())):.4f}$" in text


def test_linear_regression(worked_example: Callable[[str], str]) -> None:
    text = worked_example("linear-regression")
    x, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0, 5.0])
    design = np.column_stack([np.ones(4), x])
    gram, moments = design.T @ design, design.T @ y
    assert f"rows $({gram[0, 0]:.0f}, {gram[0, 1]:.0f})$ and $({gram[1, 0]:.0f}, {gram[1, 1]:.0f})$" in text
    assert f"$X^{{\\top}}y = ({moments[0]:.0f}, {moments[1]:.0f})$" in text
    weights = np.linalg.solve(gram, moments)
    assert f"the intercept is {weights[0]:.2f} and the slope {weights[1]:.2f}" in text
    residuals = y - design @ weights
    assert f"The residuals are $({', '.join(f'{value:.2f}' for value in residuals)})$" in text
    sums = np.abs(design.T @ residuals).round(9)
    assert f"Their sum is {sums[0]:.2f} and their inner product with $x$ is {sums[1]:.2f}" in text
    squares = residuals @ residuals
    assert f"residual sum of squares is {squares:.2f}" in text
    assert f"noise variance is estimated as {squares / 2:.2f}" in text
    error = sqrt(squares / 2 * np.linalg.inv(gram)[1, 1])
    assert f"$\\sqrt{{{squares / 2:.2f}/{((x - x.mean()) ** 2).sum():.0f}}} = {error:.4f}$" in text
    condition, squared = np.linalg.cond(design), np.linalg.cond(gram)
    np.testing.assert_allclose(condition**2, squared)
    assert f"condition number of $X$ is {condition:.2f}, that of $X^{{\\top}}X$ {squared:.2f}" in text
    inflation = np.linalg.inv(np.array([[1, 0.99], [0.99, 1]]))[0, 0]
    assert f"inflated by the factor {inflation:.2f}" in text


def test_logistic_regression(worked_example: Callable[[str], str]) -> None:
    text = worked_example("logistic-regression")
    x, mixed, separable = np.array([-2, -1, 1, 2]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])

    def loss(weight: float, labels: np.ndarray) -> float:
        return float(np.log1p(np.exp(-(2 * labels - 1) * weight * x)).sum())

    def slopes(weight: float) -> tuple[float, float]:
        p = 1 / (1 + np.exp(-weight * x))
        return float((p - mixed) @ x), float((p * (1 - p)) @ x**2)

    gradient, hessian = slopes(0)
    assert f"$4\\log 2 = {loss(0, mixed):.4f}$" in text
    assert f"the gradient $-{-gradient:.2f}$ and the Hessian ${hessian:.2f}$" in text
    weights = [0.0]
    for _ in range(6):
        gradient, hessian = slopes(weights[-1])
        weights.append(weights[-1] - gradient / hessian)
    assert f"$w = {weights[1]:.4f}$ with loss {loss(weights[1], mixed):.4f}" in text
    assert f"$w = {weights[2]:.4f}$ with loss {loss(weights[2], mixed):.4f}" in text
    assert f"the minimum is at $w = {weights[-1]:.4f}$" in text
    assert f"multiplies the odds by {exp(weights[-1]):.4f}" in text
    mantissa, exponent = f"{loss(10, separable):.2e}".split("e")
    falling = f"{loss(1, separable):.4f} at $w = 1$, {loss(5, separable):.4f} at $w = 5$"
    assert f"{falling} and ${mantissa} \\times 10^{{{int(exponent)}}}$ at $w = 10$" in text
    p = 0.01
    assert f"${p - 1:.2f}$ for the log loss and ${(p - 1) * p * (1 - p):.4f}$ for half the squared error" in text
