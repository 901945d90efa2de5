from collections.abc import Callable
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]


def test_bellman_equation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("bellman-equation")
    gamma, leave = 0.9, 0.8

    def actions(values: NDArray[np.float64]) -> tuple[float, float, float]:
        a, b = values
        return 1 + gamma * a, gamma * (leave * b + (1 - leave) * a), 2 + gamma * b

    best_b = 2 / (1 - gamma)
    best_a = gamma * leave * best_b / (1 - gamma * (1 - leave))
    optimal = np.array([best_a, best_b])
    stay, go, _ = actions(optimal)
    assert stay < go
    np.testing.assert_allclose(go, best_a)
    assert f"= {best_b:.0f}$" in text
    assert f"$V^*(A) = {best_a:.3f}$" in text
    assert f"worth only ${stay:.3f}$" in text
    values, errors, greedy = np.zeros(2), [best_b], list[str]()
    for _ in range(3):
        stay, go, b = actions(values)
        greedy.append("stay" if stay > go else "leave")
        values = np.array([max(stay, go), b])
        errors.append(float(np.abs(values - optimal).max()))
        assert f"({values[0]:.3f}, {values[1]:.3f})" in text
    assert greedy == ["stay", "stay", "leave"]
    assert "from staying to leaving at the third sweep" in text
    assert f"${errors[0]:.2f}$ at the start, then " + ", ".join(f"${error:.2f}$" for error in errors[1:]) in text
    np.testing.assert_allclose(np.divide(errors[1:], errors[:-1]), gamma)


def test_q_learning(worked_example: Callable[[str], str]) -> None:
    text = worked_example("q-learning")
    old, reward, following, gamma, alpha = 2.0, 1.0, np.array([3.0, 5.0]), 0.9, 0.1
    target, sarsa = reward + gamma * following.max(), reward + gamma * following[0]
    assert f"target is ${target:.2f}$ and the new value ${old + alpha * (target - old):.2f}$" in text
    assert f"target ${sarsa:.2f}$ and arrive at ${old + alpha * (sarsa - old):.2f}$" in text
    grid = np.linspace(-9, 9, 20001)
    density = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
    step = grid[1] - grid[0]
    below = (np.cumsum(density) - density / 2) * step
    maximum = (grid * 10 * density * below**9).sum() * step
    assert f"expected maximum is ${maximum:.3f}$, so the target is too high by ${gamma * maximum:.3f}$" in text
    factor = 1 + alpha * (2 * 0.95 - 1)
    assert f"by ${factor:.2f}$, a hundred steps by ${factor**100:.0f}$" in text


def test_policy_gradient(worked_example: Callable[[str], str]) -> None:
    text = worked_example("policy-gradient")
    p, rewards = 0.8, np.array([11.0, 10.0])
    probabilities, scores = np.array([p, 1 - p]), np.array([1 - p, -p])
    np.testing.assert_allclose(probabilities @ scores, 0, atol=1e-12)

    def estimate(baseline: float) -> tuple[NDArray[np.float64], float, float]:
        samples = scores * (rewards - baseline)
        mean = float(probabilities @ samples)
        return samples, mean, float(probabilities @ (samples - mean) ** 2)

    true = p * (1 - p) * (rewards[0] - rewards[1])
    samples, mean, variance = estimate(0)
    np.testing.assert_allclose(mean, true)
    assert f"(11-10) = {true:.2f}$" in text
    assert f"${samples[0]:.2f}$ or ${samples[1]:.2f}$: mean ${mean:.2f}$, variance ${variance:.4f}$" in text
    average = float(probabilities @ rewards)
    samples, mean, variance = estimate(average)
    np.testing.assert_allclose(mean, true)
    assert f"mean reward ${average:.1f}$" in text
    assert f"${samples[0]:.2f}$ or ${samples[1]:.2f}$: the same mean, variance ${variance:.4f}$" in text
    best = float(probabilities @ (scores**2 * rewards) / (probabilities @ scores**2))
    samples, mean, variance = estimate(best)
    np.testing.assert_allclose([*samples, variance], [true, true, 0], atol=1e-12)
    assert f"$b^* = {best:.1f}$: both actions then give ${true:.2f}$" in text
    np.testing.assert_allclose(scores[1] ** 2 / scores[0] ** 2, 16)
    assert "sixteen times" in text


