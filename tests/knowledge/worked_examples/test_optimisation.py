from collections.abc import Callable
from itertools import combinations, product

import numpy as np


def scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa} \\times 10^{{{int(exponent)}}}"


def stationary_variance(rate: float, curvature: float, noise: float) -> float:
    variance = rate * noise / (curvature * (2 - rate * curvature))
    np.testing.assert_allclose(variance, (1 - rate * curvature) ** 2 * variance + rate**2 * noise)
    return variance


def test_stochastic_gradient_descent(worked_example: Callable[[str], str]) -> None:
    text = worked_example("stochastic-gradient-descent")
    gradients = [-1.0, 0.0, 2.0, 3.0]
    assert f"their mean, ${np.mean(gradients):.2f}$, and their variance is ${np.var(gradients):.2f}$" in text
    with_replacement = np.array([np.mean(pair) for pair in product(gradients, repeat=2)])
    without = np.array([np.mean(pair) for pair in combinations(gradients, 2)])
    assert f"the mean ${with_replacement.mean():.2f}$ and the variance ${with_replacement.var():.2f}$" in text
    assert len(without) == 6
    assert f"again ${without.mean():.2f}$ and the variance ${without.var():.2f}$" in text
    noise = float(with_replacement.var())
    assert f"\\sigma^2 = {noise:.2f}" in text
    assert f"At $\\eta = 0.1$ the stationary variance is ${stationary_variance(0.1, 1, noise):.4f}$" in text
    assert f"at $\\eta = 0.01$ it is ${stationary_variance(0.01, 1, noise):.4f}$" in text


def test_momentum(worked_example: Callable[[str], str]) -> None:
    text = worked_example("momentum")
    low, high = 1.0, 100.0
    kappa = high / low
    rate, factor = 2 / (low + high), (kappa - 1) / (kappa + 1)
    np.testing.assert_allclose([1 - rate * low, rate * high - 1], factor)
    assert f"\\kappa = {kappa:.0f}$" in text
    steps = np.ceil(np.log(1e-6) / np.log(factor))
    assert f"\\eta = 2/101 = {rate:.4f}$ shrinks the error by ${factor:.4f}$" in text
    assert f"needs ${steps:.0f}$ steps for a factor of $10^{{-6}}$" in text
    ball_factor = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
    ball_rate, beta = (2 / (np.sqrt(low) + np.sqrt(high))) ** 2, ball_factor**2
    for curvature in (low, 30.0, high):
        roots = np.roots([1, -(1 + beta - ball_rate * curvature), beta])
        np.testing.assert_allclose(np.abs(roots), ball_factor, rtol=1e-6)
    assert f"\\eta = {ball_rate:.4f}$ and $\\beta = {beta:.4f}$" in text
    assert f"by ${ball_factor:.4f}$ per step" in text
    assert f"${np.ceil(np.log(1e-6) / np.log(ball_factor)):.0f}$ steps do it" in text
    steady, alternating = 0.0, 0.0
    for step in range(400):
        steady, alternating = 0.9 * steady + 1, 0.9 * alternating + (-1) ** step
    assert f"${steady:.1f}$ for a steady gradient and ${abs(alternating):.3f}$ for one" in text


def test_adam(worked_example: Callable[[str], str]) -> None:
    text = worked_example("adam")
    rate, beta1, beta2 = 0.001, 0.9, 0.999
    first = second = 0.0
    corrected: list[tuple[float, float, float]] = []
    for step, gradient in enumerate((0.5, -0.1), start=1):
        first = beta1 * first + (1 - beta1) * gradient
        second = beta2 * second + (1 - beta2) * gradient**2
        if step == 1:
            assert f"m_1 = {first:.4f}$ and $v_1 = {second:.6f}" in text
            assert f"it would be ${rate * first / np.sqrt(second):.6f}$" in text
        mean, square = first / (1 - beta1**step), second / (1 - beta2**step)
        corrected.append((mean, square, rate * mean / np.sqrt(square)))
    (mean1, square1, step1), (mean2, square2, step2) = corrected
    assert f"\\hat{{m}}_1 = {mean1:.4f}$ and $\\hat{{v}}_1 = {square1:.4f}$, so the step is ${step1:.6f}$" in text
    assert f"\\hat{{m}}_2 = {mean2:.4f}$, $\\hat{{v}}_2 = {square2:.4f}$, step ${step2:.6f}$" in text


def test_adamw_and_weight_decay(worked_example: Callable[[str], str]) -> None:
    text = worked_example("adamw-and-weight-decay")
    rate, decay, weight = 0.001, 0.1, 1.0
    large, small = (rate * decay * weight / np.hypot(size, decay * weight) for size in (10.0, 0.1))
    assert f"shrinks by ${large:.6f}$ per step, the second by ${small:.6f}$, about ${small / large:.0f}$ times" in text
    assert f"both shrink by ${rate * decay * weight:.6f}$" in text
    memory = round(1 / (rate * decay))
    assert f"1/(\\eta\\lambda) = {memory}$" in text
    assert f"(1-\\eta\\lambda)^{{{memory}}} = {(1 - rate * decay) ** memory:.4f}" in text


