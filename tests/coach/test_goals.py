"""A daily goal: streaks that forgive a day, and how the day stands."""

from datetime import date, timedelta

import pytest

from bot.coach.concepts import Diary
from bot.coach.goals import Wishes, reached, standing, streak
from tests.coach.story import NOON

TODAY = date(2026, 5, 4)


def diary(pattern: str) -> Diary:
    """Questions by day, the last today: "3.13" is three, none, one and three."""
    days = {(TODAY - timedelta(days=ago)).isoformat(): int(n) for ago, n in enumerate(reversed(pattern)) if n != "."}
    return Diary(days=days)


@pytest.mark.parametrize(
    ("pattern", "days"),
    [
        ("", 0),
        ("3", 1),
        ("333", 3),
        ("33.", 2),
        ("33.3", 3),
        ("3.3.3.", 3),
        ("33..3", 1),
        ("33..", 2),
        ("33...", 0),
        ("3313", 3),
        ("33.1", 2),
        (".........3.........", 0),
    ],
)
def test_a_streak_forgives_a_day_and_no_second_one(pattern: str, days: int) -> None:
    assert streak(diary(pattern), 3, TODAY) == days


@pytest.mark.parametrize(
    ("pattern", "goal", "due", "told"),
    [
        ("33", None, 4, ""),
        ("", 3, 0, "Today 0 of 3 questions."),
        ("1", 1, 1, "Today 1 of 1 question, 1 subject is due (/drill due)."),
        ("332", 3, 4, "Today 2 of 3 questions, 2 days in a row, 4 subjects are due (/drill due)."),
    ],
)
def test_how_the_day_stands_is_told_to_who_has_a_goal(pattern: str, goal: int | None, due: int, told: str) -> None:
    assert standing(diary(pattern), Wishes(goal=goal), due, NOON) == told


def test_a_goal_is_reached_by_answers_of_the_day() -> None:
    assert [reached(diary(pattern), Wishes(goal=2), NOON) for pattern in ("1", "2", "2.", "22")] == [
        False,
        True,
        False,
        True,
    ]


def test_a_diary_does_not_grow_for_ever() -> None:
    written = Diary()
    for ago in range(450, -1, -1):
        written = written.plus(NOON - timedelta(days=ago))
    assert len(written.days) == 400
    assert max(written.days) == TODAY.isoformat()
