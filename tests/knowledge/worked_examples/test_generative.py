"""The numbers of the notes on generative models and on learning without labels."""

from collections.abc import Callable
from math import exp, log, pi, sqrt, tanh

import numpy as np


def _log_normal(x: float, mean: float, variance: float) -> float:
    return -0.5 * log(2 * pi * variance) - (x - mean) ** 2 / (2 * variance)


def _kl_normals(mean: float, variance: float, other_mean: float, other_variance: float) -> float:
    ratio = variance / other_variance
    return 0.5 * (ratio + (mean - other_mean) ** 2 / other_variance - 1 - log(ratio))


def test_variational_autoencoders(worked_example: Callable[[str], str]) -> None:
    text = worked_example("variational-autoencoders")
    x = 2.0
    evidence = _log_normal(x, 0, 2)

    def terms(mean: float, variance: float) -> tuple[float, float, float]:
        reconstruction = _log_normal(x, mean, 1) - variance / 2
        divergence = 0.5 * (mean**2 + variance - log(variance) - 1)
        np.testing.assert_allclose(divergence, _kl_normals(mean, variance, 0, 1))
        return reconstruction, divergence, reconstruction - divergence

    reconstruction, divergence, bound = terms(1, 0.25)
    np.testing.assert_allclose(evidence - bound, _kl_normals(1, 0.25, x / 2, 0.5))
    assert f"$\\log p(x) = {evidence:.4f}$" in text
    assert f"reconstruction term ${reconstruction:.4f}$" in text
    assert f"(1 + 0.25 - \\log 0.25 - 1) = {divergence:.4f}$, so the bound is ${bound:.4f}$" in text
    assert f"The gap of ${evidence - bound:.4f}$" in text
    reconstruction, divergence, bound = terms(1, 0.5)
    np.testing.assert_allclose(bound, evidence)
    assert f"the terms are ${reconstruction:.4f}$ and ${divergence:.4f}$, and the bound is ${bound:.4f}$" in text
    assert f"a KL of zero and a bound of ${terms(0, 1)[2]:.4f}$" in text
    assert f"gives $z = {1 + 0.5 * 0.6:.1f}$" in text


def test_gans(worked_example: Callable[[str], str]) -> None:
    text = worked_example("gans")
    data, model = np.array([0.6, 0.4]), np.array([0.2, 0.8])
    best = data / (data + model)
    value = (data * np.log(best)).sum() + (model * np.log(1 - best)).sum()
    middle = (data + model) / 2
    shannon = 0.5 * ((data * np.log(data / middle)).sum() + (model * np.log(model / middle)).sum())
    np.testing.assert_allclose(value, 2 * shannon - log(4))
    assert f"$D^* = ({best[0]:.4f}, {best[1]:.4f})$, the objective is ${value:.4f}$" in text
    assert f"\\mathrm{{JS}} = {shannon:.4f}$" in text
    assert f"would be ${-log(4):.4f}$; for disjoint supports JS is ${log(2):.4f}$" in text
    fooled = 1 / (1 + exp(5))
    assert f"$D = {fooled:.4f}$" in text
    assert f"is $-{fooled:.4f}$, that of the non-saturating loss $-{1 - fooled:.4f}$" in text
    eta = 0.1
    spin = np.array([[0, -eta], [eta, 0]])
    plain, ahead = np.eye(2) + spin, np.eye(2) + spin @ (np.eye(2) + spin)
    growth = [float(np.linalg.norm(np.linalg.matrix_power(step, 100) @ [1.0, 0.0])) for step in (plain, ahead)]
    np.testing.assert_allclose(growth, [(1 + eta**2) ** 50, (1 - eta**2 + eta**4) ** 50])
    assert f"multiply the distance from the equilibrium by ${growth[0]:.4f}$" in text
    assert f"a hundred extragradient steps by ${growth[1]:.4f}$" in text


