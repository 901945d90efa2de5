import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def listed(values: Array, digits: int) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)


def integers(values: Array) -> str:
    return ", ".join(f"{value:.0f}" for value in values)


def scientific(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa} \\times 10^{{{int(exponent)}}}"


def thousands(value: int) -> str:
    return f"{value:,}".replace(",", "{,}")


def softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_self_attention(worked_example: Callable[[str], str]) -> None:
    text = worked_example("self-attention")
    query = np.ones(4)
    keys = np.array([[1.0, 1, 1, 1], [1, 1, 1, -1], [1, -1, 1, -1]])
    values = np.array([[1.0, 0], [0, 1], [1, 1]])
    assert "the keys " + ", ".join(f"$({','.join(f'{entry:.0f}' for entry in key)})$" for key in keys) in text
    scores = keys @ query
    assert f"The dot products are ${integers(scores)}$" in text
    assert f"divided by ${math.sqrt(query.size):.0f}$" in text
    weights = softmax(scores / math.sqrt(query.size))
    assert f"the weights ${listed(weights, 3)}$" in text
    assert f"the output is $({listed(weights @ values, 3)})$" in text
    assert f"the weights would be ${listed(softmax(scores), 3)}$" in text
    deviation = math.sqrt(64)
    assert f"the standard deviation of a dot product is ${deviation:.0f}$" in text
    unscaled, scaled = sigmoid(deviation), sigmoid(deviation / math.sqrt(64))
    assert f"a weight of ${unscaled:.4f}$ and a slope $a(1-a)$ of ${unscaled * (1 - unscaled):.5f}$" in text
    assert f"with weight ${scaled:.4f}$ and slope ${scaled * (1 - scaled):.4f}$" in text


