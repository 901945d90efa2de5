"""What an exercise gives, and what is said of one that is wrong."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from knowledge.errors import LibraryError
from knowledge.exercise import Exercise
from knowledge.library import load
from knowledge.skeleton import create
from tests.knowledge.written import NOTE, note, write

EXERCISE = """\
exercise:
  defines: mean
  starter: |
    def mean(X, w=None):
        ...
  solution: |
    import numpy as np


    def mean(X, w=None):
        return np.average(X, axis=0, weights=w)
  tests:
    - id: two-rows
      says: two rows
      inputs: {X: [[1.0, 2], [3, 4]]}
      expect: [2, 3]
    - id: weighted
      says: the second row counts three times
      inputs: {X: [1.0, 2], w: [1, 3]}
      expect: 1.75
    - id: random
      says: many rows
      inputs: {X: {random: normal, shape: [50, 2], seed: 1}}
      expect: reference
      check: {close: {rtol: 1.0e-6}}
    - id: twice
      says: the mean of means
      inputs: {X: [1.0, 5], n: 3}
      run: |
        result = [mean(X) for _ in range(n)]
      check: {holds: [{shape: [3]}, {within: {low: 1, high: 5}}]}
  wrong:
    - says: forgets the weights
      caught_by: weighted
      code: |
        def mean(X, w=None):
            return X.mean(0)
    - says: averages over everything
      caught_by: two-rows
      code: |
        def mean(X, w=None):
            return X.mean()
