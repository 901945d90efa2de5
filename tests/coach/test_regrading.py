"""Another judge says what it says of the same answers, and nothing that was stored changes."""

from __future__ import annotations

from collections.abc import Callable

from bot.coach.events import Graded, Probed
from bot.coach.regrading import differences, regraded
from bot.coach.reply import AnswerReply
from bot.store.store import Store
from tests.coach.notes import CONTRADICTED, MET, MISSED, UNSCORED
from tests.coach.scripted import LIBRARY, Door, ScriptedJudge

FIRST, SECOND = "it is the expected log loss", "entropy stays what it is"


async def held(door: Callable[..., Door]) -> Door:
    """A drill: met, missed, unscored; then the missed one is probed and met; then the unscored one is marked."""
    ada = door("+-?", "+?")
    await ada.start(topic="kl", questions=1)
    await ada.say(FIRST)
    await ada.say(SECOND)
    await ada.say("I don't know")
    await ada.stop()
    await ada.mark(3, question=1)
    return ada


async def test_a_judge_gets_every_answer_with_the_points_that_were_open_then(
    door: Callable[..., Door], store: Store
) -> None:
    ada = await held(door)
    stored = await store.export("ada")
    judge = ScriptedJudge("x--", "-+")
    before, after = await regraded(await ada.coach.events("s1"), LIBRARY, judge, "ada")
    assert [(asked.answer, [point.id for point in asked.rubric]) for asked in judge.asked] == [
        (FIRST, ["a", "b", "c"]),
        (SECOND, ["b", "c"]),
    ], "nobody is asked about a reply that states nothing"
    assert judge.asked[1].question.endswith("What about b in kl?")
    assert [point.verdict for point in before.history[0].points.values()] == [MET, MET, UNSCORED], "without the mark"
    assert [point.verdict for point in after.history[0].points.values()] == [CONTRADICTED, MISSED, MET]
    assert await store.export("ada") == stored


async def test_only_the_points_that_differ_are_told(door: Callable[..., Door]) -> None:
    ada = await held(door)
    before, after = await regraded(await ada.coach.events("s1"), LIBRARY, ScriptedJudge("+--", "++"), "ada")
    (only,) = differences(before.history[0], after.history[0], LIBRARY)
    assert (only.number, only.before.verdict, only.after.verdict) == (3, UNSCORED, MET)
    assert only.text == LIBRARY["kl"].rubric[2].point


def test_events_of_before_there_were_editions_of_prompts_are_read() -> None:
    old = {"to": "1", "point_id": "a", "text": "Why?", "authored": "Why?"}
    assert (Probed.model_validate(old).model, Probed.model_validate(old).prompt) == ("", "")
    grade = {"judge": "chat", "points": [{"point_id": "a", "weight": 1, "verdict": "missed"}]}
    assert Graded.model_validate({"to": "1", "grade": grade}).grade.prompts == ()
    assert AnswerReply.model_validate({"text": "So.", "note_ids": ["kl"]}).prompt == ""