def test_multi_head_attention(worked_example: Callable[[str], str]) -> None:
    text = worked_example("multi-head-attention")
    numbers = np.array([3.0, 5.0])
    single, heads = np.full(2, 0.5), np.eye(2)
    assert single @ numbers == single @ numbers[::-1]
    assert f"equal weights returns ${single @ numbers:.0f}$, and it returns the same" in text
    assert f"return $({integers(heads @ numbers)})$ and $({integers(heads @ numbers[::-1])})$" in text
    first, second = np.array([1.0, 2]), np.array([3.0, -1])
    output = np.array([[1.0, 0], [0, 1], [2, 1], [1, 1]])
    together = np.concatenate([first, second]) @ output
    np.testing.assert_array_equal(together, first @ output[:2] + second @ output[2:])
    assert ", ".join(f"$({integers(row)})$" for row in output) in text
    assert f"Concatenated and multiplied: $({integers(together)})$" in text
    assert f"$({integers(first @ output[:2])}) + ({integers(second @ output[2:])})$" in text
    d, h = 512, 8
    thin = 3 * h * d * (d // h) + d * d
    assert thin == 4 * d * d
    assert f"${thousands(thin)}$ weights with ${h}$ heads of ${d // h}$" in text
    assert f"falls from ${d}$ to ${d // h}$" in text
    assert f"would need ${thousands(3 * h * d * d + h * d * d)}$ weights" in text


def test_positional_encoding(worked_example: Callable[[str], str]) -> None:
    text = worked_example("positional-encoding")
    d = 4
    frequencies = 10000.0 ** (-np.arange(0, d, 2) / d)

    def encoding(position: float) -> Array:
        angles = frequencies * position
        return np.stack([np.sin(angles), np.cos(angles)], axis=1).ravel()

    def rotation(angle: float) -> Array:
        return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    assert f"the frequencies are ${frequencies[0]:g}$ and ${frequencies[1]:g}$" in text
    assert f"Position $3$ gets $({listed(encoding(3), 4)})$" in text
    assert f"position $5$ gets $({listed(encoding(5), 4)})$" in text
    # A pair (sine, cosine) turns clockwise, by minus the angle, as the position grows.
    turned = [rotation(-2 * w) @ pair for w, pair in zip(frequencies, encoding(3).reshape(-1, 2), strict=True)]
    np.testing.assert_allclose(np.concatenate(turned), encoding(5))
    product = encoding(3) @ encoding(5)
    assert f"\\cos 2 + \\cos 0.02 = {product:.4f}$" in text
    np.testing.assert_allclose(product, math.cos(2) + math.cos(0.02))
    np.testing.assert_allclose(product, encoding(10) @ encoding(12))
    assert f"$10$ and $12$ it is ${encoding(10) @ encoding(12):.4f}$ too" in text
    query, key = np.array([1.0, 0]), np.array([0.0, 1])

    def score(query_at: float, key_at: float) -> float:
        return float((rotation(query_at) @ query) @ (rotation(key_at) @ key))

    np.testing.assert_allclose(score(3, 5), score(10, 12))
    assert f"query at $3$ and key at $5$ score ${score(3, 5):.4f}$" in text
    assert f"they score ${score(5, 3):.4f}$" in text


def test_attention_complexity(worked_example: Callable[[str], str]) -> None:
    text = worked_example("attention-complexity")
    d, heads, n, longer, window = 1024, 16, 4096, 32768, 256

    def attention(tokens: int, width: int, seen: int) -> int:
        return 2 * tokens * seen * width

    def dense(tokens: int, width: int) -> int:
        return 12 * tokens * width**2

    assert f"$2n^2 d = {scientific(attention(n, d, n), 2)}$" in text
    assert f"$12nd^2 = {scientific(dense(n, d), 2)}$" in text
    assert attention(6 * d, d, 6 * d) == dense(6 * d, d)
    assert f"equal at $n = {6 * d}$" in text
    assert f"At $n = {longer}$ attention takes ${attention(longer, d, longer) / dense(longer, d):.1f}$ times" in text
    assert f"take ${2 * heads * n**2 / 2**20:.0f}$ MiB for this layer at $n = {n}$" in text
    assert f"${2 * heads * longer**2 / 2**30:.0f}$ GiB at $n = {longer}$" in text
    assert f"falls to ${scientific(attention(n, d, window), 2)}$, a sixteenth" in text
    assert n // window == 16
    scores = np.array([1.0, 3.0])
    correction = math.exp(scores[0] - scores[1])
    assert f"$\\exp(-2) = {correction:.4f}$" in text
    assert f"the new sum is ${correction + 1:.4f}$" in text
    online = np.array([correction, 1]) / (correction + 1)
    np.testing.assert_allclose(online, softmax(scores))
    assert f"The weights are ${online[0]:.4f}$ and ${online[1]:.4f}$" in text


def test_encoder_and_decoder_models(worked_example: Callable[[str], str]) -> None:
    text = worked_example("encoder-and-decoder-models")
    scores = np.array([1.0, 2, 3, 0])
    assert f"$({integers(scores)})$" in text
    assert f"In an encoder the weights are $({listed(softmax(scores), 4)})$" in text
    masked = softmax(np.where(np.arange(4) < 2, scores, -np.inf))
    assert f"the weights are $({listed(masked[:2], 4)}, 0, 0)$" in text
    np.testing.assert_array_equal(masked[2:], 0)
    source, target = 5, 3
    causal = np.tril(np.ones((source + target, source + target)))
    prefix = causal.copy()
    prefix[:source, :source] = 1
    encoder, decoder, cross = source**2, target * (target + 1) // 2, source * target
    assert f"${encoder}$ in the encoder, ${decoder}$ causal ones in the decoder, ${cross}$ in the cross" in text
    assert f"${encoder + decoder + cross}$ in all" in text
    assert f"on the ${source + target}$ tokens in a row: ${causal.sum():.0f}$" in text
    in_prefix, from_target = prefix[:source].sum(), prefix[source:].sum()
    assert (
        f"${in_prefix:.0f}$ in the prefix and ${from_target:.0f}$ from the target, again ${prefix.sum():.0f}$" in text
    )
    assert prefix.sum() - causal.sum() == 10
    assert "The ten pairs" in text


def test_recurrent_networks(worked_example: Callable[[str], str]) -> None:
    text = worked_example("recurrent-networks")
    w, inputs = 0.5, np.array([1.0, 0, 2])

    def states(weight: float) -> Array:
        history = [0.0]
        for x in inputs:
            history.append(weight * history[-1] + float(x))
        return np.array(history)

    h = states(w)
    assert f"The states are ${', '.join(f'{value:g}' for value in h[1:])}$" in text
    kernel = w ** np.arange(3)
    np.testing.assert_allclose(np.convolve(inputs, kernel)[:3], h[1:])
    assert f"$2 + 0.5 \\cdot 0 + 0.25 \\cdot 1 = {kernel @ inputs[::-1]:g}$" in text
    gradient = h[2] + w * h[1] + w**2 * h[0]
    step = 1e-6
    np.testing.assert_allclose((states(w + step)[3] - states(w - step)[3]) / (2 * step), gradient, rtol=1e-6)
    assert f"$h_2 + wh_1 + w^2 h_0 = {gradient:.1f}$" in text
    assert f"Truncated after one step it is ${h[2]:.1f}$" in text
    assert f"a factor of $0.95$ leaves ${0.95**100:.4f}$" in text
    assert f"a factor of $1.05$ makes it ${1.05**100:.1f}$ times" in text
    assert f"after ${math.log(0.5) / math.log(0.95):.1f}$ steps" in text


def test_lstm(worked_example: Callable[[str], str]) -> None:
    text = worked_example("lstm")
    cell, f, i, g, o = 2.0, 0.9, 0.5, -0.4, 0.5
    assert f"$c_{{t-1}} = {cell:g}$, $f = {f}$, $i = {i}$, $g = {g}$, $o = {o}$" in text
    cell = f * cell + i * g
    assert f"the new cell is $c_t = {cell:.2f}$" in text
    assert f"$h_t = {o} \\tanh({cell:.2f}) = {o * math.tanh(cell):.4f}$" in text
    assert f"${0.99**100:.4f}$ for $f = 0.99$, but ${scientific(0.9**100, 1)}$ for $f = 0.9$" in text
    assert f"A bias of zero gives $f = {sigmoid(0)}$ and ${scientific(sigmoid(0) ** 100, 1)}$" in text
    bias = math.log(100 - 1)
    assert f"$\\log 99 = {bias:.4f}$, which gives $f = {sigmoid(bias):.4f}$" in text
    np.testing.assert_allclose(sigmoid(bias), 1 - 1 / 100)
    inputs, units = 100, 200
    assert f"${inputs}$ inputs and ${units}$ units" in text
    assert f"have ${thousands(4 * (units * inputs + units * units + units))}$ parameters" in text


def test_word_embeddings(worked_example: Callable[[str], str]) -> None:
    text = worked_example("word-embeddings")
    pairs, word, context, both = 1000, 50, 40, 10
    assert f"$N = {pairs}$ pairs, $n(w) = {word}$, $n(c) = {context}$ and $n(w,c) = {both}$" in text
    chance = word * context / pairs
    assert f"one expects ${chance:.1f}$ such pairs" in text
    information = math.log(both / chance)
    assert f"$\\log {both / chance:.0f} = {information:.4f}$ nats" in text
    best = information - math.log(2)
    assert f"the optimal dot product is ${best:.4f}$, and its sigmoid is ${sigmoid(best):.4f}$" in text
    assert f"which is ${both}/{both + 2 * chance:.0f}$" in text
    np.testing.assert_allclose(sigmoid(best), both / (both + 2 * chance))
    assert f"With $k = 5$ the optimal dot product is ${abs(information - math.log(5)):.4f}$" in text
    # The best value also minimises the loss of the pair as written down.
    grid = np.linspace(-4, 4, 80001)
    loss = both * np.logaddexp(0, -grid) + 2 * chance * np.logaddexp(0, grid)
    np.testing.assert_allclose(grid[loss.argmin()], best, atol=1e-4)
    shares = np.array([0.90, 0.09, 0.01])
    noise = shares**0.75 / (shares**0.75).sum()
    assert f"${noise[0]:.4f}$, ${noise[1]:.4f}$ and ${noise[2]:.4f}$ after renormalising" in text