"""
FIELDS: dict[str, Any] = yaml.safe_load(EXERCISE)["exercise"]
CODE_NOTE = NOTE.replace("kind: concept", "kind: code").replace("---\n\n##", f"{EXERCISE}---\n\n##")


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    write(tmp_path, CODE_NOTE)
    found = load(tmp_path)["temperature"].exercise
    assert found is not None
    return found


class Broken(NamedTuple):
    """`old` replaced by `new`: the line that starts with `at` is named, with what is `wrong` and `expected`."""

    old: str
    new: str
    at: str
    wrong: str
    expected: str


RANDOM = "{random: normal, shape: [50, 2], seed: 1}"
BROKEN = {
    "a starter that is no Python": Broken(
        "    def mean(X, w=None):\n        ...\n", "    def mean(X, w=None:\n", "  starter", "the code is no Python", ""
    ),
    "a solution of another name": Broken(
        "    import numpy as np\n\n\n    def mean(",
        "    def average(",
        "  solution",
        "the code does not define 'mean'",
        "",
    ),
    "a name that is no name": Broken("defines: mean", "defines: a mean", "  defines", "`exercise.defines` is 'a m", ""),
    "a test that expects nothing": Broken(
        "      expect: 1.75\n",
        "",
        "    - id: weighted",
        "the test 'weighted' has nothing to expect",
        "`expect`, or a `check`",
    ),
    "an expectation that nothing reads": Broken(
        "      check: {holds",
        "      expect: 1\n      check: {holds",
        "      expect: 1\n",
        "`expect` beside",
        "one of the two",
    ),
    "a test that is not there": Broken(
        "caught_by: weighted",
        "caught_by: weight",
        "      caught_by: weight\n",
        "there is no test 'weight'",
        "one of two-rows",
    ),
    "a test id twice": Broken(
        "id: twice", "id: random", "    - id: random\n      says: the", "the test id 'random'", "own"
    ),
    "an unknown property": Broken(
        "{shape: [3]}", "{size: 3}", "      check: {holds", "unknown field `exercise.tests.3", ""
    ),
    "two properties in one": Broken(
        "}, {within", ", within", "      check: {holds", "2 of integrates_to", "exactly one"
    ),
    "an unknown check": Broken(
        "{close:", "{near:", "      check: {near", "unknown field `exercise.tests.2.check.near`", ""
    ),
    "an integral over nothing": Broken(
        "{shape: [3]}",
        "{integrates_to: {over: x, atol: 1}}",
        "      check: {holds: [{int",
        "`integrates_to` is over 'x'",
        "an input",
    ),
    "another kind of random": Broken(
        "random: normal",
        "random: gauss",
        "      inputs: {X: {random: gauss",
        "`exercise.tests.2.inputs.X",
        "'normal', ",
    ),
    "normal numbers in a range": Broken(
        "random: normal,", "random: normal, low: 3,", "      inputs: {X: {random", "normal numbers have no", "uniform"
    ),
    "integers without an end": Broken(
        "random: normal",
        "random: integers",
        "      inputs: {X: {random",
        "random integers need `high`",
        "all are below",
    ),
    "a number that YAML reads as text": Broken(
        "expect: 1.75", "expect: 175e-2", "      expect: 175e-2", "'175e-2' is text to YAML", "1.0e-6"
    ),
    "a date among the inputs": Broken(
        "n: 3}", "n: 2024-01-01}", "      inputs: {X: [1.0, 5], n", "`exercise.tests.3.inputs.n", "a date in quotes"
    ),
    "one wrong solution only": Broken(
        EXERCISE[EXERCISE.index("    - says: averages") :], "", "  wrong:", "`exercise.wrong` is [", "at least 2"
    ),
    "an exercise of a concept": Broken(
        "kind: code", "kind: concept", "exercise:", "only a note of kind code", "no exercise"
    ),
    "a line that is no expression": Broken(
        "    probe: And a large one?\n",
        "    probe: And a large one?\n    line: 'partition('\n",
        "    line:",
        "'partition(' is no regular expression",
        "compiles",
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_mistake_is_told_in_a_sentence_with_file_and_line(broken: Broken, tmp_path: Path) -> None:
    assert CODE_NOTE.count(broken.old) == 1
    text = CODE_NOTE.replace(broken.old, broken.new)
    path = write(tmp_path, text)
    with pytest.raises(LibraryError) as caught:
        load(tmp_path)
    (problem,) = caught.value.problems
    at = text[: text.index("\n" + broken.at)].count("\n") + 2
    where, expected = str(problem).rsplit(", expected ", 1)
    assert where.startswith(f"{path}:{at}: {broken.wrong}")
    assert broken.expected in expected


def test_a_point_has_no_line_of_code_where_none_is_written(tmp_path: Path) -> None:
    path = write(tmp_path, NOTE.replace("    probe: And a large one?\n", "    line: x\n    probe: And a large one?\n"))
    with pytest.raises(LibraryError) as caught:
        load(tmp_path)
    (told,) = map(str, caught.value.problems)
    at = path.read_text().split("\n").index("    line: x") + 1
    assert told == f"{path}:{at}: a point has `line` where no code is written, expected a note with an exercise"


def test_mistakes_in_several_places_are_told_at_once(tmp_path: Path) -> None:
    text = CODE_NOTE.replace("        ...\n", "        ..\n").replace("expect: 1.75", "expct: 1.75")
    write(tmp_path, text)
    with pytest.raises(LibraryError) as caught:
        load(tmp_path)
    assert [problem.wrong[:20] for problem in caught.value.problems] == ["the code is no Pytho", "unknown field `exerc"]


def test_a_test_is_called_with_its_inputs_by_name_unless_it_says_what_runs(exercise: Exercise) -> None:
    assert exercise.call(exercise.tests[1]) == "result = mean(X=X, w=w)"
    assert exercise.call(exercise.tests[3]) == "result = [mean(X) for _ in range(n)]\n"


def test_what_is_expected_is_written_computed_by_the_solution_or_nothing(exercise: Exercise) -> None:
    written, _, computed, none = exercise.tests
    assert exercise.expected(written) == [2, 3]
    drawn = np.random.default_rng(1).standard_normal((50, 2))
    np.testing.assert_allclose(np.asarray(exercise.expected(computed)), drawn.mean(0))
    assert exercise.expected(none) is None


def test_the_solution_is_run_once_for_what_it_is_asked_again(
    exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = exercise.expected(exercise.tests[2])
    monkeypatch.setattr(Exercise, "result", None)
    assert exercise.expected(exercise.tests[2]) is first


def test_the_solution_passes_and_the_wrong_ones_fail_where_they_are_caught(exercise: Exercise) -> None:
    def passed(code: str) -> list[str]:
        return [test.id for test in exercise.tests if exercise.passed(test, exercise.result(code, test))]

    assert passed(exercise.solution) == ["two-rows", "weighted", "random", "twice"]
    assert [passed(wrong.code) for wrong in exercise.wrong] == [["two-rows", "random", "twice"], ["twice"]]
    assert passed(exercise.starter) == []


def drawn(inputs: dict[str, Any], *, plain: bool = False) -> dict[str, Any]:
    """What the inputs of a test are made into."""
    field = FIELDS["tests"][0] | {"inputs": inputs, "plain": plain}
    tests = [field, *FIELDS["tests"][1:]]
    return Exercise.model_validate(FIELDS | {"tests": tests}).tests[0].inputs_drawn()


@pytest.mark.parametrize(
    ("written", "array"),
    [
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        ([1, 2.5], np.array([1, 2.5])),
        ([True, False], np.array([True, False])),
        ([float("inf"), 0], np.array([np.inf, 0])),
        ([], np.array([])),
    ],
)
def test_a_list_of_numbers_is_an_array(written: Any, array: Any) -> None:
    made = drawn({"x": written})["x"]
    np.testing.assert_array_equal(made, array)
    assert made.dtype == array.dtype


@pytest.mark.parametrize("written", [3, 0.5, "ab", None, True, ["a", "b"], {"a": "b"}, [["a", None]]])
def test_what_is_no_list_of_numbers_stays_what_it_is(written: Any) -> None:
    assert drawn({"x": written}) == {"x": written}


def test_arrays_are_made_inside_lists_and_fields_and_of_rows_that_fit() -> None:
    made = drawn({"x": [{"w": [1, 2]}, [[1, 2], [3]], "a"]})["x"]
    assert [type(made[0]["w"]), type(made[1]), type(made[1][0]), made[2]] == [np.ndarray, list, np.ndarray, "a"]


def test_a_plain_test_gets_lists_as_they_are_written_and_its_own_each_time() -> None:
    made = drawn({"x": [[1, 2], {"a": [3]}]}, plain=True)
    assert made == {"x": [[1, 2], {"a": [3]}]}
    test = Exercise.model_validate(FIELDS).tests[0].model_copy(update={"plain": True})
    mine: Any = test.inputs_drawn()["X"]
    mine[0].append(9)
    assert test.inputs_drawn()["X"] == [[1.0, 2], [3, 4]]


def test_random_inputs_are_the_same_each_time_and_another_array() -> None:
    test = Exercise.model_validate(FIELDS).tests[2]
    first, second = test.inputs_drawn()["X"], test.inputs_drawn()["X"]
    assert first is not second
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, np.random.default_rng(1).standard_normal((50, 2)))


@pytest.mark.parametrize(
    ("kind", "bounds", "low", "high"),
    [("uniform", {}, 0, 1), ("uniform", {"low": -3, "high": -2}, -3, -2), ("integers", {"low": 2, "high": 5}, 2, 4)],
)
def test_random_numbers_lie_between_their_bounds(kind: str, bounds: dict[str, Any], low: float, high: float) -> None:
    made = drawn({"x": {"random": kind, "shape": [200], "seed": 3, **bounds}})["x"]
    assert low <= made.min() <= made.max() <= high
    assert made.max() - made.min() > 0.9 * (high - low)
    assert (made.dtype.kind == "i") == (kind == "integers")


def test_an_exercise_takes_no_field_that_it_does_not_have() -> None:
    with pytest.raises(ValidationError, match="hint"):
        Exercise.model_validate(FIELDS | {"hint": "sort"})


def test_a_note_needs_no_exercise() -> None:
    assert note(kind="code").exercise is None


def test_the_exercise_of_a_skeleton_holds(tmp_path: Path) -> None:
    create("losses/hinge-loss", kind="code", root=tmp_path)
    made = load(tmp_path)["hinge-loss"].exercise
    assert made is not None
    for wrong in made.wrong:
        caught = next(test for test in made.tests if test.id == wrong.caught_by)
        assert not made.passed(caught, made.result(wrong.code, caught))
    assert all(made.passed(test, made.result(made.solution, test)) for test in made.tests)
