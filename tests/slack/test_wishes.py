"""What is typed after /viva, in the ways that people type it."""

from __future__ import annotations

import pytest

from bot.errors import UsageError
from bot.grading.grade import Verdict
from bot.slack.commands import COMMANDS, meant
from bot.slack.wishes import Wish, between, marking, plain, wish
from knowledge.note import Level

TYPED = {
    "": Wish(),
    "losses": Wish("losses"),
    "losses 3 private": Wish("losses", 3, private=True),
    "3 losses": Wish("losses", 3),
    "private, 3 questions on losses": Wish("losses", 3, private=True),
    "on mixture of experts, please": Wish("mixture of experts"),
    "advanced losses": Wish("losses", level=Level.ADVANCED),
    "45 minutes focus losses": Wish("losses", 45),
    "with <@U1|bob> and": Wish("and", panel=("U1",)),
    "panel <@U1> <@U2|cleo> 20": Wish(None, 20, panel=("U1", "U2")),
    "LOSSES": Wish("LOSSES"),
}


@pytest.mark.parametrize(("typed", "meant"), TYPED.items(), ids=TYPED.keys())
def test_a_wish_is_read_in_whatever_order_it_is_typed(typed: str, meant: Wish) -> None:
    assert wish(typed) == meant


def test_a_second_number_belongs_to_the_topic() -> None:
    assert wish("layer 4 3") == Wish("layer 3", 4)


@pytest.mark.parametrize("number", [0, 51])
def test_a_number_out_of_range_is_told_with_the_range(number: int) -> None:
    with pytest.raises(UsageError, match=rf"^Questions are a whole number from 1 to 50, not {number}\.$"):
        between(number, 1, 50, "Questions")
    assert between(1, 1, 50, "Questions") + between(50, 1, 50, "Questions") == 51


MARKED = {
    "3 yes": (3, Verdict.MET, None),
    " 12 PARTLY 2": (12, Verdict.PARTIAL, 2),
    "1 no": (1, Verdict.MISSED, None),
}


@pytest.mark.parametrize(("typed", "meant"), MARKED.items(), ids=MARKED.keys())
def test_a_verdict_is_a_point_a_word_and_maybe_a_question(typed: str, meant: object) -> None:
    assert marking(typed) == meant


@pytest.mark.parametrize("typed", ["", "yes", "3", "0 yes", "3 maybe", "3 yes 0", "3 yes 2 1"])
def test_what_is_no_verdict_gets_an_example_of_one(typed: str) -> None:
    with pytest.raises(UsageError, match="/mark 3 yes"):
        marking(typed)


def test_a_command_is_its_first_word_however_it_is_written() -> None:
    assert meant("Drill losses 3") == ("drill", "losses 3")
    assert meant("/ask why divide by T?") == ("ask", "why divide by T?")
    assert meant("drills are fun") is None
    assert meant("") is None


def test_every_command_says_what_it_does() -> None:
    assert all(command.about.endswith(".") for command in COMMANDS.values())


SENT = {
    "if a &lt; b &amp;&amp; b &gt; c": "if a < b && b > c",
    "<@U1|bob> says <#C1|general>": "@bob says #general",
    "<@U1> and <!here> and <!subteam^S1|@team>": "@U1 and @here and @team",
    "see <https://example.org/a?b=1&amp;c=2>": "see https://example.org/a?b=1&c=2",
    "see <http://example.org|example.org>": "see example.org",
    "&lt;!channel&gt;": "<!channel>",
    "  two\nlines ": "two\nlines",
}


@pytest.mark.parametrize(("sent", "typed"), SENT.items(), ids=SENT.keys())
def test_what_slack_sends_is_read_as_it_was_typed(sent: str, typed: str) -> None:
    assert plain(sent) == typed
