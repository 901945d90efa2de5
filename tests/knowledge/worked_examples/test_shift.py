import math
from collections.abc import Callable
from statistics import NormalDist

import numpy as np


def test_domain_generalisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("domain-generalisation")
    shape, colour, unseen = np.array([0.75, 0.75]), np.array([0.9, 0.8]), 0.1
    assert f"with probability ${shape[0]}$ in every domain" in text
    assert f"probability ${colour[0]}$ in domain 1 and ${colour[1]}$ in domain 2, and with ${unseen}$ at the" in text
    assert f"shape costs an error of ${1 - shape[0]:.2f}$ everywhere" in text
    pooled, worst = 1 - colour.mean(), 1 - colour.min()
    assert pooled < worst < 1 - shape[0]
    assert f"colour costs ${pooled:.2f}$ on the pooled data" in text
    assert f"In the worst training domain colour costs ${worst:.2f}$" in text
    assert f"At the unseen site colour costs ${1 - unseen:.2f}$" in text

    for agrees, name in ((colour, "colour"), (shape, "shape")):
        mean = agrees.mean()
        logit = math.log(mean / (1 - mean))
        assert f"logit from {name} alone" in text
        assert f"$\\pm {logit:.4f}$" in text
        h = 1e-5

        def risk(w: float, a: float, f: float = logit) -> float:
            return a * math.log1p(math.exp(-w * f)) + (1 - a) * math.log1p(math.exp(w * f))

        slopes = np.array([(risk(1 + h, a) - risk(1 - h, a)) / (2 * h) for a in agrees])
        np.testing.assert_allclose(slopes, logit * (1 / (1 + math.exp(-logit)) - agrees), atol=1e-8)
        if name == "shape":
            np.testing.assert_allclose(slopes, 0, atol=1e-8)
            continue
        assert f"here ${slopes[0]:.4f}$ in domain 1 and ${slopes[1]:.4f}$ in domain 2" in text
        assert f"a penalty of ${(slopes**2).sum():.4f}$" in text


def test_why_models_fail_under_shift(worked_example: Callable[[str], str]) -> None:
    text = worked_example("why-models-fail-under-shift")
    # in the independent variables c, e1, e2: everything is a row of coefficients
    variances = np.array([1.0, 1.0, 0.25])
    c, e1, e2 = np.eye(3)
    y = c + e1
    z = y + e2
    features = np.stack([c, z])
    weights = np.linalg.solve((features * variances) @ features.T, (features * variances) @ y)
    assert np.isclose(weights[1], variances[1] / (variances[1] + variances[2]))
    assert f"$s_1^2 = {variances[1]:.0f}$" in text
    assert f"$s_2^2 = {variances[2]}$" in text
    assert f"\\hat{{y}} = {weights[0]:.2f}c + {weights[1]:.2f}z" in text
    residual = y - weights @ features
    alone = variances[1]
    assert f"error is ${residual**2 @ variances:.2f}$, against ${alone:.2f}$ for the best" in text
    variance = z**2 @ variances
    gone = (y - weights[0] * c) ** 2 @ variances + weights[1] ** 2 * variance
    assert f"same variance, ${variance}$, but" in text
    assert f"same predictor is ${gone:.2f}$" in text
    reversed_error = (y - weights[0] * c - weights[1] * (-y + e2)) ** 2 @ variances
    assert f"it is ${reversed_error:.2f}$" in text
    assert f"still has ${alone:.2f}$ in both cases" in text