def _iou(one: Box, two: Box) -> float:
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    common = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, two)]
    return common / (sum(areas) - common)


def _average_precision(ranked: list[Box], objects: list[Box], threshold: float) -> tuple[list[bool], float]:
    free, right = list(objects), list[bool]()
    for box in ranked:
        best = max(free, key=lambda truth: _iou(box, truth), default=None)
        right.append(best is not None and _iou(box, best) >= threshold)
        if best is not None and right[-1]:
            free.remove(best)
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    interpolated = np.maximum.accumulate(precision[::-1])[::-1]
    return right, float(interpolated[np.array(right)].sum() / len(objects))


def test_object_detection(worked_example: Callable[[str], str]) -> None:
    text = worked_example("object-detection")
    objects: list[Box] = [(0, 0, 10, 10), (20, 0, 30, 10)]
    first, second, third, fourth = boxes = [(1, 1, 11, 11), (2, 0, 12, 10), (50, 50, 60, 60), (20, 0, 30, 8)]
    for box in (*objects, *boxes):
        assert str(box) in text
    assert f"$81/119 = {_iou(first, objects[0]):.3f}$" in text
    assert f"$80/120 = {_iou(second, objects[0]):.3f}$" in text
    assert f"with each other they have ${_iou(first, second):.3f}$" in text
    assert f"${_iou(fourth, objects[1]):.3f}$ with the second object" in text
    right, score = _average_precision(list(boxes), objects, 0.5)
    assert right == [True, False, False, True]
    assert f"interpolated precision, is ${score:.3f}$" in text
    kept = list[Box]()
    for box in boxes:
        if all(_iou(box, other) <= 0.5 for other in kept):
            kept.append(box)
    assert kept == [first, third, fourth]
    right, score = _average_precision(kept, objects, 0.5)
    assert right == [True, False, True]
    assert f"right, wrong, right, and AP is ${score:.3f}$" in text
    _, score = _average_precision(kept, objects, 0.75)
    assert f"AP falls to ${score:.3f}$" in text


def test_segmentation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("segmentation")
    pixels, tp, fp, fn = 100, 6, 2, 4
    tn = pixels - tp - fp - fn
    iou, dice, background = tp / (tp + fp + fn), 2 * tp / (2 * tp + fp + fn), tn / (tn + fp + fn)
    np.testing.assert_allclose(dice, 2 * iou / (1 + iou))
    assert f"accuracy is ${(tp + tn) / pixels:.3f}$; an empty mask has ${(tn + fp) / pixels:.3f}$" in text
    assert f"$6/12 = {iou:.3f}$ and its Dice $12/18 = {dice:.3f}$" in text
    assert f"IoU $88/94 = {background:.3f}$, so the mean IoU is ${(iou + background) / 2:.3f}$" in text
    assert f"For the empty mask it is ${(0 + (tn + fp) / pixels) / 2:.3f}$" in text
    shares = np.array([1, 0.5, 0.4, 0])

    def soft_dice(x: NDArray[np.float64]) -> float:
        return float(2 * (x @ shares) / (x.sum() + shares.sum()))

    hard = [soft_dice((np.arange(4) < count).astype(float)) for count in range(1, 5)]
    corners = [soft_dice(np.array([(code >> bit) & 1 for bit in range(4)], dtype=float)) for code in range(16)]
    np.testing.assert_allclose(max(corners), hard[2])
    assert f"With $x = p$ soft Dice is ${soft_dice(shares):.3f}$" in text
    assert "$" + "$, $".join(f"{value:.3f}" for value in hard[:3]) + f"$ and ${hard[3]:.3f}$" in text
    assert f"half of the best score, ${max(hard) / 2:.3f}$" in text


