import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def listed(values: Array, digits: int) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)


def integers(values: Array) -> str:
    return ", ".join(f"{value:.0f}" for value in values)


def scientific(value: float) -> str:
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} \\times 10^{{{int(exponent)}}}"


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def normal_cdf(x: float) -> float:
    return (1 + math.erf(x / math.sqrt(2))) / 2


def test_what_is_a_neural_network(worked_example: Callable[[str], str]) -> None:
    text = worked_example("what-is-a-neural-network")
    inputs = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    hidden_weights, hidden_bias = np.ones((2, 2)), np.array([0.0, -1.0])
    output_weights = np.array([1.0, -2.0])
    before = inputs @ hidden_weights + hidden_bias
    xor = np.maximum(before, 0) @ output_weights
    np.testing.assert_array_equal(xor, np.logical_xor(inputs[:, 0], inputs[:, 1]))
    assert f"the outputs are $({integers(xor)})$" in text
    assert f"has {hidden_weights.size + hidden_bias.size + output_weights.size + 1} parameters" in text
    linear = before @ output_weights
    np.testing.assert_array_equal(linear, 2 - inputs.sum(axis=1))
    assert f"the outputs become $({integers(linear)})$" in text
    design = np.column_stack([inputs, np.ones(4)])
    fit = design @ np.linalg.lstsq(design, xor)[0]
    np.testing.assert_allclose(fit, fit.mean())
    assert f"gives ${fit.mean():.1f}$ for every input" in text


def test_universal_approximation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("universal-approximation")
    x = np.linspace(0, 1, 6401)

    def tent(values: Array) -> Array:
        return 2 * np.minimum(values, 1 - values)

    def shallow_error(units: int) -> float:
        h = 1 / units
        network = h * x + sum(2 * h * np.maximum(0, x - k * h) for k in range(1, units))
        return float(np.abs(network - x**2).max())

    def deep_error(compositions: int) -> float:
        network, folded = x.copy(), x
        for depth in range(1, compositions + 1):
            folded = tent(folded)
            network = network - folded / 4**depth
        return float(np.abs(network - x**2).max())

    slopes = "0.25x + " + " + ".join(f"0.5\\max(0, x - {knot:g})" for knot in (0.25, 0.5, 0.75))
    assert f"${slopes}$ and its largest error is ${shallow_error(4):.4f}$" in text
    assert f"for $n = 8$ it is ${shallow_error(8):.4f}$" in text
    np.testing.assert_allclose(shallow_error(8), (1 / 8) ** 2 / 4)
    units = math.ceil(1 / (2 * math.sqrt(1e-4)))
    assert f"takes {units} units" in text
    assert f"the same error ${deep_error(2):.4f}$" in text
    needed = next(m for m in range(1, 20) if deep_error(m) <= 1e-4)
    assert f"$10^{{-4}}$ takes {needed} compositions" in text


def test_backpropagation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("backpropagation")
    x, target = np.array([1.0, 2.0]), 1.0
    first, second = np.array([[0.5, 0.25], [1.0, -1.0]]), np.array([2.0, 3.0])

    def loss(weights: Array) -> float:
        return float((second @ np.maximum(weights @ x, 0) - target) ** 2 / 2)

    a = first @ x
    h = np.maximum(a, 0)
    prediction = second @ h
    assert f"$a = ({integers(a)})$, $h = ({integers(h)})$, $\\hat{{y}} = {prediction:.0f}$" in text
    assert f"$L = {loss(first):.1f}$" in text
    error = prediction - target
    assert f"\\delta_2 = \\hat{{y}} - y = {error:.0f}$" in text
    assert f"\\delta_2 h = ({integers(error * h)})$" in text
    delta = second * error * (a > 0)
    assert f"w_2\\delta_2 = ({integers(second * error)})$" in text
    assert f"\\delta_1 = ({integers(delta)})$" in text
    gradient = np.outer(delta, x)
    assert f"\\delta_1 x^\\top = [[{integers(gradient[0])}], [{integers(gradient[1])}]]$" in text
    step = np.zeros_like(first)
    step[0, 1] = 0.001
    above, below = loss(first + step), loss(first - step)
    assert f"is ${above:.6f}$ above and ${below:.6f}$ below" in text
    quotient = (above - below) / 0.002
    np.testing.assert_allclose(quotient, gradient[0, 1])
    assert f"the quotient is ${quotient:.3f}$" in text


def test_activation_functions(worked_example: Callable[[str], str]) -> None:
    text = worked_example("activation-functions")

    def slope(x: float) -> float:
        return sigmoid(x) * (1 - sigmoid(x))

    assert f"sigmoid is ${slope(0):.4f}$ at $0$, ${slope(2):.4f}$ at $2$ and ${slope(5):.4f}$ at $5$" in text
    assert f"tanh at $0$ is ${1 - math.tanh(0) ** 2:.4f}$ and at $2$ it is ${1 - math.tanh(2) ** 2:.4f}$" in text
    assert f"$0.25^{{10}} = {scientific(0.25**10)}$" in text
    assert f"GELU ${-normal_cdf(-1):.4f}$ and SiLU ${-sigmoid(-1):.4f}$" in text
    assert f"they give $1$, ${normal_cdf(1):.4f}$ and ${sigmoid(1):.4f}$" in text
    density = math.exp(-(0.5**2) / 2) / math.sqrt(2 * math.pi)
    assert f"GELU at $-0.5$ is ${normal_cdf(-0.5) - 0.5 * density:.4f}$" in text


