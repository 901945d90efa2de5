from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def test_alternatives_to_cross_entropy(worked_example: Callable[[str], str]) -> None:
    text = worked_example("alternatives-to-cross-entropy")
    wrong, right, gamma = -4.0, 3.0, 2

    def sigmoid(z: float) -> float:
        return float(1 / (1 + np.exp(-z)))

    def slope(loss: Callable[[float], float], z: float) -> float:
        return (loss(z + 1e-5) - loss(z - 1e-5)) / 2e-5

    def cross_entropy(z: float) -> float:
        return float(-np.log(sigmoid(z)))

    def squared(z: float) -> float:
        return (sigmoid(z) - 1) ** 2

    def absolute(z: float) -> float:
        return 1 - sigmoid(z)

    def focal(z: float) -> float:
        return (1 - sigmoid(z)) ** gamma * cross_entropy(z)

    def hinge(z: float) -> float:
        return max(0.0, 1 - z)

    p = sigmoid(wrong)
    assert f"z = {wrong:g}$ the probability is $p = {p:.4f}$" in text
    np.testing.assert_allclose(slope(cross_entropy, wrong), p - 1, rtol=1e-6)
    np.testing.assert_allclose(slope(squared, wrong), 2 * (p - 1) * p * (1 - p), rtol=1e-6)
    assert f"Cross-entropy is ${cross_entropy(wrong):.4f}$ with slope ${slope(cross_entropy, wrong):.4f}$" in text
    assert f"(p-1)^2$ is ${squared(wrong):.4f}$ with slope ${slope(squared, wrong):.4f}$" in text
    assert f"$1-p$ is ${absolute(wrong):.4f}$ with slope ${slope(absolute, wrong):.4f}$" in text
    assert f"$\\gamma = {gamma}$ is ${focal(wrong):.4f}$; the hinge loss with $f = z$ is ${hinge(wrong):g}$" in text
    assert f"$z = {right:g}$, where $p = {sigmoid(right):.4f}$, cross-entropy is ${cross_entropy(right):.4f}$" in text
    assert f"focal loss ${focal(right):.4f}$ and the hinge loss ${hinge(right):g}$" in text
    eta, grid = 0.9, np.linspace(0.001, 0.999, 9981)
    expected = -eta * (1 - grid) ** gamma * np.log(grid) - (1 - eta) * grid**gamma * np.log(1 - grid)
    assert f"true probability of ${eta}$ is ${grid[expected.argmin()]:.3f}$" in text


def _softmax(z: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(z - z.max())
    return exponentials / exponentials.sum()


def _row(values: NDArray[np.float64], digits: int = 4) -> str:
    return f"({', '.join(f'{value:.{digits}f}' for value in values)})"


def test_softmax_and_argmax(worked_example: Callable[[str], str]) -> None:
    text = worked_example("softmax-and-argmax")
    z = np.array([2.0, 1.0, 0.0])

    def soft_maximum(temperature: float) -> float:
        return float(temperature * np.log(np.exp(z / temperature).sum()))

    s = _softmax(z)
    assert f"$z = {_row(z, 0)}$" in text
    assert f"At $T = 1$ softmax is ${_row(s)}$" in text
    for temperature in (0.5, 0.1, 5):
        assert f"$T = {temperature}$ it is ${_row(_softmax(z / temperature))}$" in text
    np.testing.assert_allclose(_softmax(z + 5), s)
    assert f"is ${soft_maximum(1):.4f}$ at $T = 1$, between ${z.max():g}$" in text
    assert f"${z.max():g} + \\log {len(z)} = {z.max() + np.log(len(z)):.4f}$" in text
    assert f"and ${soft_maximum(0.1):.4f}$ at $T = 0.1$" in text
    entropy = -(s * np.log(s)).sum()
    assert f"expected logit is ${s @ z:.4f}$ and the entropy ${entropy:.4f}$" in text
    assert f"the same ${s @ z + entropy:.4f}$" in text
    jacobian = np.diag(s) - np.outer(s, s)
    assert f"row of the Jacobian is ${_row(jacobian[0])}$" in text
    np.testing.assert_allclose(jacobian.sum(axis=1), 0, atol=1e-12)


def test_gumbel_softmax_and_straight_through(worked_example: Callable[[str], str]) -> None:
    text = worked_example("gumbel-softmax-and-straight-through")
    pi, u, a = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.7, 0.5]), np.array([1.0, 0.0, 2.0])
    noise = -np.log(-np.log(u))
    perturbed = np.log(pi) + noise
    assert f"$\\pi = {_row(pi, 1)}$ and draw $u = {_row(u, 1)}$" in text
    assert f"noise is ${_row(noise)}$ and the perturbed logits are ${_row(perturbed)}$" in text
    assert perturbed.argmax() == 1
    assert "exact sample is the second class" in text
    for temperature in (5, 1, 0.1):
        assert f"${_row(_softmax(perturbed / temperature))}$ at $\\tau = {temperature}$" in text
    x = np.linspace(-10, 40, 5001)
    wins = (pi[:, None] * np.exp(-x - np.exp(-x))).sum(axis=1) * (x[1] - x[0])
    np.testing.assert_allclose(wins, pi, atol=1e-6)

    jacobian = np.diag(pi) - np.outer(pi, pi)
    loss = a**2
    truth = jacobian @ loss
    straight_through = (pi[:, None] * (2 * a[:, None] * (a @ jacobian))).sum(axis=0)
    assert f"a = {_row(a, 0)}$" in text
    assert f"expectation is ${pi @ loss:.1f}$, with the gradient ${_row(truth, 2)}$" in text
    assert f"on average ${_row(straight_through, 3)}$" in text
    assert truth[0] < 0 < straight_through[0]
    assert f"both are ${_row(jacobian @ a, 2)}$" in text