def test_vision_transformers(worked_example: Callable[[str], str]) -> None:
    text = worked_example("vision-transformers")
    width, hidden, blocks, patch, classes = 768, 3072, 12, 16, 1000
    patches = (224 // patch) ** 2
    numbers = 3 * patch**2
    projection = numbers * width + width
    attention, mlp = 4 * (width**2 + width), 2 * width * hidden + hidden + width
    block = attention + mlp + 2 * 2 * width
    total = projection + width + (patches + 1) * width + blocks * block + 2 * width + width * classes + classes
    assert f"= {patches}$ patches of ${numbers}$ numbers each, with the class token {patches + 1} tokens" in text
    assert f"has ${projection}$ parameters" in text
    assert f"twelve blocks ${block}$, and the whole model with a head for 1000 classes ${total}$" in text
    small, large = patches + 1, (384 // patch) ** 2 + 1
    assert f"there are ${large}$ tokens" in text
    assert f"${small}^2 = {small**2}$ to ${large}^2 = {large**2}$" in text
    assert f"factor of ${large**2 / small**2:.2f}$" in text
    finer = (224 // 8) ** 2
    assert f"there are ${finer}$ patches, four times as many, and ${finer**2 // patches**2}$ times" in text
    assert finer == 4 * patches


def test_message_passing(worked_example: Callable[[str], str]) -> None:
    text = worked_example("message-passing")
    ring = np.roll(np.eye(6), 1, axis=1)
    hexagon = ring + ring.T
    triangles = np.kron(np.eye(2), np.ones((3, 3)) - np.eye(3))
    states = [np.ones(6), np.ones(6)]
    for shown in ("are $3$", "then $9$", "then $27$"):
        states = [state + graph @ state for graph, state in zip((hexagon, triangles), states, strict=True)]
        np.testing.assert_array_equal(states[0], states[1])
        assert len(set(states[0])) == 1
        assert shown.endswith(f"${states[0][0]:.0f}$")
        assert shown in text
    counts = [np.trace(np.linalg.matrix_power(graph, 3)) / 6 for graph in (hexagon, triangles)]
    assert f"one graph has ${counts[0]:.0f}$ triangles and the other ${counts[1]:.0f}$" in text
    path = np.eye(4) + np.eye(4, k=1) + np.eye(4, k=-1)
    averaging = path / path.sum(axis=1, keepdims=True)
    for layers in (1, 5, 20):
        state = np.linalg.matrix_power(averaging, layers) @ np.array([1.0, 0, 0, 0])
        assert f"$({', '.join(f'{value:.3f}' for value in state)})$" in text
    root = np.sqrt(path.sum(axis=1))
    factor = np.sort(np.abs(np.linalg.eigvalsh(path / np.outer(root, root))))[-2]
    assert f"averaging matrix is ${factor:.3f}$" in text


def test_feature_attribution(worked_example: Callable[[str], str]) -> None:
    text = worked_example("feature-attribution")
    alpha = (np.arange(1000) + 0.5) / 1000
    saturating = 2 * (alpha * 2 < 1).mean()
    assert f"the integrated gradient is ${saturating:.2f}$" in text
    x = np.array([2.0, 3.0])

    def f(point: NDArray[np.float64]) -> float:
        return float(point[0] * point[1] + point[0])

    def gradient(point: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([point[1] + 1, point[0]])

    def integrated(start: NDArray[np.float64]) -> NDArray[np.float64]:
        return (x - start) * np.mean([gradient(start + a * (x - start)) for a in alpha], axis=0)

    product = x * gradient(x)
    assert f"so $f = {f(x):.0f}$" in text
    assert f"gives ${product[0]:.0f}$ and ${product[1]:.0f}$, which sum to ${product.sum():.0f}$" in text
    zero, ones = np.zeros(2), np.ones(2)
    shares = integrated(zero)
    np.testing.assert_allclose(shares.sum(), f(x) - f(zero))
    assert f"give ${shares[0]:.2f}$ and ${shares[1]:.2f}$, with the sum ${shares.sum():.2f}$" in text
    shapley = np.zeros(2)
    for order in permutations(range(2)):
        known = np.zeros(2)
        for feature in order:
            before = f(known)
            known[feature] = x[feature]
            shapley[feature] += (f(known) - before) / 2
    assert f"absent features are ${shapley[0]:.2f}$ and ${shapley[1]:.2f}$ as well" in text
    shares = integrated(ones)
    np.testing.assert_allclose(shares.sum(), f(x) - f(ones))
    assert f"where $f = {f(ones):.0f}$" in text
    assert f"give ${shares[0]:.2f}$ and ${shares[1]:.2f}$: the sum is ${shares.sum():.2f}$" in text
