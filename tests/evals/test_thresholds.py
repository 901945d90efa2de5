"""From which probability on a verdict is given."""

import numpy as np

from evals.thresholds import NEVER, threshold


def of(*runs: tuple[float, int, int]) -> float:
    """The threshold for a precision of 0.9 over runs of (probability, how many right, how many wrong)."""
    probability = np.concatenate([np.full(right + wrong, p) for p, right, wrong in runs])
    flags = np.concatenate([np.arange(right + wrong) < right for _, right, wrong in runs])
    return threshold(probability, flags, 0.9)


def test_it_is_the_least_probability_before_precision_falls_short() -> None:
    assert of((0.9, 50, 0), (0.7, 45, 5), (0.6, 10, 10), (0.5, 900, 0)) == 0.7


def test_one_mistake_among_the_surest_does_not_decide_for_all() -> None:
    assert of((0.97, 0, 1), (0.9, 300, 0)) == 0.9


def test_a_few_are_not_enough_to_tell() -> None:
    assert of((0.955, 1, 0)) == of((0.9, 0, 100)) == NEVER


def test_of_equal_probabilities_all_are_given_or_none() -> None:
    assert of((0.8, 30, 0), (0.7, 30, 30)) == 0.8


def test_less_than_even_is_no_verdict() -> None:
    assert of((0.9, 40, 0), (0.2, 40, 0)) == 0.4