def test_domain_adaptation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("domain-adaptation")
    source, target = np.array([0.8, 0.2]), np.array([0.4, 0.6])
    assert f"$({source[0]}, {source[1]})$ in the source and $({target[0]}, {target[1]})$ in the target" in text
    best = source / (source + target)
    loss = -(source @ np.log(best) + target @ np.log(1 - best)) / 2
    mean = (source + target) / 2
    divergence = (source @ np.log(source / mean) + target @ np.log(target / mean)) / 2
    assert np.isclose(loss, math.log(2) - divergence)
    assert f"outputs ${best[0]:.4f}$ and ${best[1]:.4f}$ for the source" in text
    assert f"cross-entropy is ${loss:.4f}$ nats against $\\log 2 = {math.log(2):.4f}$" in text
    assert f"Jensen-Shannon divergence is ${divergence:.4f}$" in text
    assert f"errs on ${np.minimum(source, target).sum() / 2:.2f}$ of the cases" in text

    positives = np.array([0.5, 0.1])
    assert f"with ${positives[0]:.0%}$ positives".replace("%", "\\%") in text
    assert f"${positives[1]:.0%}$ in the target".replace("%", "\\%") in text
    rates = np.linspace(0, 1, 101)
    least = np.abs(rates - positives[0]) + np.abs(rates - positives[1])
    assert f"add up to at least ${least.min():.2f}$" in text
    error = 0.05
    allowed = rates[np.abs(rates - positives[0]) <= error + 1e-9]
    assert f"source error ${error:.2f}$ has a target error of at least ${(allowed - positives[1]).min():.2f}$" in text
    assert f"would cost ${positives[1]:.2f}$ there" in text


def test_data_augmentation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("data-augmentation")
    x, y = np.array([1.0, 2.0, 3.0]), np.array([1.2, 3.8, 9.1])
    assert f"observe ${', '.join(map(str, y))}$ at $x = {', '.join(f'{value:.0f}' for value in x)}$" in text
    powers, mirrored = np.vander(x, 3, increasing=True), np.vander(-x, 3, increasing=True)
    plain = np.linalg.solve(powers, y)
    augmented = np.linalg.lstsq(np.vstack([powers, mirrored]), np.concatenate([y, y]))[0]
    assert f"${plain[0]:.4f} - {-plain[1]:.4f}x + {plain[2]:.4f}x^2$" in text
    assert f"${mirrored[1] @ plain:.2f}$ at $x = -2$ in place of ${x[1] ** 2:.0f}$" in text
    assert np.isclose(augmented[1], 0)
    assert f"${augmented[0]:.4f} + {augmented[2]:.4f}x^2$" in text
    assert f"training error rises to ${((powers @ augmented - y) ** 2).mean():.4f}$" in text
    before, after = (((mirrored @ fit - x**2) ** 2).mean() for fit in (plain, augmented))
    assert f"falls from ${before:.4f}$ to ${after:.4f}$" in text

    share = 0.7
    inputs, labels = np.array([[2.0, 4.0], [6.0, 0.0]]), np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    for values in (*inputs, *labels):
        assert f"({', '.join(f'{value:.0f}' for value in values)})" in text
    mixed = [np.array([share, 1 - share]) @ pair for pair in (inputs, labels)]
    shown = [", ".join(f"{value:.1f}" for value in values) for values in mixed]
    assert f"$\\lambda = {share}$" in text
    assert f"gives the input $({shown[0]})$ with label $({shown[1]})$" in text


