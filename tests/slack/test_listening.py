"""What is said to Viva in messages: in the thread of a session, by a mention, in direct messages, to the agent."""

from __future__ import annotations

import pytest

from bot.slack import deliver
from tests.coach.scripted import ScriptedJudge
from tests.slack.drilling import Thread, open_prompts
from tests.slack.scene import ANSWER, Scene, buttons
from tests.slack.shown import text_of


def asked(judge: ScriptedJudge) -> list[str]:
    return [submission.answer for submission in judge.asked]


def in_private(scene: Scene, channel: str) -> str:
    return "\n".join(text_of(message) for message in scene.slack.lab.said(channel))


async def test_a_reply_in_the_thread_answers_without_a_mention(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    question = scene.prompt(thread)
    await scene.say(ada, ANSWER, thread)
    assert asked(judge) == [ANSWER]
    assert buttons(question) == []


async def test_a_reply_that_mentions_viva_is_one_answer_though_slack_tells_it_twice(
    scene: Scene, judge: ScriptedJudge
) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    await scene.say(ada, ANSWER, thread, mention=True)
    assert asked(judge) == [ANSWER]
    assert scene.said(thread).count("Grade 100 %") == 1


async def test_what_somebody_else_says_in_the_thread_is_left_alone(scene: Scene, judge: ScriptedJudge) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    thread = await scene.drill(ada)
    before = len(scene.messages(thread))
    await scene.say(bob, "I would not know", thread)
    await scene.say(ada, "not in the thread")
    assert (asked(judge), len(scene.messages(thread)), bob.told) == ([], before, "")


async def test_characters_that_slack_escapes_are_read_as_they_were_typed(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    await scene.say(ada, "p < q & q > r <b>", thread)
    assert asked(judge) == ["p < q & q > r <b>"]
    assert "“p < q & q > r <b>”" in scene.said(thread)


CODE = b"def knn(X, k):\n    return X[:k]  # a < b\n"


def code_file(scene: Scene, address: str, data: bytes = CODE) -> dict[str, object]:
    """A file that somebody uploaded, at an address of the double or elsewhere."""
    scene.slack.uploads["F1"] = data
    return {"id": "F1", "name": "knn.py", "url_private_download": address}


async def test_code_in_a_file_is_read_with_the_words_beside_it(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    file = code_file(scene, f"{scene.slack.address}/files-pri/F1")
    await scene.say(ada, "it is linear", thread, files=[file])
    assert asked(judge) == [f"it is linear\n```python\n{CODE.decode()}\n```"]


@pytest.mark.parametrize("broken", ["scope", "elsewhere", "too long"])
async def test_a_file_that_slack_does_not_give_is_told_and_no_token_goes_elsewhere(
    scene: Scene, judge: ScriptedJudge, broken: str
) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    if broken == "scope":
        scene.slack.lab.scopes = tuple(scope for scope in scene.slack.lab.scopes if scope != "files:read")
    where = scene.slack.address if broken != "elsewhere" else scene.slack.address.replace("127.0.0.1", "localhost")
    data = CODE if broken != "too long" else CODE * 4_000
    await scene.say(ada, "", thread, files=[code_file(scene, f"{where}/files-pri/F1", data)])
    assert asked(judge) == []
    assert ("64 KB" if broken == "too long" else "paste the code") in ada.told


async def test_a_mention_begins_a_drill_in_the_thread_where_it_stands(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    root = await scene.say(ada, "let us practise")
    thread = Thread(scene.general, root["ts"])
    await scene.say(ada, "drill kl", thread, mention=True)
    assert text_of(scene.prompt(thread)).endswith("What is kl?")
    await scene.say(ada, ANSWER, thread)
    assert asked(judge) == [ANSWER]


async def test_a_mention_outside_a_thread_begins_one_under_itself(scene: Scene) -> None:
    ada = scene.person("Ada")
    message = await scene.say(ada, "drill kl", mention=True)
    assert text_of(scene.prompt(Thread(scene.general, message["ts"]))).endswith("What is kl?")


async def test_a_mention_with_nothing_open_asks_the_notes_in_its_thread(scene: Scene) -> None:
    ada = scene.person("Ada")
    message = await scene.say(ada, "what is dropout?", mention=True)
    assert "In short, dropout is this." in scene.said(Thread(scene.general, message["ts"]))
    top = [m for m in scene.slack.lab.said(scene.general) if m.get("thread_ts", m["ts"]) == m["ts"]]
    assert top == []


async def test_a_direct_message_with_nothing_open_asks_the_notes(scene: Scene) -> None:
    ada = scene.person("Ada")
    await ada.say(ada.dm, "what is kl?")
    await scene.settled()
    assert "In short, kl is this." in in_private(scene, ada.dm)


async def test_a_direct_message_begins_a_drill_and_the_next_one_answers(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    await ada.say(ada.dm, "drill kl")
    await scene.settled()
    (prompt,) = [m for m in scene.slack.lab.said(ada.dm) if "Answer" in buttons(m)]
    await ada.say(ada.dm, ANSWER, thread=prompt.get("thread_ts", ""))
    await scene.settled()
    assert asked(judge) == [ANSWER]


async def test_an_answer_anywhere_in_direct_messages_counts_though_the_notes_were_asked_meanwhile(
    scene: Scene, judge: ScriptedJudge
) -> None:
    ada = scene.person("Ada")
    pane, other = [(await ada.say(ada.dm, "help"))["ts"] for _ in range(2)]
    await ada.say(ada.dm, "drill losses 3", thread=pane)
    await scene.settled()
    await scene.slash(ada, "ask what is bayes?", ada.dm)
    for thread in ("", other):
        await scene.say(ada, ANSWER, Thread(ada.dm, thread))
    assert asked(judge) == [ANSWER, ANSWER]


async def test_a_mention_without_words_is_told_what_it_could_say(scene: Scene) -> None:
    ada = scene.person("Ada")
    message = await scene.say(ada, "", mention=True)
    assert "/viva help" in scene.said(Thread(scene.general, message["ts"])) + ada.told


async def test_apps_and_viva_itself_are_not_answered(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    before = len(scene.slack.requests)
    there = scene.slack.lab
    robot = {"user": there.add_user("robot", is_bot=True)["id"], "bot_id": "B0ROBOT", "text": ANSWER}
    scene.slack.posted(there, thread.channel, there.message(robot | {"thread_ts": thread.ts}))
    edited = {**scene.prompt(thread)}
    scene.slack.message_event(there, thread.channel, {"type": "message", "subtype": "message_changed",
                                                      "message": edited, "ts": edited["ts"]})  # fmt: skip
    await scene.settled()
    assert (asked(judge), len(scene.slack.requests)) == ([], before)


async def test_an_answer_that_its_owner_edits_or_deletes_is_not_another_one(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    said = await scene.say(ada, ANSWER, thread)
    for subtype in ("message_changed", "message_deleted"):
        event = {"type": "message", "subtype": subtype, "ts": scene.slack.clock.ts(), "thread_ts": thread.ts}
        scene.slack.message_event(scene.slack.lab, thread.channel, event | {"message": said, "user": ada.id})
        await scene.settled()
    assert asked(judge) == [ANSWER]


async def test_a_message_told_twice_is_answered_once(scene: Scene, judge: ScriptedJudge) -> None:
    scene.slack.post.twice = lambda _: True
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    await scene.say(ada, ANSWER, thread)
    assert asked(judge) == [ANSWER]
    assert len(open_prompts(scene.slack.lab, thread)) == 1


async def test_the_agents_pane_offers_what_can_be_said(scene: Scene) -> None:
    ada = scene.person("Ada")
    await ada.open_app("messages")
    await scene.settled()
    offered = scene.slack.lab.prompts[ada.dm]
    assert {prompt["message"] for prompt in offered} == {message for _, message in scene.slack.manifest.prompts}


async def test_the_stop_button_ends_the_session_with_how_it_went(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    await scene.answer(ada, thread)
    await ada.stop(thread.channel, thread.ts)
    await scene.settled()
    assert "Debrief: 100 %" in scene.said(thread)
    assert open_prompts(scene.slack.lab, thread) == []
    assert scene.slack.lab.statuses[thread.channel, thread.ts][-1] == "active"


async def test_whoever_waits_for_a_model_sees_that_viva_is_at_work(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "_WORKING_AFTER", 0.0)
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    await scene.answer(ada, thread)
    shown = scene.slack.lab.statuses[thread.channel, thread.ts]
    assert set(shown) == {"processing", "active"}
    assert shown[-1] == "active"
