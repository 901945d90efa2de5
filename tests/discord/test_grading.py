"""The message command: "Grade this answer"."""

from bot.compose import App
from tests.coach.scripted import ScriptedJudge
from tests.discord.scene import ANSWER, Scene, said, text, told

COMMAND = "Grade this answer"


async def test_a_message_is_graded_against_the_question_that_is_picked(scene: Scene, judge: ScriptedJudge) -> None:
    judge.script = ["+--"]
    ada, bob = scene.person("ada"), scene.person("bob")
    message = await ada.send(scene.channel, ANSWER)
    picking = await ada.context_menu(scene.channel, COMMAND, message)
    assert told(picking) == "Which question does it answer?"
    assert picking.response
    result = await ada.select(picking.response, ["kl"])
    assert "Grade 50 %" in told(result)
    assert f"> “{ANSWER}”" in told(result)
    assert "In short, kl is this." in told(result)
    assert "Grade" not in said(scene.channel, viewer=bob)
    assert [(s.question, s.answer) for s in judge.asked] == [("What is kl?", ANSWER)]


async def test_questions_near_to_the_message_are_offered_first(scene: Scene) -> None:
    ada = scene.person("ada")
    message = await ada.send(scene.channel, "dropout masks units at random")
    picking = await ada.context_menu(scene.channel, COMMAND, message)
    assert picking.response
    (row,) = picking.response.components[:1]
    options = row["components"][0]["options"]
    assert options[0]["value"] == "dropout"
    assert len(options) == 3


async def test_another_question_is_looked_for_by_a_few_words(scene: Scene) -> None:
    ada = scene.person("ada")
    message = await ada.send(scene.channel, "dropout masks units at random")
    picking = await ada.context_menu(scene.channel, COMMAND, message)
    assert picking.response
    form = await ada.click(picking.response, label="Another question")
    assert form.modal
    field = form.modal["components"][0]["component"]["custom_id"]
    await ada.submit_modal(form, {field: "bayes"})
    assert picking.response.components[0]["components"][0]["options"][0]["value"] == "bayes"


async def test_what_was_graded_can_be_shared(scene: Scene) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    message = await ada.send(scene.channel, ANSWER)
    picking = await ada.context_menu(scene.channel, COMMAND, message)
    assert picking.response
    result = await ada.select(picking.response, ["kl"])
    card = next(m for m in (result.response, *result.followups) if m and "Grade 100 %" in text(m))
    await ada.click(card, label="Share with the channel")
    assert "shared by ada\nGrade 100 %" in said(scene.channel, viewer=bob).replace("-# ", "").replace("### ", "")


async def test_what_others_wrote_is_not_graded(scene: Scene, judge: ScriptedJudge) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    message = await bob.send(scene.channel, ANSWER)
    assert "Only messages of your own" in told(await ada.context_menu(scene.channel, COMMAND, message))
    assert judge.asked == []


async def test_a_graded_message_leaves_no_open_session_behind(scene: Scene, app: App) -> None:
    ada = scene.person("ada")
    message = await ada.send(scene.channel, ANSWER)
    picking = await ada.context_menu(scene.channel, COMMAND, message)
    assert picking.response
    await ada.select(picking.response, ["kl"])
    assert await app.coach.unfinished(f"discord:{ada.id}") is None
    assert [topic.questions for topic in await app.coach.progress(f"discord:{ada.id}")] == [1]
