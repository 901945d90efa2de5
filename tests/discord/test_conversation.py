"""Whole conversations, as people have them."""

import pytest

from tests.coach.scripted import ScriptedJudge
from tests.discord.scene import ANSWER, Scene, answer, live_buttons, prompt, said, text, told


async def test_a_drill_asks_in_a_thread_of_its_own_and_says_where(scene: Scene) -> None:
    ada = scene.person("ada")
    result = await ada.slash(scene.channel, "drill", topic="kl", questions=2)
    (thread,) = scene.channel.threads
    assert thread.name == "Drill: kl · ada"
    assert thread.mention in told(result)
    assert text(prompt(thread)) == "### Question 1 of 2\nWhat is kl?"
    assert [button.label for button in live_buttons(prompt(thread))] == ["Answer", "Hint", "Skip", "Pause"]


async def test_an_answer_in_the_form_is_quoted_graded_and_followed_by_the_next_question(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, questions=2)
    await answer(ada, thread)
    first, quoted, grade, deeper = (text(message) for message in thread.history())
    assert quoted == f">>> {ANSWER}"
    assert "Grade 100 %" in grade
    assert f"> “{ANSWER}”" in grade
    assert deeper == "### Deeper\nHow deep does kl go at rung 1?"
    assert first.endswith("What is kl?")


