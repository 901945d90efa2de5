"""Nothing is lost and nothing doubled, whatever Slack and the models do at random."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.coach.persona import Persona, Spoken
from bot.coach.reply import Delta
from bot.compose import App
from bot.slack import app as slack_app
from bot.slack import streaming
from bot.store.store import Store
from knowledge.library import Library
from tests.coach.notes import note
from tests.coach.scripted import ScriptedJudge, coach_of
from tests.reckoning import lost_or_doubled
from tests.slack.chaos import Chaos
from tests.slack.double import Double
from tests.slack.drilling import OnSlack
from tests.slack.inside import inside

NAMES = ["Ada", "Bob", "Cleo"]
SECONDS = 1.5


class Slow(Persona):
    """Asks on in new words, in pieces and sometimes after a while."""

    def __init__(self) -> None:
        super().__init__()
        self._chance, self._numbers = Random(4711), count(1)

    async def word(self, *_: Any, **__: Any) -> AsyncIterator[Delta | Spoken]:
        await asyncio.sleep(self._chance.choice((0.0, 0.2)))
        text = f"And what follows, number {next(self._numbers)}?"
        for piece in (text[:8], text[8:]):
            yield Delta(text=piece)
        yield Spoken(text, "the model")


@pytest.fixture
def app(app: App, store: Store, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(slack_app, "_RETRY_SECONDS", 0.3)
    monkeypatch.setattr(streaming, "_SECONDS", 0.0)
    many = Library([note(f"note-{n}") for n in range(50)])
    coach = coach_of(many, store, ScriptedJudge(always="-"), Slow())
    return App(app.settings, app.knowledge, store, coach, app.judge, None)


async def test_in_a_storm_nothing_is_lost_and_nothing_doubled(
    slack: Double, app: App, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drills = OnSlack(slack)
    chaos = Chaos(drills, seed=5, patience=0.6, pause=0.4, often=2, cutting=False)
    async with inside(slack, app):
        await chaos.rage(NAMES, SECONDS)
    assert await lost_or_doubled(tmp_path, chaos) == []
    assert "unexpected" not in caplog.text
