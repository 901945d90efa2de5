"""A question that wants code, on Slack: what to begin with, a try, the next one, and a question about a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.persona import Persona
from bot.compose import App
from bot.settings import SlackSettings
from bot.store.store import Store
from tests.coach.exercises import HEAP, LIBRARY, STARTER, UPWARDS
from tests.coach.scripted import ScriptedJudge, find_named
from tests.sandbox.fakes import ScriptedSandbox
from tests.slack.double import APP_TOKEN, Double
from tests.slack.drilling import asked_for_form
from tests.slack.scene import Scene
from tests.slack.shown import text_of
from tests.surface.apps import app_of


@pytest.fixture
def app(slack: Double, store: Store, judge: ScriptedJudge, tmp_path: Path) -> App:
    api = f"{slack.address}/api"
    settings = SlackSettings.model_construct(
        bot_token=SecretStr(slack.lab.token), app_token=SecretStr(APP_TOKEN), api=api
    )
    coach = Coach(LIBRARY, store, judge, Persona(), Answerer(LIBRARY, find_named(LIBRARY)), None, ScriptedSandbox())
    return replace(app_of(store, judge, tmp_path, slack=settings), coach=coach)


async def test_code_is_begun_in_the_form_tried_again_and_asked_about(scene: Scene) -> None:
    ada = scene.person("Ada")
    thread = await scene.drill(ada, "largest 1")
    assert STARTER.strip() in text_of(scene.prompt(thread))
    form = await asked_for_form(ada, scene.prompt(thread))
    assert STARTER in str(form.modal).replace("\\n", "\n")
    await scene.answer(ada, thread, UPWARDS)
    assert "Try 1 of 3: 3 of 4 tests pass" in scene.said(thread)
    assert "expected  [3, 2]" in scene.said(thread)
    assert text_of(scene.prompt(thread)).startswith("Try 2 of 3")
    await scene.say(ada, f"```{HEAP}```", thread)  # as Slack sends a code block
    assert "all 4 tests pass" in scene.said(thread)
    assert "return heapq.nlargest(k, xs)" in text_of(scene.prompt(thread))
