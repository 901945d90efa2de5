"""What the command says and takes, besides holding a session."""

from __future__ import annotations

import pytest

from bot.coach.events import Start
from bot.store.store import Store
from knowledge.note import Level
from tests.slack.drilling import Thread
from tests.slack.scene import ANSWER, Scene, buttons
from tests.slack.shown import text_of


def channel_says(scene: Scene) -> str:
    return "\n".join(text_of(message) for message in scene.slack.lab.said(scene.general))


async def start_of(store: Store, scene: Scene, person_id: str) -> Start:
    (row,) = await store.sessions(f"slack:{scene.slack.lab.id}:{person_id}")
    return Start.model_validate_json((await store.events(row.id))[0].body)


async def test_ask_answers_from_the_notes_for_everybody_to_see(scene: Scene) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "ask what is kl?")
    assert "In short, kl is this." in channel_says(scene)


async def test_and_why_is_that_in_the_thread_of_a_question_leans_on_it(scene: Scene) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "ask what is kl?")
    (root,) = [m for m in scene.slack.lab.said(scene.general) if text_of(m) == "Ada asks: what is kl?"]
    await scene.say(ada, "and why is that?", Thread(scene.general, root["ts"]), mention=True)
    assert channel_says(scene).count("In short, kl is this.") == 2


async def test_topics_lists_every_topic(scene: Scene) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "topics")
    assert "losses (2)" in ada.told
    assert "probability (1)" in ada.told


async def test_progress_is_a_chart_with_words_for_who_cannot_see_it(scene: Scene) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "progress")
    assert "Nothing has been graded yet" in ada.told
    await scene.answer(ada, await scene.drill(ada))
    await scene.slash(ada, "progress")
    (chart,) = [block for block in ada.whispers[-1]["blocks"] if block["type"] == "image"]
    assert "losses: 100 %" in text_of(ada.whispers[-1]) + chart["alt_text"]
    assert scene.slack.uploads[chart["slack_file"]["id"]].startswith(b"\x89PNG")


@pytest.mark.parametrize("typed", ["help", "", "HELP"])
async def test_help_says_what_there_is(scene: Scene, typed: str) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, typed)
    for word in ("drill", "interview", "ask", "topics", "progress", "export", "forget", "no basis for hiring"):
        assert word in ada.told


@pytest.mark.parametrize("typed", ["dril losses", "dance", "<!channel>"])
async def test_a_word_that_there_is_not_gets_one_sentence_with_what_there_is(scene: Scene, typed: str) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, typed)
    assert len(ada.whispers) == 1
    assert "drill" in ada.told
    assert "help" in ada.told


@pytest.mark.parametrize("typed", ["drill kl 7 core", "drill 7 core kl", "Drill KL Core 7"])
async def test_topic_number_and_level_are_typed_as_people_type(scene: Scene, store: Store, typed: str) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, typed)
    start = await start_of(store, scene, ada.id)
    assert (start.topic, start.questions, start.level) == ("kl", 7, Level.CORE)


async def test_a_topic_that_there_is_not_gets_one_sentence(scene: Scene) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "drill origami")
    assert len(ada.whispers) == 1
    assert "origami" in ada.told
    assert channel_says(scene) == ""


async def test_a_level_without_questions_is_told(scene: Scene) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "drill kl research")
    assert ada.told == "There is no research question on kl; leave the level out."


async def test_a_private_drill_shows_its_grades_to_the_candidate_alone_until_they_are_shared(scene: Scene) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    thread = await scene.drill(ada, "kl 2 private")
    await scene.answer(ada, thread)
    assert "Grade" not in scene.said(thread)
    assert ANSWER not in scene.said(thread)
    (graded,) = [message for message in ada.whispers if "Grade 100 %" in text_of(message)]
    assert bob.told == ""
    await scene.click(ada, graded, "Share with the channel")
    assert "shared by Ada\n" in scene.said(thread)
    assert "Grade 100 %" in scene.said(thread)


@pytest.mark.parametrize("command", ["hint", "skip", "pause", "stop", "resume", "mark 1 yes"])
async def test_what_needs_a_session_says_so_where_there_is_none(scene: Scene, command: str) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, command)
    assert ada.told == "You have no open session; /viva drill or /viva interview starts one."


@pytest.mark.parametrize(("command", "shown"), [("hint", "a hinted point earns half"), ("skip", "Grade 0 %"),
                                                ("pause", "Paused and kept"), ("stop", "")])  # fmt: skip
async def test_a_command_in_the_channel_drives_the_session_in_its_thread(
    scene: Scene, command: str, shown: str
) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    await scene.slash(ada, command)
    assert shown in scene.said(thread)


async def test_where_sessions_are_not_allowed_a_command_says_where_they_are(scene: Scene) -> None:
    boss, ada = scene.person("Boss", admin=True), scene.person("Ada")
    other = scene.slack.lab.add_channel("viva")
    await scene.submit(await scene.slash(boss, "settings"), channels=[other])
    for command in ("drill kl", "interview", "ask what is kl?"):
        await scene.slash(ada, command)
    assert ada.told.count(f"<#{other}>") == 3
    assert channel_says(scene) == ""


async def test_only_who_manages_the_workspace_changes_its_settings(scene: Scene, store: Store) -> None:
    boss, ada = scene.person("Boss", admin=True), scene.person("Ada")
    assert (await scene.slash(ada, "settings")).modal is None
    assert len(ada.whispers) == 1
    await scene.submit(await scene.slash(boss, "settings"), daily_questions="1", plain="Plain: short, everyday words")
    thread = await scene.drill(ada, "losses 5")
    assert "Question 1 of 1" in text_of(scene.prompt(thread))
    assert (await start_of(store, scene, ada.id)).plain


async def test_a_command_that_slack_cannot_show_a_form_for_any_more_says_so(scene: Scene) -> None:
    boss = scene.person("Boss", admin=True)
    scene.slack.fault = lambda request: "expired_trigger_id" if request.method == "views.open" else None
    await scene.slash(boss, "settings")
    assert "before the form was there" in boss.told


async def test_everything_is_acknowledged_well_before_slack_gives_up(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread: Thread = await scene.drill(ada, "losses 2")
    await scene.answer(ada, thread)
    await scene.click(ada, scene.prompt(thread), "Skip")
    await scene.slash(ada, "progress")
    waits = [delivery.acknowledged for delivery in scene.slack.post.deliveries]
    assert None not in waits
    assert max(wait for wait in waits if wait is not None) < 1
    assert "Answer" in buttons(scene.prompt(thread))
