"""A goal and its reminder, how sure one is, and what is due: on Discord."""

from datetime import timedelta
from typing import Any

import discord
import pytest

from bot.coach.events import Say
from bot.discord.buttons import AnswerForm, submitted
from bot.discord.client import Viva
from bot.discord.goals import remind
from bot.store.store import Store
from bot.surface.press import Press, Verb
from tests.discord.rules import broken
from tests.discord.scene import Scene, answer, told

SESSION = "0" * 31 + "1"


async def test_who_has_a_goal_is_reminded_once_a_day_and_nobody_else(scene: Scene, simcord_bot: Viva) -> None:
    ada, bob = scene.person("ada"), scene.person("bob")
    assert "no daily goal" in told(await ada.slash(scene.channel, "goal"))
    assert "I write to you at 9:00 UTC" in told(await ada.slash(scene.channel, "goal", questions=3, hour=9))
    assert "without a reminder" in told(await bob.slash(scene.channel, "goal", questions=1))
    tomorrow = discord.utils.utcnow().replace(hour=9, minute=30) + timedelta(days=1)
    for _ in range(2):
        await remind(simcord_bot, tomorrow)
    assert [body["content"] for body in scene.sent("POST", "/messages")] == [
        "Today 0 of 3 questions. /drill starts, /goal off ends these reminders."
    ]
    assert "no daily goal" in told(await ada.slash(scene.channel, "goal", questions=0))


async def test_how_sure_one_is_is_asked_where_it_is_wished_and_kept_with_the_answer(scene: Scene, store: Store) -> None:
    ada = scene.person("ada")
    assert "From now on I ask" in told(await ada.slash(scene.channel, "sure", asked="on"))
    thread = await scene.drill(ada)
    await answer(ada, thread, sure=["4"])
    (row,) = await store.sessions(f"discord:{ada.id}")
    (said,) = [Say.model_validate_json(r.body) for r in await store.events(row.id) if r.kind == "say"]
    assert said.sure == 4
    assert "off by a Brier score of 0.06 over 1 question" in told(await ada.slash(scene.channel, "progress"))


@pytest.mark.parametrize("sure", [True, False])
async def test_the_form_asks_only_where_it_is_wished(sure: bool) -> None:
    form = AnswerForm(SESSION, "3", "Why?", sure=sure).to_dict()
    assert broken("POST", "/interactions/1/token/callback", {"type": 9, "data": form}) == []
    assert ("How sure are you?" in str(form)) is sure


@pytest.mark.parametrize(("values", "sure"), [(["2"], 2), ([], None), (None, None)])
def test_a_form_says_how_sure_an_answer_is_or_not(values: list[str] | None, sure: int | None) -> None:
    press = Press(Verb.ANSWER, SESSION, "3")
    fields: list[dict[str, Any]] = [{"component": {"custom_id": "answer", "value": "so"}}]
    if values is not None:
        fields.append({"component": {"custom_id": "sure", "values": values}})
    assert submitted({"custom_id": press.custom_id, "components": fields}) == (press, "so", sure)


@pytest.mark.parametrize(("typed", "due"), [("", True), ("what is d", True), ("due", True), ("loss", False)])
async def test_what_is_due_is_offered_for_a_drill(scene: Scene, typed: str, due: bool) -> None:
    choices = await scene.person("ada").autocomplete(scene.channel, "drill", "topic", typed)
    assert ([choice["value"] for choice in choices][:1] == ["due"]) is due
    assert "due" not in str(await scene.person("bob").autocomplete(scene.channel, "interview", "focus", typed))


async def test_where_nothing_is_due_a_drill_of_it_says_so(scene: Scene, store: Store) -> None:
    ada = scene.person("ada")
    result = await ada.slash(scene.channel, "drill", topic="due")
    assert told(result) == "Nothing is due yet; /drill asks something new."
    assert await store.sessions(f"discord:{ada.id}") == []
