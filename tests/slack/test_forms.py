"""Forms that Slack takes, and what is read of them once they are handed in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.coach.events import Appeal, Vote
from bot.coach.reply import BallotReply
from bot.grading.grade import Verdict
from bot.slack import blocks, forms
from bot.slack.forms import Source
from bot.surface.appealing import choices
from bot.surface.press import Press, Verb
from bot.surface.servers import ServerSettings
from tests.slack.reading import read
from tests.slack.rules import broken, walk
from tests.slack.shapes import Json
from tests.slack.test_actions import QUESTION
from tests.slack.test_blocks import SESSION
from tests.surface.replies import GRADE, TYPED

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ANSWER = Press(Verb.ANSWER, SESSION, "3")
OTHER: Json = {"type": "modal", "callback_id": "other", "private_metadata": "", "state": {"values": {}}}


def wrong(view: Json) -> list[str]:
    return broken("views.open", {"trigger_id": "1.2", "view": view})


def handed_in(view: Json, **values: Any) -> Json:
    """The view as Slack sends it with these values, by name of the field; fields without one have the initial one."""
    state: Json = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            given = values.get(block["block_id"].partition(".")[0], values.get(block["block_id"]))
            state[block["block_id"]] = {element["action_id"]: {"type": element["type"], **_state(element, given)}}
    return {**view, "state": {"values": state}}


def _state(element: Json, given: Any) -> Json:
    match element["type"]:
        case "static_select" | "radio_buttons":
            chosen = [option for option in element["options"] if option["value"] == given]
            return {"selected_option": chosen[0] if chosen else element.get("initial_option")}
        case "multi_conversations_select":
            return {"selected_conversations": element.get("initial_conversations", []) if given is None else given}
        case _:
            return {"value": element.get("initial_value") if given is None else given}


def fields(view: Json) -> dict[str, Json]:
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


# Answers


def test_how_sure_an_answer_is_can_be_said_and_need_not_be() -> None:
    view = forms.answer(ANSWER, "Why divide?", sure=True)
    assert fields(view)["sure"]["optional"] is True
    assert forms.answered(handed_in(view, answer="It divides.", sure="4")) == (ANSWER, "It divides.", 4)
    assert forms.answered(handed_in(view, answer="It divides.")) == (ANSWER, "It divides.", None)
    assert "sure" not in fields(forms.answer(ANSWER, "Why divide?"))


def test_an_answer_says_where_it_came_from_and_what_it_is() -> None:
    view = forms.answer(ANSWER, "*Question 1*\nWhy divide?")
    assert forms.answered(handed_in(view, answer="It *divides*.")) == (ANSWER, "It *divides*.", None)
    assert forms.answered(handed_in(view)) == (ANSWER, "", None)
    assert forms.answered(OTHER) is None
    assert read(view["blocks"]) == "Question 1\nWhy divide?"


def test_an_answer_takes_as_much_as_slack_does_and_says_where_a_longer_one_goes() -> None:
    field = fields(forms.answer(ANSWER, "Why?"))["answer"]
    assert field["element"]["max_length"] == 3_000
    assert "write it as a reply in the thread" in field["hint"]["text"]


def test_an_answer_in_code_is_begun() -> None:
    field = fields(forms.answer(ANSWER, "Why?", begun="def f(x): ..."))["answer"]
    assert (field["element"]["initial_value"], field["label"]["text"]) == ("def f(x): ...", "Your code")


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED.keys())
def test_a_form_shows_any_question_as_its_message_does(typed: str) -> None:
    probe = QUESTION.model_copy(update={"text": typed})
    for message in blocks.question(SESSION, 1, probe):
        assert wrong(forms.answer(ANSWER, message.text)) == []


# Ballots


def ballot(points: int = 3) -> BallotReply:
    return BallotReply(number=2, question="Why $T^2$?", points=tuple(f"Point {n} of $x_{n}$." for n in range(points)))


def test_a_ballot_asks_about_every_point_and_remembers_what_was_said() -> None:
    view = forms.ballot(ballot(), SESSION, {2: Verdict.PARTIAL})
    assert wrong(view) == []
    assert read(view["blocks"]) == "Why T²?"
    assert [field["label"]["text"] for field in fields(view).values()] == [
        "1. Point 0 of x₀.",
        "2. Point 1 of x₁.",
        "3. Point 2 of x₂.",
    ]
    chosen = [field["element"].get("initial_option", {}).get("value") for field in fields(view).values()]
    assert chosen == [None, "partial", None]


def test_votes_are_read_point_by_point_and_what_was_left_out_is_no_vote() -> None:
    view = handed_in(forms.ballot(ballot(), SESSION, {2: Verdict.PARTIAL}), **{"2.1": "met"})
    given: dict[str, Any] = {"at": NOW, "who": "slack:T1:U1", "question": 2}
    votes = [
        Vote(id="V1/1", point=1, verdict=Verdict.MET, **given),
        Vote(id="V1/2", point=2, verdict=Verdict.PARTIAL, **given),
    ]
    assert forms.voted(view, who="slack:T1:U1", id="V1", at=NOW) == (SESSION, votes)
    assert forms.voted(OTHER, who="slack:T1:U1", id="V1", at=NOW) is None


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED.keys())
def test_a_ballot_of_sixty_points_of_any_words_is_a_form(typed: str) -> None:
    assert wrong(forms.ballot(BallotReply(number=1, question=typed, points=(typed,) * 60), SESSION, {})) == []


# Appeals


def test_an_appeal_names_a_point_and_the_words_that_say_it() -> None:
    press = Press(Verb.APPEAL, SESSION, "0123456789abcdef")
    view = forms.appeal(press, choices(GRADE))
    assert wrong(view) == []
    assert [option["value"] for option in fields(view)["point"]["element"]["options"]] == ["2.2", "2.3"]
    wish = Appeal(id="A1", at=NOW, question=2, point=3, words="by T")
    assert forms.appealed(handed_in(view, point="2.3", said="by T"), id="A1", at=NOW) == (SESSION, wish)
    assert forms.appealed(OTHER, id="A1", at=NOW) is None


# A message to grade

QUESTIONS = [("kl", "Why is KL not symmetric?", "information"), ("bayes", "What is $p(x)$?", "probability")]
SOURCE = Source("C1", "1.2", "It is not symmetric.")


def test_the_question_that_a_message_answers_is_chosen_among_the_nearest() -> None:
    view = forms.choosing(SOURCE, QUESTIONS)
    assert wrong(view) == []
    assert read(view["blocks"]) == "It is not symmetric."
    view = handed_in(view, question="bayes")
    assert forms.chosen(view) == "bayes"
    assert forms.source(view) == SOURCE
    assert forms.chosen(OTHER) is None


def test_other_questions_are_looked_for_by_a_few_words() -> None:
    view = forms.choosing(SOURCE, [])
    assert wrong(view) == []
    assert forms.chosen(handed_in(view)) is None
    (look,) = [part for part in walk(view["blocks"]) if part.get("action_id") == "viva:look"]
    assert look["dispatch_action_config"] == {"trigger_actions_on": ["on_enter_pressed"]}
    assert fields(view)["words"]["dispatch_action"] is True
    others = [forms.choosing(SOURCE, found) for found in (QUESTIONS, QUESTIONS[::-1])]
    assert len({name for each in others for name in fields(each) if name != "words"}) == 2


def test_a_message_too_long_to_come_back_is_named_only() -> None:
    longest = Source("C1", "1.2", "x" * (3_000 - len(json.dumps(vars(Source("C1", "1.2"))))))
    for source, comes_back in ((longest, longest), (Source("C1", "1.2", longest.text + "x"), Source("C1", "1.2"))):
        view = forms.choosing(source, QUESTIONS)
        assert wrong(view) == []
        assert forms.source(view) == comes_back


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED.keys())
def test_any_message_and_any_note_make_a_form(typed: str) -> None:
    view = forms.choosing(Source("C1", "1.2", typed), [(f"note-{n}", typed, typed) for n in range(120)])
    assert wrong(view) == []


# Settings


def test_settings_show_what_is_chosen_and_are_read_as_changes() -> None:
    chosen = ServerSettings(channels=("C1", "C2"), daily_questions=7, plain=True, retention_days=30)
    view = forms.settings(chosen)
    assert wrong(view) == []
    same = forms.changes(handed_in(view))
    assert same == {"channels": ["C1", "C2"], "daily_questions": "7", "plain": True, "retention_days": "30"}
    assert ServerSettings.model_validate(same) == chosen
    assert forms.changes(OTHER) is None


def test_what_is_taken_out_of_the_settings_means_no_limit() -> None:
    view = forms.settings(ServerSettings(channels=("C1",), daily_questions=7, plain=True))
    changed = forms.changes(handed_in(view, channels=[], daily_questions="", plain="off", retention_days="9"))
    assert changed is not None
    assert ServerSettings.model_validate(changed) == ServerSettings(retention_days=9)


def test_numbers_are_held_to_the_limits_of_the_settings() -> None:
    view = fields(forms.settings(ServerSettings()))
    for name, field in (("daily_questions", view["daily_questions"]), ("retention_days", view["retention_days"])):
        for most in (int(field["element"]["min_value"]), int(field["element"]["max_value"])):
            assert getattr(ServerSettings.model_validate({name: most}), name) == most
        with pytest.raises(ValueError, match=name):
            ServerSettings.model_validate({name: int(field["element"]["max_value"]) + 1})
