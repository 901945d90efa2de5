"""What counts as a right result."""

from typing import Any

import numpy as np
import pytest

from knowledge.checking import Check, passes, plain

NAN, INF = float("nan"), float("inf")


def right(check: dict[str, Any] | None, got: Any, expected: Any = None, **inputs: Any) -> bool:
    return passes(None if check is None else Check.model_validate(check), got, expected, inputs)


EQUAL: list[tuple[Any, Any]] = [
    (3, 3.0),
    (True, 1),
    ([1, 2], np.array([1.0, 2.0])),
    (np.array([[1], [2]]), [[1], [2]]),
    (np.array([1, NAN, INF]), [1.0, NAN, INF]),
    (np.array([0], dtype=np.int32), [0]),
    ("a", "a"),
    (None, None),
    ([0.5, np.array([1, 2])], [0.5, [1, 2]]),
    ({"w": np.eye(2), "steps": 3}, {"steps": 3, "w": [[1, 0], [0, 1]]}),
    ([["a", 1], None], [["a", 1], None]),
    ([], []),
]
DIFFERENT = [
    (3, 3.1),
    ([1, 2], [2, 1]),
    ([1, 2], [[1, 2]]),
    (np.array([[1, 2]]), [[1], [2]]),
    ([1], 1),
    ([1, 2, 3], [1, 2]),
    ([1.0], [NAN]),
    ("1", 1),
    (None, 0),
    (None, NAN),
    ([None], [0]),
    ([1, "a"], [1, "b"]),
    ([1, "a", 2], [1, "a"]),
    ({"w": 1}, {"w": 1, "b": 2}),
    ({"w": 1, "b": 2}, {"w": 1}),
    ({"w": 1}, {"w": 2}),
    ({"w": 1}, [1]),
    ([[1, 2], [3]], [[1, 2], [4]]),
    (np.array(["a"]), "a"),
]


@pytest.mark.parametrize(("got", "expected"), EQUAL)
def test_values_that_are_the_same_numbers_in_the_same_places_are_equal(got: Any, expected: Any) -> None:
    assert right(None, got, expected)


@pytest.mark.parametrize(("got", "expected"), DIFFERENT)
def test_another_value_shape_or_kind_is_not_equal(got: Any, expected: Any) -> None:
    assert not right(None, got, expected)


@pytest.mark.parametrize(
    ("got", "near"),
    [
        ([100.9, 0.0], True),
        ([101.2, 0.0], False),
        ([100, 0.09], True),
        ([100, 0.11], False),
        ([[100, 0.0]], False),
        ([100], False),
        ([NAN, 0.0], False),
        (None, False),
    ],
)
def test_close_allows_atol_and_rtol_of_what_is_expected_and_no_other_shape(got: Any, near: bool) -> None:
    assert right({"close": {"rtol": 0.009, "atol": 0.1}}, got, [100, 0]) == near


def test_close_reaches_into_lists_and_fields() -> None:
    check = {"close": {"rtol": 0, "atol": 0.1}}
    assert right(check, [1.05, {"w": np.array([2.05, INF])}], [1, {"w": [2, INF]}])
    assert not right(check, [1.05, {"w": np.array([2.15, INF])}], [1, {"w": [2, INF]}])


def test_nan_is_near_nan_and_nothing_else() -> None:
    assert right({"close": {}}, [NAN, 1.0], [NAN, 1.0])
    assert not right({"close": {}}, [NAN, NAN], [NAN, 1.0])


@pytest.mark.parametrize(
    ("got", "same"),
    [
        ([[1, -2], [3, 4]], True),
        ([[-1, -2], [-3, 4]], True),
        ([[-1, 2], [3, -4]], False),
        ([[-1, -2], [3, 4]], False),
        ([[1, -2.5], [3, 4]], False),
        ([[NAN, -2], [3, 4]], False),
        ([1, -2, 3, 4], False),
    ],
)
def test_up_to_sign_each_column_may_be_turned_round_as_a_whole(got: Any, same: bool) -> None:
    assert right({"up_to_sign": {"rtol": 1e-6}}, got, [[1, -2], [3, 4]]) == same


