"""Properties of what a candidate's code returned, for tests where many results are right.

A fixed registry: each field of `Property` names one and holds its settings. All are asked of an array of numbers
that is not empty.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, RootModel

from knowledge.parts import OneOf, Part, Text

Array: TypeAlias = NDArray[Any]
Value: TypeAlias = bool | int | float | str | list[Any] | dict[str, Any] | Array | None
Inputs: TypeAlias = Mapping[str, Value]


class IntegratesTo(Part):
    """The trapezoid integral of the values (n,) over the input named `over` (n,) is `value`."""

    over: Text
    value: float = 1
    atol: float = Field(ge=0)

    def holds(self, got: Array, inputs: Inputs) -> bool:
        """Whether the integral is within `atol` of the value."""
        grid = np.asarray(inputs[self.over])
        return got.shape == grid.shape and bool(abs(np.trapezoid(got, grid) - self.value) <= self.atol)


class SumsTo(Part):
    """The sums along `axis`, or of everything where it is left out, are `value`."""

    value: float = 1
    axis: int | None = None
    atol: float = Field(1e-8, ge=0)

    def holds(self, got: Array, _: Inputs) -> bool:
        """Whether the axis exists and every sum is within `atol` of the value."""
        if self.axis is not None and not -got.ndim <= self.axis < got.ndim:
            return False
        return bool((abs(got.sum(axis=self.axis) - self.value) <= self.atol).all())


class Within(Part):
    """Every number lies in [low, high]."""

    low: float = -np.inf
    high: float = np.inf

    def holds(self, got: Array, _: Inputs) -> bool:
        """Whether they do; NaN does not."""
        return bool(((got >= self.low) & (got <= self.high)).all())


class NonNegative(Part):
    """No number is below zero."""

    def holds(self, got: Array, _: Inputs) -> bool:
        """Whether none is; NaN counts as below."""
        return bool((got >= 0).all())


class OrthonormalRows(Part):
    """The rows of a matrix (m, n) have length one and are orthogonal to each other."""

    atol: float = Field(1e-8, ge=0)

    def holds(self, got: Array, _: Inputs) -> bool:
        """Whether no inner product of two rows is further than `atol` from the identity's."""
        return got.ndim == 2 and bool((abs(got @ got.T - np.eye(len(got))) <= self.atol).all())


class Increasing(Part):
    """Along the last axis no number lies below the one before it by more than `atol`."""

    atol: float = Field(1e-9, ge=0)

    def holds(self, got: Array, _: Inputs) -> bool:
        """Whether none does; a single number has no neighbours and is no sequence."""
        return got.ndim > 0 and bool((np.diff(got.astype(float)) >= -self.atol).all())


class Decreasing(Increasing):
    """Along the last axis no number lies above the one before it by more than `atol`."""

    def holds(self, got: Array, _: Inputs) -> bool:
        """As `Increasing`, of the numbers with their signs changed."""
        return super().holds(-got.astype(float), _)


class Finite(Part):
    """No number is infinite or NaN."""

    def holds(self, got: Array, _: Inputs) -> bool:
        """Whether none is."""
        return bool(np.isfinite(got).all())


class Shape(RootModel[tuple[int, ...]]):
    """The result has this shape."""

    def holds(self, got: Array, _: Inputs) -> bool:
        """Whether it has."""
        return got.shape == self.root


class Property(OneOf):
    """One property, by its name."""

    integrates_to: IntegratesTo | None = None
    sums_to: SumsTo | None = None
    within: Within | None = None
    non_negative: NonNegative | None = None
    orthonormal_rows: OrthonormalRows | None = None
    increasing: Increasing | None = None
    decreasing: Decreasing | None = None
    finite: Finite | None = None
    shape: Shape | None = None
