"""A run of somebody's code becomes points of a grade, and what can be shown of it."""

from typing import Any

import numpy as np
import pytest

from bot.grading.code import Code, code_in
from bot.grading.grade import Verdict
from bot.grading.running import TESTS, Run, as_points, judged, shown_by_a_line, trials, written
from bot.sandbox.sandbox import End, Fault, Outcome, Ran
from knowledge.exercise import Exercise
from tests.coach.exercises import EXERCISE, SORTED, STARTER, UPWARDS, coding_note
from tests.sandbox.fakes import serve


def code_of(source: str) -> Code:
    code = code_in(source, "largest")
    assert code
    return code


def run_of(source: str) -> Run:
    outcome = serve(source, trials(EXERCISE))
    return judged(EXERCISE, code_of(source), outcome, serve(SORTED, trials(EXERCISE)))


def test_the_sandbox_is_told_inputs_and_nothing_of_what_is_expected() -> None:
    assert [(trial.id, dict(trial.inputs), trial.run) for trial in trials(EXERCISE)][:2] == [
        ("two", {"xs": [3, 1, 2], "k": 2}, "result = largest(xs=xs, k=k)"),
        ("one", {"xs": [5], "k": 1}, "result = largest(xs=xs, k=k)"),
    ]


def test_right_code_passes_all_tests_and_is_timed_beside_the_reference() -> None:
    run = run_of(SORTED)
    assert run.passed
    assert run.failing is run.error is None
    assert run.seconds > 0
    assert run.reference


def test_the_first_case_that_fails_is_told_with_input_expected_and_got() -> None:
    run = run_of(UPWARDS)
    assert [test.passed for test in run.tests] == [False, True, True, True]
    assert run.failing
    assert (run.failing.says, run.failing.inputs) == ("two of three", "xs = [3, 1, 2], k = 2")
    assert (run.failing.expected, run.failing.got) == ("[3, 2]", "[1, 2]")
    assert run.error is None
    assert "3" not in run.tests[0].reason  # what a test expects is shown of the first one alone


def test_time_is_that_of_the_tests_that_passed() -> None:
    ran = (Ran("two", [0], None, 100.0, ""), Ran("one", [5], None, 2.0, ""), Ran("none", [], None, 3.0, ""))
    run = judged(EXERCISE, code_of(SORTED), Outcome(End.DONE, ran), Outcome(End.DONE, ran[:2]))
    assert (run.seconds, run.reference) == (5.0, 2.0)


def test_an_error_points_at_its_line() -> None:
    run = run_of("def largest(xs, k):\n    return [max(xs)][:k]")
    assert [test.passed for test in run.tests] == [False, True, False, True]
    run = run_of("def largest(xs, k):\n    best = max(xs)\n    return sorted(xs)[::-1][:k]")
    assert run.failing
    assert run.failing.says == "no number"
    assert run.error
    assert (run.error.line, run.error.text) == (2, "best = max(xs)")
    assert "ValueError" in run.failing.got


def test_code_that_is_no_python_fails_everything_and_points_at_its_line() -> None:
    run = run_of("def largest(xs, k):\n    return sorted(xs\n")
    assert not any(test.passed for test in run.tests)
    assert run.failing is None
    assert run.error
    assert (run.error.line, run.error.text) == (2, "return sorted(xs")
    assert run.seconds == run.reference == 0


@pytest.mark.parametrize("end", [End.TIMEOUT, End.MEMORY, End.OUTPUT, End.CRASHED])
def test_what_was_not_reached_is_not_passed_and_says_why(end: End) -> None:
    outcome = Outcome(end, (Ran("two", [3, 2], None, 0.1, ""),))
    run = judged(EXERCISE, code_of(SORTED), outcome)
    assert [test.passed for test in run.tests] == [True, False, False, False]
    assert run.error
    assert run.error.sentence == outcome.sentence
    assert run.failing
    assert run.failing.got == outcome.sentence
    assert run.reference is None