def test_vanishing_and_exploding_gradients(worked_example: Callable[[str], str]) -> None:
    text = worked_example("vanishing-and-exploding-gradients")
    singular = np.linalg.svd(np.linalg.matrix_power(np.diag([1.1, 0.9]), 50), compute_uv=False)
    assert f"$0.9^{{50}} = {0.9**50:.4f}$" in text
    assert f"$1.1^{{50}} = {1.1**50:.1f}$" in text
    assert f"$0.25^{{30}} = {scientific(0.25**30)}$" in text
    assert f"singular values ${singular[0]:.1f}$ and ${singular[1]:.4f}$" in text
    assert f"a ratio of ${singular[0] / singular[1] / 1e4:.2f} \\times 10^4$" in text


def test_weight_initialisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("weight-initialisation")
    fan_in, fan_out = 512, 256
    he, glorot = 2 / fan_in, 2 / (fan_in + fan_out)
    assert f"$2/{fan_in} = {he:.5f}$, a standard deviation of ${math.sqrt(he):.4f}$" in text
    assert f"$2/{fan_in + fan_out} = {glorot:.5f}$ and the standard deviation ${math.sqrt(glorot):.4f}$" in text
    halved, small, large = (fan_in * variance / 2 for variance in (1 / fan_in, 0.01**2, 0.1**2))
    assert f"$2^{{-10}} = {halved**10:.5f}$" in text
    assert f"$512 \\cdot 0.01^2 / 2 = {small:.4f}$, and ten layers leave ${scientific(small**10)}$" in text
    assert f"the factor is ${large:.2f}$, and ten layers make it ${scientific(large**10)}$" in text


def test_residual_connections(worked_example: Callable[[str], str]) -> None:
    text = worked_example("residual-connections")
    slopes = (0.5, -0.2, 0.1)
    by_length = [sum(math.prod(path) for path in combinations(slopes, length)) for length in range(4)]
    factors = [1 + slope for slope in slopes]
    np.testing.assert_allclose(sum(by_length), math.prod(factors))
    assert f"0.5 \\cdot (-0.2) \\cdot 0.1 = {math.prod(slopes):.2f}$" in text
    product = " \\cdot ".join(f"{factor:.1f}" for factor in factors)
    assert f"{product} = {math.prod(factors):.2f}$" in text
    assert f"$2^3 = {sum(math.comb(3, length) for length in range(4))}$ paths" in text
    assert f"${by_length[0]:.0f}$ for the pure skip, ${by_length[1]:.1f}$ from the three paths" in text
    assert f"${by_length[2]:.2f}$ from the three through two, and ${by_length[3]:.2f}$ from the one" in text
    assert f"$0.1^{{20}} = 10^{{{math.log10(0.1**20):.0f}}}$" in text
    assert f"$1.1^{{20}} = {1.1**20:.2f}$" in text


def test_batch_normalisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("batch-normalisation")
    x = np.array([1.0, 2.0, 3.0, 6.0])
    normalised = (x - x.mean()) / x.std()
    assert f"$x = ({integers(x)})$" in text
    assert f"The mean is ${x.mean():.0f}$ and the variance, divided by the batch size, is ${x.var():.1f}$" in text
    assert f"\\hat{{x}} = ({listed(normalised, 3)})$" in text
    assert f"unbiased variance, here ${x.var(ddof=1):.3f}$" in text
    mean, variance = 0.9 * 0 + 0.1 * x.mean(), 0.9 * 1 + 0.1 * x.var(ddof=1)
    assert f"they are ${mean:.3f}$ and ${variance:.3f}$" in text
    assert f"gives ${(6 - mean) / math.sqrt(variance):.3f}$, where training gave ${normalised[-1]:.3f}$" in text


def test_layer_normalisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("layer-normalisation")
    x, other = np.array([1.0, 2.0, 3.0, 6.0]), np.array([2.0, 2.0, 2.0, 0.0])
    moved = 10 * x + 5

    def layer_norm(values: Array) -> Array:
        return (values - values.mean()) / values.std()

    def rms(values: Array) -> float:
        return math.sqrt((values**2).mean())

    np.testing.assert_allclose(layer_norm(moved), layer_norm(x))
    assert f"The mean is ${x.mean():.0f}$, the variance ${x.var():.1f}$" in text
    assert f"the output $({listed(layer_norm(x), 3)})$" in text
    assert f"of length $\\sqrt{{4}} = {np.linalg.norm(layer_norm(x)):.0f}$" in text
    assert f"For $10x + 5 = ({integers(moved)})$" in text
    assert f"divides by ${rms(x):.3f}$ and gives $({listed(x / rms(x), 3)})$" in text
    assert f"for $10x + 5$ it gives $({listed(moved / rms(moved), 3)})$" in text
    first = np.array([x[0], other[0]])
    low, high = (first - first.mean()) / first.std()
    assert f"second token $({integers(other)})$" in text
    assert f"give ${low:.0f}$ and ${high:.0f}$" in text
