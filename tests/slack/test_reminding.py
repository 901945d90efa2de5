"""A goal and its reminder, how sure one is, and what is due: on Slack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.coach.events import Say
from bot.store.store import Store
from tests.slack.drilling import asked_for_form
from tests.slack.scene import ANSWER, Scene
from tests.slack.shown import text_of


async def test_who_has_a_goal_is_reminded_once_a_day_in_a_direct_message(scene: Scene) -> None:
    ada, bob = scene.person("Ada"), scene.person("Bob")
    await scene.slash(ada, "goal 3 at 9")
    assert "I write to you at 9:00 UTC" in ada.told
    await scene.slash(bob, "goal 1")
    tomorrow = datetime.now(UTC).replace(hour=9, minute=30) + timedelta(days=1)
    for _ in range(2):
        await scene.remind(tomorrow)
    posted = [call for call in scene.asked_for("chat.postMessage") if call["channel"].startswith("D")]
    assert [text_of(call) for call in posted] == [
        "Today 0 of 3 questions. /viva drill starts, /viva goal off ends these reminders."
    ]
    await scene.slash(ada, "goal many")
    assert "Say how many questions a day" in ada.told


async def test_how_sure_one_is_is_asked_where_it_is_wished_and_kept_with_the_answer(scene: Scene, store: Store) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "sure on")
    thread = await scene.drill(ada)
    form = await asked_for_form(ada, scene.prompt(thread))
    await scene.submit(form, answer=ANSWER, sure="4: fairly sure")
    (row,) = await store.sessions(f"slack:{scene.slack.lab.id}:{ada.id}")
    (said,) = [Say.model_validate_json(r.body) for r in await store.events(row.id) if r.kind == "say"]
    assert said.sure == 4
    await scene.slash(ada, "progress")
    assert "off by a Brier score of 0.06 over 1 question" in text_of(ada.whispers[-1])


async def test_where_nothing_is_due_a_drill_of_it_says_so(scene: Scene) -> None:
    ada = scene.person("Ada")
    await scene.slash(ada, "drill due")
    assert "Nothing is due yet; /viva drill asks something new." in ada.told
