"""Where sessions are held on Slack, and what the coach calls it."""

from __future__ import annotations

import pytest

from bot.slack.places import Place, person_of, server_of, who
from tests.slack.double import Double
from tests.slack.drilling import open_prompts
from tests.slack.scene import Scene
from tests.slack.shown import text_of

NAMES = {
    "slack:T1:C1:1.0": Place("T1", "C1", "1.0"),
    "slack:T1:D1:": Place("T1", "D1"),
    "message:slack:T1:C1:": Place("T1", "C1"),
}


@pytest.mark.parametrize(("name", "place"), NAMES.items(), ids=NAMES.keys())
def test_a_place_is_read_from_what_the_coach_calls_it(name: str, place: Place) -> None:
    assert Place.read(name) == place
    assert place.name == name.removeprefix("message:")


def test_a_person_and_a_workspace_have_names_of_their_own() -> None:
    assert person_of("T1", "U1") == "slack:T1:U1"
    assert server_of("T1") == "slack:T1"
    assert who("slack:T1:U1") == ("T1", "U1")


def test_only_a_direct_message_is_read_by_nobody_else() -> None:
    assert Place("T1", "D1").direct
    assert not Place("T1", "C1", "1.0").direct


REFUSED = {"is_archived": "archived", "not_in_channel": "invite me", "channel_not_found": "invite me"}


@pytest.mark.parametrize(("word", "told"), REFUSED.items(), ids=REFUSED.keys())
async def test_where_no_thread_can_be_made_a_session_is_held_in_direct_messages(
    scene: Scene, word: str, told: str
) -> None:
    ada = scene.person("Ada")
    refuse(scene.slack, scene.general, word)
    await scene.slash(ada, "drill kl 1")
    assert told in ada.told
    assert [text_of(m) for m in scene.slack.lab.said(ada.dm)][-1].endswith("What is kl?")
    assert len(list(scene.slack.lab.said(scene.general))) == 0


async def test_a_session_whose_channel_takes_nothing_more_goes_on_in_direct_messages(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    refuse(scene.slack, scene.general, "is_archived")
    await scene.say(ada, "it is the expected log loss", thread)
    there = [text_of(message) for message in scene.slack.lab.said(ada.dm)]
    assert there[0].startswith("Nothing can be posted any more where this session was held")
    assert any("Grade" in text for text in there)
    assert open_prompts(scene.slack.lab, thread) == [], "what was asked before is not to be answered there"


def refuse(slack: Double, channel: str, word: str) -> None:
    """Have Slack take nothing new in a channel."""
    posts = ("chat.postMessage", "chat.postEphemeral", "chat.startStream")
    slack.fault = lambda request: word if request.method in posts and request.body["channel"] == channel else None
