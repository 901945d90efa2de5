"""Where sessions are held, and what becomes of them when the place is gone."""

import discord
import pytest

from bot.discord.client import Viva
from tests.discord.conftest import Installation
from tests.discord.scene import ANSWER, Scene, answer, live_buttons, prompt, said, text, told


async def test_who_asks_for_privacy_gets_a_private_thread(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, private=True)
    assert scene.thread(thread).type is discord.ChannelType.private_thread
    result = await answer(ada, thread)
    assert "Grade 100 %" in said(thread)
    assert result.followups == []


async def test_without_private_threads_the_grade_is_shown_to_the_candidate_alone(scene: Scene) -> None:
    scene.lacking(create_private_threads=False)
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await scene.drill(ada, private=True)
    result = await answer(ada, thread)
    assert "Grade 100 %" in told(result)
    assert ANSWER in told(result)
    assert "Grade" not in said(thread, viewer=bob)
    assert ANSWER not in said(thread, viewer=bob)
    assert "How deep does kl go" in said(thread, viewer=bob)


async def test_a_private_grade_can_be_shared_with_the_channel_once(scene: Scene) -> None:
    scene.lacking(create_private_threads=False)
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await scene.drill(ada, private=True)
    card = next(m for m in (await answer(ada, thread)).followups if "Grade 100 %" in text(m))
    await ada.click(card, label="Share with the channel")
    assert "Grade 100 %" in said(thread, viewer=bob)
    assert "Share" not in text(thread.history(viewer=bob)[-1])
    seen = next(m for m in thread.history(viewer=ada) if m.id == card.id)
    assert live_buttons(seen) == []


async def test_a_private_grade_of_an_answer_by_message_waits_behind_a_button(scene: Scene) -> None:
    scene.lacking(create_private_threads=False)
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await scene.drill(ada, private=True)
    await ada.send(thread, f"{scene.me} {ANSWER}", reply_to=prompt(thread))
    assert "Grade" not in said(thread, viewer=ada)
    (covered,) = [m for m in thread.history() if "for your eyes alone" in m.content]
    assert "somebody else's" in told(await bob.click(covered, label="Show me"))
    assert "Grade 100 %" in told(await ada.click(covered, label="Show me"))
    assert "Grade" not in said(thread, viewer=bob)


@pytest.mark.parametrize("lacking", ["create_public_threads", "send_messages_in_threads"])
async def test_where_no_thread_may_be_made_a_drill_is_held_in_a_direct_message(scene: Scene, lacking: str) -> None:
    scene.lacking(**{lacking: False})
    ada = scene.person("ada")
    result = await ada.slash(scene.channel, "drill", topic="kl")
    assert scene.channel.threads == []
    assert ada.user.dm_channel.mention in told(result)
    await answer(ada.user, ada.user.dm_channel)
    assert "Grade 100 %" in said(ada.user.dm_channel)


async def test_where_a_thread_cannot_be_made_after_all_a_drill_is_held_in_a_direct_message(scene: Scene) -> None:
    ada = scene.person("ada")
    scene.env.inject_error("POST", "/channels/*/threads", status=400, code=160006, message="too many threads")
    await ada.slash(scene.channel, "drill", topic="kl")
    assert text(prompt(ada.user.dm_channel)).endswith("What is kl?")


async def test_a_drill_begun_in_a_direct_message_is_held_there(scene: Scene) -> None:
    ada = scene.person("ada").user
    await ada.slash("drill", topic="kl")
    await answer(ada, ada.dm_channel)
    assert "Grade 100 %" in said(ada.dm_channel)


async def test_a_drill_begun_in_a_thread_is_held_there(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="kl")
    await ada.slash(thread, "stop")
    await ada.slash(thread, "drill", topic="bayes")
    assert len(scene.channel.threads) == 1
    assert text(prompt(thread)).endswith("What is bayes?")


