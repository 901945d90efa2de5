import math
from collections.abc import Callable, Sequence
from itertools import permutations, product

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def _dct(values: Floats) -> Floats:
    n = len(values)
    k, i = np.arange(n)[:, None], np.arange(n)
    basis = np.sqrt(2 / n) * np.cos(np.pi * (i + 0.5) * k / n)
    basis[0] /= np.sqrt(2)
    return basis @ values


def test_mfcc_features(worked_example: Callable[[str], str]) -> None:
    text = worked_example("mfcc-features")
    assert f"1000 Hz lies at {_mel(1000):.1f} mel and 8000 Hz at {_mel(8000):.1f} mel" in text
    assert f"200 to 400 Hz is {_mel(400) - _mel(200):.1f} mel wide" in text
    assert f"4000 to 4200 Hz only {_mel(4200) - _mel(4000):.1f} mel" in text
    frames = 1 + (16000 - 400) // 160
    assert f"gives {frames} frames" in text
    assert f"these are {13 * frames} numbers" in text
    energies = np.array([2.0, 3.0, 1.0, 0.0])
    before, after = _dct(energies), _dct(energies + np.log(4))
    np.testing.assert_allclose(before[1:], after[1:], atol=1e-12)
    assert f"log energy rises by {np.log(4):.3f}" in text
    assert f"DCT is $({', '.join(f'{c:.3f}' for c in before)})$" in text
    assert f"becomes $({', '.join(f'{c:.3f}' for c in after)})$" in text


def _collapse(path: Sequence[int]) -> tuple[int, ...]:
    merged = [symbol for t, symbol in enumerate(path) if t == 0 or symbol != path[t - 1]]
    return tuple(symbol for symbol in merged if symbol)


def _ctc_paths(frames: int, labels: int) -> int:
    """Paths of a transcript without equal neighbours, counted by the forward recursion."""
    states = 2 * labels + 1
    alpha = [1, 1] + [0] * (states - 2)
    for _ in range(frames - 1):
        alpha = [
            alpha[s] + (alpha[s - 1] if s else 0) + (alpha[s - 2] if s > 1 and s % 2 else 0) for s in range(states)
        ]
    return alpha[-1] + alpha[-2]


def test_ctc_loss(worked_example: Callable[[str], str]) -> None:
    text = worked_example("ctc-loss")
    y = np.array([0.6, 0.4])
    paths = {path: float(y[list(path)].prod()) for path in product((0, 1), repeat=2)}
    assert max(paths, key=lambda path: paths[path]) == (0, 0)
    assert f"blank, blank with probability {paths[0, 0]:.2f}" in text
    of_a = [paths[1, 1], paths[1, 0], paths[0, 1]]
    assert sum(paths[path] for path in paths if _collapse(path) == (1,)) == sum(of_a)
    total = sum(of_a)
    assert f"${' + '.join(f'{p:.2f}' for p in of_a)} = {total:.2f}$" in text
    assert f"-\\log {total:.2f} = {-math.log(total):.4f}" in text
    through = paths[1, 1] + paths[1, 0]
    assert f"${through:.2f}/{total:.2f} = {through / total:.3f}$" in text
    gradient = y[1] - through / total
    assert f"$0.4 - {through / total:.3f} = {gradient:.3f}$" in text
    step = 1e-6
    logits = np.log(y)

    def loss(shift: float) -> float:
        first = np.exp(logits + np.array([0.0, shift]))
        first /= first.sum()
        return -math.log(first[1] * y[0] + first[0] * y[1] + first[1] * y[1])

    np.testing.assert_allclose((loss(step) - loss(-step)) / (2 * step), gradient, atol=1e-6)
    assert (1, 1) not in {_collapse(path) for path in product((0, 1), repeat=2)}
    assert (1, 1) in {_collapse(path) for path in product((0, 1), repeat=3)}
    count = _ctc_paths(100, 10)
    assert count == math.comb(110, 20)
    mantissa, exponent = f"{count:.1e}".split("e+")
    assert f"${mantissa} \\times 10^{{{exponent}}}$ paths" in text
    assert f"the trellis has {100 * 21} cells" in text


def _field(kernels: Sequence[int], strides: Sequence[int], dilations: Sequence[int]) -> int:
    field = jump = 1
    for k, s, d in zip(kernels, strides, dilations, strict=True):
        field += d * (k - 1) * jump
        jump *= s
    return field


def test_wav2vec(worked_example: Callable[[str], str]) -> None:
    text = worked_example("wav2vec")
    kernels, strides = (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2)
    stride, field = math.prod(strides), _field(kernels, strides, (1,) * 7)
    assert f"multiply to {stride} samples, {stride / 16:.0f} ms" in text
    assert f"one latent is {field} samples, {field / 16:.0f} ms" in text
    length = 16000
    for k, s in zip(kernels, strides, strict=True):
        length = (length - k) // s + 1
    assert f"16000 samples give {length} latents" in text
    assert f"$1 - (1 - 0.065)^{{10}} = {1 - (1 - 0.065) ** 10:.3f}$" in text
    assert f"$\\log 101 = {math.log(101):.3f}$" in text
    scores = np.array([0.8] + [0.0] * 100) / 0.1
    assert f"$\\log(1 + 100\\,e^{{-8}}) = {np.log(np.exp(scores).sum()) - scores[0]:.4f}$" in text
    assert f"$320^2 = {320**2}$ codes from {2 * 320} stored vectors" in text


