from collections.abc import Callable
from itertools import product

import numpy as np


def test_dropout(worked_example: Callable[[str], str]) -> None:
    text = worked_example("dropout")
    w, x, y, p = np.array([1, -2]), np.array([3, 1]), 2, 0.2
    assert f"$w = ({w[0]}, {w[1]})$, $x = ({x[0]}, {x[1]})$, $y = {y}$ and $p = {p}$" in text
    masks = np.array([(first, second) for second, first in product((0, 1), repeat=2)])
    probabilities = np.prod(np.where(masks, 1 - p, p), axis=1)
    predictions = (masks * x / (1 - p)) @ w
    full = w @ x
    penalty = p / (1 - p) * (w**2 * x**2).sum()
    expected_error = probabilities @ (y - predictions) ** 2
    np.testing.assert_allclose(expected_error, (y - full) ** 2 + penalty)
    assert f"scaled by ${1 / (1 - p):.2f}$" in text
    assert f"prediction is ${full}$ and the squared error ${(y - full) ** 2}$" in text
    assert f"probabilities ${', '.join(f'{value:.2f}' for value in probabilities)}$" in text
    assert f"predictions ${', '.join(f'{value:g}' for value in predictions)}$" in text
    assert f"Their mean is ${probabilities @ predictions:.2f}$" in text
    assert f"expected squared error is ${expected_error:.2f}$" in text
    assert f"\\frac{{p}}{{1-p}} = {p / (1 - p):.2f}$" in text
    assert f"w_2^2 x_2^2 = {(w**2 * x**2).sum()}$" in text
    assert f"a penalty of ${penalty:.2f}$ on top of ${(y - full) ** 2}$" in text
    mean_behind_relu = probabilities @ np.maximum(predictions, 0)
    assert f"mean over masks is ${mean_behind_relu:.2f}$, while the full network gives ${max(full, 0):.2f}$" in text
