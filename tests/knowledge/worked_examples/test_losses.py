from collections.abc import Callable

import numpy as np


def test_cross_entropy_and_kl(worked_example: Callable[[str], str]) -> None:
    text = worked_example("cross-entropy-and-kl")
    p, q = np.array([0.9, 0.1]), np.array([0.7, 0.3])
    entropy = -(p * np.log(p)).sum()
    cross_entropy = -(p * np.log(q)).sum()
    assert f"H(p) = {entropy:.4f}" in text
    assert f"H(p,q) = {cross_entropy:.4f}" in text
    assert f"\\mathrm{{KL}}(p\\|q) = {cross_entropy - entropy:.4f}" in text
    assert f"\\mathrm{{KL}}(q\\|p) = {(q * np.log(q / p)).sum():.4f}" in text


def test_cross_entropy_and_likelihood(worked_example: Callable[[str], str]) -> None:
    text = worked_example("cross-entropy-and-likelihood")
    counts, q = np.array([5, 3, 2]), np.array([0.4, 0.4, 0.2])
    n, p = counts.sum(), counts / counts.sum()
    likelihood = np.prod(q**counts)
    mantissa, exponent = f"{likelihood:.2e}".split("e")
    entropy, divergence = -(p * np.log(p)).sum(), (p * np.log(p / q)).sum()
    np.testing.assert_allclose(-np.log(likelihood) / n, entropy + divergence)
    assert f"counts $({', '.join(map(str, counts))})$" in text
    assert f"\\hat{{p}} = ({', '.join(map(str, p))})" in text
    assert f"q = ({', '.join(map(str, q))})" in text
    product = " \\cdot ".join(f"{value}^{count}" for value, count in zip(q, counts, strict=True))
    assert f"{product} = {mantissa} \\times 10^{{{int(exponent)}}}$" in text
    assert f"${-np.log(likelihood):.4f}$ nats, or ${-np.log(likelihood) / n:.4f}$ per label" in text
    assert f"H(\\hat{{p}}) = {entropy:.4f}" in text
    assert f"\\mathrm{{KL}}(\\hat{{p}}\\|q) = {divergence:.4f}" in text
    assert f"add up to ${entropy + divergence:.4f}$" in text
    assert f"the entropy, ${-(p * np.log(p)).sum():.4f}$" in text
