"""What is said to Viva in messages: replies, mentions, direct messages, free chat."""

import pytest

from bot.discord.client import Viva
from tests.coach.scripted import ScriptedJudge
from tests.discord.scene import ANSWER, Scene, live_buttons, prompt, said

FREE_CHAT = {"VIVA_DISCORD_FREE_CHAT": "true"}


def asked(judge: ScriptedJudge) -> list[str]:
    return [submission.answer for submission in judge.asked]


async def test_a_reply_to_the_question_answers_it_without_the_message_content_intent(
    scene: Scene, judge: ScriptedJudge, simcord_bot: Viva
) -> None:
    assert not simcord_bot.intents.message_content
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    question = prompt(thread)
    await ada.send(thread, ANSWER, reply_to=question)
    assert asked(judge) == [ANSWER]
    assert "Grade 100 %" in said(thread)
    assert live_buttons(next(m for m in thread.history() if m.id == question.id)) == []


async def test_a_mention_answers_what_is_open(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await ada.send(thread, f"{ANSWER} {scene.me}")
    assert asked(judge) == [ANSWER]


async def test_a_direct_message_answers_what_is_open_there(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada").user
    await ada.slash("drill", topic="kl")
    await ada.send_dm(ANSWER)
    assert asked(judge) == [ANSWER]
    assert "Grade 100 %" in said(ada.dm_channel)


async def test_a_reply_to_a_question_that_is_over_changes_nothing(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="losses")
    first = prompt(thread)
    await ada.click(first, label="Skip")
    await ada.send(thread, ANSWER, reply_to=first)
    assert asked(judge) == []
    assert "That question is over" in said(thread)


async def test_a_reply_to_somebody_elses_question_is_not_taken(scene: Scene, judge: ScriptedJudge) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await scene.drill(ada)
    await bob.send(thread, ANSWER, reply_to=prompt(thread))
    assert asked(judge) == []
    assert "somebody else's" in said(thread)
    await scene.env.advance_time(60)
    assert "somebody else's" not in said(thread)


async def test_a_mention_with_nothing_open_asks_the_notes(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    await ada.send(scene.channel, f"{scene.me} what is dropout?")
    assert "In short, dropout is this." in said(scene.channel)


async def test_a_direct_message_with_nothing_open_asks_the_notes(scene: Scene) -> None:
    ada = scene.person("ada").user
    await ada.send_dm("what is kl?")
    assert "In short, kl is this." in said(ada.dm_channel)


async def test_a_mention_without_words_is_told_what_it_could_say(scene: Scene) -> None:
    ada = scene.person("ada")
    await ada.send(scene.channel, scene.me)
    assert "/help says more" in said(scene.channel)


async def test_a_reply_whose_text_is_hidden_is_told_how_it_can_be_read(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    question = prompt(thread)
    await ada.send(thread, ANSWER)
    reference = {"type": 0, "channel_id": str(thread.id), "message_id": str(question.id)}
    shown = scene.payload("MESSAGE_CREATE", author=int(scene.me[2:-1]))
    await scene.deliver_again(
        "MESSAGE_CREATE", author=ada.id, type=19, content="", message_reference=reference, referenced_message=shown
    )
    assert asked(judge) == []
    assert "leave the mention on" in said(thread)


async def test_a_long_answer_that_discord_made_a_file_of_is_read(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await ada.send(thread, "", reply_to=prompt(thread), attachments=[("message.txt", ANSWER.encode())])
    assert asked(judge) == [ANSWER]


async def test_code_in_a_file_is_read_with_the_words_beside_it(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    code = "def knn(X, k):\n    return X[:k]\n"
    await ada.send(thread, "it is linear", reply_to=prompt(thread), attachments=[("knn.py", code.encode())])
    assert asked(judge) == [f"it is linear\n```python\n{code}\n```"]


async def test_a_file_of_code_that_is_too_long_is_told(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await ada.send(thread, "", reply_to=prompt(thread), attachments=[("knn.py", b"#" * 65_537)])
    assert asked(judge) == []
    assert "64 KB" in said(thread)


async def test_a_text_that_is_too_long_is_told(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await ada.send(thread, "", reply_to=prompt(thread), attachments=[("message.txt", b"very " * 6_401)])
    assert asked(judge) == []
    assert "32 kB" in said(thread)


async def test_bots_and_viva_itself_are_not_answered(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    bot = scene.guild.add_member(scene.env.create_user("robot", bot=True))
    hook = scene.guild.create_webhook(scene.channel)
    before = len(scene.env.http_requests)
    await bot.send(thread, ANSWER, reply_to=prompt(thread))
    await hook.send(f"{scene.me} what is kl?")
    assert len(scene.env.http_requests) == before
    assert asked(judge) == []


async def test_without_the_intent_free_chat_is_nobodys_answer(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    before = len(scene.env.http_requests)
    await ada.send(thread, ANSWER)
    assert len(scene.env.http_requests) == before
    assert asked(judge) == []


@pytest.mark.parametrize("free_chat", [True])
async def test_where_the_operator_has_it_read_free_chat_in_the_thread_answers(
    scene: Scene, judge: ScriptedJudge, free_chat: bool
) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await scene.drill(ada)
    await bob.send(thread, "I would not know")
    await ada.send(thread, "wait a moment", reply_to=thread.history()[-1])
    await ada.send(thread, f"ask {bob.mention}")
    await ada.send(scene.channel, "not in the thread")
    assert asked(judge) == []
    await ada.send(thread, ANSWER)
    assert asked(judge) == [ANSWER]


@pytest.mark.parametrize("free_chat", [True])
async def test_where_a_server_does_not_want_it_read_free_chat_is_nobodys_answer(
    scene: Scene, judge: ScriptedJudge, simcord_bot: Viva, free_chat: bool
) -> None:
    await simcord_bot.servers.change(f"discord:{scene.guild.id}", {"free_chat": False})
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await ada.send(thread, ANSWER)
    assert asked(judge) == []


async def test_the_same_message_delivered_twice_is_answered_once(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada").user
    await ada.slash("drill", topic="kl")
    await ada.send_dm(ANSWER)
    before = said(ada.dm_channel)
    await scene.deliver_again("MESSAGE_CREATE", author=ada.id)
    assert said(ada.dm_channel) == before
    assert asked(judge) == [ANSWER]


async def test_where_sessions_are_not_allowed_a_mention_is_told_so(scene: Scene, simcord_bot: Viva) -> None:
    other = scene.guild.create_text_channel("viva")
    await simcord_bot.servers.change(f"discord:{scene.guild.id}", {"channels": [str(other.id)]})
    ada = scene.person("ada")
    await ada.send(scene.channel, f"{scene.me} what is kl?")
    assert other.mention in said(scene.channel)
    assert "In short" not in said(scene.channel)