def test_class_imbalance(worked_example: Callable[[str], str]) -> None:
    text = worked_example("class-imbalance")
    share, recall, false_alarms = 0.01, 0.80, 0.05

    def accuracy(recall: float, false_alarms: float, share: float) -> float:
        return share * recall + (1 - share) * (1 - false_alarms)

    def precision(share: float) -> float:
        return share * recall / (share * recall + (1 - share) * false_alarms)

    assert f"$\\pi = {share}$" in text
    lazy = accuracy(0, 0, share), accuracy(0, 0, 0.5)
    assert f"accuracy ${lazy[0]:.4f}$ and balanced accuracy ${lazy[1]:.4f}$" in text
    detector = accuracy(recall, false_alarms, share), accuracy(recall, false_alarms, 0.5)
    assert f"recall ${recall:.2f}$ and false alarm rate ${false_alarms:.2f}$" in text
    assert f"accuracy ${detector[0]:.4f}$, balanced accuracy ${detector[1]:.4f}$" in text
    assert f"precision ${precision(share):.4f}$" in text
    assert f"would read ${precision(0.5):.4f}$" in text

    says, costs = 0.80, 50
    odds = says / (1 - says)
    true_odds = odds * share / (1 - share)
    assert f"says ${says:.2f}$. The odds of ${odds:.2f}$ shrink" in text
    probability = true_odds / (1 + true_odds)
    assert f"${share}/{1 - share}$ to ${true_odds:.4f}$, a probability of ${probability:.4f}$" in text
    threshold = 1 / (1 + costs)
    assert f"${costs}$ times as much" in text
    assert f"$1/{1 + costs} = {threshold:.4f}$, so the alarm is raised" in text
    assert probability > threshold
    rebalanced = threshold / (1 - threshold) * (1 - share) / share
    assert f"lies at ${rebalanced / (1 + rebalanced):.4f}$" in text


def test_transfer_learning(worked_example: Callable[[str], str]) -> None:
    text = worked_example("transfer-learning")
    classes, features = 10, 2048
    assert f"${classes}$ classes on ${features}$ features has ${classes * (features + 1)}$ parameters" in text

    def best(offset: float, n: int) -> tuple[float, float, float, float]:
        """error from scratch, frozen error, weight of the pretrained value, its error; by search"""
        variance = 1 / n
        weights = np.linspace(0, 1, 60001)
        errors = weights**2 * offset**2 + (1 - weights) ** 2 * variance
        least = int(errors.argmin())
        assert np.isclose(weights[least], variance / (offset**2 + variance), atol=1e-4)
        return variance, offset**2, float(weights[least]), float(errors[least])

    scratch, frozen, weight, error = best(0.2, 5)
    assert f"error ${scratch:.4f}$, the frozen value ${frozen:.4f}$" in text
    assert f"with weight ${weight:.4f}$ on the pretrained value, ${error:.4f}$" in text
    scratch, frozen, weight, error = best(0.2, 100)
    assert f"${scratch:.4f}$, ${frozen:.4f}$ and, with weight ${weight:.4f}$, ${error:.4f}$: now" in text
    assert frozen > scratch > error
    assert f"break-even is at $n = {1 / 0.2**2:.0f}$" in text
    scratch, frozen, _, error = best(1.0, 5)
    assert f"costs ${frozen:.4f}$ against ${scratch:.4f}$ from scratch" in text
    assert f"gains little, ${error:.4f}$" in text


def test_adversarial_examples(worked_example: Callable[[str], str]) -> None:
    text = worked_example("adversarial-examples")
    d, size, score, eps = 1000, 0.05, 1.0, 8 / 255
    signs = np.where(np.arange(d) % 3 == 0, -1.0, 1.0)
    w = size * signs
    assert f"${d}$ inputs, weights $\\pm {size}$ and a score of ${score:.4f}$" in text
    assert f"$\\epsilon = 8/255 = {eps:.4f}$" in text
    change = eps * np.sign(w) @ w
    assert np.isclose(change, eps * np.abs(w).sum())
    assert f"by ${change:.4f}$ to ${score - change:.4f}$" in text
    assert f"standard deviation of ${eps * np.sqrt((w**2).sum()):.4f}$" in text
    assert f"${score / np.abs(w).sum():.4f}$ in $\\ell_\\infty$" in text
    assert f"${score / np.linalg.norm(w):.4f}$ in $\\ell_2$" in text

    sigma, top, other = 0.5, 0.9, 0.1
    quantile = NormalDist().inv_cdf
    assert f"$\\sigma = {sigma}$, $p_A = {top}$ and $p_B = {other}$" in text
    assert f"radius ${sigma / 2 * (quantile(top) - quantile(other)):.4f}$" in text
