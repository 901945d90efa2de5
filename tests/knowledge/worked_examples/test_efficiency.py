from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def _row(values: NDArray[np.float64], digits: int) -> str:
    return "(" + ", ".join(f"{value:.{digits}f}" for value in values) + ")"


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def test_low_rank_adaptation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("low-rank-adaptation")
    d, k, r = 4096, 4096, 8
    full, factors = d * k, r * (d + k)
    assert f"$d = k = {d}$ and $r = {r}$" in text
    assert f"${full}$ entries and the factors have ${factors}$" in text
    assert f"a factor of ${full // factors}$ fewer, or ${100 * factors / full:.2f}$ percent" in text
    state = 3 * 4
    assert f"${state}$ bytes per trained number: ${state * full / 1e6:.1f}$ MB" in text
    assert f"${state * factors / 1e6:.3f}$ MB for the factors" in text
    weight, b, a = np.array([[1, 2], [3, 4]]), np.array([[1.0], [-1.0]]), np.array([[0.5, 2.0]])
    x = np.array([2, 1])
    merged, frozen, update = weight + b @ a, weight @ x, b @ (a @ x)
    np.testing.assert_allclose(merged @ x, frozen + update)
    assert f"W_0x = ({frozen[0]}, {frozen[1]})" in text
    assert f"B(Ax) = ({update[0]:g}, {update[1]:g})$, together $({merged[0] @ x:g}, {merged[1] @ x:g})" in text
    assert f"rows $({merged[0, 0]:g}, {merged[0, 1]:g})$ and $({merged[1, 0]:g}, {merged[1, 1]:g})$" in text
    assert f"gives $({(merged @ x)[0]:g}, {(merged @ x)[1]:g})$ as well" in text


def test_knowledge_distillation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("knowledge-distillation")
    teacher, student = np.array([6.0, 3.0, 0.0]), np.array([5.0, 4.0, 0.0])
    assert teacher.mean() == student.mean()
    assert f"At $T = 1$ the softmax is ${_row(_softmax(teacher), 4)}$" in text
    assert f"at $T = 4$ it is ${_row(_softmax(teacher / 4), 4)}$" in text

    def gradient(t: float) -> NDArray[np.float64]:
        return (_softmax(student / t) - _softmax(teacher / t)) / t

    def loss(logits: NDArray[np.float64], t: float) -> float:
        return float(-_softmax(teacher / t) @ np.log(_softmax(logits / t)))

    step = 1e-5 * np.eye(3)
    numeric = [(loss(student + e, 10) - loss(student - e, 10)) / 2e-5 for e in step]
    np.testing.assert_allclose(gradient(10), numeric, atol=1e-8)
    assert f"at $T = 10$ is ${_row(gradient(10), 5)}$" in text
    assert f"Times $T^2$ it is ${_row(100 * gradient(10), 3)}$" in text
    assert f"$(z - v)/3 = {_row((student - teacher) / 3, 3)}$" in text
    assert f"At $T = 20$ the scaled gradient is ${_row(400 * gradient(20), 3)}$" in text


def _quantised(values: NDArray[np.float64], lo: float, hi: float) -> tuple[float, float, NDArray[np.float64]]:
    """Step, zero-point and integers of a four-bit affine quantiser."""
    step = (hi - lo) / 15
    zero = float(np.round(-lo / step))
    return step, zero, np.clip(np.round(values / step) + zero, 0, 15)