def test_normalising_flows(worked_example: Callable[[str], str]) -> None:
    text = worked_example("normalising-flows")
    x = np.array([1.0, 2.0])

    def to_base(point: np.ndarray) -> np.ndarray:
        return np.array([point[0], (point[1] - point[0] ** 2) * np.exp(-0.5 * point[0])])

    z, step = to_base(x), 1e-6
    jacobian = np.stack([(to_base(x + step * e) - to_base(x - step * e)) / (2 * step) for e in np.eye(2)], axis=1)
    log_determinant = log(abs(np.linalg.det(jacobian)))
    np.testing.assert_allclose(log_determinant, -0.5, atol=1e-8)
    base = _log_normal(z[0], 0, 1) + _log_normal(z[1], 0, 1)
    parts = _log_normal(1, 0, 1), _log_normal(2, 1, exp(0.5) ** 2)
    np.testing.assert_allclose(base + log_determinant, sum(parts))
    assert f"$z = ({z[0]:.0f}, {z[1]:.4f})$, the base log-density is ${base:.4f}$" in text
    assert f"the log-determinant is $-0.5$ and $\\log p(x) = {base + log_determinant:.4f}$" in text
    assert f"log-densities ${parts[0]:.4f}$ and ${parts[1]:.4f}$" in text
    assert f"${z[1]:.4f} \\cdot \\exp(0.5) + 1 = {z[1] * exp(0.5) + 1:.0f}$" in text
    assert f"\\sqrt{{3072}} = {sqrt(3072):.1f}$" in text
    assert f"at that radius by ${3072 / 2:.0f}$ nats" in text


def test_diffusion_models(worked_example: Callable[[str], str]) -> None:
    text = worked_example("diffusion-models")
    kept, x = 0.5, 0.5

    def log_density(point: float) -> float:
        return log(sum(0.5 * exp(_log_normal(point, sqrt(kept) * clean, 1 - kept)) for clean in (-1, 1)))

    guess = tanh(sqrt(kept) * x / (1 - kept))
    weights = [exp(_log_normal(x, sqrt(kept) * clean, 1 - kept)) for clean in (-1, 1)]
    np.testing.assert_allclose(guess, (weights[1] - weights[0]) / sum(weights))
    noise = (x - sqrt(kept) * guess) / sqrt(1 - kept)
    score = -noise / sqrt(1 - kept)
    np.testing.assert_allclose(score, (log_density(x + 1e-5) - log_density(x - 1e-5)) / 2e-5, atol=1e-8)
    np.testing.assert_allclose((x + (1 - kept) * score) / sqrt(kept), guess)
    assert f"guess of the clean value is ${guess:.4f}$" in text
    assert f"(0.5 - \\sqrt{{0.5}} \\cdot {guess:.4f})/\\sqrt{{0.5}} = {noise:.4f}$" in text
    assert f"$-{noise:.4f}/\\sqrt{{0.5}} = {score:.4f}$" in text
    assert f"(0.5 - 0.5 \\cdot {-score:.4f})/\\sqrt{{0.5}} = {guess:.4f}$" in text
    signal = np.sqrt(np.cumprod(1 - np.linspace(1e-4, 0.02, 1000)))
    assert f"_{{500}}}} = {signal[499]:.4f}$" in text
    assert f"_{{1000}}}} = {signal[999]:.4f}$" in text


def test_evaluating_generative_models(worked_example: Callable[[str], str]) -> None:
    text = worked_example("evaluating-generative-models")

    def frechet(mean: float, deviation: float, other_mean: float, other_deviation: float) -> float:
        return (mean - other_mean) ** 2 + (deviation - other_deviation) ** 2

    parts = frechet(0, 1, 0.3, 1), frechet(0.3, 1, 0.3, 0.8)
    assert f"${parts[0]:.2f} + {parts[1]:.2f} = {frechet(0, 1, 0.3, 0.8):.2f}$" in text
    coin = np.array([-1.0, 1.0])
    assert frechet(float(coin.mean()), float(coin.std()), 0, 1) == 0
    for images in (2000, 50000):
        assert f"${2048 / images:.3f}$ for $n = {images}$" in text
    assert f"\\log 100 = {log(100):.3f}$ nats" in text
    assert f"${log(100) / log(2) / (32 * 32 * 3):.4f}$ bits per dimension" in text


