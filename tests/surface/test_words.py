import pytest

from bot.grading.grade import Verdict
from bot.surface import words
from tests.surface.written import grade, line


@pytest.mark.parametrize("width", [1, 10, 20])
@pytest.mark.parametrize(("score", "open_weight"), [(0, 0), (1, 0), (0, 1), (0.5, 0.5), (0.25, 0.75), (0.975, 0.025)])
def test_a_bar_is_always_as_long(score: float, open_weight: float, width: int) -> None:
    assert len("".join(words.bar(score, open_weight, width=width))) == width


def test_a_bar_shows_what_is_earned_what_is_open_and_what_is_lost() -> None:
    assert words.bar(0.3, 0.5, width=10) == ("███", "▒▒▒▒▒", "░░")


def test_things_are_counted() -> None:
    assert [words.counted(number, "question") for number in (0, 1, 2)] == ["0 questions", "1 question", "2 questions"]


@pytest.mark.parametrize(("items", "text"), [(["1"], "1"), (["1", "2"], "1 and 2"), (["1", "2", "4"], "1, 2 and 4")])
def test_things_are_listed(items: list[str], text: str) -> None:
    assert words.listed(items) == text


def test_of_an_open_question_only_what_was_said_is_shown_one_by_one() -> None:
    points = [line(number, verdict) for number, verdict in enumerate(Verdict, 1)]
    so_far, final = grade(*points, final=False), grade(*points)
    said = [Verdict.MET, Verdict.PARTIAL, Verdict.CONTRADICTED]
    assert [point.verdict for point in words.shown(so_far)] == said
    assert [point.verdict for point in words.shown(final)] == list(Verdict)
    assert words.unsaid(so_far) == "of 5 points: 1 not clear from the wording, 1 not said yet"
    assert words.unsaid(final) == ""


def test_where_all_was_said_there_is_no_rest() -> None:
    assert words.unsaid(grade(line(1, Verdict.MET), final=False)) == ""