def test_quantisation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("quantisation")
    x, outlier = np.array([-0.8, -0.1, 0.05, 0.4, 1.0]), 8.2
    step, zero, integers = _quantised(x, x.min(), x.max())
    back = step * (integers - zero) + 0.0
    assert f"s = {x.max() - x.min():.1f}/15 = {step:.2f}$" in text
    assert f"= {zero:.0f}$. The integers are ${_row(integers, 0)}$, read back as ${_row(back, 2)}$" in text
    assert f"largest error is ${np.abs(back - x).max():.2f}$, below $s/2 = {step / 2:.2f}$" in text
    wide, zero, integers = _quantised(x, x.min(), outlier)
    coarse = wide * (integers - zero) + 0.0
    assert f"one outlier of ${outlier}$. Now $s = {outlier - x.min():.1f}/15 = {wide:.2f}$" in text
    assert f"come back as ${_row(coarse, 2)}$" in text
    errors = [np.square(read - x).mean() for read in (back, coarse)]
    assert f"from ${errors[0]:.5f}$ to ${errors[1]:.5f}$" in text
    grid = (np.arange(1_600) + 0.5) / 800 - 1
    ratios: list[float] = []
    for bits in (4, 8):
        cell = 2 / 2**bits
        ratios.append(10 * np.log10((1 / 3) / (cell**2 / 12)))
    cell = 2 / 16
    noise = np.square((np.floor(grid / cell) + 0.5) * cell - grid).mean()
    np.testing.assert_allclose(10 * np.log10(np.square(grid).mean() / noise), ratios[0], atol=0.01)
    assert f"ratio of ${ratios[0]:.2f}$ dB and eight bits ${ratios[1]:.2f}$ dB" in text
    assert f"${(ratios[1] - ratios[0]) / 4:.2f}$ dB per bit" in text


def test_kv_cache(worked_example: Callable[[str], str]) -> None:
    text = worked_example("kv-cache")
    layers, heads, width, length, batch = 32, 32, 128, 4096, 16
    token = 2 * layers * heads * width * 2
    assert f"$2 \\cdot {layers} \\cdot {heads} \\cdot {width} \\cdot 2 = {token}$ bytes" in text
    sequence, gib = token * length, 2**30
    assert f"context of ${length}$ tokens ${sequence / gib:.1f}$ GiB" in text
    assert f"sixteen such sequences ${batch * sequence / gib:.1f}$ GiB" in text
    assert f"With $8$ key-value heads one sequence takes ${sequence * 8 / heads / gib:.1f}$ GiB" in text
    weights, cache = 7e9 * 2 / 2e12 * 1e3, sequence / 2e12 * 1e3
    assert f"the weights takes ${weights:.1f}$ ms and reading one full cache ${cache:.2f}$ ms" in text
    assert f"at batch one takes at least ${weights + cache:.1f}$ ms" in text
    step = weights + batch * cache
    assert f"at least ${step:.1f}$ ms for sixteen, or ${step / batch:.2f}$ ms per token" in text
    assert f"of which ${cache:.2f}$ ms is cache" in text


def test_retrieval_augmented_generation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("retrieval-augmented-generation")
    prior, first, second = np.array([0.6, 0.4]), np.array([0.9, 0.1]), np.array([0.2, 0.8])
    joint = prior * first * second
    answer = joint.sum()
    assert f"p(z|x) = {_row(prior, 1)}$" in text
    assert f"probabilities ${_row(first, 1)}$ under the two passages and the second ${_row(second, 1)}$" in text
    products = first * second
    terms = f"{prior[0]} \\cdot {products[0]:.2f} + {prior[1]} \\cdot {products[1]:.2f}"
    assert f"{terms} = {answer:.3f}$" in text
    assert f"{prior @ first:.2f} \\cdot {prior @ second:.2f} = {(prior @ first) * (prior @ second):.4f}$" in text
    posterior = joint / answer
    assert f"first case is ${_row(posterior, 4)}$" in text

    def log_likelihood(scores: NDArray[np.float64]) -> float:
        return float(np.log(_softmax(scores) @ products))

    scores, step = np.log(prior), 1e-5 * np.eye(2)
    numeric = [(log_likelihood(scores + e) - log_likelihood(scores - e)) / 2e-5 for e in step]
    np.testing.assert_allclose(posterior - prior, numeric, atol=1e-8)
    up, down = posterior - prior
    assert f"two scores are ${up:.4f}$ and ${down:.4f}$" in text
    recall, accuracy = 0.8, 0.9
    assert f"R = {recall:.2f}$ and $F = {accuracy:.2f}$, then ${recall * accuracy:.2f}$ of" in text
    assert f"give ${recall:.2f}$ at most, a perfect retriever ${accuracy:.2f}$" in text


