"""The simulated candidate: the same each time, found out, asked what is weak, and remembering more than by chance."""

import re
from dataclasses import replace

import pytest

from evals.retention import README, Findings, measure, simulate, table
from knowledge.library import Library
from tests.coach.notes import note

LIBRARY = Library([note(f"note-{n}", topic=f"topic-{n % 5}") for n in range(30)])


@pytest.fixture(scope="module")
def found() -> Findings:
    return measure(LIBRARY, days=20, a_day=5, seeds=2)


def test_the_same_seed_tells_the_same_story() -> None:
    assert list(simulate(LIBRARY, 4, 3, 7)) == list(simulate(LIBRARY, 4, 3, 7))
    assert list(simulate(LIBRARY, 4, 3, 7)) != list(simulate(LIBRARY, 4, 3, 8))


def test_mastery_comes_to_the_truth(found: Findings) -> None:
    (_, early, _), *_, (_, late, covered) = found.convergence
    assert late < early
    assert late < 0.15
    assert covered >= 0.8


def test_what_is_weak_is_asked_more(found: Findings) -> None:
    weak, *_, strong = (number for _, number in found.asked)
    assert weak > 2 * strong


def test_more_is_left_than_by_random_order_for_the_same_questions(found: Findings) -> None:
    ours, by_chance, *_ = found.retention
    assert ours.questions == by_chance.questions == 20 * 5
    assert ours.mean > by_chance.mean + 0.02


def test_the_readme_has_a_table_of_the_form_that_the_command_writes(found: Findings) -> None:
    shown = README.read_text(encoding="utf-8").split("<!-- retention -->\n")[1].split("<!-- /retention -->")[0]
    assert form(shown) == form(table(replace(found, convergence=found.convergence[:1] * 4)))
    assert README.with_name("retention.png").exists()


def form(text: str) -> str:
    """A table without its numbers."""
    return re.sub(r"[\d.]+", "0", text)
