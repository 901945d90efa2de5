"""Statistics against SciPy and scikit-learn, and against cases worked by hand."""

import math
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals import agreement
from evals.agreement import Floats, Rows

# Neither ships complete types, and only their numbers are wanted here.
stats: Any = import_module("scipy.stats")
learn: Any = import_module("sklearn.metrics")

scores = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=40)


def columns(pairs: list[tuple[int, int]]) -> tuple[Floats, Floats]:
    x, y = np.array(pairs, dtype=np.float64).T / 8
    return x, y


@given(scores)
@settings(max_examples=200, deadline=None)
def test_correlations_are_scipys(pairs: list[tuple[int, int]]) -> None:
    x, y = columns(pairs)
    if np.ptp(x) and np.ptp(y):
        assert agreement.pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic)
        assert agreement.spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
    else:
        assert math.isnan(agreement.pearson(x, y))


@given(scores)
@settings(max_examples=200, deadline=None)
def test_errors_and_kappas_are_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    x, y = columns(pairs)
    assert agreement.rmse(x, y) == pytest.approx(learn.root_mean_squared_error(y, x))
    assert agreement.mae(x, y) == pytest.approx(learn.mean_absolute_error(y, x))
    given_labels, gold_labels = [a for a, _ in pairs], [b for _, b in pairs]
    if len({*given_labels, *gold_labels}) > 1:
        for weights in (None, "quadratic"):
            expected = learn.cohen_kappa_score(given_labels, gold_labels, labels=range(9), weights=weights)
            ours = agreement.kappa(given_labels, gold_labels, 9, quadratic=weights is not None)
            assert ours == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_auroc_and_brier_are_scikit_learns(pairs: list[tuple[int, bool]]) -> None:
    score, positive = np.array([s for s, _ in pairs]) / 5, np.array([p for _, p in pairs])
    if positive.all() or not positive.any():
        assert math.isnan(agreement.auroc(score, positive))
    else:
        assert agreement.auroc(score, positive) == pytest.approx(learn.roc_auc_score(positive, score))
    assert agreement.brier(score, positive) == pytest.approx(np.mean((score - positive) ** 2))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=60))
@settings(max_examples=100, deadline=None)
def test_precision_recall_and_f1_are_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    gold, got = [a for a, _ in pairs], [b for _, b in pairs]
    table = agreement.confusion(gold, got, 5)
    assert table.sum() == len(pairs)
    assert (table == learn.confusion_matrix(gold, got, labels=range(5))).all()
    expected = learn.precision_recall_fscore_support(gold, got, labels=range(5), zero_division=np.nan)
    for row in range(4):
        ours = agreement.precision_recall_f1(table, row)
        assert ours == pytest.approx([column[row] for column in expected[:3]], nan_ok=True)


def test_ties_share_their_rank() -> None:
    assert agreement.ranks(np.array([0.3, 0.1, 0.3, 0.9])).tolist() == [2.5, 1.0, 2.5, 4.0]


def test_half_a_grade_is_rounded_up_before_kappa() -> None:
    # 0.125 is half of a grade of 0.25, 0.375 one and a half: 1 and 2, where rounding to even gives 0 and 2.
    given_scores, gold = np.array([0.125, 0.375, 1.0]), np.array([0.25, 0.5, 1.0])
    assert agreement.qwk(given_scores, gold) == 1


def test_bias_is_above_zero_for_a_judge_that_flatters() -> None:
    assert agreement.bias(np.array([0.7, 0.7]), np.array([0.1, 0.3])) == pytest.approx(0.5)


def test_agreement_within_questions_leaves_out_that_some_questions_are_easier() -> None:
    gold = np.array([0.0, 0.1, 0.9, 1.0])
    given_scores = np.array([0.1, 0.0, 1.0, 0.9])  # right about the questions, wrong about the answers
    assert agreement.pearson(given_scores, gold) > 0.9
    assert agreement.within(given_scores, gold, ["a", "a", "b", "b"]) == pytest.approx(-1)


def test_the_calibration_error_of_a_hand_worked_case() -> None:
    # Bins 0.2-0.3 (mean .25, one of two right) and 0.9-1 (mean .95, one of two right):
    # (2 * |.25 - .5| + 2 * |.95 - .5|) / 4 = .35
    probability = np.array([0.25, 0.25, 0.9, 1.0])
    right = np.array([True, False, True, False])
    assert agreement.reliability(probability, right) == [(0.25, 0.5, 2), (0.95, 0.5, 2)]
    assert agreement.calibration_error(probability, right) == pytest.approx(0.35)


def test_risk_falls_when_only_the_most_confident_cases_are_answered() -> None:
    curve = agreement.risk_coverage(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False]))
    assert curve == [(0.25, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.5)]


@pytest.mark.parametrize("empty", [np.array([])])
def test_nothing_gives_nan_and_no_error(empty: Floats) -> None:
    none = empty.astype(bool)
    for value in (
        agreement.pearson(empty, empty),
        agreement.rmse(empty, empty),
        agreement.bias(empty, empty),
        agreement.kappa([], [], 5),
        agreement.auroc(empty, none),
        agreement.brier(empty, none),
        agreement.calibration_error(empty, none),
        *agreement.bootstrap(lambda rows: float(len(rows)), []),
    ):
        assert math.isnan(value)
    assert agreement.risk_coverage(empty, none) == []


def test_the_bootstrap_of_a_mean_is_near_its_normal_interval() -> None:
    values = np.random.default_rng(1).normal(size=400)
    low, high = agreement.bootstrap(lambda rows: float(values[rows].mean()), list(range(400)))
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.02)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.02)


def test_answers_to_one_question_are_drawn_together() -> None:
    values = np.repeat(np.random.default_rng(2).normal(size=20), 20)
    questions = np.repeat(np.arange(20), 20).tolist()

    def mean(rows: Rows) -> float:
        return float(values[rows].mean())

    low, high = agreement.bootstrap(mean, questions)
    narrow_low, narrow_high = agreement.bootstrap(mean, list(range(400)))
    assert high - low > 3 * (narrow_high - narrow_low)


def test_the_bootstrap_is_the_same_every_time() -> None:
    values = np.arange(30.0)

    def mean(rows: Rows) -> float:
        return float(values[rows].mean())

    assert agreement.bootstrap(mean, list(range(30))) == agreement.bootstrap(mean, list(range(30)))
