"""What a process left behind is found by those beside it, and what it still deals with is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.coach.events import Say
from bot.errors import StoreError
from bot.store.leases import Leases
from bot.store.store import Store
from bot.surface.beside import left, repeatedly
from tests import workers
from tests.coach.scripted import LIBRARY, NOON, Door, ScriptedJudge, coach_of
from tests.workers import Posting

SAID = Say(id="said", at=NOON, text="it is the expected log loss")


@pytest.fixture
async def store(tmp_path: Path, fresh_database: Path) -> AsyncIterator[Store]:
    (tmp_path / "viva.sqlite3").write_bytes(fresh_database.read_bytes())  # noqa: ASYNC240  # nothing else runs yet
    opened = await Store.open(f"sqlite:///{tmp_path / 'viva.sqlite3'}")
    yield opened
    await opened.close()


async def test_what_another_process_still_deals_with_is_not_left_however_slow_it_is(store: Store) -> None:
    coach, mine, theirs = coach_of(LIBRARY, store), Leases(store.database), Leases(store.database)
    for name in ("s1", "s2"):
        await Door(coach, name, place="slack:T1:C1").start()
        await coach.keep(name, SAID)
    async with theirs["s1"]:
        assert [row.id for row in await left(coach, mine, "slack:")] == ["s2"]
        assert await left(coach, mine, "discord:") == []
    assert [row.id for row in await left(coach, mine, "slack:")] == ["s1", "s2"]


async def test_what_the_database_did_not_take_is_dealt_with_at_the_next_look(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach, posts = coach_of(LIBRARY, store, ScriptedJudge("-")), list[object]()
    await Door(coach).start()
    showing = Posting(coach)
    monkeypatch.setattr(workers, "say", lambda **what: posts.append(what.get("prompt")))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownMemberType]  # of a test
    with monkeypatch.context() as down:
        down.setattr(store.database, "_writing", Refusing())
        with pytest.raises(StoreError):
            await showing.show("s1", SAID.id, coach.handle("s1", SAID, once=True))
    await coach.keep("s1", SAID)
    await showing.catch_up_with(["s1"])
    await showing.catch_up_with(["s1"])
    assert len(posts) == 2, "a grade and a probe, once"


async def test_what_the_database_did_not_tell_at_a_look_is_asked_for_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach, posts = coach_of(LIBRARY, store, ScriptedJudge("-")), list[object]()
    await Door(coach).start()
    await coach.keep("s1", SAID)
    showing = Posting(coach)
    monkeypatch.setattr(workers, "say", lambda **what: posts.append(what.get("prompt")))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownMemberType]  # of a test
    with monkeypatch.context() as down:
        down.setattr(store.database, "_reads", Refusing())
        await showing.catch_up_with(["s1"])
        await showing.catch_up_again()
    await showing.catch_up_again()
    await showing.catch_up_again()
    assert len(posts) == 2, "a grade and a probe, once"


class Refusing:
    """A database that takes nothing."""

    async def __aenter__(self) -> None:
        raise OSError("gone")

    async def __aexit__(self, *_: object) -> None: ...


async def test_a_look_that_goes_wrong_is_not_the_last(caplog: pytest.LogCaptureFixture) -> None:
    looks, enough = list[int](), asyncio.Event()

    async def look() -> None:
        looks.append(1)
        if len(looks) == 1:
            raise StoreError("The database is away; try again.")
        enough.set()

    task = asyncio.create_task(repeatedly(0.001, look, "looking"))
    async with asyncio.timeout(5):
        await enough.wait()
    task.cancel()
    assert "looking could not be done" in caplog.text
