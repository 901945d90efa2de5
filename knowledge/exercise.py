"""A code exercise: what is shown, the reference solution, tests as data, and the wrong solutions people write.

Only inputs ever reach a candidate's code; what it should return stays on the host (see `checking.py`).
"""

import ast
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, Discriminator, Field, JsonValue, PrivateAttr, Tag, model_validator

from knowledge.checking import Check, passes, plain
from knowledge.parts import Part, Slug, Text, mistake
from knowledge.properties import Array, Value

REFERENCE = "reference"  # as `expect`: what the solution returns on the same inputs

_TEXT_THAT_IS_A_NUMBER = re.compile(r"[-+]?(\d+e[-+]?\d+|\d*\.\d+e\d+|inf|nan)", re.IGNORECASE)


def _python(code: str) -> str:
    try:
        ast.parse(code)
    except SyntaxError as error:
        raise mistake(f"the code is no Python (its line {error.lineno}: {error.msg})", "code that parses") from None
    return code


def _data(value: JsonValue) -> JsonValue:
    for leaf in _leaves(value):
        if isinstance(leaf, str) and _TEXT_THAT_IS_A_NUMBER.fullmatch(leaf):
            raise mistake(f"{leaf!r} is text to YAML", "a number as YAML writes it: 1.0e-6, .inf, .nan")
    return value


