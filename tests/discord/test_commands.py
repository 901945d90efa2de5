"""What the commands offer and say, besides holding a session."""

from typing import Any

import discord
import pytest

from bot.coach.events import Start
from bot.discord.client import Viva
from bot.discord.commands import offered
from bot.store.store import Store
from knowledge.library import Library
from knowledge.note import Level
from tests.coach.notes import note
from tests.coach.scripted import ScriptedJudge
from tests.discord.scene import Scene, answer, prompt, said, text, told


async def test_ask_answers_from_the_notes_for_everybody_to_see(scene: Scene) -> None:
    ada = scene.person("ada")
    result = await ada.slash(scene.channel, "ask", question="what is kl?")
    assert result.response
    assert not result.ephemeral
    assert "In short, kl is this." in text(result.response)


async def test_and_why_is_that_leans_on_the_question_before(scene: Scene) -> None:
    ada = scene.person("ada")
    await ada.slash(scene.channel, "ask", question="what is kl?")
    result = await ada.slash(scene.channel, "ask", question="and why is that?")
    assert result.response
    assert "In short, kl is this." in text(result.response)


async def test_what_is_being_asked_is_not_answered_in_its_own_thread(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="kl")
    await ada.slash(thread, "ask", question="what is kl?")
    assert "That is the question on the table" in said(thread)
    assert "In short" not in said(thread)


async def test_topics_lists_every_topic(scene: Scene) -> None:
    assert "- losses (2)\n- probability (1)" in told(await scene.person("ada").slash(scene.channel, "topics"))


async def test_progress_is_a_chart_with_words_for_who_cannot_see_it(scene: Scene) -> None:
    ada = scene.person("ada")
    assert "Nothing has been graded yet" in told(await ada.slash(scene.channel, "progress"))
    thread = await scene.drill(ada)
    await answer(ada, thread)
    result = await ada.slash(scene.channel, "progress")
    assert "losses: 100 %" in told(result)
    assert result.response
    assert [file.filename for file in result.response.attachments] == ["progress.png"]


async def test_help_names_every_command(scene: Scene, simcord_bot: Viva) -> None:
    text = told(await scene.person("ada").slash(scene.channel, "help"))
    for command in simcord_bot.tree.get_commands(type=discord.AppCommandType.chat_input):
        assert f"**/{command.name}** " in text
    assert "no basis for hiring" in text


@pytest.mark.parametrize(
    ("typed", "first"),
    [("", "losses"), ("lo", "losses"), ("prob", "probability"), ("what is drop", "dropout"), ("BAY", "bayes")],
)
async def test_a_topic_or_a_note_is_offered_while_it_is_typed(scene: Scene, typed: str, first: str) -> None:
    choices = await scene.person("ada").autocomplete(scene.channel, "drill", "topic", typed)
    choices = [choice for choice in choices if choice["value"] != "due"]
    assert choices[0]["value"] == first
    assert choices == await scene.person("bob").autocomplete(scene.channel, "interview", "focus", typed)


def test_no_more_is_offered_than_discord_shows() -> None:
    notes = [note(f"note-{n}").model_copy(update={"question": f"What is {'x' * 200} {n}?"}) for n in range(40)]
    choices = offered(Library(notes), "what is")
    assert len(choices) == 25
    assert max(len(choice.name) for choice in choices) == 100


async def test_level_number_and_topic_make_the_drill(scene: Scene, store: Store) -> None:
    ada = scene.person("ada")
    await ada.slash(scene.channel, "drill", topic="Losses", questions=7, level="core")
    (row,) = await store.sessions(f"discord:{ada.id}")
    start = Start.model_validate_json((await store.events(row.id))[0].body)
    assert (start.topic, start.questions, start.level) == ("losses", 7, Level.CORE)
    assert row.server == f"discord:{scene.guild.id}"


async def test_a_level_without_questions_is_told(scene: Scene) -> None:
    result = await scene.person("ada").slash(scene.channel, "drill", topic="kl", level="research")
    assert told(result) == "There is no research question on kl; leave the level out."


async def test_a_server_that_has_plain_language_gets_it(scene: Scene, store: Store, simcord_bot: Viva) -> None:
    await simcord_bot.servers.change(f"discord:{scene.guild.id}", {"plain": True})
    ada = scene.person("ada")
    await scene.drill(ada)
    (row,) = await store.sessions(f"discord:{ada.id}")
    assert Start.model_validate_json((await store.events(row.id))[0].body).plain


async def test_a_day_has_no_more_questions_than_the_server_allows(
    scene: Scene, simcord_bot: Viva, judge: ScriptedJudge
) -> None:
    await simcord_bot.servers.change(f"discord:{scene.guild.id}", {"daily_questions": 1})
    ada = scene.person("ada")
    thread = await scene.drill(ada, questions=5)
    assert "Question 1 of 1" in text(prompt(thread))
    assert "the day's 1 questions" in told(await ada.slash(scene.channel, "drill", topic="kl"))


async def test_where_sessions_are_not_allowed_a_command_says_where_they_are(scene: Scene, simcord_bot: Viva) -> None:
    other = scene.guild.create_text_channel("viva")
    await simcord_bot.servers.change(f"discord:{scene.guild.id}", {"channels": [str(other.id)]})
    ada = scene.person("ada")
    for command, options in (("drill", {}), ("interview", {}), ("ask", {"question": "what is kl?"})):
        result = await ada.slash(scene.channel, command, **options)
        messages = [m.content for m in (result.response, *result.followups) if m]
        assert messages == [f"Sessions on this server are held in {other.mention}."]
    assert scene.channel.threads == []


COMMANDS = "appeal ask drill export forget goal help hint interview mark pause privacy progress".split()


def leaves(viva: Viva) -> list[dict[str, Any]]:
    return [command.to_dict(viva.tree) for command in viva.tree.get_commands()]


def test_the_tree_has_every_command(simcord_bot: Viva) -> None:
    names = sorted(command["name"] for command in leaves(simcord_bot))
    assert names == sorted([*COMMANDS, "resume", "settings", "skip", "stop", "sure", "topics", "Grade this answer"])


def test_the_tree_keeps_discords_limits(simcord_bot: Viva) -> None:
    for command in leaves(simcord_bot):
        assert 1 <= len(command["name"]) <= 32
        assert command["type"] == 3 or 1 <= len(command["description"]) <= 100
        options = command.get("options", [])
        assert len(options) <= 25
        required = [option.get("required", False) for option in options]
        assert required == sorted(required, reverse=True)
        for option in options:
            assert option["name"].islower()
            assert 1 <= len(option["description"]) <= 100
            assert option["description"] != "…"
            assert len(option.get("choices", [])) <= 25


def test_every_command_but_settings_is_there_for_whoever_installed_viva_and_in_direct_messages(
    simcord_bot: Viva,
) -> None:
    for command in leaves(simcord_bot):
        if command["name"] != "settings":
            assert command["contexts"] == [0, 1, 2]
            assert command["integration_types"] == [0, 1]
