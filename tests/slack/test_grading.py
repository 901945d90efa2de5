"""The message shortcut: "Grade this answer"."""

from __future__ import annotations

from bot.compose import App
from tests.coach.scripted import ScriptedJudge
from tests.slack.people import Act, Person
from tests.slack.scene import ANSWER, Scene
from tests.slack.shown import called, options_of, parts, text_of


def offered(act: Act) -> list[str]:
    """The questions that a form offers."""
    assert act.modal
    return [called(option["text"]) for part in parts(act.modal["blocks"]) for option in options_of(part)]


async def choose(scene: Scene, act: Act, question: str) -> Act:
    assert act.modal
    (menu,) = [part for part in parts(act.modal["blocks"]) if options_of(part)]
    return await scene.submit(act, **{menu["action_id"]: question})


async def graded(scene: Scene, person: Person, text: str = ANSWER) -> Act:
    return await choose(scene, await scene.shortcut(person, await scene.say(person, text)), "What is kl?")


async def test_a_message_is_graded_against_the_question_that_is_chosen(scene: Scene, judge: ScriptedJudge) -> None:
    judge.script = ["+--"]
    ada, bob = scene.person("Ada"), scene.person("Bob")
    await graded(scene, ada)
    assert "Grade 50 %" in ada.told
    assert f"“{ANSWER}”" in ada.told
    assert "In short, kl is this." in ada.told
    assert bob.told == ""
    assert list(scene.slack.lab.said(scene.general)) == []
    assert [(s.question, s.answer) for s in judge.asked] == [("What is kl?", ANSWER)]


async def test_questions_near_to_the_message_are_offered_first(scene: Scene) -> None:
    ada = scene.person("Ada")
    act = await scene.shortcut(ada, await scene.say(ada, "dropout masks units at random"))
    assert offered(act)[0] == "What is dropout?"
    assert len(offered(act)) == 3


async def test_another_question_is_looked_for_by_a_few_words(scene: Scene) -> None:
    ada = scene.person("Ada")
    act = await scene.shortcut(ada, await scene.say(ada, "dropout masks units at random"))
    assert act.modal
    (field,) = [part for part in parts(act.modal["blocks"]) if part.get("type") == "plain_text_input"]
    await ada.type_in(act.modal, field["action_id"], "bayes")
    await scene.settled()
    assert offered(act)[0] == "What is bayes?"
    await choose(scene, act, "What is bayes?")
    assert "Grade 100 %" in ada.told


async def test_what_was_graded_can_be_shared(scene: Scene) -> None:
    ada = scene.person("Ada")
    await graded(scene, ada)
    (card,) = [message for message in ada.whispers if "Grade 100 %" in text_of(message)]
    await scene.click(ada, card, "Share with the channel")
    shown = "\n".join(text_of(m) for m in scene.slack.lab.messages[scene.general].values())
    assert "shared by Ada\n" in shown
    assert "Grade 100 %" in shown


async def test_what_others_wrote_is_not_graded(scene: Scene, judge: ScriptedJudge) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    act = await scene.shortcut(ada, await scene.say(bob, ANSWER))
    assert act.modal is None
    assert "Only messages of your own" in ada.told
    assert judge.asked == []


async def test_a_message_that_is_too_long_for_a_form_to_carry_is_graded_all_the_same(
    scene: Scene, judge: ScriptedJudge
) -> None:
    ada = scene.person("Ada")
    long = "zebras graze " * 300
    await graded(scene, ada, long)
    assert [submission.answer.strip() for submission in judge.asked] == [long.strip()]


async def test_a_graded_message_leaves_no_open_session_behind(scene: Scene, app: App) -> None:
    ada = scene.person("Ada")
    await graded(scene, ada)
    person = f"slack:{scene.slack.lab.id}:{ada.id}"
    assert await app.coach.unfinished(person) is None
    assert [topic.questions for topic in await app.coach.progress(person)] == [1]


async def test_a_form_that_is_told_twice_is_graded_once(scene: Scene, judge: ScriptedJudge) -> None:
    scene.slack.post.twice = lambda _: True
    ada = scene.person("Ada")
    await graded(scene, ada)
    assert len(judge.asked) == 1
    assert ada.told.count("Grade 100 %") == 1
