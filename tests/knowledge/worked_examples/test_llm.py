from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def test_masking_80_10_10(worked_example: Callable[[str], str]) -> None:
    text = worked_example("masking-80-10-10")
    words, chosen, masked, kept, random = 30_000, 0.15, 0.8, 0.1, 0.1
    assert f"{chosen * masked:.1%} are masked, {chosen * random:.1%} are random" in text
    assert f"and {chosen * kept:.1%} are kept targets" in text
    visible = 1 - chosen * masked
    assert f"{visible:.1%} of the tokens show a real word" in text
    assert f"{chosen * (kept + random) / visible:.1%} of those are targets" in text
    assert f"{chosen * random / visible:.1%} were drawn at random" in text

    def shown_is_original(p: float) -> float:
        return p * (kept + random / words) / (kept * p + random / words)

    for p, name in ((0.3, "0.3"), (0.001, "0.001"), (1 / words, "1/V"), (1e-6, "10^{-6}")):
        assert f"{shown_is_original(p):.4f} for $p = {name}$" in text
    other = 0.4 * (random / words) / (kept * 1e-6 + random / words)
    assert f"other word {other:.4f}, and to the shown word {shown_is_original(1e-6):.4f}" in text


def _merged(symbols: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for symbol in symbols:
        if merged and (merged[-1], symbol) == pair:
            merged[-1] += symbol
        else:
            merged.append(symbol)
    return merged


def _encode(word: str, merges: list[tuple[str, str]]) -> list[str]:
    symbols = list(word)
    for pair in merges:
        symbols = _merged(symbols, pair)
    return symbols


def test_tokenisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("tokenisation")
    counts = {"sun": 6, "sung": 3, "run": 4, "rung": 2}
    assert "the words sun (6 times), sung (3), run (4) and rung (2)" in text
    corpus = {word: list(word) for word in counts}
    base = {letter for word in counts for letter in word}

    def length() -> int:
        return sum(counts[word] * len(symbols) for word, symbols in corpus.items())

    lengths, merges, frequencies = [length()], list[tuple[str, str]](), list[int]()
    for _ in range(3):
        pairs = Counter[tuple[str, str]]()
        for word, symbols in corpus.items():
            for pair in pairwise(symbols):
                pairs[pair] += counts[word]
        (pair, frequency), (_, second) = pairs.most_common(2)
        assert frequency > second
        merges.append(pair)
        frequencies.append(frequency)
        corpus = {word: _merged(symbols, pair) for word, symbols in corpus.items()}
        lengths.append(length())
    names = [f"{left}+{right}" for left, right in merges]
    assert f"As letters that is {lengths[0]} symbols" in text
    assert f"The pair {names[0]} occurs {frequencies[0]} times" in text
    assert f"is merged: {lengths[1]} symbols are left" in text
    assert f"Then {names[1]} with {frequencies[1]} leaves {lengths[2]}" in text
    assert f"and {names[2]} with {frequencies[2]} leaves {lengths[3]}" in text
    assert f"from {len(base)} letters to {len(base) + len(merges)} symbols" in text

    assert f"sunrun is cut into {', '.join(_encode('sunrun', merges))} and gun" in text
    assert f"gun into {', '.join(_encode('gun', merges))}." in text
    assert f"over bytes has {', '.join(_encode('bun', merges))}" in text
    assert f"abc is cut into {', '.join(_encode('abc', [('b', 'c'), ('a', 'b')]))}." in text
    assert f"from {32_000 * 4096:,} to {128_000 * 4096:,} weights" in text


def test_perplexity(worked_example: Callable[[str], str]) -> None:
    text = worked_example("perplexity")
    p = np.array([0.5, 0.25, 0.1, 0.2])
    loss = -np.log(p).mean()
    assert f"product is {p.prod():.4f}" in text
    assert f"mean negative log-likelihood is {loss:.4f} nats" in text
    assert f"perplexity $0.0025^{{-1/4}} = {np.exp(loss):.3f}$" in text
    assert f"inverse probabilities would be {(1 / p).mean():.3f}" in text

    tokens, perplexities = np.array([250, 200]), np.array([12, 18])
    assert "250 tokens and has perplexity 12 per token; model B cuts it into 200 and has perplexity 18" in text
    a, b = tokens * np.log2(perplexities)
    assert f"A needs {a:.1f} bits, that is {a / 1000:.3f} bits per byte" in text
    assert f"B {b:.1f} bits, {b / 1000:.3f} per byte" in text
    a, b = perplexities ** (tokens / 160)
    assert f"per word are {a:.1f} for A and {b:.1f} for B" in text


def _listed(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def test_sampling_and_temperature(worked_example: Callable[[str], str]) -> None:
    text = worked_example("sampling-and-temperature")
    p = np.array([0.5, 0.2, 0.15, 0.1, 0.05])

    def tempered(t: float) -> NDArray[np.float64]:
        return p ** (1 / t) / (p ** (1 / t)).sum()

    def entropy(t: float) -> float:
        return float(-(tempered(t) * np.log(tempered(t))).sum())

    assert f"entropy {entropy(1):.3f} nats" in text
    assert f"At $T = 0.5$ they become ({_listed(tempered(0.5))}), entropy {entropy(0.5):.3f}" in text
    assert f"at $T = 2$ ({_listed(tempered(2))}), entropy {entropy(2):.3f}" in text
    assert f"$k = 2$ gives ({_listed(p[:2] / p[:2].sum())})" in text
    size = int(np.searchsorted(p.cumsum(), 0.8)) + 1
    assert size == 3
    assert f"the first two hold only {p[:2].sum():.2f}" in text
    assert f"and gives ({_listed(p[:size] / p[:size].sum())})" in text
    step, z = 1e-5, np.log(p)
    slope = (entropy(2 + step) - entropy(2 - step)) / (2 * step)
    variance = tempered(2) @ z**2 - (tempered(2) @ z) ** 2
    np.testing.assert_allclose(slope, variance / 2**3, rtol=1e-6)

    first, then_a, then_b = np.array([0.6, 0.4]), np.array([0.4, 0.3, 0.3]), np.array([0.9, 0.1])
    assert f"probability {first[0] * then_a.max():.2f}, while" in text
    assert f"starts with B and has {first[1] * then_b.max():.2f}" in text
    assert f"starts with A with probability {first[0] ** 2 / (first**2).sum():.3f}." in text
    a, b = ((first[0] * then_a) ** 2).sum(), ((first[1] * then_b) ** 2).sum()
    assert f"starts with A with probability {a / (a + b):.3f} only" in text


def test_instruction_tuning_and_rlhf(worked_example: Callable[[str], str]) -> None:
    text = worked_example("instruction-tuning-and-rlhf")
    for offset in (0, 5):
        preferred = 1 / (1 + np.exp(-((1.2 + offset) - (0.4 + offset))))
        assert f"$\\sigma(0.8) = {preferred:.3f}$" in text
        assert f"the loss if it was is {-np.log(preferred):.3f}" in text

    reference, reward = np.array([0.7, 0.2, 0.1]), np.array([0.0, 1.0, 2.0])
    for beta, verb in ((1, "the optimal policy is"), (0.25, "it is")):
        weights = reference * np.exp(reward / beta)
        policy = weights / weights.sum()
        kl = (policy * np.log(policy / reference)).sum()
        objective = policy @ reward - beta * kl
        np.testing.assert_allclose(objective, beta * np.log(weights.sum()))
        assert f"For $\\beta = {beta}$ {verb} ({_listed(policy)})" in text
        assert f"expected reward {policy @ reward:.3f}, KL {kl:.3f}, objective {objective:.3f}" in text


def test_direct_preference_optimisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("direct-preference-optimisation")
    reference = np.array([-45, -48])
    for policy in (np.array([-42, -50]), np.array([-55, -63])):
        assert f"${policy[0]}$ and ${policy[1]}$" in text
        ratios = policy - reference
        assert f"${ratios[0]}$ and ${ratios[1]}$" in text
        u = 0.1 * (ratios[0] - ratios[1])
        assert f"$u = {u:.2f}$, the loss is {np.log1p(np.exp(-u)):.4f}" in text
        assert f"$\\sigma(-u) = {1 / (1 + np.exp(u)):.4f}$" in text
        assert f"the loss is again {np.log1p(np.exp(-u)):.4f}" in text
    assert f"they were {np.log(2):.4f} and {1 / 2:.4f}" in text

    base, reward, beta = np.array([0.8, 0.2]), np.array([0.0, 1.0]), 0.5
    weights = base * np.exp(reward / beta)
    best = weights / weights.sum()
    implicit = beta * np.log(best / base)
    assert f"$\\pi^* = ({_listed(best)})$" in text
    assert f"are ${implicit[0]:.3f}$ and ${implicit[1]:.3f}$" in text
    assert f"differ by {implicit[1] - implicit[0]:.3f}" in text
    np.testing.assert_allclose(reward - implicit, beta * np.log(weights.sum()))
    assert f"$\\beta\\log Z = {beta * np.log(weights.sum()):.3f}$" in text


def test_scaling_laws(worked_example: Callable[[str], str]) -> None:
    text = worked_example("scaling-laws")
    e, a, b, alpha, beta = 1.8172, 482.01, 2085.43, 0.3478, 0.3658
    assert f"$E = {e}$, $A = {a}$, $B = {b}$, $\\alpha = {alpha}$, $\\beta = {beta}$" in text
    for_n, for_d = beta / (alpha + beta), alpha / (alpha + beta)
    assert f"{for_n:.3f} for $N$ and {for_d:.3f} for $D$" in text
    falls = alpha * beta / (alpha + beta)
    assert f"$C^{{-{falls:.3f}}}$: halving it takes {2 ** (1 / falls):.0f} times" in text

    def loss(n: float, d: float) -> float:
        return e + a / n**alpha + b / d**beta

    c = 5.76e23
    n = (alpha * a / (beta * b)) ** (1 / (alpha + beta)) * (c / 6) ** for_n
    d = c / (6 * n)
    grid = n * np.exp(np.linspace(-1, 1, 2001))
    best = grid[np.argmin(e + a / grid**alpha + b / (c / (6 * grid)) ** beta)]
    np.testing.assert_allclose(best, n, rtol=1e-6)
    assert f"{n / 1e9:.1f} billion parameters and {d / 1e12:.2f} trillion tokens, {d / n:.1f} tokens per" in text
    assert f"${e} + {a / n**alpha:.4f} + {b / d**beta:.4f} = {loss(n, d):.4f}$ nats" in text
    assert f"on four times the tokens reaches {loss(n / 4, d * 4):.4f}" in text
    assert f"on a quarter of the tokens {loss(n * 4, d / 4):.4f}" in text
    assert f"gives {loss(280e9, 300e9):.3f} for 280 billion" in text
    assert f"and {loss(70e9, 1.4e12):.3f} for 70 billion" in text
    assert f"makes {0.8**20:.3f}, {0.9**20:.3f} and {0.95**20:.3f}" in text


def test_hallucination(worked_example: Callable[[str], str]) -> None:
    text = worked_example("hallucination")
    known, unknown, luck = 60, 40, 0.2
    right = known + luck * unknown
    wrong = known + unknown - right
    assert f"Of 100 questions a model knows {known}. On the other {unknown}" in text
    assert f"{right:.0f} answers are right and {wrong:.0f} wrong" in text
    assert f"guessing wins by {right:.0f} to {known}" in text
    assert f"penalty of 1 guessing scores {right - wrong:.0f}" in text
    assert f"penalty of 3 it scores {right - 3 * wrong:.0f}, while abstaining stays at {known}" in text
    thresholds = [f"{c / (1 + c):.2f}" for c in (0, 1, 3, 9)]
    assert f"are {', '.join(thresholds[:3])} and {thresholds[3]}" in text

    assert f"the mass of people not seen at {1_800 / 10_000:.2f}" in text

    share = np.array([6, 3, 1]) / 10
    assert f"with 6, 3 and 1 of them: semantic entropy {-(share * np.log(share)).sum():.3f} nats" in text
    assert f"all mean the same have {-np.log(1.0) + 0:.3f}" in text
