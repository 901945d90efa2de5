"""What a click means is read from the action alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.coach.events import Mark
from bot.coach.reply import BallotReply, ProbeReply
from bot.grading.grade import Verdict
from bot.slack import actions, blocks
from bot.surface.press import Press, Verb
from tests.slack.rules import broken, walk
from tests.slack.shapes import Json
from tests.slack.test_blocks import SESSION, made, rendered
from tests.surface.replies import EVERY_KIND, GRADE
from tests.surface.written import debrief, line

NOW = datetime(2026, 1, 2, tzinfo=UTC)
QUESTION, BALLOT = ProbeReply(text="Why divide?"), EVERY_KIND[BallotReply][0]


def clicked(sent: list[Json], label: str) -> Json:
    """The action that Slack sends for a click."""
    (element,) = [part for part in walk(sent) if part["type"] == "button" and part["text"]["text"] == label]
    return {name: value for name, value in element.items() if name in ("type", "action_id", "value")}


def chosen(sent: list[Json], value: str) -> Json:
    """The action that Slack sends for a choice."""
    (found,) = [(part, option) for part in walk(sent) for option in part.get("options", []) if option["value"] == value]
    return {"type": found[0]["type"], "action_id": found[0]["action_id"], "selected_option": found[1]}


@pytest.mark.parametrize("label", ["Answer", "Hint", "Skip", "Pause"])
def test_a_click_under_a_question_names_session_and_prompt(label: str) -> None:
    sent = rendered(blocks.question(SESSION, 12, QUESTION))
    press = actions.pressed(clicked(sent, label))
    assert press == Press(label.lower(), SESSION, "12")
    assert Press(label.lower(), SESSION, "12").prompt == 12


def test_a_click_under_a_card_names_the_reply() -> None:
    shared = actions.pressed(clicked(rendered(made(GRADE, private=True)), "Share with the channel"))
    vote = actions.pressed(clicked(rendered(made(BALLOT)), "Vote"))
    assert (shared and shared.verb, vote and vote.verb) == (Verb.SHARE, Verb.VOTE)
    assert shared
    assert vote
    assert (shared.detail, vote.detail) == (actions.mark(GRADE), actions.mark(BALLOT))
    reveal = actions.reveal(SESSION, GRADE)
    assert reveal.press == Press(Verb.REVEAL, SESSION, shared.detail)


def test_a_choice_is_the_candidates_verdict_on_a_point() -> None:
    action = chosen(rendered(made(GRADE)), "2.5.partial")
    read = actions.marked(action, id="A1", at=NOW)
    assert read == (SESSION, Mark(id="A1", at=NOW, question=2, point=5, verdict=Verdict.PARTIAL))


def test_every_select_of_a_long_debrief_is_one_of_its_own() -> None:
    first, _ = debrief("drill").questions
    points = tuple(line(number, Verdict.UNSCORED) for number in range(1, 31))
    reply = debrief("drill", questions=(first.model_copy(update={"points": points}),))
    action = chosen(rendered(made(reply)), "1.30.met")
    assert actions.marked(action, id="A1", at=NOW) == (
        SESSION,
        Mark(id="A1", at=NOW, question=1, point=30, verdict=Verdict.MET),
    )


@pytest.mark.parametrize(
    "action_id", ["", "other", "viva:forget", "viva:drill:losses", "viva:hint:12", f"viva:mark:{SESSION}"]
)
def test_what_is_no_click_in_a_session_is_read_as_none(action_id: str) -> None:
    action = {"action_id": action_id}
    assert actions.marked(action, id="A1", at=NOW) is None
    assert (actions.pressed(action) is None) is (action_id != f"viva:mark:{SESSION}")


def test_a_drill_of_a_topic_is_started_by_a_button() -> None:
    sent = [{"type": "actions", "elements": [actions.drill("losses", "Losses"), actions.drill("", "A mix")]}]
    assert actions.drilled(clicked(sent, "Losses")) == "losses"
    assert actions.drilled(clicked(sent, "A mix")) == ""
    assert actions.drilled({"action_id": actions.FORGET}) is None
    assert broken("chat.postMessage", {"channel": "C1", "text": "x", "blocks": sent}) == []


def test_removing_everything_is_asked_about_first() -> None:
    button = actions.forget()
    assert button["confirm"]["title"]["text"] == "Remove everything?"
    sent = {"channel": "C1", "text": "x", "blocks": [{"type": "actions", "elements": [button]}]}
    assert broken("chat.postMessage", sent) == []