async def test_the_form_shows_the_question_while_it_is_answered(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    form = (await ada.click(prompt(thread), label="Answer")).modal
    assert form
    assert "What is kl?" in str(form["components"])
    assert form["components"][-1]["component"]["max_length"] == 4_000


async def test_a_weak_answer_is_probed_and_the_probe_is_answered(scene: Scene, judge: ScriptedJudge) -> None:
    judge.script = ["+--", "++"]
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await answer(ada, thread, "half of it is the expected log loss")
    assert "So far 50 %" in said(thread)
    assert text(prompt(thread)).endswith("What about b in kl?")
    await answer(ada, thread, "the other half is the entropy")
    assert [submission.answer for submission in judge.asked] == [
        "half of it is the expected log loss",
        "the other half is the entropy",
    ]
    assert "> “the other half is the entropy”" in said(thread)


async def test_only_what_stands_open_has_buttons_that_work(scene: Scene, judge: ScriptedJudge) -> None:
    judge.script = ["+--", "+"]
    ada = scene.person("ada")
    thread = await scene.drill(ada, questions=1)
    question = prompt(thread)
    await answer(ada, thread)
    probe = prompt(thread)
    await answer(ada, thread)
    over = [message for message in thread.history() if message.id in (question.id, probe.id)]
    assert len(over) == 2
    assert [live_buttons(message) for message in over] == [[], []]
    assert prompt(thread).id not in (question.id, probe.id)


async def test_a_hint_is_given_and_what_it_costs_is_said(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await ada.click(prompt(thread), label="Hint")
    assert "**Hint**" in said(thread)
    assert "a hinted point earns half" in said(thread)
    assert text(prompt(thread)).endswith("What is kl?")
    await answer(ada, thread)
    assert "Grade 75 %" in said(thread)


async def test_a_skipped_question_is_explained_and_the_next_one_put(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="losses", questions=2)
    first = text(prompt(thread))
    await ada.click(prompt(thread), label="Skip")
    assert "Grade 0 %" in said(thread)
    assert "In short," in said(thread)
    assert "Question 2 of 2" in text(prompt(thread))
    assert text(prompt(thread)) != first
    assert judge.asked == []


async def test_a_drill_ends_with_a_debrief_and_a_file_to_keep(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, questions=1)
    await answer(ada, thread)
    await answer(ada, thread, "at rung 1 it goes deep")
    debrief = thread.last_message
    assert debrief
    assert "Debrief: 100 %" in text(debrief)
    assert [attachment.filename for attachment in debrief.attachments] == ["debrief.md"]
    assert [message for message in thread.history() if live_buttons(message)] == []


async def test_an_interview_says_nothing_about_grades_until_the_debrief(scene: Scene) -> None:
    ada = scene.person("ada")
    await ada.slash(scene.channel, "interview", minutes=5, focus="kl")
    (thread,) = scene.channel.threads
    assert thread.name == "Interview: kl · ada"
    await answer(ada, thread)
    assert "%" not in said(thread)
    await ada.slash(thread, "stop")
    assert "Debrief: 100 %" in said(thread)


async def test_a_pause_is_told_and_an_answer_ends_it(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await ada.click(prompt(thread), label="Pause")
    assert "Paused and kept; /resume goes on from here." in said(thread)
    await answer(ada, thread)
    assert "Grade 100 %" in said(thread)


async def test_resume_puts_the_open_question_again_with_the_probe_that_followed_it(
    scene: Scene, judge: ScriptedJudge
) -> None:
    judge.script = ["+--", "++"]
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await answer(ada, thread)
    await ada.slash(thread, "pause")
    await ada.slash(thread, "resume")
    *_, question, probe = thread.history()
    assert text(question).endswith("What is kl?")
    assert probe.id == prompt(thread).id
    await answer(ada, thread, "the other half is the entropy")
    assert "after a probe\n> “the other half is the entropy”" in said(thread)


async def test_several_people_hold_sessions_in_one_channel(scene: Scene, judge: ScriptedJudge) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    hers = await scene.drill(ada, topic="kl")
    his = await scene.drill(bob, topic="bayes")
    await answer(bob, his, "his own answer")
    await answer(ada, hers, "her own answer")
    assert "her own answer" in said(hers)
    assert "his own answer" not in said(hers)
    assert "What is bayes?" in said(his)


async def test_only_the_owner_drives_a_session_and_others_are_told_so(scene: Scene, judge: ScriptedJudge) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await scene.drill(ada)
    before = said(thread)
    for label in ("Answer", "Hint", "Skip", "Pause"):
        result = await bob.click(prompt(thread), label=label)
        assert result.modal is None
        assert told(result) == "This session is somebody else's; /drill starts one of your own."
    assert said(thread) == before
    assert judge.asked == []


async def test_an_answer_to_a_question_that_is_over_changes_nothing_and_says_so(
    scene: Scene, judge: ScriptedJudge
) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="losses", questions=2)
    form = await ada.click(prompt(thread), label="Answer")
    await ada.click(prompt(thread), label="Skip")
    await ada.submit_modal(form, {"answer": ANSWER})
    assert "That question is over" in said(thread)
    assert judge.asked == []
    await answer(ada, thread, "this is for the second")
    assert [submission.answer for submission in judge.asked] == ["this is for the second"]


async def test_a_second_drill_in_the_same_place_ends_the_first_with_its_debrief(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="kl")
    await answer(ada, thread)
    await ada.slash(thread, "drill", topic="bayes")
    assert "Debrief: 100 %" in said(thread)
    assert text(prompt(thread)).endswith("What is bayes?")
    assert len(scene.channel.threads) == 1


async def test_a_session_without_an_answer_gives_way_without_a_word(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="kl")
    await ada.slash(thread, "drill", topic="bayes")
    assert "Debrief" not in said(thread)
    assert "Nothing was answered" not in said(thread)


@pytest.mark.parametrize("command", ["hint", "skip", "pause", "stop", "resume"])
async def test_without_a_session_a_command_for_one_says_how_to_start(scene: Scene, command: str) -> None:
    ada = scene.person("ada")
    assert told(await ada.slash(scene.channel, command)) == (
        "You have no open session; /drill or /interview starts one."
    )


async def test_a_topic_that_does_not_exist_is_told_and_leaves_no_thread_behind(scene: Scene) -> None:
    ada = scene.person("ada")
    assert "nonsense" in told(await ada.slash(scene.channel, "drill", topic="nonsense"))
    assert scene.channel.threads == []


async def test_points_nobody_could_score_are_marked_under_the_card(scene: Scene, judge: ScriptedJudge) -> None:
    judge.script = ["+??"]
    judge.always = "?"
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await answer(ada, thread)
    await ada.click(prompt(thread), label="Skip")
    card = next(m for m in thread.history() if "Yours to mark" in text(m))
    await ada.select(card, ["1.2.met"])
    assert "marked by you: said" in said(thread)
    await ada.slash(thread, "mark", point=3, verdict="partly")
    assert "marked by you: partly said" in said(thread)


async def test_others_cannot_mark_points(scene: Scene, judge: ScriptedJudge) -> None:
    judge.script = ["+??"]
    judge.always = "?"
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await scene.drill(ada)
    await answer(ada, thread)
    await ada.click(prompt(thread), label="Skip")
    card = next(m for m in thread.history() if "Yours to mark" in text(m))
    assert "somebody else's" in told(await bob.select(card, ["1.2.met"]))
    assert "marked by you" not in said(thread)


async def test_what_a_person_forgets_is_no_longer_there_to_be_answered(scene: Scene, judge: ScriptedJudge) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    question = await ada.slash(thread, "forget")
    assert question.response
    await ada.click(question.response, label="Remove everything")
    result = await answer(ada, thread)
    assert told(result) == "This session is over; /drill or /interview starts another."
    assert judge.asked == []


async def test_the_same_click_delivered_twice_is_answered_once(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada)
    await ada.click(prompt(thread), label="Hint")
    before = said(thread)
    await scene.deliver_again("INTERACTION_CREATE")
    assert "**Hint**" in before
    assert said(thread) == before
