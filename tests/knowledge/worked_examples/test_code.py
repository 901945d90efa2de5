"""The Python of the code notes is run, and what a note says it prints must be what it prints."""

import contextlib
import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np


def _run(text: str) -> dict[str, Any]:
    """Run the program of a worked example, compare its output with the one shown, give its names."""
    blocks: dict[str, str] = dict(re.findall(r"^```(python|text)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    names: dict[str, Any] = {"__name__": "note"}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(blocks["python"], "note", "exec"), names)
    assert out.getvalue() == blocks["text"]
    return names


def test_k_nearest_neighbours(worked_example: Callable[[str], str]) -> None:
    text = worked_example("k-nearest-neighbours")
    names = _run(text)
    points, labels, queries = names["X"], names["y"], names["Q"]
    distances = ((queries[:, None] - points) ** 2).sum(-1)
    for k in (1, 3):
        votes = [np.bincount(labels[row[:k]]).argmax() for row in distances.argsort(1)]
        assert votes == names["knn"](points, labels, queries, k).tolist()
    stray = int(np.flatnonzero((points == [3.0, 3.0]).all(1))[0])
    assert (distances.argmin(1) == stray).sum() == 2


def test_density_estimation(worked_example: Callable[[str], str]) -> None:
    text = worked_example("density-estimation")
    names = _run(text)
    data, log_kde = names["data"], names["log_kde"]
    widths = (0.001, 0.1, 0.5, 1.0, 2.0)
    best = max(widths, key=lambda h: float(log_kde(data, data, h, leave_out=True).sum()))
    assert f"the best of these five is $h = {best}$" in text
    assert max(widths, key=lambda h: float(log_kde(data, data, h).sum())) == min(widths)
    kernels = np.exp(-0.5 * ((0.3 - data) / 0.5) ** 2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(np.exp(log_kde(np.array([0.3]), data, 0.5)), kernels.sum() / (len(data) * 0.5))


def test_generators_and_yield(worked_example: Callable[[str], str]) -> None:
    text = worked_example("generators-and-yield")
    names = _run(text)
    size = 3
    mixed = list(names["shuffled"](range(200), size, names["random"].Random(1).randrange))
    ahead = max(item - position for position, item in enumerate(mixed))
    assert sorted(mixed) == list(range(200))
    assert f"more than ${ahead}$ places before its own position: a buffer of ${size}$ items" in text


def test_decorators(worked_example: Callable[[str], str]) -> None:
    text = worked_example("decorators")
    names = _run(text)

    before, calls = 1, 1  # runs of the bare recursion for 0 and for 1
    for _ in range(2, 31):
        before, calls = calls, 1 + calls + before
    assert f"each of the ${len(names['runs'])}$ arguments" in text
    assert f"it would run ${calls}$ times" in text
    assert f"2 \\cdot (3 + 1) = {names['same'](3)}" in text


def test_classes_and_mro(worked_example: Callable[[str], str]) -> None:
    _run(worked_example("classes-and-mro"))


def test_descriptors_and_dataclasses(worked_example: Callable[[str], str]) -> None:
    _run(worked_example("descriptors-and-dataclasses"))


def test_dunder_methods(worked_example: Callable[[str], str]) -> None:
    names = _run(worked_example("dunder-methods"))
    assert not hasattr(names["Vec"], "__iter__")


def test_iterators_and_context_managers(worked_example: Callable[[str], str]) -> None:
    text = worked_example("iterators-and-context-managers")
    names = _run(text)
    pairs = {
        kind: len([x + y for data in [names[kind]("abc")] for x in data for y in data]) for kind in ("Once", "Many")
    }
    assert f"Of the ${pairs['Many']}$ pairs the shared position leaves ${pairs['Once']}$." in text


def test_numerically_stable_softmax(worked_example: Callable[[str], str]) -> None:
    text = worked_example("numerically-stable-softmax")
    names = _run(text)
    z = np.array([0.3, -1.2, 2.0, 0.0])
    np.testing.assert_allclose(names["softmax"](z), np.exp(z) / np.exp(z).sum())
    np.testing.assert_allclose(names["log_softmax"](z), np.log(names["softmax"](z)))
    largest, total = names["online"](z)
    np.testing.assert_allclose(largest + np.log(total), np.log(np.exp(z).sum()))