def test_overfitting_and_regularisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("overfitting-and-regularisation")
    x, y = np.arange(4.0), np.array([0.5, 0.5, 2.5, 2.5])
    new = np.array([0.5, 1.5, 2.5])
    assert f"${_row(y, 1)}$ at $x = 0, 1, 2, 3$ and test against the truth at $x = 0.5, 1.5, 2.5$" in text

    def powers(at: NDArray[np.float64], degree: int) -> NDArray[np.float64]:
        return (at[:, None] - 1.5) ** np.arange(degree + 1)

    def errors(degree: int, strength: float = 0) -> tuple[float, float]:
        design = powers(x, degree)
        penalty = strength * np.diag([0.0] + [1.0] * degree)
        weights = np.linalg.solve(design.T @ design + penalty, design.T @ y)
        train, test = design @ weights - y, powers(new, degree) @ weights - new
        return float((train**2).mean()), float((test**2).mean())

    slope, intercept = np.polyfit(x, y, 1)
    line, cubic, constant = errors(1), errors(3), errors(0)
    assert f"line is ${intercept:.1f} + {slope:.1f}x$" in text
    assert f"training error of ${line[0]:.4f}$ and a test error of ${line[1]:.4f}$" in text
    np.testing.assert_allclose(cubic[0], 0, atol=1e-20)
    assert f"training error $0$, test error ${cubic[1]:.4f}$" in text
    assert f"constant, ${y.mean():g}$, underfits: ${constant[0]:.4f}$ and ${constant[1]:.4f}$" in text
    good, strong = errors(3, 0.3), errors(3, 10)
    assert f"$\\lambda = 0.3$ the training error is ${good[0]:.4f}$ and the test error ${good[1]:.4f}$" in text
    assert f"$\\lambda = 10$ they are ${strong[0]:.4f}$ and ${strong[1]:.4f}$" in text


def test_bias_variance(worked_example: Callable[[str], str]) -> None:
    text = worked_example("bias-variance")
    mean, noise, n = 2, 9, 3
    variance = noise / n
    assert f"\\mu = {mean}$, one observation has variance ${noise}$" in text
    assert f"average of $n = {n}$ has variance $v = {variance:g}$" in text
    assert f"squared bias ${mean**2}(1-c)^2$ and variance ${variance:g}c^2$" in text

    def parts(c: float) -> tuple[float, float]:
        return (1 - c) ** 2 * mean**2, c**2 * variance

    grid = np.linspace(0, 1, 10001)
    best = mean**2 / (mean**2 + variance)
    np.testing.assert_allclose(grid[np.argmin((1 - grid) ** 2 * mean**2 + grid**2 * variance)], best, atol=1e-4)
    assert f"At $c = 1$ the mean squared error is ${sum(parts(1)):.4f}$, all of it variance" in text
    assert f"\\frac{{{mean**2}}}{{{mean**2}+{variance:g}}} = {best:.4f}$" in text
    assert f"bias ${parts(best)[0]:.4f}$ and variance ${parts(best)[1]:.4f}$ make ${sum(parts(best)):.4f}$" in text
    assert f"${parts(0.2)[0]:.4f}$ and ${parts(0.2)[1]:.4f}$ make ${sum(parts(0.2)):.4f}$" in text
    assert f"adds the noise ${noise}$" in text
    assert f"${sum(parts(best)) + noise:.4f}$ instead of ${sum(parts(1)) + noise:.4f}$" in text