async def test_a_private_drill_begun_in_a_public_thread_gets_a_private_one(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="kl")
    await ada.slash(thread, "drill", topic="bayes", private=True)
    public, private = scene.channel.threads
    assert "bayes" not in said(public)
    assert text(prompt(private)).endswith("What is bayes?")


async def test_who_alone_installed_viva_is_asked_in_a_direct_message(scene: Scene, installation: Installation) -> None:
    installation.by_server = False
    ada = scene.person("ada")
    await ada.slash(scene.channel, "drill", topic="kl")
    assert scene.channel.threads == []
    assert text(prompt(ada.user.dm_channel)).endswith("What is kl?")


async def test_with_direct_messages_closed_all_is_answered_where_it_was_asked(
    scene: Scene, installation: Installation
) -> None:
    installation.by_server = False
    ada, bob = scene.person("ada"), scene.person("bob")
    dm = f"/channels/{ada.user.dm_channel.id}/messages"
    scene.env.inject_error("POST", dm, status=403, code=50007, message="Cannot send messages to this user", times=None)
    begun = told(await ada.slash(scene.channel, "drill", topic="kl"))
    assert begun == text(prompt(scene.channel, ada))
    result = await answer(ada, scene.channel)
    assert "Grade 100 %" in told(result)
    assert "How deep does kl go" in told(result)
    assert "kl" not in said(scene.channel, viewer=bob)
    assert len([r for r in scene.env.http_requests if r.path == dm]) == 1


async def test_a_thread_has_a_name_of_at_most_a_hundred_characters(scene: Scene) -> None:
    ada = scene.guild.add_member(scene.env.create_user("ada", global_name="Ada " * 30))
    thread = await scene.drill(ada)
    assert thread.name
    assert thread.name.startswith("Drill: kl · Ada Ada")
    assert len(thread.name) == 100


async def test_a_session_whose_thread_is_gone_goes_on_where_it_is_resumed(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="losses", questions=2)
    await answer(ada, thread, "an answer before")
    asked = text(prompt(thread))
    await scene.thread(thread).delete()
    await scene.env.settle()
    result = await ada.slash(scene.channel, "resume")
    (another,) = scene.channel.threads
    assert another.mention in told(result)
    assert text(prompt(another)) == asked
    await answer(ada, another)
    assert "Grade" in said(another)


async def test_an_answer_that_cannot_be_replied_to_is_replied_to_in_a_direct_message(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    closed = f"/channels/{thread.id}/messages"
    scene.env.inject_error("POST", closed, status=403, code=50013, message="Missing Permissions", times=None)
    await answer(ada, thread)
    dm = ada.user.dm_channel
    assert "it goes on here" in said(dm)
    assert "Grade 100 %" in said(dm)
    await answer(ada.user, dm, "at rung 1 it goes deep")
    assert "at rung 1 it goes deep" in said(dm)


async def test_a_thread_that_was_put_away_is_opened_again(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    put_away = f"/channels/{thread.id}/messages"
    scene.env.inject_error("POST", put_away, status=400, code=50083, message="Thread is archived")
    await answer(ada, thread)
    assert "Grade 100 %" in said(thread)
    assert scene.sent("PATCH", f"/channels/{thread.id}") == [{"archived": False}]


async def test_resume_elsewhere_says_where_the_session_is(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    assert thread.mention in told(await ada.slash(scene.channel, "resume"))
    assert len(scene.channel.threads) == 1


async def test_a_locked_thread_is_left_for_another(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await scene.thread(thread).edit(locked=True)
    await ada.slash(scene.channel, "resume")
    _, another = scene.channel.threads
    assert text(prompt(another)).endswith("What is kl?")


async def test_who_removes_viva_from_a_server_goes_on_in_a_direct_message(scene: Scene, simcord_bot: Viva) -> None:
    ada = scene.person("ada")
    await scene.drill(ada)
    guild = simcord_bot.get_guild(scene.guild.id)
    assert guild
    await guild.leave()
    await scene.env.settle()
    await ada.user.slash("resume")
    assert text(prompt(ada.user.dm_channel)).endswith("What is kl?")
