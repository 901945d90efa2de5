from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def test_cnn_layer_parameters(worked_example: Callable[[str], str]) -> None:
    from torch import nn

    def weights(*layers: nn.Module) -> int:
        return sum(p.numel() for layer in layers for name, p in layer.named_parameters() if name != "bias")

    text = worked_example("cnn-layer-parameters")
    c_in, c_out, k, size = 64, 128, 3, 56
    layer = nn.Conv2d(c_in, c_out, k, padding=1)
    parameters = sum(p.numel() for p in layer.parameters())
    assert parameters == c_out * (c_in * k * k + 1)
    assert f"{parameters:,} parameters, of which {c_out} are biases" in text
    grouped = weights(nn.Conv2d(c_in, c_out, k, groups=4))
    assert f"With 4 groups {grouped:,} weights remain of {weights(layer):,}" in text

    depthwise, pointwise = weights(nn.Conv2d(c_in, c_in, k, groups=c_in)), weights(nn.Conv2d(c_in, c_out, 1))
    separable = depthwise + pointwise
    assert f"{depthwise} + {pointwise:,} = {separable:,} weights" in text
    assert f"a ratio of {separable / weights(layer):.4f}" in text
    assert f"$1/128 + 1/9$ = {1 / c_out + 1 / k**2:.4f}" in text

    assert f"would have {(c_in * size**2) * (c_out * size**2):,} weights" in text
    at_stride = {stride: weights(layer) * ((size + 2 * 1 - k) // stride + 1) ** 2 for stride in (1, 2)}
    assert f"needs {at_stride[1]:,} multiply-accumulates per image" in text
    assert f"at stride 2 it needs {at_stride[2]:,} with the same weights" in text
    norm = sum(p.numel() for p in nn.BatchNorm2d(c_out).parameters())
    assert f"adds {norm} parameters and makes the {c_out} biases redundant" in text


def test_cnn_filters_orthogonal(worked_example: Callable[[str], str]) -> None:
    text = worked_example("cnn-filters-orthogonal")
    filters, d = 64, 3 * 3 * 3
    assert f"$d$ = {d}, so at most {d} filters" in text
    # The best W has d orthonormal columns, so that W W^T is a projection of rank d.
    best = np.linalg.qr(np.random.default_rng(0).normal(size=(filters, d)))[0]
    floor = np.linalg.norm(best @ best.T - np.eye(filters)) ** 2
    assert f"cannot fall below {floor:.0f}" in text
    assert f"at least {np.sqrt((filters - d) / (d * (filters - 1))):.4f} in size" in text
    wide = 64 * 3 * 3
    assert f"$d$ = {wide} and random filters" in text
    assert f"standard deviation {1 / np.sqrt(wide):.4f}" in text

    low, high = np.array([1, 1]) / np.sqrt(2), np.array([1, -1]) / np.sqrt(2)

    def rows(f: NDArray[np.float64], stride: int) -> NDArray[np.float64]:
        padded = np.concatenate([f, np.zeros(2)])
        return np.array([np.roll(padded, shift) for shift in range(0, 4, stride)])

    operator = rows(low, stride=1)
    assert f"inner product {operator[0] @ operator[1]:.1f}" in text
    constant, alternating = np.ones(4), np.array([1, -1, 1, -1])
    before, after = np.linalg.norm(constant), np.linalg.norm(operator @ constant)
    assert f"of norm {before:.0f} leaves with norm {after:.4f}" in text
    assert f"leaves with norm {np.linalg.norm(operator @ alternating):.0f}." in text
    haar = np.concatenate([rows(low, stride=2), rows(high, stride=2)])
    assert np.allclose(haar @ haar.T, np.eye(4))


def test_sparse_coding_and_cnn_filters(worked_example: Callable[[str], str]) -> None:
    text = worked_example("sparse-coding-and-cnn-filters")
    dictionary = np.array([[1, 0], [0.8, 0.6], [0, 1]]).T
    x, penalty = np.array([1.0, 0.0]), 0.1
    largest = np.linalg.eigvalsh(dictionary.T @ dictionary).max()

    def ista(a: NDArray[np.float64]) -> NDArray[np.float64]:
        u = a + dictionary.T @ (x - dictionary @ a) / largest
        return np.sign(u) * np.maximum(np.abs(u) - penalty / largest, 0)

    def objective(a: NDArray[np.float64]) -> float:
        return float(0.5 * np.sum((x - dictionary @ a) ** 2) + penalty * np.abs(a).sum())

    def written(vector: NDArray[np.float64]) -> str:
        return f"({', '.join(f'{value:.2f}' for value in vector)})"

    zero = np.zeros(3)
    first = ista(zero)
    code = first
    for _ in range(2000):
        code = ista(code)
    residual = x - dictionary @ code
    assert f"$D^\\top x$ = {written(dictionary.T @ x)}" in text
    assert f"$L$ = {largest:.0f}" in text
    assert f"from zero gives $a$ = {written(first)}" in text
    assert f"from {objective(zero):.4f} to {objective(first):.4f}" in text
    assert f"ISTA gives $a$ = {written(code)} with objective {objective(code):.4f}" in text
    assert f"the residual is {written(residual)}" in text
    assert f"inner product with $d_2$ is {dictionary[:, 1] @ residual:.2f}" in text