def test_l1_and_l2(worked_example: Callable[[str], str]) -> None:
    text = worked_example("l1-and-l2")
    b, strength = np.array([3.0, 0.5, -1.2]), 1.0
    grid = np.linspace(-4, 4, 8001)
    distances = (grid[:, None] - b) ** 2 / 2
    lasso = grid[np.argmin(distances + strength * np.abs(grid[:, None]), axis=0)] + 0.0
    ridge = grid[np.argmin(distances + strength / 2 * grid[:, None] ** 2, axis=0)]
    np.testing.assert_allclose(lasso, np.sign(b) * np.maximum(np.abs(b) - strength, 0), atol=1e-9)
    np.testing.assert_allclose(ridge, b / (1 + strength), atol=1e-9)
    assert f"b = ({', '.join(f'{value:g}' for value in b)})$ plus a penalty with $\\lambda = {strength:g}$" in text
    assert f"L1: ${_row(np.abs(lasso) * np.sign(b) * (np.abs(lasso) > 1e-9), 1)}$" in text
    assert f"L2 with $\\frac{{\\lambda}}{{2}}w^2$: ${_row(ridge, 2)}$" in text

    gram = np.ones((2, 2))
    shared = np.linalg.solve(gram + strength * np.eye(2), np.array([2.0, 2.0]))
    np.testing.assert_allclose(shared, shared[0])
    assert f"both weights are ${shared[0]:.4f}$" in text

    def objective(first: float, second: float) -> float:
        return (2 - first - second) ** 2 + strength * (abs(first) + abs(second))

    total = float(grid[np.argmin((2 - grid) ** 2 + strength * np.abs(grid))])
    assert f"w_1 + w_2 = {total:g}$" in text
    assert f"$({total:g}, 0)$ and $({total / 2:g}, {total / 2:g})$ have the same value" in text
    np.testing.assert_allclose(objective(total, 0), objective(total / 2, total / 2))
    assert f"${objective(total, 0):.4f}$" in text


def test_early_stopping(worked_example: Callable[[str], str]) -> None:
    text = worked_example("early-stopping")
    curvature, optimum, truth, rate = np.array([5, 0.1]), np.ones(2), np.array([1, 0]), 0.1
    assert f"curvatures $(5, 0.1)$ and training optimum $w^* = {_row(optimum, 0)}$" in text
    assert f"true weights are ${_row(truth, 0)}$" in text
    path, weights = [np.zeros(2)], np.zeros(2)
    for _ in range(200):
        weights = weights - rate * curvature * (weights - optimum)
        path.append(weights)
    distances = [((weights - truth) ** 2).sum() for weights in path]
    assert f"$\\eta = {rate}$ reaches ${_row(path[5])}$ after $5$ steps" in text
    assert f"${_row(path[20])}$ after $20$ and ${_row(path[100])}$ after $100$" in text
    assert f"is ${distances[5]:.4f}$, ${distances[20]:.4f}$ and ${distances[100]:.4f}$" in text
    assert f"step ${int(np.argmin(distances))}$ is the best of all" in text
    assert f"at convergence the distance is ${((optimum - truth) ** 2).sum():g}$" in text
    for steps in (5, 20, 100):
        np.testing.assert_allclose(path[steps], (1 - (1 - rate * curvature) ** steps) * optimum)
        ridge = curvature / (curvature + 1 / (rate * steps)) * optimum
        assert f"${_row(ridge)}$ for $t = {steps}$" in text


def test_double_descent(worked_example: Callable[[str], str]) -> None:
    text = worked_example("double-descent")
    n, noise = 20, 1

    def variance(p: int) -> float:
        return noise * (p / (n - p - 1) if p < n - 1 else n / (p - n - 1))

    rng = np.random.default_rng(0)
    for p in (10, 40):
        x = rng.standard_normal((1000, n, p))
        gram = x @ x.transpose(0, 2, 1) if p > n else x.transpose(0, 2, 1) @ x
        simulated = noise * np.trace(np.linalg.inv(gram), axis1=1, axis2=2).mean()
        np.testing.assert_allclose(simulated, variance(p), rtol=0.05)
        kept = np.trace(np.linalg.pinv(x[:20]) @ x[:20], axis1=1, axis2=2)
        np.testing.assert_allclose(kept, min(n, p))  # of p directions, so 1 - n/p of the weights is lost beyond

    assert f"$n = {n}$ examples, $\\sigma^2 = {noise}$" in text
    small = ", ".join(f"${variance(p):.4f}$ for $p = {p}$" for p in (5, 10))
    assert f"The variance is {small} and ${variance(18):.4f}$ for $p = 18$" in text
    large = ", ".join(f"${variance(p):.4f}$ for $p = {p}$" for p in (22, 40))
    assert f"other side it is {large} and ${variance(100):.4f}$ for $p = 100$" in text
    bias = {p: 1 - n / p for p in (22, 40, 100)}
    assert f"it is ${bias[22]:.4f}$, ${bias[40]:.4f}$ and ${bias[100]:.4f}$" in text
    total = {p: bias[p] + variance(p) for p in bias}
    assert f"falls from ${total[22]:.4f}$ to ${total[40]:.4f}$ and ${total[100]:.4f}$" in text
