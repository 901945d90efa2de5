"""A store in a file, doors to it, and a drill told by hand."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.grading.grade import Judge
from bot.store.store import Store
from knowledge.library import Library
from tests.coach.notes import note
from tests.coach.scripted import LIBRARY, Door, ScriptedJudge, coach_of
from tests.coach.story import Story


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'viva.sqlite3'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()


@pytest.fixture
def door(store: Store) -> Callable[..., Door]:
    """A person's session at a new coach over the same store."""

    def at(*patterns: str, notes: Library = LIBRARY, judge: Judge | None = None, **where: str) -> Door:
        return Door(coach_of(notes, store, judge or ScriptedJudge(*patterns)), **where)

    return at


@pytest.fixture
def story() -> Story:
    """A drill on one note whose points a, b, c weigh 0.2, 0.5, 0.3; its question stands open."""
    return Story(note("kl", 0.2, 0.5, 0.3)).ask("kl")
