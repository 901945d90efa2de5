"""The numbers in the worked examples of code exercises on metrics, decorators, caches and estimation."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knowledge.library import NOTES
from knowledge.source import Source, parse

Text = Callable[[str], str]


def _solution(note_id: str) -> dict[str, Any]:
    """The names that the reference solution of an exercise defines."""
    source = parse(NOTES / "coding" / f"{note_id}.md")
    assert isinstance(source, Source), source
    names: dict[str, Any] = {}
    exec(source.fields["exercise"]["solution"], names)
    return names


def _row(numbers: Any, form: str = "g") -> str:
    """Numbers as a note writes them one after the other."""
    return ", ".join(format(number, form) for number in numbers)


def test_confusion_matrix_f1(worked_example: Text) -> None:
    text, solve = worked_example("confusion-matrix-f1"), _solution("confusion-matrix-f1")["confusion_f1"]
    true, said = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 2, 0])
    assert f"true classes ${_row(true)}$, predicted ${_row(said)}$" in text
    assert f"With $c = 3$ the cells $3i + j$ are ${_row(3 * true + said)}$" in text
    matrix, f1 = solve(true, said, 3)
    assert "\n".join(" ".join(map(str, row)) for row in matrix) in text
    assert f"The row sums are ${_row(matrix.sum(1))}$ and the column sums ${_row(matrix.sum(0))}$. So F1" in text
    counts = zip(matrix.diagonal(), matrix.sum(0) + matrix.sum(1), f1, strict=True)
    shown = [f"$2 \\cdot {hits}/{total} = {score:.3g}$" for hits, total, score in counts]
    assert f"{shown[0]}, {shown[1]} and {shown[2]}" in text
    assert f"macro-F1 is ${f1.mean():.3f}$" in text
    assert f"brings macro-F1 down to ${solve(true, said, 4)[1].mean():.3f}$" in text
    first, second = (solve(true[half], said[half], 3)[1][1] for half in (slice(3), slice(3, 6)))
    assert f"Class $1$ has an F1 of ${first:.3f}$ in the first half and of ${second:g}$ in the second" in text
    assert f"a mean of ${(first + second) / 2:.3f}$; over all six it is ${f1[1]:g}$" in text


def test_roc_auc_from_scores(worked_example: Text) -> None:
    text, solve = worked_example("roc-auc-from-scores"), _solution("roc-auc-from-scores")["roc_auc"]
    labels, scores = np.array([0, 1, 0, 1]), np.array([1, 1, 0, 2])
    area = solve(labels, scores)
    assert f"Scores ${_row(scores)}$ with labels ${_row(labels)}$. The sorted negatives are ${_row([0, 1])}$" in text
    below, up_to = (np.searchsorted([0, 1], [1, 2], side) for side in ("left", "right"))
    wins = (below + up_to) / 2
    assert f"with score $1$ has $b = {below[0]}$ and $u = {up_to[0]}$, so it wins ${wins[0]:g}$ of its two" in text
    assert f"with score $2$ has $b = u = {below[1]}$ and wins both" in text
    assert below[1] == up_to[1] == wins[1] == 2
    sums = f"({below[0]} + {up_to[0]} + {below[1]} + {up_to[1]}) / (2 \\cdot 2 \\cdot 2)"
    assert f"${sums} = 7/8 = {area:g}$" in text
    apart = [solve(labels, scores + nudge * labels) for nudge in (0.1, -0.1)]
    assert f"the tied positive first gives ${apart[0]:g}$; with the tied negative first it gives ${apart[1]:g}$" in text
    assert area == np.mean(apart)
    ranks = [sum(scores < score) + (sum(scores == score) + 1) / 2 for score in scores[labels == 1]]
    assert f"share ranks $2$ and $3$ and get ${ranks[0]:g}$ each" in text
    assert f"the positives have ${ranks[0]:g}$ and ${ranks[1]:g}$, so $R = {sum(ranks):g}$" in text
    assert f"A = ({sum(ranks):g} - 3)/4 = {(sum(ranks) - 3) / 4:g}$" in text


def test_precision_recall_curve(worked_example: Text) -> None:
    text, solve = worked_example("precision-recall-curve"), _solution("precision-recall-curve")["pr_curve"]
    labels, scores = np.array([1, 0, 1, 0]), np.array([3, 2, 2, 1])
    assert f"Scores ${_row(scores)}$ with labels ${_row(labels)}$" in text
    assert f"hits are ${_row(labels.cumsum())}$ at positions ${_row(range(1, 5))}$" in text
    points = solve(labels, scores)
    for threshold, (recall, precision) in zip((3, 2, 1), points, strict=True):
        assert f"{threshold}          {recall:.3f}   {precision:.3f}\n" in text
    gains = zip(np.diff(points[:, 0], prepend=0), points[:, 1], strict=True)
    terms = " + ".join(f"{gain:g} \\cdot {precision:.3g}" for gain, precision in gains)
    assert f"Average precision is ${terms} = {_steps(points):.3f}$" in text
    assert "give $100$ positives and $100$ negatives all the same score except one positive" in text
    points = solve(np.repeat([1, 0], 100), np.repeat([1, 0], [1, 199]))
    shown = [f"recall ${recall:g}$ with precision ${precision:g}$" for recall, precision in points]
    assert " and ".join(shown) in text
    assert f"has an area of ${np.trapezoid(points[:, 1], points[:, 0]):.4f}$" in text
    assert f"steps give ${_steps(points):g}$" in text


def _steps(points: np.ndarray) -> float:
    """Average precision of rows [recall, precision]."""
    return float(np.diff(points[:, 0], prepend=0) @ points[:, 1])


def test_retry_decorator(worked_example: Text) -> None:
    text, retry = worked_example("retry-decorator"), _solution("retry-decorator")["retry"]
    waits: list[float] = []

    @retry(times=5, on=ValueError, wait=0.1, sleep=waits.append)
    def broken() -> None:
        raise ValueError("down")

    with pytest.raises(ValueError, match="down"):
        broken()
    assert f"With `times=5` and `wait=0.1` the waits are ${_row(waits)}$ seconds, together ${sum(waits):g}$" in text
    assert f"they add up to ${sum(waits) / 2:g}$ on average" in text
    assert "If a call fails with probability $0.2$, independently each time" in text
    assert f"three calls all fail with probability ${0.2**3:.3f}$ and five with ${0.2**5:.5f}$" in text
    assert f"make ${3**3}$ calls" in text
    assert f"it would be ${5**3}$" in text


def test_lru_cache_class(worked_example: Text) -> None:
    text, make = worked_example("lru-cache-class"), _solution("lru-cache-class")["LRUCache"]
    cache = make(2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    assert f"from oldest to newest is ${', '.join(cache.entries)}$" in text
    cache.put("c", 3)
    assert f"drops $b$ and leaves ${', '.join(cache.entries)}$" in text

    def hits(places: int) -> int:
        cache, found = make(places), 0
        for key in [1, 2, 3] * 3:
            found += cache.get(key) is not None
            cache.put(key, "stored")
        return found

    kept = sum(key in (1, 2) for key in [1, 2, 3] * 2)
    assert "Read the keys $1, 2, 3$ in a cycle, three rounds, nine reads" in text
    assert f"LRU has ${hits(2)}$ hits" in text
    assert f"the first two keys has ${kept}$, and with three places LRU has ${hits(3)}$" in text


def test_fedavg_round(worked_example: Text) -> None:
    text, solve = worked_example("fedavg-round"), _solution("fedavg-round")["fedavg_round"]
    clients = [(np.ones((3, 1)), np.full(3, 2.0)), (np.full((1, 1), 2.0), np.full(1, 6.0))]
    pooled = [tuple(np.concatenate(parts) for parts in zip(*clients, strict=True))]
    start = np.zeros(1)

    def settled(who: list[Any], steps: int) -> float:
        w = start
        for _ in range(200):
            w = solve(w, who, 0.1, steps)
        return w.item()

    assert "One weight, $w = 0$, step size $0.1$. Client A has three examples with $x = 1$, $y = 2$; " in text
    assert "client B has one with $x = 2$, $y = 6$." in text
    own = " and ".join(f"${settled([client], 1):g}$" for client in clients)
    assert f"Their own minima are {own}, and the pooled minimum is $18/7 = {settled(pooled, 1):.3f}$" in text
    once, twice = ([solve(start, [client], 0.1, steps).item() for client in clients] for steps in (1, 2))
    assert f"A moves to ${once[0]:g}$, B to ${once[1]:g}$" in text
    mean = f"(3 \\cdot {once[0]:g} + {once[1]:g})/4 = {solve(start, clients, 0.1, 1).item():g}"
    assert f"${mean}$, the same as one step on the pooled data" in text
    np.testing.assert_allclose(solve(start, clients, 0.1, 1), solve(start, pooled, 0.1, 1))
    assert f"A is at ${twice[0]:g}$, B at ${twice[1]:g}$" in text
    assert f"the average is ${solve(start, clients, 0.1, 2).item():g}$" in text
    assert f"two pooled steps would give ${solve(start, pooled, 0.1, 2).item():.3f}$" in text
    assert f"settles at $0.765/0.3025 = {settled(clients, 2):.3f}$" in text
    assert f"weighted mean of the two minima, ${settled(clients, 200):g}$" in text


def test_gaussian_mixture_em(worked_example: Text) -> None:
    text, names = worked_example("gaussian-mixture-em"), _solution("gaussian-mixture-em")
    points = np.array([[-1.0], [1.0]])
    start = np.array([0.5, 0.5]), points, np.ones((2, 1, 1))

    def likelihood(weights: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> float:
        densities = np.exp(names["log_density"](points, means, covariances))
        return float(np.log(densities @ weights).sum())

    assert "Two points, $-1$ and $1$, with a component of variance $1$ on each and equal weights" in text
    after = [names["em"](points, *start, steps) for steps in range(5)]
    assert f"$1/(1 + e^{{-2}}) = {1 / (1 + np.exp(-2)):.3f}$" in text
    (mean, _), (variance, _) = ((after[1][number].ravel()) for number in (1, 2))
    assert f"the means move to $\\mp {-mean:.3f}$, that is $\\tanh 1$" in text
    assert np.isclose(-mean, np.tanh(1))
    assert f"$1 - {-mean:.3f}^2 = {variance:.3f}$" in text
    assert f"rises from ${likelihood(*after[0]):.3f}$ to ${likelihood(*after[1]):.3f}$" in text
    second, third = ((-step[1][0, 0], step[2][0, 0, 0]) for step in after[2:4])
    assert f"after two iterations the means are at $\\mp {second[0]:.3f}$ with variance ${second[1]:.3f}$" in text
    assert f"after three at $\\mp {third[0]:.3f}$ with variance ${third[1] * 1e8:.1f} \\cdot 10^{{-8}}$" in text
    assert (after[4][2] == 0).all()
    with pytest.raises(np.linalg.LinAlgError):
        names["em"](points, *start, 5)
    assert "With $10^{-3}$ added" in text
    parameters = start
    for _ in range(20):
        weights, means, covariances = names["em"](points, *parameters, 1)
        parameters = weights, means, covariances + 1e-3
    np.testing.assert_allclose(parameters[2], 1e-3)


def test_pca_by_svd(worked_example: Text) -> None:
    text, solve = worked_example("pca-by-svd"), _solution("pca-by-svd")["pca"]
    data = np.array([[1.0, 0.0], [3.0, 4.0], [5.0, 8.0]])
    (direction,), (variance,) = solve(data, 1)
    points, moved = (", ".join(f"({_row(row)})" for row in rows) for rows in (data, data - data.mean(0)))
    assert f"Three points ${points}$ with mean $({_row(data.mean(0))})$. Centred they are ${moved}$" in text
    assert f"$(1, 2)/\\sqrt{{5}} = ({_row(abs(direction), '.3f')})$" in text
    assert f"with $s_1^2 = {2 * variance:g}$ and variance $40/2 = {variance:g}$" in text
    uncentred = abs(np.linalg.svd(data)[2][0])
    assert f"Without centring the first direction is $({_row(uncentred, '.3f')})$" in text
    assert "take the points $\\pm (1, 1)$ and $\\pm 10^{-9} (1, -1)$" in text
    faint = np.outer([1, -1, 0, 0], [1, 1]) + 1e-9 * np.outer([0, 0, 1, -1], [1, -1])
    assert (
        "all four entries exactly $2$, since $2 + 2 \\cdot 10^{-18}$ rounds to $2$; its second eigenvalue is $0$"
        in text
    )
    assert (faint.T @ faint == 2 + 2e-18).all()
    assert "The singular values are $2$ and $2 \\cdot 10^{-9}$" in text
    np.testing.assert_allclose(np.sqrt(3 * solve(faint, 2)[1]), [2, 2e-9], rtol=1e-6)
