"""The worked examples on Bayesian methods, uncertainty and causality."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import ceil, erf, factorial, log, pi, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _entropy(p: Array) -> Array:
    return -(p * np.log(p)).sum(axis=-1)


def test_bayesian_neural_networks(worked_example: Callable[[str], str]) -> None:
    text = worked_example("bayesian-neural-networks")
    x, y = np.array([1.0, 2.0]), np.array([0.8, 1.9])
    noise, prior = 0.25, 1.0
    precision = 1 / prior + (x**2).sum() / noise
    mean = (x * y).sum() / noise / precision
    grid = np.linspace(-2, 4, 6001)
    density = np.exp(-(grid**2) / (2 * prior) - ((y - grid[:, None] * x) ** 2).sum(axis=1) / (2 * noise))
    density /= density.sum()
    np.testing.assert_allclose((density * grid).sum(), mean, atol=1e-6)
    np.testing.assert_allclose((density * (grid - mean) ** 2).sum(), 1 / precision, rtol=1e-5)
    for point, value in zip(x, y, strict=True):
        assert f"$({point:g}, {value:g})$" in text
    assert f"(1^2 + 2^2)/{noise} = {precision:.0f}$" in text
    assert f"/{noise}/{precision:.0f} = {mean:.4f}$" in text
    assert f"${noise} + x^2/{precision:.0f}$" in text
    assert f"${noise + 1 / precision:.4f}$ at $x = 1$" in text
    assert f"${noise + 100 / precision:.4f}$ at $x = 10$" in text
    assert f"$w = {mean:.4f}$ claims ${noise}$" in text


def test_variational_inference(worked_example: Callable[[str], str]) -> None:
    text = worked_example("variational-inference")
    prior, likelihood, q = np.array([0.5, 0.5]), np.array([0.8, 0.2]), np.array([0.6, 0.4])
    joint = prior * likelihood
    evidence = joint.sum()
    posterior = joint / evidence
    bound = (q * np.log(joint / q)).sum()
    gap = (q * np.log(q / posterior)).sum()
    np.testing.assert_allclose(bound + gap, np.log(evidence))
    np.testing.assert_allclose(bound, (q * np.log(likelihood)).sum() - (q * np.log(q / prior)).sum())
    assert f"$p(x) = {evidence:.1f}$, $\\log p(x) = {np.log(evidence):.4f}$" in text
    assert f"posterior is $({posterior[0]:.1f}, {posterior[1]:.1f})$" in text
    terms = " + ".join(f"{a:.1f}\\log\\frac{{{b:.1f}}}{{{a:.1f}}}" for a, b in zip(q, joint, strict=True))
    assert f"${terms} = {bound:.4f}$" in text
    assert f"\\mathrm{{KL}}(q\\|p(z|x)) = {gap:.4f}$" in text
    assert f"add up to ${bound + gap:.4f}$" in text

    covariance = np.array([[1, 0.9], [0.9, 1]])
    precision = np.linalg.inv(covariance)
    variance = 1 / precision[0, 0]
    ratio = np.linalg.det(covariance) / variance**2
    divergence = (np.trace(precision * variance) - 2 + np.log(ratio)) / 2
    assert f"$1 - 0.9^2 = {variance:.2f}$, standard deviation ${sqrt(variance):.4f}$" in text
    assert f"$-\\frac{{1}}{{2}}\\log {variance:.2f} = {divergence:.4f}$ nats" in text


def test_mc_dropout(worked_example: Callable[[str], str]) -> None:
    text = worked_example("mc-dropout")
    parts = np.array([2, -1, 0.5])
    masks = np.array(list(product([0, 1], repeat=3)))
    assert f"all ${len(masks)}$ masks" in text
    assert f"= ({', '.join(f'{part:g}' for part in parts)})$" in text
    assert f"their sum, ${parts.sum():g}$" in text
    for rate in (0.5, 0.1):
        probability = np.prod(np.where(masks == 1, 1 - rate, rate), axis=1)
        outputs = masks @ parts / (1 - rate)
        mean = (probability * outputs).sum()
        variance = (probability * (outputs - mean) ** 2).sum()
        np.testing.assert_allclose(mean, parts.sum())
        np.testing.assert_allclose(variance, rate / (1 - rate) * (parts**2).sum())
        assert f"$p = {rate}$ it is ${variance:.4f}$, standard deviation ${sqrt(variance):.4f}$" in text


def test_deep_ensembles(worked_example: Callable[[str], str]) -> None:
    text = worked_example("deep-ensembles")
    p = np.array([0.9, 0.6, 0.3])
    losses = -np.log(p)
    assert f"${p[0]}$, ${p[1]}$ and ${p[2]}$" in text
    assert f"${losses[0]:.4f}$, ${losses[1]:.4f}$ and ${losses[2]:.4f}$, on average ${losses.mean():.4f}$" in text
    assert f"probability is ${p.mean():.1f}$ and its loss ${-np.log(p.mean()):.4f}$" in text
    assert losses.min() < -np.log(p.mean()) < losses.mean()
    means, variances = np.array([1.0, 1.4, 1.8]), np.array([0.10, 0.12, 0.08])
    assert f"means {', '.join(f'${m:.1f}$' for m in means)} and" in text
    assert f"variances {', '.join(f'${v:.2f}$' for v in variances)}." in text
    total = (variances + means**2).mean() - means.mean() ** 2
    assert f"mean is ${means.mean():.4f}$, the average variance ${variances.mean():.4f}$" in text
    assert f"variance of the means ${means.var():.4f}$" in text
    assert f"ensemble's variance is ${total:.4f}$" in text


def test_laplace_approximation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("laplace-approximation")
    heads, tails = 7, 3
    mode = heads / (heads + tails)
    curvature = heads / mode**2 + tails / (1 - mode) ** 2
    deviation = 1 / sqrt(curvature)
    assert f"The mode is ${mode:.1f}$" in text
    assert f"7/0.7^2 + 3/0.3^2 = {curvature:.4f}$" in text
    assert f"$N({mode:.1f}, {1 / curvature:.4f})$ with standard deviation ${deviation:.4f}$" in text
    a, b = heads + 1, tails + 1
    exact = sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
    assert f"Beta({a}, {b}), has mean ${a / (a + b):.4f}$ and standard deviation ${exact:.4f}$" in text
    outside = (1 - erf((1 - mode) / deviation / sqrt(2))) / 2
    assert f"puts ${outside:.4f}$ of its mass above $1$" in text
    laplace = heads * log(mode) + tails * log(1 - mode) + log(2 * pi) / 2 - log(curvature) / 2
    evidence = log(factorial(heads) * factorial(tails) / factorial(heads + tails + 1))
    assert f"is ${laplace:.4f}$ by Laplace" in text
    assert f"= {evidence:.4f}$ exactly" in text


def test_aleatoric_and_epistemic(worked_example: Callable[[str], str]) -> None:
    text = worked_example("aleatoric-and-epistemic")
    ambiguous = np.array([[0.5, 0.5], [0.5, 0.5]])
    unfamiliar = np.array([[0.99, 0.01], [0.01, 0.99]])
    total = _entropy(ambiguous.mean(axis=0))
    noise = _entropy(ambiguous).mean()
    assert f"The total is ${total:.4f}$, the average entropy ${noise:.4f}$" in text
    assert f"the mutual information ${abs(total - noise):.4f}$: all aleatoric" in text
    total, noise = _entropy(unfamiliar.mean(axis=0)), _entropy(unfamiliar).mean()
    assert f"with total ${total:.4f}$, but the average entropy is ${noise:.4f}$" in text
    assert f"the mutual information ${total - noise:.4f}$: almost all epistemic" in text
    means, variances = np.array([2.0, 2.6]), np.array([0.3, 0.5])
    assert "means $2.0$ and $2.6$, variances $0.3$ and $0.5$" in text
    parts = f"Aleatoric ${variances.mean():.2f}$, epistemic ${means.var():.2f}$"
    assert f"{parts}, total ${variances.mean() + means.var():.2f}$" in text


def test_conformal_prediction(worked_example: Callable[[str], str]) -> None:
    text = worked_example("conformal-prediction")
    scores = [0.1, 0.2, 0.3, 0.5, 0.6, 0.8, 1.1, 1.4, 2.0]
    n, alpha, prediction = len(scores), Fraction(2, 10), 5.0
    k = ceil((n + 1) * (1 - alpha))
    threshold = sorted(scores)[k - 1]
    assert f"${', '.join(map(str, scores))}$" in text
    assert f"$k = \\lceil {n + 1} \\cdot 0.8 \\rceil = {k}$ and the threshold is ${threshold}$" in text
    assert f"$[{prediction - threshold:.1f}, {prediction + threshold:.1f}]$" in text
    assert f"${k}/{n + 1} = {k / (n + 1):.2f}$" in text
    for size, phrase in ((n, "with standard deviation"), (1000, "with")):
        a = ceil((size + 1) * (1 - alpha))
        b = size + 1 - a
        deviation = sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
        assert f"Beta({a}, {b}) {phrase} ${deviation:.4f}$" in text
    rank = ceil((n + 1) * Fraction(95, 100))
    assert f"$k = \\lceil {n + 1} \\cdot 0.95 \\rceil = {rank} > {n}$" in text
    assert rank > n


def test_confounding_and_interventions(worked_example: Callable[[str], str]) -> None:
    text = worked_example("confounding-and-interventions")
    severity = np.array([0.5, 0.5])  # mild, severe
    treated = np.array([0.2, 0.8])  # p(x=1|z)
    recovery = np.array([[0.8, 0.3], [0.9, 0.4]])  # p(y|x,z), a row for each x
    assert f"treated with probability ${treated[1]}$, mild ones with ${treated[0]}$" in text
    assert f"mild ${recovery[1, 0]}$ with treatment and ${recovery[0, 0]}$ without" in text
    assert f"severe ${recovery[1, 1]}$ with and ${recovery[0, 1]}$ without" in text
    np.testing.assert_allclose(recovery[1] - recovery[0], 0.1)
    given = np.array([severity * (1 - treated), severity * treated])
    given /= given.sum(axis=1, keepdims=True)
    seen, done = (recovery * given).sum(axis=1), (recovery * severity).sum(axis=1)
    assert f"0.4 \\cdot {given[1, 1]:.1f} + 0.9 \\cdot {given[1, 0]:.1f} = {seen[1]:.2f}$" in text
    assert f"0.3 \\cdot {given[0, 1]:.1f} + 0.8 \\cdot {given[0, 0]:.1f} = {seen[0]:.2f}$" in text
    assert f"seems to harm by ${seen[0] - seen[1]:.2f}$" in text
    assert f"\\mathrm{{do}}(x=1)) = {done[1]:.2f}$" in text
    assert f"\\mathrm{{do}}(x=0)) = {done[0]:.2f}$: the effect is $+{done[1] - done[0]:.2f}$" in text


def test_ab_testing(worked_example: Callable[[str], str]) -> None:
    text = worked_example("ab-testing")
    normal = NormalDist()
    n, a, b = 10_000, 1000, 1090
    rate_a, rate_b, pooled = a / n, b / n, (a + b) / (2 * n)
    difference = rate_b - rate_a
    error = sqrt(2 * pooled * (1 - pooled) / n)
    z = difference / error
    assert f"${n}$ users, with ${a}$ conversions under A and ${b}$ under B" in text
    assert f"difference is ${difference:.4f}$, the pooled standard error ${error:.4f}$" in text
    assert f"$z = {z:.4f}$ and $p = {2 * (1 - normal.cdf(z)):.4f}$" in text
    critical = normal.inv_cdf(0.975)
    half = critical * sqrt((rate_a * (1 - rate_a) + rate_b * (1 - rate_b)) / n)
    assert f"interval is $[{difference - half:.4f}, {difference + half:.4f}]$" in text

    def users(p: float, q: float) -> int:
        quantiles = critical + normal.inv_cdf(0.8)
        return ceil(quantiles**2 * (p * (1 - p) + q * (1 - q)) / (q - p) ** 2)

    assert f"$0.10$ against $0.11$ with $80$ per cent power takes ${users(0.10, 0.11)}$" in text
    assert f"$0.10$ against $0.105$ already ${users(0.10, 0.105)}$" in text
    power = normal.cdf(0.01 / sqrt((0.10 * 0.90 + 0.11 * 0.89) / n) - critical)
    assert f"the power for $0.11$ is only ${power:.2f}$" in text
    looks = np.arange(1, 6)
    walks = np.random.default_rng(0).standard_normal((100_000, len(looks))).cumsum(axis=1) / np.sqrt(looks)
    alarms = (np.abs(walks) > 1.96).any(axis=1).mean()
    assert f"about ${100 * alarms:.0f}$ per cent" in text