def test_speaker_diarisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("speaker-diarisation")
    t = np.arange(0, 12, 0.1) + 0.05
    reference = np.array([t < 6, (t > 5) & (t < 10)])
    hypothesis = np.array([t < 4, (t > 4) & (t < 11)])
    speech = reference.sum() / 10
    assert f"{speech:.0f} s of speech" in text
    agreed = {order: float((reference & hypothesis[list(order)]).sum()) / 10 for order in permutations((0, 1))}
    assert f"agrees for {agreed[0, 1]:.0f} s, the other way round for {agreed[1, 0]:.0f} s" in text
    r, h = reference.sum(0), hypothesis.sum(0)
    missed, false_alarm = np.maximum(0, r - h).sum() / 10, np.maximum(0, h - r).sum() / 10
    confusion = (np.minimum(r, h) - (reference & hypothesis).sum(0)).sum() / 10
    assert f"{confusion:.0f} s is confusion" in text
    assert f"{missed:.0f} s is missed" in text
    assert f"{false_alarm:.0f} s is false alarm" in text
    errors = missed + false_alarm + confusion
    assert f"{errors:.0f}/{speech:.0f} = {100 * errors / speech:.1f} per cent" in text
    anybody = reference.any(0).sum() / 10
    assert f"Divided by the {anybody:.0f} s" in text
    assert f"come out as {100 * errors / anybody:.1f} per cent" in text


def test_transducer_and_attention_asr(worked_example: Callable[[str], str]) -> None:
    text = worked_example("transducer-and-attention-asr")
    blank = {(1, 0): 0.7, (2, 0): 0.4, (1, 1): 0.8, (2, 1): 0.9}
    label = {(1, 0): 0.3, (2, 0): 0.6}
    alpha = {(1, 0): 1.0}
    alpha[1, 1] = alpha[1, 0] * label[1, 0]
    alpha[2, 0] = alpha[1, 0] * blank[1, 0]
    alpha[2, 1] = alpha[1, 1] * blank[1, 1] + alpha[2, 0] * label[2, 0]
    assert f"\\alpha(1,1) = {alpha[1, 1]:.1f}$, $\\alpha(2,0) = {alpha[2, 0]:.1f}$" in text
    assert f"0.3 \\cdot 0.8 + 0.7 \\cdot 0.6 = {alpha[2, 1]:.2f}$" in text
    assert f"{alpha[2, 1]:.2f} \\cdot 0.9 = {alpha[2, 1] * blank[2, 1]:.3f}$" in text
    orders = {order for order in permutations("bbbyy") if order[-1] == "b"}
    assert f"for $T = 3$ and $U = 2$ there are {len(orders)} paths" in text
    ctc = 16 * 400 * 1000 * 4
    assert f"{ctc * 101 / 1e9:.2f} GB" in text
    assert f"{ctc / 1e6:.1f} MB" in text


def _edits(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    row = list(range(len(hypothesis) + 1))
    for i, word in enumerate(reference, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(hypothesis, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1]


def test_word_error_rate(worked_example: Callable[[str], str]) -> None:
    text = worked_example("word-error-rate")
    reference, hypothesis = "the cat sat on the mat", "the cat sit on mat today"
    assert f'Reference: "{reference}". Hypothesis: "{hypothesis}"' in text
    words = reference.split()
    errors = _edits(words, hypothesis.split())
    assert f"give {errors} errors over {len(words)} words, {100 * errors / len(words):.1f} per cent" in text
    in_place = sum(a != b for a, b in zip(words, hypothesis.split(), strict=True))
    assert f"also gives {in_place} errors" in text
    assert f"2 errors over 20 words are {100 * 2 / 20:.1f} per cent" in text
    assert f"the two rates is {100 * (1 / 1 + 1 / 19) / 2:.1f} per cent" in text
    p, w = np.array([0.6, 0.4]), np.array([2.0, 1.0])
    mean = (p * w).sum()
    gradient = p * (w - mean)
    assert f"expected number is {mean:.1f}" in text
    assert f"$0.6 \\cdot (2 - 1.6) = {gradient[0]:.2f}$" in text
    assert f"$0.4 \\cdot (1 - 1.6) = {gradient[1]:.2f}$" in text


def test_receptive_field(worked_example: Callable[[str], str]) -> None:
    text = worked_example("receptive-field")
    fields = [_field((3,) * depth, (1, 2, 2, 1)[:depth], (1,) * depth) for depth in (1, 2, 3, 4)]
    assert f"$1 + 2 = {fields[0]}$, then $3 + 2 = {fields[1]}$, then $5 + 2 \\cdot 2 = {fields[2]}$" in text
    assert f"gives {fields[3]}" in text
    dilations = [2**layer for layer in range(10)]
    context = _field((2,) * 10, (1,) * 10, dilations)
    assert f"$1 + {sum(dilations)} = {context}$ samples, {context / 16:.0f} ms" in text
    assert f"they would see {_field((2,) * 10, (1,) * 10, (1,) * 10)}." in text
    profile = np.ones(1)
    for _ in range(20):
        profile = np.convolve(profile, np.ones(3) / 3)
    offsets = np.arange(len(profile)) - len(profile) // 2
    width = math.sqrt(float((profile * offsets**2).sum()))
    assert f"theoretical field is {len(profile)} pixels wide" in text
    assert f"$\\sqrt{{20 \\cdot 8/12}} = {width:.2f}$ pixels" in text
    assert f"the central 15 pixels carry {100 * profile[np.abs(offsets) <= 7].sum():.1f} per cent" in text
