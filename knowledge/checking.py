"""How what a candidate's code returned is compared: equal, close, up to what is arbitrary, or by its properties.

Everything here runs on the host, on plain values that came out of the sandbox: numbers, texts, lists, dicts and
arrays. An array and the nested list of its numbers are the same value.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, cast

import numpy as np
from pydantic import Field

from knowledge.parts import OneOf, Part
from knowledge.properties import Array, Inputs, Property, Value

_NUMBERS = "biuf"  # the kinds of numpy's types that are numbers, truth values among them

Near: TypeAlias = Callable[[Array, Array], bool]


class Close(Part):
    """Equal up to rounding: |got - expected| <= atol + rtol * |expected|, elementwise."""

    rtol: float = Field(1e-6, ge=0)
    atol: float = Field(1e-8, ge=0)

    def near(self, got: Array, expected: Array) -> bool:
        """Whether every element of two arrays of one shape is near; NaN is near NaN."""
        return np.allclose(got, expected, rtol=self.rtol, atol=self.atol, equal_nan=True)


class UpToSign(Close):
    """Close once each column (a vector as a whole) has the sign that it has in what is expected."""

    def near(self, got: Array, expected: Array) -> bool:
        """As of `Close`; the sign of a column follows from its inner product with the one expected."""
        signs = np.where((got * expected).sum(axis=0) < 0, -1, 1)
        return super().near(got * signs, expected)


class UpToLabels(Part):
    """The same groups, whatever they are called."""

    def near(self, got: Array, expected: Array) -> bool:
        """Whether two elements share a label in `got` exactly where they share one in `expected`."""
        pairs = set(zip(got.ravel().tolist(), expected.ravel().tolist(), strict=True))
        return len(pairs) == len(np.unique(got)) == len(np.unique(expected))


class Statistical(Part):
    """|got - expect| <= within * sigma, elementwise, where sigma is the standard deviation of an element of `got`."""

    expect: float | list[float]
    sigma: float | list[float]
    within: float = Field(5, gt=0)

    def holds(self, got: Array) -> bool:
        """Whether the shape is that of `expect` and every element lies that near."""
        expect, allowed = np.asarray(self.expect), self.within * np.asarray(self.sigma)
        return got.shape == expect.shape and bool((abs(got - expect) <= allowed).all())


class Check(OneOf):
    """How a result is compared, where that is not exactly."""

    close: Close | None = None
    up_to_sign: UpToSign | None = None
    up_to_labels: UpToLabels | None = None
    statistical: Statistical | None = None
    holds: tuple[Property, ...] | None = Field(None, min_length=1)

    @property
    def compares(self) -> bool:
        """Whether the result is held against an expected one; else the check itself says what is right."""
        return self.statistical is None and self.holds is None


def passes(check: Check | None, got: Value, expected: Value, inputs: Inputs) -> bool:
    """Whether a test is passed by what the code returned on its inputs; without a check `got` has to be equal.

    Ints and floats (and truth values) that are equal are equal, NaN equals NaN, and shapes have to agree.
    """
    if check is None:
        return _alike(got, expected, _equal)
    if check.compares:
        return _alike(got, expected, check.chosen.near)
    numbers = _numbers(got)
    if numbers is None or not numbers.size:
        return False
    if check.statistical:
        return check.statistical.holds(numbers)
    return all(wanted.chosen.holds(numbers, inputs) for wanted in check.holds or ())


def plain(value: object) -> Value:
    """A result as it comes out of the sandbox: tuples are lists, numpy's scalars numbers, arrays stay arrays."""
    if isinstance(value, np.generic):
        return cast(Value, value.item())
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in cast(dict[Any, Any], value).items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in cast(list[Any], value)]
    return cast(Value, value)


def _alike(got: Value, expected: Value, near: Near) -> bool:
    """Whether two values have the same structure, with `near` arrays of numbers in the same places."""
    ours, theirs = _numbers(got), _numbers(expected)
    if ours is not None and theirs is not None:
        return ours.shape == theirs.shape and near(ours, theirs)
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(_alike(got[key], expected[key], near) for key in expected)
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(_alike(*pair, near) for pair in zip(got, expected, strict=True))
    return type(got) is type(expected) and not isinstance(got, np.ndarray) and got == expected


def _equal(got: Array, expected: Array) -> bool:
    return np.array_equal(got, expected, equal_nan=True)


def _numbers(value: Value) -> Array | None:
    """The value as an array, where it is a number or a rectangular list of numbers."""
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        return None
    return array if array.dtype.kind in _NUMBERS else None