def test_dense_and_sparse_retrieval(worked_example: Callable[[str], str]) -> None:
    text = worked_example("dense-and-sparse-retrieval")
    sentences: tuple[str, ...] = (
        "error code e1234 in the boot log",
        "how to fix a computer that will not start",
        "the boot takes long and the log of the boot is empty",
    )
    assert all(f'"{sentence}"' in text for sentence in sentences)
    documents = [list[str](sentence.split()) for sentence in sentences]
    lengths = [len(words) for words in documents]
    average = float(np.mean(lengths))
    assert f"Three documents of ${lengths[0]}$, ${lengths[1]}$ and ${lengths[2]}$ words" in text
    k1, b, query = 1.2, 0.75, ("boot", "e1234")

    def idf(term: str) -> float:
        n = sum(term in words for words in documents)
        return float(np.log(1 + (len(documents) - n + 0.5) / (n + 0.5)))

    def factor(frequency: int, relative_length: float) -> float:
        return frequency * (k1 + 1) / (frequency + k1 * (1 - b + b * relative_length))

    scores = [sum(idf(t) * factor(words.count(t), len(words) / average) for t in query) for words in documents]
    assert f'${idf("boot"):.4f}$ for "boot" and ${idf("e1234"):.4f}$ for "e1234"' in text
    assert f"the scores are ${scores[0]:.3f}$, ${scores[1]:.3f}$ and ${scores[2]:.3f}$" in text
    once, twice, ten, hundred = (factor(frequency, 1) for frequency in (1, 2, 10, 100))
    assert f"is ${once:.3f}$ for one occurrence, ${twice:.3f}$ for two, ${ten:.3f}$ for ten" in text
    assert f"and ${hundred:.3f}$ for a hundred, with ${k1 + 1}$ as its ceiling" in text
    uneven, even = 1 / 61 + 1 / 70, 1 / 62 + 1 / 63
    assert even > uneven
    assert f"first and tenth gets ${uneven:.5f}$; one ranked second and third gets ${even:.5f}$" in text


