"""The parts that every surface has, with a judge that follows a script and three notes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from bot.compose import App, Settings
from bot.settings import DiscordSettings, OpenAISettings, SlackSettings, StoreSettings, VivaSettings
from bot.store.store import Store
from knowledge.search import Findings
from tests.coach.scripted import LIBRARY, ScriptedJudge, coach_of, find_named


async def find(query: str, context: str = "", *, k: int = 3) -> Findings:
    """As `Knowledge.find`: the note that is named in the query first, then the others."""
    first = (await find_named(LIBRARY)(query, context)).hits[0]
    others = (replace(first, note_id=note.id) for note in LIBRARY if note.id != first.note_id)
    return Findings(query, (first, *others)[:k], 0.9)


def app_of(
    store: Store,
    judge: ScriptedJudge,
    folder: Path,
    discord: DiscordSettings | None = None,
    slack: SlackSettings | None = None,
) -> App:
    """An app whose files are in a folder; settings that are not given are as nobody set them."""
    knowledge: Any = SimpleNamespace(library=LIBRARY, find=find)
    settings = Settings(
        VivaSettings.model_validate({"data_dir": folder}),
        OpenAISettings.model_validate({}),
        StoreSettings.model_validate({}),
        discord or DiscordSettings.model_construct(),
        slack or SlackSettings.model_construct(),
    )
    return App(settings, knowledge, store, coach_of(LIBRARY, store, judge), cast("Any", judge), None)
