"""Which judges the settings make."""

import os
from pathlib import Path

import pytest

from bot.compose import Settings, opened
from bot.errors import SettingsError
from knowledge.library import Library

MODELS = {"VIVA_CHAT_MODEL": "c", "VIVA_DECISIONS_MODEL": "d", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "VIVA_", "DATABASE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VIVA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.compose.load", lambda: Library([]))  # the notes judge nothing


@pytest.mark.parametrize(
    ("chosen", "name"),
    [
        ({}, "decisions (d), then chat (c), then embedded"),
        ({"VIVA_JUDGE": "jury"}, "jury of decisions (d), chat (c), embedded"),
        ({"VIVA_JUDGE": "chat", "VIVA_CHAT_SAMPLES": "3"}, "chat (c, 3 samples), then embedded"),
        ({"VIVA_JUDGE": "jury", "VIVA_DECISIONS_MODEL": ""}, "jury of chat (c), embedded"),
        ({"VIVA_JUDGE": "embedded"}, "embedded"),
    ],
)
async def test_the_judges_are_those_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, chosen: dict[str, str], name: str
) -> None:
    for setting, value in {**MODELS, **chosen}.items():
        monkeypatch.setenv(setting, value)
    async with opened(Settings.read()) as app:
        assert app.judge.name == name


@pytest.mark.parametrize("judge", ["chat", "decisions", "jury"])
def test_a_judge_that_needs_a_model_is_not_made_without_one(monkeypatch: pytest.MonkeyPatch, judge: str) -> None:
    monkeypatch.setenv("VIVA_JUDGE", judge)
    with pytest.raises(SettingsError, match=rf"^VIVA_JUDGE is {judge} but no .*model is named; set VIVA_\w+_MODEL"):
        Settings.read()