def _ring_all_reduce(buffers: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """What each worker holds at the end, how many numbers each sent, how many rounds it took."""
    p = len(buffers)
    held = np.stack(np.split(buffers, p, axis=1), axis=1)
    sent = np.zeros(p, dtype=np.int64)
    for shift, reduce in ((0, True), (1, False)):
        for turn in range(p - 1):
            messages = [held[i, (i + shift - turn) % p].copy() for i in range(p)]
            for i, message in enumerate(messages):
                chunk, neighbour = (i + shift - turn) % p, (i + 1) % p
                held[neighbour, chunk] = held[neighbour, chunk] + message if reduce else message
                sent[i] += message.size
    return held.reshape(buffers.shape), sent, 2 * (p - 1)


def test_data_parallel_and_all_reduce(worked_example: Callable[[str], str]) -> None:
    text = worked_example("data-parallel-and-all-reduce")
    x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 2.0, 5.0, 4.0])
    gradients = 2 * (x - y) * x
    assert f"x = {_row(x, 0)}$, $y = {_row(y, 0)}$" in text
    assert f"are ${_row(gradients, 0)}$" in text
    one, two = gradients[:2].mean(), gradients[2:].mean()
    assert (one + two) / 2 == gradients.mean()
    assert f"get ${one:.1f}$ and ${two:.1f}$; their average ${gradients.mean():.1f}$" in text
    workers = 8
    buffers = np.arange(workers * 16, dtype=np.float64).reshape(workers, 16)
    held, sent, rounds = _ring_all_reduce(buffers)
    np.testing.assert_allclose(held, np.tile(buffers.sum(0), (workers, 1)))
    assert set(sent.tolist()) == {2 * (workers - 1) * 16 // workers}
    assert rounds == 14
    size, bandwidth, latency = 2.0, 25.0, 20e-6
    small, large = (2 * (p - 1) / p * size for p in (8, 64))
    assert f"has ${size:.1f}$ GB. In a ring of $8$ each worker sends ${small:.2f}$ GB" in text
    assert f"in one of $64$ it sends ${large:.2f}$ GB" in text
    assert f"that takes ${small / bandwidth:.3f}$ s and ${large / bandwidth:.3f}$ s" in text
    delays = [2 * (p - 1) * latency * 1e3 for p in (8, 64)]
    assert f"the latency adds ${delays[0]:.2f}$ ms and ${delays[1]:.2f}$ ms" in text
    assert f"take in ${64 * size:.0f}$ GB for the $64$ workers, which lasts ${64 * size / bandwidth:.2f}$ s" in text
    assert f"needs ${4e14 / 25e9:.0f}$ tokens per worker" in text


def test_tensor_and_pipeline_parallelism(worked_example: Callable[[str], str]) -> None:
    text = worked_example("tensor-and-pipeline-parallelism")
    x, b = np.array([1.0, -1.0]), np.array([1.0, 1.0, 2.0, 1.0])
    a = np.array([[1.0, 2.0, -1.0, 0.0], [0.0, 1.0, 1.0, -2.0]])

    def relu(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.maximum(values, 0)

    assert f"$X = {_row(x, 0)}$, $A$ with rows ${_row(a[0], 0)}$ and ${_row(a[1], 0)}$" in text
    assert f"$B = {_row(b, 0)}^\\top$" in text
    whole = relu(x @ a) @ b
    assert f"$XA = {_row(x @ a, 0)}$ and $Y = {whole:.0f}$" in text
    parts = [relu(x @ a[:, half]) @ b[half] for half in (slice(0, 2), slice(2, 4))]
    assert f"compute ${parts[0]:.0f}$ and ${parts[1]:.0f}$, which add up to ${sum(parts):.0f}$" in text
    assert sum(parts) == whole
    wrong = sum(relu(x[i] * a[i]) for i in (0, 1)) @ b
    assert f"the result would be ${wrong:.0f}$" in text

    def bubble(m: int, chunks: int = 1) -> float:
        return 100 * 3 / (chunks * m + 3)

    busy = {(stage, batch + stage) for stage in range(4) for batch in range(8)}
    slots = 1 + max(slot for _, slot in busy)
    np.testing.assert_allclose(100 * (1 - len(busy) / (4 * slots)), bubble(8))
    assert f"${bubble(8):.1f}$ percent for $m = 8$ micro-batches and ${bubble(32):.1f}$ percent" in text
    assert f"two interleaved chunks per device it is ${bubble(8, 2):.1f}$ percent" in text
    tensor = 4096 * 8192 * 2
    assert f"one activation tensor has ${tensor / 1e6:.1f}$ MB" in text
    assert f"${4 * 80 * 2 * 7 / 8 * tensor / 1e9:.1f}$ GB per device" in text
    assert f"once backward, ${2 * tensor / 1e9:.3f}$ GB" in text


def test_synchronous_and_asynchronous(worked_example: Callable[[str], str]) -> None:
    text = worked_example("synchronous-and-asynchronous")
    two, ten, hundred = (sum(1 / k for k in range(1, p + 1)) for p in (2, 10, 100))
    assert f"takes ${two:.3f}$ for $2$ workers, ${ten:.3f}$ for $10$ and ${hundred:.3f}$ for $100$" in text

    def path(rate: float, delay: int, steps: int) -> list[float]:
        x = [1.0] * (delay + 1)
        while len(x) < steps:
            x.append(x[-1] - rate * x[-1 - delay])
        return x

    for delay, steps in ((0, 4), (1, 7)):
        assert f"runs through ${', '.join(f'{value:.2f}' for value in path(1.2, delay, steps))}$" in text
    assert abs(path(1.2, 1, 200)[-1]) > 1e3
    assert abs(path(0.8, 1, 200)[-1]) < 1e-3
    assert (
        f"\\sqrt{{1.2}} = {np.sqrt(1.2):.3f}$ exceeds one. With $a = 0.8$ the modulus is ${np.sqrt(0.8):.3f}$" in text
    )
    delays = (0, 1, 2, 10)
    limits = [2 * np.sin(np.pi / (2 * (2 * delay + 1))) for delay in delays]
    for delay, limit in zip(delays, limits, strict=True):
        for rate, stable in ((0.99 * limit, True), (1.01 * limit, False)):
            polynomial = np.zeros(delay + 2)
            polynomial[:2] = 1, -1
            polynomial[-1] += rate
            assert (np.abs(np.roots(polynomial)).max() < 1) == stable
    assert f"$a$ is ${limits[0]:.3f}$ for no delay, ${limits[1]:.3f}$ for a delay of one" in text
    assert f"${limits[2]:.3f}$ for two and ${limits[3]:.3f}$ for ten" in text
    assert f"would say ${np.pi / 20:.3f}$ for ten" in text
