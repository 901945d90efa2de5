"""Whole conversations, as people have them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.coach.events import Say
from bot.compose import App
from bot.errors import StoreError
from bot.slack import app as slack_app
from bot.store.store import SessionRow
from tests.coach.scripted import NOON, ScriptedJudge
from tests.slack.drilling import open_prompts
from tests.slack.scene import ANSWER, Scene, buttons
from tests.slack.shown import text_of


async def test_a_drill_asks_in_a_thread_under_a_message_that_says_what_it_is(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "kl 2")
    assert text_of(scene.slack.lab.messages[thread.channel][thread.ts]) == "Drill: kl · Ada"
    assert text_of(scene.prompt(thread)) == "Question 1 of 2\nWhat is kl?"
    assert buttons(scene.prompt(thread)) == ["Answer", "Hint", "Skip", "Pause"]


async def test_an_answer_in_the_form_is_quoted_graded_and_followed_by_the_next_question(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "kl 2")
    await scene.answer(ada, thread)
    first, quoted, grade, deeper = scene.messages(thread)
    assert quoted == f"> {ANSWER}"
    assert "Grade 100 %" in grade
    assert f"“{ANSWER}”" in grade
    assert deeper == "Deeper\nHow deep does kl go at rung 1?"
    assert first.endswith("What is kl?")


async def test_the_form_shows_the_question_while_it_is_answered(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    form = await scene.click(ada, scene.prompt(thread), "Answer")
    assert form.modal
    assert "What is kl?" in text_of(form.modal)


async def test_a_weak_answer_is_probed_and_the_probe_is_answered_in_the_thread(
    scene: Scene, judge: ScriptedJudge
) -> None:
    judge.script = ["+--", "++"]
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    await scene.answer(ada, thread, "half of it is the expected log loss")
    assert "So far 50 %" in scene.said(thread)
    assert text_of(scene.prompt(thread)).endswith("What about b in kl?")
    await scene.say(ada, "the other half is the entropy", thread)
    assert [s.answer for s in judge.asked] == ["half of it is the expected log loss", "the other half is the entropy"]
    assert "“the other half is the entropy”" in scene.said(thread)


async def test_only_what_stands_open_has_buttons(scene: Scene, judge: ScriptedJudge) -> None:
    judge.script = ["+--", "+"]
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    question = scene.prompt(thread)
    await scene.answer(ada, thread)
    probe = scene.prompt(thread)
    await scene.answer(ada, thread)
    assert (buttons(question), buttons(probe)) == ([], [])
    assert "What is kl?" in text_of(question)
    assert scene.prompt(thread) not in (question, probe)


async def test_a_hint_is_given_and_what_it_costs_is_said(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    await scene.click(ada, scene.prompt(thread), "Hint")
    assert "a hinted point earns half" in scene.said(thread)
    await scene.answer(ada, thread)
    assert "Grade 75 %" in scene.said(thread)


async def test_a_skipped_question_is_explained_and_the_next_one_put(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    first = text_of(scene.prompt(thread))
    await scene.click(ada, scene.prompt(thread), "Skip")
    assert "Grade 0 %" in scene.said(thread)
    assert "In short," in scene.said(thread)
    assert "Question 2 of 2" in text_of(scene.prompt(thread)) != first
    assert judge.asked == []


async def test_a_drill_ends_with_a_debrief_and_a_file_to_keep(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    await scene.answer(ada, thread)
    await scene.answer(ada, thread, "at rung 1 it goes deep")
    assert "Debrief: 100 %" in scene.said(thread)
    files = [file["name"] for m in scene.slack.lab.thread(*thread) for file in m.get("files", ())]
    assert files == ["debrief.md"]
    assert [m for m in scene.slack.lab.thread(*thread) if set(buttons(m)) & {"Answer", "Hint"}] == []


async def test_an_interview_says_nothing_about_grades_until_the_debrief(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "kl 5", mode="interview")
    assert text_of(scene.slack.lab.messages[thread.channel][thread.ts]) == "Interview: kl · Ada"
    await scene.answer(ada, thread)
    assert "%" not in scene.said(thread)
    await scene.say(ada, "stop", thread, mention=True)
    assert "Debrief: 100 %" in scene.said(thread)


async def test_a_pause_is_told_and_an_answer_ends_it(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    await scene.click(ada, scene.prompt(thread), "Pause")
    assert "Paused and kept; /viva resume goes on from here." in scene.said(thread)
    await scene.answer(ada, thread)
    assert "Grade 100 %" in scene.said(thread)


async def test_resume_puts_the_open_question_again_with_the_probe_that_followed_it(
    scene: Scene, judge: ScriptedJudge
) -> None:
    judge.script = ["+--", "++"]
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    await scene.answer(ada, thread)
    await scene.click(ada, scene.prompt(thread), "Pause")
    await scene.slash(ada, "resume")
    *_, question, probe = scene.messages(thread)
    assert question.endswith("What is kl?")
    assert probe == text_of(scene.prompt(thread))
    await scene.answer(ada, thread, "the other half is the entropy")
    assert "“the other half is the entropy”" in scene.said(thread)


async def test_several_people_hold_sessions_in_one_channel(scene: Scene) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    hers, his = await scene.drill(ada, "kl 1"), await scene.drill(bob, "bayes 1")
    await scene.answer(bob, his, "his own answer")
    await scene.say(ada, "her own answer", hers)
    assert "her own answer" in scene.said(hers)
    assert "his own answer" not in scene.said(hers)
    assert "What is bayes?" in scene.said(his)


async def test_only_the_owner_drives_a_session_and_others_are_told_so(scene: Scene, judge: ScriptedJudge) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    thread = await scene.drill(ada)
    before = scene.said(thread)
    for label in ("Answer", "Hint", "Skip", "Pause"):
        act = await scene.click(bob, scene.prompt(thread), label)
        assert (act.modal, act.acknowledged is None) == (None, False)
    assert bob.told.count("somebody else's") == 4
    assert scene.said(thread) == before
    await scene.say(bob, "I know!", thread)
    assert judge.asked == []
    assert "somebody else's" not in scene.said(thread)


async def test_an_answer_to_a_question_that_is_over_changes_nothing_and_says_so(
    scene: Scene, judge: ScriptedJudge
) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    form = await scene.click(ada, scene.prompt(thread), "Answer")
    await scene.click(ada, scene.prompt(thread), "Skip")
    await scene.submit(form, answer=ANSWER)
    assert "That question is over" in scene.said(thread) + ada.told
    assert judge.asked == []
    await scene.answer(ada, thread, "this is for the second")
    assert [submission.answer for submission in judge.asked] == ["this is for the second"]


async def test_a_drill_goes_on_after_a_restart_with_the_buttons_and_forms_of_before(
    scene: Scene, judge: ScriptedJudge
) -> None:
    judge.script = ["+--", "++"]
    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    await scene.answer(ada, thread, "half of it")
    form = await scene.click(ada, scene.prompt(thread), "Answer")
    before = scene.said(thread)
    await scene.stop()
    await scene.start()
    await scene.settled()
    assert scene.said(thread) == before
    await scene.submit(form, answer="the other half")
    assert [submission.answer for submission in judge.asked] == ["half of it", "the other half"]
    assert len(open_prompts(scene.slack.lab, thread)) == 1


async def test_what_was_left_is_taken_up_though_the_database_was_away_at_the_start(
    scene: Scene, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, lagging = list[int](), app.store.lagging

    async def away_once(*what: Any) -> list[SessionRow]:
        looks.append(1)
        if len(looks) == 1:
            raise StoreError("The database is away; try again.")
        return await lagging(*what)

    ada = scene.person("Ada")
    thread = await scene.drill(ada)
    (row,) = await app.store.named("")
    await scene.stop()
    await app.coach.keep(row.id, Say(id="1", at=NOON, text=ANSWER))
    monkeypatch.setattr(app.store, "lagging", away_once)
    monkeypatch.setattr(slack_app, "LOOK_SECONDS", 0.1)
    await scene.start()
    await scene.settled()
    assert scene.said(thread).count("Grade 100 %") == 1


async def test_what_is_told_again_after_a_restart_is_not_answered_again(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    await scene.say(ada, ANSWER, thread)
    await scene.click(ada, scene.prompt(thread), "Hint")
    before, told = scene.said(thread), list(scene.slack.post.deliveries)
    await scene.stop()
    await scene.start()
    for delivery in told:
        scene.slack.post.again(delivery)
    await scene.settled()
    assert [submission.answer for submission in judge.asked] == [ANSWER]
    assert scene.said(thread) == before
    roots = [m for m in scene.slack.lab.said(thread.channel) if m.get("thread_ts", m["ts"]) == m["ts"]]
    assert len(roots) == 1


async def test_in_direct_messages_a_drill_is_held_where_it_was_asked_for(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "drill kl 1", ada.dm)
    (prompt,) = [m for m in scene.slack.lab.said(ada.dm) if "Answer" in buttons(m)]
    await ada.say(ada.dm, ANSWER, thread=prompt.get("thread_ts", ""))
    await scene.settled()
    assert [submission.answer for submission in judge.asked] == [ANSWER]
    assert "Grade 100 %" in "\n".join(text_of(m) for m in scene.slack.lab.said(ada.dm))


@pytest.mark.parametrize("way", ["without", "archived", "hidden"])
async def test_where_viva_may_not_post_it_goes_to_direct_messages_and_says_so_once(scene: Scene, way: str) -> None:
    ada = scene.person("Ada")
    channel = scene.slack.lab.add_channel("elsewhere", private=way == "hidden", viva=way == "archived")
    scene.slack.lab.channels[channel]["is_archived"] = way == "archived"
    await scene.slash(ada, "drill kl 1", channel)
    assert [m for m in scene.slack.lab.said(ada.dm) if "Answer" in buttons(m)]
    assert len(ada.whispers) == 1
    assert "direct message" in ada.told
    assert list(scene.slack.lab.said(channel)) == []


async def test_the_same_click_told_twice_is_taken_once(scene: Scene, judge: ScriptedJudge) -> None:
    scene.slack.post.twice = lambda _: True
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "losses 2")
    await scene.answer(ada, thread)
    deeper = scene.prompt(thread)
    await scene.click(ada, deeper, "Skip")
    assert [submission.answer for submission in judge.asked] == [ANSWER]
    assert scene.said(thread).count(f"> {ANSWER}\n") == 1
    assert len(open_prompts(scene.slack.lab, thread)) == 1
    roots = [m for m in scene.slack.lab.said(thread.channel) if m.get("thread_ts", m["ts"]) == m["ts"]]
    assert len(roots) == 1