def _leaves(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value


def _sort(value: object) -> str:
    drawn = isinstance(value, RandomArray) or (isinstance(value, dict) and "random" in value)
    return "random" if drawn else "written"


Code = Annotated[str, AfterValidator(_python)]
Data = Annotated[JsonValue, AfterValidator(_data)]


class RandomArray(Part):
    """An array drawn on the host by numpy's `default_rng(seed)`: the same one each time.

    `normal` is standard normal, `uniform` lies in [low, high) and `integers` in {low, ..., high - 1}.
    """

    random: Literal["normal", "uniform", "integers"]
    shape: tuple[int, ...]
    seed: int
    low: float = 0
    high: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.random == "normal" and {"low", "high"} & self.model_fields_set:
            raise mistake("normal numbers have no `low` and `high`", "uniform or integers with them")
        if self.random == "integers" and self.high is None:
            raise mistake("random integers need `high`", "the number that all are below")
        return self

    def drawn(self) -> Array:
        """The array, of `shape`."""
        generator = np.random.default_rng(self.seed)
        if self.random == "normal":
            return generator.standard_normal(self.shape)
        if self.random == "uniform":
            return generator.uniform(self.low, 1 if self.high is None else self.high, self.shape)
        return generator.integers(int(self.low), int(self.high or 0), self.shape)


Input = Annotated[
    Annotated[RandomArray, Tag("random")] | Annotated[Data, Tag("written")],
    Discriminator(_sort),
]


class Test(Part):
    """One test: the inputs, what is run with them, and how the result is checked.

    Without `run` the result is that of the function called with the inputs by name; `run` sees the candidate's
    names and the inputs, and sets `result`. `says` is one line that a candidate may read.
    """

    __test__ = False  # pytest would take it for one of its own

    id: Slug
    says: Text
    inputs: dict[str, Input] = Field(default_factory=dict[str, Input])
    plain: bool = False
    run: Code | None = None
    expect: Data = None
    check: Check | None = None

    @model_validator(mode="after")
    def _checkable(self) -> Self:
        expects = "expect" in self.model_fields_set
        if self.compares and not expects:
            raise mistake(f"the test {self.id!r} has nothing to expect", "`expect`, or a `check` that needs none")
        if expects and not self.compares:
            raise mistake("`expect` beside a check that needs none", "one of the two", "expect")
        if unknown := [name for name in self._integrated if name not in self.inputs]:
            raise mistake(f"`integrates_to` is over {unknown[0]!r}, which is no input", "the name of an input", "check")
        return self

    @property
    def compares(self) -> bool:
        """Whether the result is held against an expected one."""
        return self.check is None or self.check.compares

    @property
    def _integrated(self) -> list[str]:
        wanted = (self.check.holds if self.check else None) or ()
        return [one.integrates_to.over for one in wanted if one.integrates_to]

    def inputs_drawn(self) -> dict[str, Value]:
        """The inputs by name, made anew each time: lists of numbers as arrays, unless the test is plain."""
        return {name: self._made(value) for name, value in self.inputs.items()}

    def _made(self, value: RandomArray | JsonValue) -> Value:
        if isinstance(value, RandomArray):
            return value.drawn()
        return _copied(value) if self.plain else _arrays(value)


def _copied(value: JsonValue) -> Value:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _arrays(value: JsonValue) -> Value:
    """The value with every rectangular list of numbers in it as an array."""
    if isinstance(value, dict):
        return {key: _arrays(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    if all(isinstance(leaf, bool | int | float) for leaf in _leaves(value)):
        try:
            return np.array(value)
        except ValueError:  # rows of different lengths
            pass
    return [_arrays(inner) for inner in value]


class Wrong(Part):
    """A wrong solution as people write it, whole, and the id of the test that catches it."""

    says: Text
    caught_by: Slug
    code: Code


class Exercise(Part):
    """What a candidate is to write, `defines`, with everything needed to show and to test it.

    `starter` is shown and runs; `solution` is the reference. All three sorts of code define the name at the top level.
    """

    defines: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]
    starter: Code
    solution: Code
    tests: tuple[Test, ...] = Field(min_length=4, max_length=8)
    wrong: tuple[Wrong, ...] = Field(min_length=2, max_length=4)
    _expected: dict[str, Value] = PrivateAttr(default_factory=dict[str, Value])

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [test.id for test in self.tests]
        for number, name in enumerate(ids):
            if name in ids[:number]:
                raise mistake(f"the test id {name!r} is used twice", "an id of its own", "tests", number, "id")
        for number, wrong in enumerate(self.wrong):
            if wrong.caught_by not in ids:
                at = ("wrong", number, "caught_by")
                raise mistake(f"there is no test {wrong.caught_by!r}", f"one of {', '.join(ids)}", *at)
        self._check_names()
        return self

    def _check_names(self) -> None:
        wrong = [(("wrong", number, "code"), one.code) for number, one in enumerate(self.wrong)]
        for at, code in ((("starter",), self.starter), (("solution",), self.solution), *wrong):
            if self.defines not in _defined(code):
                raise mistake(f"the code does not define {self.defines!r}", "a function or class of that name", *at)

    def call(self, test: Test) -> str:
        """The code that runs after a candidate's, sees the inputs of the test by name and sets `result`."""
        arguments = ", ".join(f"{name}={name}" for name in test.inputs)
        return test.run or f"result = {self.defines}({arguments})"

    def expected(self, test: Test) -> Value:
        """What the test expects; the solution is run for it once. None where the check says itself what is right."""
        if test.expect != REFERENCE:
            return test.expect
        if test.id not in self._expected:
            self._expected[test.id] = self.result(self.solution, test)
        return self._expected[test.id]

    def result(self, code: str, test: Test) -> Value:
        """What `code` gives in this process on the inputs of a test: only for code of our own, as the solution is.

        Raises whatever the code raises.
        """
        names: dict[str, Any] = {"__name__": "exercise"}
        exec(code, names)  # noqa: S102 - code of the repository, never a candidate's
        names.update(test.inputs_drawn())
        exec(self.call(test), names)  # noqa: S102 - as above
        return plain(names["result"])

    def passed(self, test: Test, got: Value) -> bool:
        """Whether `got` is right for the test."""
        return passes(test.check, got, self.expected(test), test.inputs_drawn())


def _defined(code: str) -> set[str]:
    """The functions and classes at the top level of a piece of code."""
    body = ast.parse(code).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