def test_infonce_and_mutual_information(worked_example: Callable[[str], str]) -> None:
    text = worked_example("infonce-and-mutual-information")
    joint, ratio = np.array([0.9, 0.1]), np.array([1.8, 0.2])  # match, no match; 1/2 each under the product
    information = float(joint @ np.log(ratio))

    def donsker_varadhan(critic: np.ndarray) -> float:
        return float(joint @ critic - log(np.exp(critic).mean()))

    def tangent(critic: np.ndarray) -> float:
        return float(joint @ critic - np.exp(critic - 1).mean())

    critic, best = np.array([2.0, 0.0]), 1 + np.log(ratio)
    np.testing.assert_allclose([donsker_varadhan(best), tangent(best)], information)
    contrastive = sum(
        p * 0.5 * log(positive / ((positive + negative) / 2))
        for p, positive in zip(joint, ratio, strict=True)
        for negative in ratio
    )
    assert f"$I = {information:.4f}$ nats" in text
    assert f"= {donsker_varadhan(critic):.4f}$ with Donsker-Varadhan" in text
    assert f"= {tangent(critic):.4f}$ with NWJ" in text
    assert f"both give ${information:.4f}$" in text
    assert f"$f = r$ gives ${contrastive:.4f}$" in text
    assert f"the value is ${information - np.log(ratio).mean():.4f}$, more than the truth" in text
    nats = -20 / 2 * log(1 - 0.9**2)
    assert f"-10\\log 0.19 = {nats:.4f}$" in text
    assert f"cannot show more than ${log(512):.4f}$" in text
    assert f"standard deviation of at least ${sqrt((exp(nats) - 1) / 1e6):.4f}$" in text


def test_contrastive_learning(worked_example: Callable[[str], str]) -> None:
    text = worked_example("contrastive-learning")
    similarities = np.array([0.8, 0.6, 0.1, -0.3])

    def softmax(temperature: float) -> np.ndarray:
        weights = np.exp(similarities / temperature)
        return weights / weights.sum()

    warm, cold = softmax(0.5), softmax(0.1)
    assert f"the softmax is $({', '.join(f'{p:.4f}' for p in warm)})$" in text
    assert f"the loss is ${-log(warm[0]):.4f}$" in text
    assert f"takes ${100 * warm[1] / warm[1:].sum():.0f}$ per cent of the push" in text
    assert f"the positive has ${cold[0]:.4f}$, the loss is ${-log(cold[0]):.4f}$" in text
    assert f"the hardest negative takes ${100 * cold[1] / cold[1:].sum():.0f}$ per cent" in text
    assert f"\\log 511 = {log(2 * 256 - 1):.4f}$" in text
    assert f"offers ${2 * 64 - 2}$ negatives" in text


def test_non_contrastive_collapse(worked_example: Callable[[str], str]) -> None:
    text = worked_example("non-contrastive-collapse")
    noise, decay = 0.25, 0.1
    power = 1 + noise
    predictors = np.linspace(0, 2, 2001)
    shrinking = power * (1 + predictors**2) - 2 * predictors
    assert f"smallest at $p = {predictors[shrinking.argmin()]:.1f}$, where it is ${shrinking.min():.2f}$" in text
    assert f"$e^{{-{shrinking.min():.2f}t}}$" in text
    assert f"$e^{{-{noise}t}}$" in text
    lower, upper = sorted((1 + sign * sqrt(1 - 4 * decay * power)) / (2 * power) for sign in (-1, 1))

    def end(start: float) -> float:
        w = p = start
        for _ in range(4000):
            push = 1 - p * power
            w, p = w + 0.05 * (p * w * push - decay * w), p + 0.05 * (w * w * push - decay * p)
        return w

    np.testing.assert_allclose([end(0.2), end(0.1)], [upper, 0], atol=1e-6)
    assert f"are $0$, ${lower:.4f}$ and ${upper:.4f}$" in text
    assert f"from $p = w = 0.2$ ends at ${upper:.4f}$" in text
    assert f"Above $\\eta = {1 / (4 * power):.1f}$ only" in text
    z = np.array([[1, 0], [0.6, 0.8], [0, 1]])
    samples, features = z @ z.T, z.T @ z
    np.testing.assert_allclose((samples**2).sum(), (features**2).sum())
    beside = [(m**2).sum() - (np.diag(m) ** 2).sum() for m in (samples, features)]
    assert f"norms are ${(samples**2).sum():.2f}$" in text
    assert f"contributes ${beside[0]:.2f}$ and that of $Z^\\top Z$ contributes ${beside[1]:.2f}$" in text
