"""What people type to have a goal, a reminder, or to be asked how sure they are."""

import pytest

from bot.coach.goals import Wishes
from bot.errors import UsageError
from bot.surface.goals import SURENESS, told, wished
from bot.terminal.commands import sureness

HAS = Wishes(goal=5, hour=7, sure=True)


@pytest.mark.parametrize(
    ("typed", "goal", "hour"),
    [
        ("3", 3, None),
        (" 3 questions a day at 18 ", 3, 18),
        ("50 at 0:00", 50, 0),
        ("1 question per day", 1, None),
        ("OFF", None, None),
    ],
)
def test_a_goal_is_questions_a_day_and_an_hour_if_one_is_said(typed: str, goal: int | None, hour: int | None) -> None:
    assert wished(typed, HAS) == Wishes(goal=goal, hour=hour, sure=True)


@pytest.mark.parametrize("typed", ["0", "51", "three", "3 at 24", "3 at 18:30", "-1", "9" * 12, "3 4"])
def test_anything_else_is_told_how_to_say_it(typed: str) -> None:
    with pytest.raises(UsageError, match="/goal 3 at 18"):
        wished(typed, HAS)


@pytest.mark.parametrize(
    ("wishes", "reminds", "says"),
    [
        (Wishes(), True, "no daily goal; /goal 3 "),
        (Wishes(goal=1), True, "1 question a day, without a reminder"),
        (Wishes(goal=3, hour=7), True, "3 questions a day; I write to you at 7:00 UTC"),
        (Wishes(goal=3), False, "each chat begins with how the day stands"),
    ],
)
def test_what_holds_is_told_in_a_sentence(wishes: Wishes, reminds: bool, says: str) -> None:
    assert says in told(wishes, reminds=reminds)


@pytest.mark.parametrize(
    ("line", "text", "sure"),
    [
        ("it is convex !4", "it is convex", 4),
        ("it is convex!5", "it is convex", 5),
        ("it is\nconvex, sure 1", "it is\nconvex", 1),
        ("sure 3", "", 3),
        ("it is convex", "it is convex", None),
        ("there are 5!", "there are 5!", None),
        ("I measure 4", "I measure 4", None),
        ("it is !6", "it is !6", None),
        ("n !2 is wrong", "n !2 is wrong", None),
    ],
)
def test_at_a_terminal_an_answer_may_end_with_how_sure_it_is(line: str, text: str, sure: int | None) -> None:
    assert sureness(line) == (text, sure)


def test_sureness_goes_from_one_to_five() -> None:
    assert [label[0] for label in SURENESS] == list("12345")
