"""What can be typed after a slash."""

from collections.abc import Callable

import pytest

from bot.errors import UsageError
from bot.grading.grade import Verdict
from bot.terminal import commands
from bot.terminal.commands import HELP, NAMES, DrillWish, InterviewWish, MarkWish
from knowledge.note import Level


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("/drill losses 3", ("drill", "losses 3")),
        ("  /drill   losses  ", ("drill", "losses")),
        ("/DRILL Losses", ("drill", "Losses")),
        ("/stop", ("stop", "")),
        ("/ask why is p/q\nnot 1?", ("ask", "why is p/q\nnot 1?")),
    ],
)
def test_a_command_is_a_name_and_the_rest(line: str, found: tuple[str, str]) -> None:
    assert commands.split(line) == found


@pytest.mark.parametrize(
    "line",
    ["", "It halves.", "p/q is the ratio", "1/n", "/", "// a comment", "/ drill", "/home/me", "/2", "drill losses"],
)
def test_what_is_no_command_is_an_answer(line: str) -> None:
    assert commands.split(line) is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/dril", "There is no /dril; did you mean /drill?"),
        ("/interveiw 30", "There is no /interveiw; did you mean /interview?"),
        ("/exit", "There is no /exit; /help lists what there is."),
    ],
)
def test_an_unknown_command_names_the_nearest(line: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        commands.split(line)
    assert str(raised.value) == sentence


def test_help_explains_every_command_and_no_other() -> None:
    explained = [word.strip(",/") for usage in HELP for word in usage.split() if word.startswith("/")]
    assert sorted(set(explained)) == sorted(NAMES)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", DrillWish()),
        ("losses", DrillWish("losses")),
        ("3", DrillWish(None, 3)),
        ("losses 3", DrillWish("losses", 3)),
        ("3 losses", DrillWish("losses", 3)),
        ("language models 2 advanced", DrillWish("language models", 2, Level.ADVANCED)),
        ("ADVANCED", DrillWish(None, 5, Level.ADVANCED)),
        ("mixed 10", DrillWish(None, 10)),
        ("losses 1", DrillWish("losses", 1)),
        ("losses 50", DrillWish("losses", 50)),
        ("self-supervised", DrillWish("self-supervised")),
    ],
)
def test_a_drill_takes_topic_number_and_level_in_any_order(text: str, wish: DrillWish) -> None:
    assert commands.drill(text) == wish


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", InterviewWish()),
        ("45", InterviewWish(45)),
        ("45m", InterviewWish(45)),
        ("45 min", InterviewWish(45)),
        ("45min losses", InterviewWish(45, "losses")),
        ("language models 20 minutes", InterviewWish(20, "language models")),
        ("5", InterviewWish(5)),
        ("180", InterviewWish(180)),
    ],
)
def test_an_interview_takes_minutes_and_topic_in_any_order(text: str, wish: InterviewWish) -> None:
    assert commands.interview(text) == wish


@pytest.mark.parametrize(
    ("parse", "text", "sentence"),
    [
        (commands.drill, "losses 0", "The number of questions lies between 1 and 50, 0 does not."),
        (commands.drill, "51", "The number of questions lies between 1 and 50, 51 does not."),
        (commands.drill, "9" * 40, f"The number of questions lies between 1 and 50, {'9' * 40} does not."),
        (commands.interview, "4", "The number of minutes lies between 5 and 180, 4 does not."),
        (commands.interview, "181m", "The number of minutes lies between 5 and 180, 181 does not."),
    ],
)
def test_numbers_have_limits(parse: Callable[[str], object], text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(text)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("odd", ["²", "½", "③"])
def test_what_only_looks_like_a_number_belongs_to_the_topic(odd: str) -> None:
    assert commands.drill(f"losses {odd}") == DrillWish(f"losses {odd}")


@pytest.mark.parametrize(
    ("parse", "rest"),
    [(commands.drill, ""), (commands.interview, ""), (commands.mark, " yes"), (commands.mark, ".1 yes")],
)
def test_a_number_too_long_to_read_is_a_mistake_like_any_other(parse: Callable[[str], object], rest: str) -> None:
    with pytest.raises(UsageError):
        parse("9" * 5_000 + rest)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("3 yes", MarkWish(None, 3, Verdict.MET)),
        ("3 YES", MarkWish(None, 3, Verdict.MET)),
        ("1 y", MarkWish(None, 1, Verdict.MET)),
        ("1 met", MarkWish(None, 1, Verdict.MET)),
        ("2.3 partly", MarkWish(2, 3, Verdict.PARTIAL)),
        ("2.3 half", MarkWish(2, 3, Verdict.PARTIAL)),
        ("10.12 partial", MarkWish(10, 12, Verdict.PARTIAL)),
        ("1 no", MarkWish(None, 1, Verdict.MISSED)),
        ("1 n", MarkWish(None, 1, Verdict.MISSED)),
        ("1 missed", MarkWish(None, 1, Verdict.MISSED)),
    ],
)
def test_a_mark_names_question_point_and_verdict(text: str, wish: MarkWish) -> None:
    assert commands.mark(text) == wish


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "yes",
        "yes 3",
        "3 maybe",
        "0 yes",
        "0.1 yes",
        "00.1 yes",
        "1.0 yes",
        "-1 yes",
        "1.2.3 yes",
        "3 yes please",
    ],
)
def test_any_other_mark_is_answered_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"for example: /mark 3 yes, /mark 2\.3 partly, /mark 1 no\.$"):
        commands.mark(text)