@pytest.mark.parametrize(
    ("got", "same"),
    [
        ([7, 7, 2, 0], True),
        ([0, 0, 1, 2], True),
        ([0, 0, 1, 1], False),
        ([0, 1, 2, 3], False),
        ([0, 1, 1, 2], False),
        ([7, 7, 2], False),
        ([[7, 7, 2, 0]], False),
    ],
)
def test_up_to_labels_the_groups_count_and_not_their_names(got: Any, same: bool) -> None:
    assert right({"up_to_labels": {}}, got, [1, 1, 0, 4]) == same


@pytest.mark.parametrize(
    ("got", "likely"),
    [
        ([110, 79], True),
        ([[110, 79]], False),
        ([110.1, 80], False),
        ([100, 74.9], False),
        ([100], False),
        ([NAN, 80], False),
        (None, False),
    ],
)
def test_statistical_allows_so_many_standard_deviations_for_each_element(got: Any, likely: bool) -> None:
    assert right({"statistical": {"expect": [100, 80], "sigma": [5, 2.5], "within": 2}}, got) == likely


def test_one_number_may_stand_for_every_sigma() -> None:
    assert right({"statistical": {"expect": [10, 20], "sigma": 1, "within": 3}}, [12.9, 17.1])


GRID = np.linspace(0, 1, 11)
NONE = [None, "abc", [], [[1], [1, 2]], {"a": 1}]
PROPERTIES: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"integrates_to": {"over": "grid", "value": 0.5, "atol": 0.01}}, [GRID], [GRID + 0.02, GRID[1:], 0.5]),
    ({"sums_to": {"value": 2}}, [[[0.5, 0.5], [0.5, 0.5]], 2], [[0.5, 0.5], [NAN, 2]]),
    ({"sums_to": {"axis": 1, "atol": 0.1}}, [[[0.5, 0.5], [0.2, 0.75]]], [[[0.5, 0.4], [0.5, 0.7]], [0.5, 0.5]]),
    ({"non_negative": {}}, [[0, 1.5]], [[0, -1e-12], [NAN, 1]]),
    ({"within": {"low": 0, "high": 1}}, [[0, 1], [[0.5]]], [[-0.1, 1], [0, 1.1], [NAN]]),
    ({"within": {"high": 1}}, [[-50, 1]], [[1.1]]),
    ({"orthonormal_rows": {}}, [[[0.6, 0.8]], np.eye(3)[:2]], [[[0.6, 0.7]], [[1, 0], [1, 0]], [0.6, 0.8], [1.0]]),
    ({"orthonormal_rows": {"atol": 0.1}}, [[[1, 0], [0.05, 1]]], [[[1, 0], [0.2, 1]]]),
    ({"increasing": {}}, [[1, 2, 2, 3]], [[1, 2, 1.9], [NAN, 1], 3]),
    ({"increasing": {"atol": 0.2}}, [[1, 2, 1.9]], [[1, 2, 1.7]]),
    ({"decreasing": {}}, [[3, 2, 2, 1], [True, False]], [[3, 2, 2.1], [1, NAN], 3]),
    ({"finite": {}}, [[1, -1e300]], [[1, INF], [NAN]]),
    ({"shape": [2, 1]}, [[[1], [2]]], [[1, 2], [[1, 2]], 3]),
]


@pytest.mark.parametrize(("wanted", "have", "lack"), PROPERTIES)
def test_a_property_holds_of_what_has_it_and_of_nothing_else(
    wanted: dict[str, Any], have: list[Any], lack: list[Any]
) -> None:
    assert [got for got in have if not right({"holds": [wanted]}, got, grid=GRID)] == []
    assert [got for got in [*lack, *NONE] if right({"holds": [wanted]}, got, grid=GRID)] == []


def test_all_the_properties_listed_have_to_hold() -> None:
    check: dict[str, Any] = {"holds": [{"finite": {}}, {"shape": [2]}]}
    assert right(check, [1, 2])
    assert not right(check, [1, 2, 3])
    assert not right(check, [1, INF])


def test_a_result_is_made_plain_with_its_arrays_kept() -> None:
    array = np.eye(2)
    made = plain((np.float64(0.5), {1: (np.int64(3), None)}, [array]))
    assert made == [0.5, {"1": [3, None]}, [array]]
    assert isinstance(made, list)
    assert [type(made[0]), type(made[2][0])] == [float, np.ndarray]
