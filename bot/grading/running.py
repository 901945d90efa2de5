"""What a run of somebody's code says about an exercise: tests as points of a grade, and what to show of it. Pure.

score = 0.6 * the share of tests passed + 0.4 * what the rubric earns.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from bot.grading.code import Code, bare
from bot.grading.grade import PointGrade, Span, Verdict
from bot.sandbox.sandbox import End, Fault, Outcome, Ran, Trial
from knowledge.checking import plain
from knowledge.exercise import Exercise, Test
from knowledge.note import RubricPoint
from knowledge.properties import Value

TESTS = 0.6
"""The share of the score that the tests have; the rest is the rubric's."""

_PREFIX = "test:"  # no id of a rubric's point has a colon
_MESSAGE, _VALUE, _INPUTS = 200, 160, 300  # characters
_LINE = 1_000  # characters of a line that a pattern is looked for in
_NOT_RUN = "No code was run."


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Result(_Value):
    """How one test went; `says` is its line, `reason` why it failed, without what was expected."""

    id: str
    says: str
    passed: bool
    reason: str = ""


class Case(_Value):
    """A test that failed, as text: what went in, what was to come out, and what did."""

    says: str
    inputs: str
    expected: str
    got: str


class Wrong(_Value):
    """What went wrong in some code, a sentence, and the line it points at, with its number from 1."""

    sentence: str
    line: int | None = None
    text: str = ""


class Run(_Value):
    """How a run went.

    `failing` is the first test that failed, `error` what the code broke on, if that is why. `seconds` is what the
    tests took that passed, `reference` what the same ones take with the solution.
    """

    tests: tuple[Result, ...]
    failing: Case | None = None
    error: Wrong | None = None
    seconds: float = 0.0
    reference: float | None = None

    @property
    def passed(self) -> bool:
        """Whether all tests passed."""
        return all(test.passed for test in self.tests)


def trials(exercise: Exercise) -> list[Trial]:
    """What a sandbox is to run after the candidate's code: every test, without what it expects."""

    def inputs(test: Test) -> dict[str, Any]:  # the sandbox has a type of its own for values
        return test.inputs_drawn()

    return [Trial(test.id, inputs(test), exercise.call(test)) for test in exercise.tests]


def judged(exercise: Exercise, code: Code, outcome: Outcome, reference: Outcome | None = None) -> Run:
    """What an outcome says; seconds on the processor, for the reference solution is run where it gives what is due."""
    ran = {each.id: each for each in outcome.ran}
    tests = [_tested(exercise, test, ran.get(test.id), outcome) for test in exercise.tests]
    first = next((n for n, test in enumerate(tests) if not test.passed), None)
    broken = outcome.fault is not None
    passed = {test.id for test in tests if test.passed}
    return Run(
        tests=tuple(tests),
        failing=None if first is None or broken else _case(exercise, exercise.tests[first], ran, outcome),
        error=None if first is None else _wrong(code, ran.get(exercise.tests[first].id), outcome),
        seconds=_seconds(outcome, passed),
        reference=_seconds(reference, passed) if reference else None,
    )


def _seconds(outcome: Outcome, tests: AbstractSet[str]) -> float:
    return sum(ran.seconds for ran in outcome.ran if ran.id in tests)


def _tested(exercise: Exercise, test: Test, ran: Ran | None, outcome: Outcome) -> Result:
    if ran is None:
        return Result(id=test.id, says=test.says, passed=False, reason=_brief(outcome.sentence, _MESSAGE))
    if ran.error:
        return Result(id=test.id, says=test.says, passed=False, reason=_brief(ran.error.sentence, _MESSAGE))
    passed = exercise.passed(test, plain(ran.value))
    return Result(id=test.id, says=test.says, passed=passed, reason="" if passed else "It gave something else.")


def _case(exercise: Exercise, test: Test, ran: Mapping[str, Ran], outcome: Outcome) -> Case:
    return Case(
        says=test.says,
        inputs=_brief(", ".join(f"{name} = {written(value)}" for name, value in test.inputs_drawn().items()), _INPUTS),
        expected=_expected(exercise, test),
        got=_brief(_got(ran.get(test.id), outcome), _MESSAGE),
    )


