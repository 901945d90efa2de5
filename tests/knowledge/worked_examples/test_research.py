from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt


def _first_non_finite(kind: type[np.float16] | type[np.float32]) -> dict[str, int]:
    """Gradient descent on 25 w^2 from w = 1: the steps at which something stops being finite."""
    w, rate, curvature, seen = kind(1), kind(0.05), kind(50), dict[str, int]()
    for step in range(400):
        loss, gradient = kind(25) * w * w, curvature * w
        for name, value in (("loss", loss), ("gradient", gradient), ("weight", w)):
            if np.isinf(value):
                seen.setdefault(name, step)
        if np.isnan(loss):
            seen["nan"] = step
            break
        w = kind(w - rate * gradient)
    return seen


def test_loss_goes_nan(worked_example: Callable[[str], str]) -> None:
    text = worked_example("loss-goes-nan")
    with np.errstate(all="ignore"):
        half, single = _first_non_finite(np.float16), _first_non_finite(np.float32)
        naive: npt.NDArray[Any] = np.exp(np.array([12, 10, 8], np.float16))
        assert np.isnan((naive / naive.sum())[0])
    assert f"multiplies $w$ by $1 - {0.05 * 50:.1f} = {1 - 0.05 * 50:.1f}$" in text
    assert f"loss is infinite from step {half['loss']}, the gradient from step {half['gradient']}" in text
    assert f"the weight from step {half['weight']}, and the first NaN in the loss appears at step {half['nan']}" in text
    assert f"first infinite loss at step {single['loss']} and its first NaN at step {single['nan']}" in text
    assert f"$e^{{12}} \\approx {np.exp(12.0):.0f}$ is above {np.finfo(np.float16).max:.0f}" in text
    assert f"\\log 65504 \\approx {np.log(65504.0):.2f}$" in text
    shifted: npt.NDArray[Any] = np.exp(np.array([0, -2, -4], np.float16))
    softmax = (shifted / shifted.sum()).astype(np.float64)
    assert f"$({', '.join(f'{value:.3f}' for value in softmax)})$" in text


def _expected_best(n: int) -> float:
    """The mean of the largest of n standard normal draws, by integrating its density."""
    z, step = np.linspace(-9, 9, 20001, retstep=True)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    below = np.cumsum(density) * step - density * step / 2
    return float((z * n * density * below ** (n - 1)).sum() * step)


def test_spot_the_flaw_in_a_table(worked_example: Callable[[str], str]) -> None:
    text = worked_example("spot-the-flaw-in-a-table")
    factor = _expected_best(5)
    assert f"$91.9 + {factor:.3f} \\times 0.4 = {91.9 + factor * 0.4:.2f}$" in text
    assert [f"{_expected_best(n):.2f}" for n in (2, 5, 50)] == ["0.56", "1.16", "2.25"]  # in the full answer
    error = np.sqrt(0.92 * 0.08 / 1000)
    assert f"$\\sqrt{{0.92 \\times 0.08 / 1000}} = {error:.4f}$, or {100 * error:.2f} points" in text
    assert f"$\\pm {196 * error:.1f}$ points" in text
    assert f"corresponds to {0.004 * 1000:.0f} images" in text
    assert f"$0.92 \\times 0.08 / 0.001^2 = {0.92 * 0.08 / 0.001**2:.0f}$ images" in text


def test_design_the_ablation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("design-the-ablation")
    accuracy = {"": 80.0, "P": 84.0, "A": 81.0, "M": 83.0, "PA": 85.0, "PM": 84.5, "AM": 84.5, "PAM": 86.0}
    listed = ", ".join(f"{parts or 'none'} {value}" for parts, value in accuracy.items())
    assert listed in text
    full = accuracy["PAM"] - accuracy[""]
    assert f"The total gain is {full}" in text
    gains = {part: list[float]() for part in "PAM"}
    for on in product((True, False), repeat=3):
        parts = "".join(part for part, there in zip("PAM", on, strict=True) if there)
        for part in parts:
            gains[part].append(accuracy[parts] - accuracy[parts.replace(part, "")])
    assert all(len(values) == 4 for values in gains.values())
    added = {part: accuracy[part] - accuracy[""] for part in "PAM"}
    left_out = {part: accuracy["PAM"] - accuracy["PAM".replace(part, "")] for part in "PAM"}
    for effects, verb in ((added, "bring"), (left_out, "cost")):
        each = ", ".join(f"{part} {value}" for part, value in effects.items())
        assert f"{verb} {each}, which sums to {sum(effects.values())}" in text
    assert ", ".join(f"{part} {np.mean(values):.2f}" for part, values in gains.items()) in text
    for third in ("", "A"):
        assert accuracy[f"P{third}M"] - accuracy[f"{third}M"] == 1.5
        assert accuracy[f"P{third}"] - accuracy[third] == 4.0
    interaction = accuracy["PM"] - accuracy["P"] - accuracy["M"] + accuracy[""]
    assert f"$84.5 - 84.0 - 83.0 + 80.0 = {interaction}$" in text


def test_ml_system_design(worked_example: Callable[[str], str]) -> None:
    text = worked_example("ml-system-design")
    per_item, items = 20e-6, 10**7
    assert f"needs {per_item * items:.0f} seconds for $10^7$ items" in text
    assert f"{per_item * 500 * 1000:.0f} milliseconds for 500 candidates" in text
    assert f"are {128 * 4 * items / 1e9:.2f} GB" in text
    assert f"they are {128 * items / 1e9:.2f} GB" in text
    rate = 1e8 / 86400
    assert f"are {rate:.0f} per second on average" in text
    assert f"{3 * rate:.0f} per second. At 0.2 seconds each" in text
    assert f"${3 * rate:.0f} \\times 0.2 \\approx {3 * rate * 0.2:.0f}$ requests" in text
    assert f"$0.9 \\times 0.8 = {0.9 * 0.8:.2f}$" in text
    assert f"to {0.9:.2f} at most" in text