def test_learning_rate_schedules(worked_example: Callable[[str], str]) -> None:
    text = worked_example("learning-rate-schedules")

    def rate(step: int, peak: float = 3e-4, warm_up: int = 1000, total: int = 10000) -> float:
        if step < warm_up:
            return peak * step / warm_up
        return float(peak / 2 * (1 + np.cos(np.pi * (step - warm_up) / (total - warm_up))))

    assert f"At step $500$ the rate is ${scientific(rate(500), 2)}$" in text
    assert f"at step $1000$ it is ${scientific(rate(1000), 2)}$" in text
    assert f"at step $5500$, half way down, again ${scientific(rate(5500), 2)}$" in text
    assert f"at step $9100$, after nine tenths of the decay, ${scientific(rate(9100), 2)}$" in text
    assert f"must stay below ${2 / 10:.1f}$" in text
    factor = 1 - 0.1 * 0.01
    assert f"the factor ${factor:.3f}$ per step and takes ${np.ceil(np.log(0.5) / np.log(factor)):.0f}$ steps" in text
    excess = [stationary_variance(rate, 1, 1) / 2 for rate in (0.1, 0.01)]
    assert f"${excess[0]:.4f}$ at $\\eta = 0.1$ and ${excess[1]:.4f}$ at $\\eta = 0.01$" in text


def test_second_order_methods(worked_example: Callable[[str], str]) -> None:
    text = worked_example("second-order-methods")
    bowl, start = np.diag([100.0, 1.0]), np.array([1.0, 1.0])
    np.testing.assert_allclose(start - np.linalg.solve(bowl, bowl @ start), 0)
    factors = 1 - 2 / 101 * np.diag(bowl)
    assert f"multiplies $x$ by ${factors[0]:.4f}$ and $y$ by ${factors[1]:.4f}$" in text
    after = np.abs(start * factors**100)
    np.testing.assert_allclose(after, after[0])
    assert f"after $100$ steps both still have the size ${after[0]:.4f}$" in text
    saddle, start = np.diag([1.0, -1.0]), np.array([1.0, 0.1])
    np.testing.assert_allclose(start - np.linalg.solve(saddle, saddle @ start), 0, atol=1e-12)
    x, y = start - 0.1 * saddle @ start
    assert f"goes to $({x:.2f}, {y:.2f})$" in text
    block, factor = (1000 * 1000) ** 2, 2 * 1000**2
    assert f"$10^{{{np.log10(block):.0f}}}$ entries, ${4 * block / 1e12:.0f}$ terabytes" in text
    assert f"${factor / 1e6:.0f} \\times 10^6$ entries together, ${4 * factor / 1e6:.0f}$ megabytes" in text


def test_saddle_points_and_loss_landscape(worked_example: Callable[[str], str]) -> None:
    text = worked_example("saddle-points-and-loss-landscape")

    def escape(y: float, rate: float = 0.1) -> tuple[int, float, list[float]]:
        x, norms = 1.0, list[float]()
        while abs(y) < 1:
            norms.append(float(np.hypot(x, y)))
            x, y = x - rate * x, y + rate * y
        return len(norms), x, norms

    steps, x, norms = escape(1e-6)
    assert f"takes ${steps}$ steps until $|y| \\geq 1$; by then $x = {scientific(x, 1)}$" in text
    assert f"lowest after ${np.argmin(norms)}$ steps, at ${min(norms):.4f}$" in text
    closer, _, _ = escape(1e-9)
    assert f"takes ${closer}$ steps, only ${closer - steps}$ more" in text
    assert f"all positive has the probability ${scientific(0.5**100, 1)}$" in text


def test_gradient_clipping(worked_example: Callable[[str], str]) -> None:
    text = worked_example("gradient-clipping")

    def clip(gradient: np.ndarray, threshold: float) -> np.ndarray:
        return gradient * min(1.0, threshold / float(np.linalg.norm(gradient)))

    gradient = np.array([3.0, 4.0, 12.0])
    norm = float(np.linalg.norm(gradient))
    assert f"has the norm ${norm:.0f}$" in text
    assert f"becomes $({', '.join(f'{value:.1f}' for value in clip(gradient, 1.3))})$" in text
    boxed = np.clip(gradient, -5, 5)
    assert f"becomes $({', '.join(f'{value:.0f}' for value in boxed)})$" in text
    cosine = float(gradient @ boxed) / (norm * float(np.linalg.norm(boxed)))
    assert f"the cosine to the original is ${cosine:.4f}$, an angle of ${np.degrees(np.arccos(cosine)):.1f}$" in text
    examples = np.array([-0.5, -0.5, -0.5, 4.0])
    clipped = np.array([clip(np.array([value]), 1.0)[0] for value in examples])
    assert f"mean is ${examples.mean():.3f}$" in text
    assert f"at $c = 1$ the mean is ${clipped.mean():.3f}$" in text