def _got(ran: Ran | None, outcome: Outcome) -> str:
    if ran is None:
        return outcome.sentence
    return ran.error.sentence if ran.error else written(plain(ran.value))


def _expected(exercise: Exercise, test: Test) -> str:
    """What a test expects: a value, or what has to hold of one."""
    if test.compares:
        return written(exercise.expected(test))
    if test.check and test.check.statistical:
        near = test.check.statistical
        return f"{written(near.expect)} ± {written((np.asarray(near.sigma) * near.within).tolist())}"
    named = (
        next(iter(wanted.model_dump(exclude_none=True).items())) for wanted in (test.check and test.check.holds) or ()
    )
    return _brief(", ".join(f"{name.replace('_', ' ')}{_details(given)}" for name, given in named), _VALUE)


def _details(given: Mapping[str, object]) -> str:
    said = ", ".join(f"{name} {value}" for name, value in given.items())
    return f" ({said})" if said else ""


def _wrong(code: Code, ran: Ran | None, outcome: Outcome) -> Wrong | None:
    """What the first test that failed broke on: the code as a whole, itself, or the limits; None for a wrong value."""
    fault: Fault | None = outcome.fault or (ran.error if ran else None)
    if fault:
        return Wrong(
            sentence=_brief(fault.sentence, _MESSAGE), line=fault.line, text=_brief(code.text(fault.line), 100)
        )
    stopped = ran is None and outcome.end is not End.DONE
    return Wrong(sentence=outcome.sentence) if stopped else None


def written(value: Value) -> str:
    """A value on one line, shortened."""
    if isinstance(value, np.ndarray):
        shape = " × ".join(map(str, value.shape))
        # Commas keep numbers apart; numpy's padding would only take room.
        form: Any = {"float_kind": "{:.4g}".format}
        told = np.array2string(value, separator=",", threshold=24, edgeitems=2, max_line_width=10_000, formatter=form)
        line = ", ".join("".join(told.split()).split(","))
        return _brief(line if value.size <= 24 else f"{line} ({shape})", _VALUE)
    return _brief(_plain(value), _VALUE)


def _plain(value: Value) -> str:
    if isinstance(value, np.ndarray):
        return written(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value[:40]))}{', …' * (len(value) > 40)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {_plain(inner)}' for key, inner in list(value.items())[:40])}}}"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)[: 2 * _VALUE]


def _brief(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


# Points of a grade


def is_test(point_id: str) -> bool:
    """Whether a point of a grade is a test, not one of the rubric."""
    return point_id.startswith(_PREFIX)


def point_of(test_id: str) -> str:
    """The id of the point that a test is in a grade."""
    return f"{_PREFIX}{test_id}"


def as_points(exercise: Exercise, run: Run | None, evidence: Span | None) -> tuple[PointGrade, ...]:
    """Every test as a point, `evidence` being the line that defines what was tested; without a run none is passed."""
    results = {test.id: test for test in run.tests} if run else {}
    weight = TESTS / len(exercise.tests)
    return tuple(_point(point_of(test.id), weight, results.get(test.id), evidence) for test in exercise.tests)


def _point(name: str, weight: float, result: Result | None, evidence: Span | None) -> PointGrade:
    if result and result.passed:
        return PointGrade(point_id=name, weight=weight, verdict=Verdict.MET, evidence=evidence)
    reason = result.reason if result else _NOT_RUN
    return PointGrade(point_id=name, weight=weight, verdict=Verdict.MISSED, reason=reason)


def rubric_point(point: PointGrade) -> PointGrade:
    """A point of the rubric with the weight that it has beside tests."""
    return point.model_copy(update={"weight": point.weight * (1 - TESTS)})


def shown_by_a_line(rubric: Sequence[RubricPoint], code: Code, starter: str) -> dict[str, Span]:
    """The points that a line of the code earns by itself, with that line: no comment, no text, none of the starter."""
    given = {line.strip() for line in starter.split("\n")}
    own = [
        (span, text[:_LINE])
        for line, text in zip(code.lines, bare(code.source), strict=True)
        if (span := line.span) and span.quote not in given
    ]
    found: dict[str, Span] = {}
    for point in rubric:
        earning = [span for span, text in own if point.line and re.search(point.line, text)]
        if earning:
            found[point.id] = earning[0]
    return found
