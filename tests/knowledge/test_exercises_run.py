"""Every exercise of the shipped notes is run: its solution passes, and each wrong solution fails where it should.

This is code of the repository, so it runs in this process.
"""

import re
import time
from typing import Any

import numpy as np
import pytest

from knowledge.exercise import Exercise, Test
from knowledge.library import NOTES
from knowledge.note import Note
from knowledge.source import Source, check, parse

WITH_EXERCISE = sorted(path for path in NOTES.glob("*/*.md") if "\nexercise:\n" in path.read_text(encoding="utf-8"))
LIMIT = 0.3  # CPU seconds that the solution and all wrong solutions of a note may take


def passed(exercise: Exercise, code: str, test: Test) -> bool:
    """Whether code passes a test; code that raises does not."""
    try:
        with np.errstate(all="ignore"):
            got: Any = exercise.result(code, test)
    except Exception:
        return False
    return exercise.passed(test, got)


def failed(exercise: Exercise, code: str) -> list[str]:
    return [test.id for test in exercise.tests if not passed(exercise, code, test)]


@pytest.mark.parametrize("path", WITH_EXERCISE, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_solution_passes_and_each_wrong_one_fails_the_test_named(path: Any) -> None:
    source = parse(path)
    assert isinstance(source, Source), source
    note, problems = check(source)
    assert note is not None, problems
    exercise = note.exercise
    assert exercise is not None
    before = time.process_time()
    assert failed(exercise, exercise.solution) == []
    for wrong in exercise.wrong:
        assert wrong.caught_by in failed(exercise, wrong.code), wrong.says
    assert failed(exercise, exercise.starter) == [test.id for test in exercise.tests]
    assert time.process_time() - before < LIMIT
    holds_for_lines(note)


def holds_for_lines(note: Note) -> None:
    """A point that a line of code earns is earned by the solution, and not by the starter."""
    assert note.exercise is not None
    for point in (point for point in note.rubric if point.line):
        assert re.search(str(point.line), note.exercise.solution, re.MULTILINE), point.id
        assert not re.search(str(point.line), note.exercise.starter, re.MULTILINE), point.id