def test_tests_weigh_six_tenths_and_rest_on_the_line_that_defines() -> None:
    points = as_points(EXERCISE, run_of(UPWARDS), code_of(UPWARDS).definition)
    assert [point.point_id for point in points] == ["test:two", "test:one", "test:none", "test:ties"]
    assert sum(point.weight for point in points) == pytest.approx(TESTS)
    assert [point.verdict for point in points] == [Verdict.MISSED, *[Verdict.MET] * 3]
    assert points[1].evidence
    assert points[1].evidence.quote == "def largest(xs, k):"
    assert points[0].reason
    assert {point.verdict for point in as_points(EXERCISE, None, None)} == {Verdict.MISSED}


LINE = coding_note(line=r"heapq\.nlargest\(").rubric


def earned(source: str, starter: str = STARTER) -> list[str]:
    return list(shown_by_a_line(LINE, code_of(source), starter))


def test_a_line_of_code_earns_a_point_and_is_its_evidence() -> None:
    answer = "```\nimport heapq\ndef largest(xs, k):\n    return heapq.nlargest(k, xs)  # quick\n```"
    shown = shown_by_a_line(LINE, code_of(answer), STARTER)
    assert list(shown) == ["b"]
    assert answer[shown["b"].start : shown["b"].end] == shown["b"].quote == "return heapq.nlargest(k, xs)  # quick"


@pytest.mark.parametrize(
    "line",
    ["pass  # heapq.nlargest(k, xs)", '"""heapq.nlargest(k, xs)"""', "x = 'heapq.nlargest('", 'f"heapq.nlargest("'],
)
def test_comments_and_strings_earn_nothing(line: str) -> None:
    assert earned(f"def largest(xs, k):\n    {line}") == []


def test_what_the_starter_has_earns_nothing() -> None:
    source = "import heapq\ndef largest(xs, k):\n    return heapq.nlargest(k, xs)"
    assert earned(source) == ["b"]
    assert earned(source, starter=source) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        ([1, 2.5, "a"], "[1, 2.5, 'a']"),
        (1 / 3, "0.333333"),
        ({"a": [1]}, "{'a': [1]}"),
        (np.array([1, 2]), "[1, 2]"),
        (np.array([[1.0, 2.0]]), "[[1, 2]]"),
        (np.array([[0.5, -1e9], [np.nan, np.inf]]), "[[0.5, -1e+09], [nan, inf]]"),
        (np.arange(100), "[0, 1, ..., 98, 99] (100)"),
    ],
)
def test_values_are_written_short(value: object, text: str) -> None:
    assert written(value) == text  # pyright: ignore[reportArgumentType]  # each is one


@pytest.mark.parametrize(
    "value", [list(range(10_000)), "x" * 10_000, {str(n): n for n in range(10_000)}, [[1] * 99] * 99]
)
def test_long_values_are_cut(value: object) -> None:
    assert len(written(value)) <= 160  # pyright: ignore[reportArgumentType]  # each is one


def test_what_has_to_hold_is_said_where_no_value_is_expected() -> None:
    tests: list[Any] = [
        {"id": "sum", "says": "sums", "check": {"holds": [{"sums_to": {"value": 1}}, {"non_negative": {}}]}},
        {"id": "mean", "says": "fair", "check": {"statistical": {"expect": 400, "sigma": 20, "within": 5}}},
        *(test.model_dump(exclude_unset=True) for test in EXERCISE.tests[:2]),
    ]
    wrong = [{"says": "a", "caught_by": "sum", "code": UPWARDS}] * 2
    exercise = Exercise.model_validate({**EXERCISE.model_dump(exclude_unset=True), "tests": tests, "wrong": wrong})
    fault = Fault("TypeError", "it takes two", None)

    def expected(*ran: Ran) -> str:
        failing = judged(exercise, code_of(SORTED), Outcome(End.DONE, ran)).failing
        assert failing
        return failing.expected

    assert expected(Ran("sum", None, fault, 0.1, "")).startswith("sums to (value 1")
    assert expected(Ran("sum", [1.0], None, 0.1, "")) == "400 ± 100"
