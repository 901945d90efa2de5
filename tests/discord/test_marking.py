"""Marking what no judge could tell, in a conversation."""

from bot.coach.coach import Coach
from bot.compose import App
from bot.grading.grade import Verdict
from bot.surface.appealing import LABEL
from tests.coach.scripted import ScriptedJudge
from tests.discord.scene import Scene, answer, live_buttons, prompt, said, walk


async def test_a_point_is_marked_on_its_card_also_when_another_question_has_followed(
    scene: Scene, judge: ScriptedJudge, app: App
) -> None:
    judge.script, judge.always = ["+??"], "-"
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="losses", questions=2)
    await answer(ada, thread)
    for _ in range(2):
        await ada.click(prompt(thread), label="Skip")
    card = next(m for m in thread.history() if any(getattr(p, "options", []) for p in walk(m.components)))
    await ada.select(card, ["1.2.met"])
    assert "> *marked by you: said*" in said(thread)
    coach: Coach = app.coach
    session_id = await coach.latest("discord:" + str(ada.id), f"discord:{thread.id}")
    assert session_id
    session = await coach.session(session_id)
    assert [point.verdict for point in session.history[0].points.values()] == [
        Verdict.MET,
        Verdict.MET,
        Verdict.UNSCORED,
    ]
    assert len(session.history) > 1


async def test_nobody_marks_for_somebody_else(scene: Scene, judge: ScriptedJudge) -> None:
    judge.script = ["+??"]
    ada, bob = scene.person("ada"), scene.person("bob")
    thread = await scene.drill(ada, questions=1)
    await answer(ada, thread)
    await ada.click(prompt(thread), label="Skip")
    card = next(m for m in thread.history() if any(getattr(p, "options", []) for p in walk(m.components)))
    await bob.select(card, ["1.2.met"])
    assert "marked by you" not in said(thread)


async def test_a_point_is_appealed_by_form_and_what_is_not_in_the_answer_is_refused(
    scene: Scene, judge: ScriptedJudge
) -> None:
    judge.script, judge.always = ["+-x"], "-"
    ada = scene.person("ada")
    thread = await scene.drill(ada, topic="losses", questions=2)
    await answer(ada, thread, "It is the expected log loss.")
    await ada.click(prompt(thread), label="Skip")
    card = next(m for m in thread.history() if any(button.label == LABEL for button in live_buttons(m)))
    await ada.submit_modal(await ada.click(card, label=LABEL), {"point": ["1.3"], "words": "the squared error"})
    assert "These words are not in your answers" in said(thread)
    await ada.submit_modal(await ada.click(card, label=LABEL), {"point": ["1.3"], "words": "EXPECTED log loss"})
    assert "> *you: said* “expected log loss”" in said(thread)
