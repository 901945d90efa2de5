"""A question that wants code, on Discord: what to begin with, a try, the next one, and a question about a line."""

from dataclasses import replace

import pytest

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.persona import Persona
from bot.compose import App
from bot.discord.client import Viva
from tests.coach.exercises import HEAP, LIBRARY, STARTER, UPWARDS
from tests.coach.scripted import ScriptedJudge, find_named
from tests.discord.scene import Scene, answer, prompt, said
from tests.sandbox.fakes import ScriptedSandbox


@pytest.fixture
def simcord_bot(app: App, judge: ScriptedJudge) -> Viva:
    answerer = Answerer(LIBRARY, find_named(LIBRARY))
    return Viva(replace(app, coach=Coach(LIBRARY, app.store, judge, Persona(), answerer, None, ScriptedSandbox())))


async def test_code_is_begun_in_the_form_tried_again_and_asked_about(scene: Scene) -> None:
    ada = scene.person("ada")
    thread = await scene.drill(ada, "largest", questions=1)
    assert f"```python\n{STARTER}```" in prompt(thread).content
    begun = await ada.click(prompt(thread), label="Answer")
    assert STARTER in str(begun.modal).replace("\\n", "\n")
    await ada.submit_modal(begun, {"answer": UPWARDS})
    assert f"```python\n{UPWARDS}\n```" in said(thread)  # as handed in, for whoever reads along
    assert "Try 1 of 3: 3 of 4 tests pass" in said(thread)
    assert "expected  [3, 2]" in said(thread)
    assert prompt(thread).content.startswith("Try 2 of 3")
    await answer(ada, thread, HEAP)
    assert "all 4 tests pass" in said(thread)
    assert "return heapq.nlargest(k, xs)" in prompt(thread).content
