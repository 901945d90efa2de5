"""The numbers of the code notes about networks and decoding are what their own solutions compute."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knowledge.library import NOTES
from knowledge.source import Source, check, parse

Example = Callable[[str], str]
Solution = Callable[[str], dict[str, Any]]


@pytest.fixture
def solution() -> Solution:
    """note id -> the names that its reference solution defines."""

    def names(note_id: str) -> dict[str, Any]:
        (path,) = NOTES.glob(f"*/{note_id}.md")
        source = parse(path)
        assert isinstance(source, Source), source
        note, _ = check(source)
        assert note is not None
        assert note.exercise is not None
        defined: dict[str, Any] = {}
        exec(note.exercise.solution, defined)
        return defined

    return names


def test_conv2d_forward(worked_example: Example, solution: Solution) -> None:
    text, conv2d = worked_example("conv2d-forward"), solution("conv2d-forward")["conv2d"]
    image, kernel, bias = np.arange(1.0, 10).reshape(1, 1, 3, 3), np.array([[[[1.0, 0], [0, -2]]]]), np.array([0.5])
    rows = ", ".join(f"${_pair(row)}$" for row in image[0, 0])
    assert f"rows {rows}, the filter rows ${_pair(kernel[0, 0, 0])}$ and ${_pair(kernel[0, 0, 1])}$, the bias" in text
    assert f"the bias is {bias[0]}." in text
    top_left, *_ = out = conv2d(image, kernel, bias).ravel().tolist()
    assert f"- 2 \\cdot 5 + 0.5 = {top_left}$" in text
    assert f"the four outputs are {', '.join(map(str, out))}." in text
    assert f"+ 0.5 = {conv2d(image, kernel[:, :, ::-1, ::-1], bias).flat[0]}$" in text
    top, centre = image[0, 0, 0, 0], image[0, 0, 1, 1]
    assert f"is ${top:g} \\cdot {kernel[0, 0, 0, 0]:g} - {-kernel[0, 0, 1, 1]:g} \\cdot {centre:g}" in text
    assert f"would be ${centre:g} - {-kernel[0, 0, 1, 1]:g} \\cdot {top:g}" in text
    n, channels, size, filters, k = 8, 64, 56, 128, 3
    assert f"{n} images with {channels} channels of {size} x {size} pixels, {filters} filters of {k} x {k}, " in text
    assert f"stride 1 and padding {k // 2} gives {n} x {filters} x {size} x {size} outputs" in text
    pixels, patch = n * channels * size**2, channels * k * k
    patches = n * size**2 * patch
    assert f"needs {n * filters * size**2 * patch:,} multiply-accumulates" in text
    assert f"has {pixels:,} numbers, the matrix of patches {patches:,}, that is {patches // pixels} times" in text


def test_two_layer_backprop(worked_example: Example, solution: Solution) -> None:
    text, compute = worked_example("two-layer-backprop"), solution("two-layer-backprop")["loss_and_gradients"]
    first, second = np.array([[1.0, 0], [0, -1]]), np.array([[3.0, 1], [2, -2]])
    batch, b1, b2 = (np.array([[1.0, 2]]), np.array([0])), np.zeros(2), np.array([0.0, 2])
    before, logits = batch[0] @ first, np.maximum(batch[0] @ first, 0) @ second + b2
    assert (
        f"$x = {_pair(batch[0])}$ of class {batch[1][0]}. $W_1$ has rows ${_pair(first[0])}$ and ${_pair(first[1])}$"
        in text
    )
    assert f"the pre-activations are {before[0, 0]:g} and {before[0, 1]:g}, and the hidden layer" in text
    assert f"hidden layer is ${_pair(np.maximum(before, 0))}$. $W_2$ has rows ${_pair(second[0])}$ and" in text
    assert (
        f"and ${_pair(second[1])}$, and $b_2 = {_pair(b2)}$. The logits are {logits[0, 0]:g} and {logits[0, 1]:g}"
        in text
    )
    assert f"both probabilities {1 / (1 + math.exp(logits[0, 1] - logits[0, 0]))}," in text
    found = compute(*batch, first, b1, second, b2)
    assert f"the loss is $\\log 2$ = {found['loss']:.4f}." in text
    assert f"$\\delta_2 = {_pair(found['b2'], '.1f')}$" in text
    assert f"of $W_2$ has rows ${_pair(found['W2'][0], '.1f')}$ and ${_pair(found['W2'][1])}$" in text
    assert f"the error signal is ${_pair(second @ found['b2'])}$" in text
    assert f"$\\delta_1 = {_pair(found['b1'])}$" in text
    assert f"of $W_1$ has rows ${_pair(found['W1'][0])}$ and ${_pair(found['W1'][1])}$." in text

    def loss(step: float) -> float:
        return compute(*batch, first + np.array([[step, 0], [0, 0]]), b1, second, b2)["loss"]

    e = 1e-5
    central, one_sided = (loss(e) - loss(-e)) / (2 * e), (loss(e) - loss(0)) / e
    assert f"gives {central:.10f} to ten digits, and the one-sided difference {one_sided:.10f}." in text


def test_adam_step(worked_example: Example, solution: Solution) -> None:
    text, step = worked_example("adam-step"), solution("adam-step")["adam_step"]
    g, zero = np.array([0.5, -20]), np.zeros(2)
    theta, m, v = step(np.ones(2), g, zero, zero, 1, lr=0.1)
    assert f"The first step with $\\alpha = 0.1$ and gradients {g[0]:g} and {g[1]:g}." in text
    assert f"$m = {_pair(m)}$ and $v = {_pair(v)}$" in text
    assert f"$\\hat{{m}} = {_pair(m / 0.1)}$ and $\\hat{{v}} = {_pair(v / 0.001)}$" in text
    assert f"move from 1 to {theta[0]:.1f} and to {theta[1]:.1f}." in text
    assert f"would move by {0.1 * abs(m[0]) / math.sqrt(v[0]):.4f} each" in text
    tiny = step(np.zeros(1), np.full(1, 1e-8), np.zeros(1), np.zeros(1), 1, lr=1.0)[0]
    assert (
        f"= {-tiny[0]:.1f}$. With $\\epsilon$ under the root it would be {1e-8 / math.sqrt(1e-16 + 1e-8):.4f}." in text
    )
    smallest = float(np.nextafter(np.float16(0), np.float16(1)))
    assert f"about ${smallest * 1e8:.2f} \\cdot 10^{{-8}}$" in text
    assert np.float16(1e-4**2) == 0
    assert f"the quotient becomes {1e-4 / 1e-8:.0f}." in text


def test_dropout_forward_backward(worked_example: Example, solution: Solution) -> None:
    text, layer = worked_example("dropout-forward-backward"), solution("dropout-forward-backward")["Dropout"]
    p = 0.75
    kept = layer(p, np.random.default_rng(0)).forward(np.ones(50)).max()
    variance = (1 - p) * kept**2 - 1
    assert f"With $p = {p}$ a survivor" in text
    assert f"otherwise 0: mean {(1 - p) * kept:g}, variance" in text
    assert f"a survivor is multiplied by {kept:.0f}. The input 1 becomes {kept:.0f} with probability {1 - p}" in text
    assert f"variance ${1 - p} \\cdot {kept**2:.0f} - 1 = {variance:.0f}$" in text
    assert variance == p / (1 - p)
    n, p = 20000, 0.2
    deviation = math.sqrt(n * p * (1 - p))
    assert f"Among {n} units with $p = {p}$ one" in text
    assert f"expects {n * p:.0f} zeros with a standard deviation of {deviation:.1f}." in text
    dropped = n * (1 - p)
    assert f"drops {dropped:.0f}, which is {(dropped - n * p) / deviation:.0f} standard deviations off." in text


def test_batch_norm_forward_backward(worked_example: Example, solution: Solution) -> None:
    text = worked_example("batch-norm-forward-backward")
    batch_norm = solution("batch-norm-forward-backward")["batch_norm"]
    x, d_y, gamma = np.array([[1.0], [1], [3], [3]]), np.array([[1.0], [0], [0], [0]]), np.array([2.0])
    found = batch_norm(x, gamma, np.array([10.0]), d_y, eps=0)
    assert (
        f"with values {', '.join(f'{value:g}' for value in x.ravel())} and $\\epsilon = 0$: mean {x.mean():g}" in text
    )
    assert f"mean {x.mean():g}, variance {x.var():g}, $" in text
    assert f"keeps mean {x.mean():g} and, to first order, variance {x.var():g}." in text
    assert f"With $\\gamma = {gamma[0]:g}$ and $\\beta = 10$ the output" in text
    assert f"the upstream gradient be ${_pair(d_y)}$, so $d = {_pair(gamma * d_y)}$." in text
    x_hat, d = (found["y"] - 10) / gamma, gamma * d_y
    assert f"$\\hat{{x}} = {_pair(x_hat)}$" in text
    assert f"the output is {', '.join(f'{y:g}' for y in found['y'].ravel())}." in text
    assert f"Its mean is {d.mean()}, the mean of $d\\,\\hat{{x}}$ is {(d * x_hat).mean()}." in text
    one, two, *others = found["x"].ravel()
    assert f"$2 - 0.5 - 0.5 = {one:g}$, of the second $0 - 0.5 - 0.5 = {two:g}$" in text
    assert f"of the others $0 - 0.5 + 0.5 = {others[0]:g}$" in text
    assert others[0] == others[1]
    assert f"of $\\gamma$ is {found['gamma'][0]:g} and that of $\\beta$ is {found['beta'][0]:g}." in text
    assert f"the gradient of $x$ would be ${_pair(d / x.std())}$." in text
    far = np.array([1e8, 1e8 + 1, 1e8 + 2])
    assert "The three values {:.0f}, {:.0f} and {:.0f} have".format(*far) in text
    naive = (far**2).mean() - far.mean() ** 2
    assert f"have variance {far.var():.4f}. The mean of their squares minus" in text
    assert f"comes out as {naive:g} in double precision" in text


def test_scaled_dot_product_attention(worked_example: Example, solution: Solution) -> None:
    text = worked_example("scaled-dot-product-attention")
    attention = solution("scaled-dot-product-attention")["attention"]
    query, keys, values = np.array([[2 * math.log(3), 0, 0, 0]]), np.eye(4)[:2], np.array([[4.0, 0, 8], [0, 4, 8]])
    assert f"With $d = {query.size}$ the scores are halved." in text
    assert f"the keys ${_pair(keys[0])}$ and ${_pair(keys[1])}$ give" in text
    assert f"For the values ${_pair(values[0])}$ and ${_pair(values[1])}$ the output" in text
    score = (query @ keys.T / math.sqrt(4))[0, 0]
    weights = attention(query, keys, np.eye(2))[0]
    assert f"The query $({query[0, 0]:.4f}, 0, 0, 0)$" in text
    assert f"the scores {score:.4f} and 0, whose exponentials are {math.exp(score):.0f} and 1" in text
    assert f"weights {weights[0]:.2f} and {weights[1]:.2f}." in text
    assert f"the output is ${_pair(attention(query, keys, values))}$." in text
    blunt = attention(query / 2, keys, np.eye(2))[0]  # divided by d in all
    assert f"the first score would be {score / 2:.4f} and the weights {blunt[0]:.4f} and {blunt[1]:.4f}." in text
    hidden = attention(query, keys, values, np.array([True, False]))
    assert f"the output is the first value, ${_pair(hidden)}$." in text
    assert f"would give ${_pair(weights * [1, 0] @ values)}$, as if a quarter" in text


def test_ista_sparse_coding(worked_example: Example, solution: Solution) -> None:
    text, ista = worked_example("ista-sparse-coding"), solution("ista-sparse-coding")["ista"]
    x, atoms, lam = np.array([4.0, -4]), np.diag([2.0, 1]), 2.0
    assert (
        "lengths {0:g} and {1:g}, orthogonal to each other: $D$ is diagonal with {0:g} and {1:g}".format(
            *np.diag(atoms)
        )
        in text
    )
    assert f"The signal is ${_pair(x)}$, $\\lambda = {lam:g}$" in text
    largest = np.linalg.eigvalsh(atoms.T @ atoms).max()
    assert f"$L$ = {largest:g}." in text
    assert f"the threshold is {lam / largest:g}." in text

    def objective(a: Any) -> float:
        return float(0.5 * ((x - atoms @ a) ** 2).sum() + lam * abs(a).sum())

    codes = [ista(x, atoms, lam, steps) for steps in (0, 1, 2, 200)]
    before, one, two, best = codes
    gradient_steps = [a + atoms.T @ (x - atoms @ a) / largest for a in (before, one)]
    assert f"$u = {_pair(atoms.T @ x)}/{largest:g} = {_pair(gradient_steps[0])}$ and so $a = {_pair(one)}$." in text
    assert (
        f"the residual is ${_pair(x - atoms @ one)}$, $u = {_pair(gradient_steps[1])}$ and $a = {_pair(two)}$." in text
    )
    fit = atoms[0, 0] * (x - atoms @ one)[0]
    assert fit == lam
    assert f"is ${atoms[0, 0]:g} \\cdot {(x - atoms @ one)[0]:g} = {fit:g} = \\lambda$." in text
    assert one[0] == best[0]
    assert (
        f"its optimum {best[1]:.0f}, where the inner product with the residual is {(x - atoms @ best)[1]:.0f};" in text
    )
    gaps = [abs(a[1] - best[1]) for a in codes[:3]]
    assert gaps[2] / gaps[1] == gaps[1] / gaps[0]
    assert f"by a factor {gaps[2] / gaps[1]:.2f} a step and is {gaps[2]:.3f} after two." in text
    start, after_one, after_two, least = map(objective, codes)
    assert f"falls from {start:g} to {after_one} and {after_two:.4f}; its optimum is {least:.1f}." in text


def test_bpe_merges(worked_example: Example, solution: Solution) -> None:
    text, names = worked_example("bpe-merges"), solution("bpe-merges")
    counts = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
    assert "low ({low} times), lower ({lower}), newest ({newest}) and widest ({widest})".format(**counts) in text
    merges: list[tuple[str, str]] = names["learn_bpe"](counts, 4)
    assert merges == [("e", "s"), ("es", "t"), ("l", "o"), ("lo", "w")]

    def cut(word: str, learned: list[tuple[str, str]]) -> list[str]:
        symbols = list(word)
        for pair in learned:
            symbols = names["merge"](symbols, pair)
        return symbols

    def occurrences(pair: tuple[str, str], learned: list[tuple[str, str]]) -> int:
        cuts = {word: cut(word, learned) for word in counts}
        return sum(counts[w] * list(zip(cuts[w], cuts[w][1:], strict=False)).count(pair) for w in counts)

    most = occurrences(("e", "s"), [])
    assert most == occurrences(("s", "t"), [])
    assert f"${counts['newest']} + {counts['widest']} = {most}$ times" in text
    assert f"Then es t occurs {occurrences(('es', 't'), merges[:1])} times" in text
    assert f"w e has ${occurrences(('w', 'e'), merges[:2])}$ occurrences left" in text
    both = occurrences(("l", "o"), merges[:2])
    assert both == occurrences(("o", "w"), merges[:2])
    assert f"occur $5 + 2 = {both}$ times each" in text
    assert f"lower is now {' '.join(cut('lower', merges))}, and newest is {' '.join(cut('newest', merges))}." in text
    symbols = [sum(n * len(cut(w, merges[:done])) for w, n in counts.items()) for done in (0, 4)]
    assert f"from {symbols[0]} symbols to {symbols[1]}." in text
    assert names["merge"](list("aaa"), ("a", "a")) == ["aa", "a"]


def test_beam_search(worked_example: Example, solution: Solution) -> None:
    text, beam_search = worked_example("beam-search"), solution("beam-search")["beam_search"]
    rows = [[0.04, 0.56, 0.36, 0.04], [0.3, 0.25, 0.25, 0.2], [0.04, 0.02, 0.04, 0.9], [0.25] * 4]
    table = np.log(rows)

    def step(tokens: list[int]) -> Any:
        return table[tokens[-1]]

    greedy, best = (beam_search(step, 0, 3, width, 2)[1] for width in (1, 2))
    assert f"token 1 the probability {rows[0][1]} and token 2 the probability {rows[0][2]}." in text
    assert f"After token 1 the best continuation has {max(rows[1])}, after token 2 the end has {rows[2][3]}." in text
    assert f"with $0.56 \\cdot 0.3 = {math.exp(greedy):.3f}$" in text
    assert f"the best is $0.36 \\cdot 0.9 = {math.exp(best):.3f}$." in text
    assert f"of log-probability -25 sum to {-25 * 40}. Their product is $10^{{{-1000 / math.log(10):.1f}}}$" in text
    mantissa, exponent = f"{math.ulp(0):.1e}".split("e")
    assert f"${mantissa} \\cdot 10^{{{exponent}}}$" in text
    assert math.prod([math.exp(-25)] * 40) == 0
    assert (
        f"have the sums -4 with 4 tokens and -6 with 10. The plain score prefers the first, the mean per token the "
        f"second: {-4 / 4:g} against {-6 / 10:g}." in text
    )


def _pair(values: Any, form: str = "g") -> str:
    """Numbers as a note writes a vector: (1.5, -0.5)."""
    rounded = [round(float(value), 12) + 0.0 for value in np.ravel(values)]
    return "(" + ", ".join(f"{value:{form}}" for value in rounded) + ")"
