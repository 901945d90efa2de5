"""One process at a time deals with a session, and none for long after a kill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.store import leases as module
from bot.store.leases import Leases
from bot.store.store import Store


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOKS_AGAIN", 0.005)


@pytest.fixture
async def beside(store: Store, url: str) -> AsyncIterator[Store]:
    """The same database, as another process opens it."""
    opened = await Store.open(url)
    yield opened
    await opened.close()


async def work(leases: Leases, name: str, done: list[str], what: str) -> None:
    async with leases[name]:
        done.append(f"{what} begins")
        await asyncio.sleep(0.02)
        done.append(f"{what} ends")


async def test_two_processes_deal_with_a_session_one_after_the_other(store: Store, beside: Store) -> None:
    done: list[str] = []
    mine, theirs = Leases(store.database), Leases(beside.database)
    await asyncio.gather(work(mine, "s", done, "a"), work(theirs, "s", done, "b"), work(mine, "s", done, "c"))
    assert [line.split()[0] for line in done[::2]] == [line.split()[0] for line in done[1::2]]
    assert sorted(done[::2]) == ["a begins", "b begins", "c begins"]


async def test_nobody_waits_for_another_session(store: Store, beside: Store) -> None:
    mine, theirs = Leases(store.database), Leases(beside.database)
    async with mine["s"], theirs["t"]:
        assert await mine.taken() == {"t"}
        assert await theirs.taken() == {"s"}
    assert await mine.taken() == set()


async def test_within_a_process_they_take_turns_in_the_order_they_asked(store: Store) -> None:
    done: list[str] = []
    leases = Leases(store.database)
    await asyncio.gather(*(work(leases, "s", done, f"{n}") for n in range(4)))
    assert done[::2] == [f"{n} begins" for n in range(4)]


async def test_what_a_killed_process_held_is_free_after_a_while(
    store: Store, beside: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.05)
    killed = Leases(store.database)
    assert await killed._take("s")  # pyright: ignore[reportPrivateUsage]  # and never released
    async with asyncio.timeout(5), Leases(beside.database)["s"]:
        pass


async def test_who_takes_long_keeps_it(store: Store, beside: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.2)
    monkeypatch.setattr(module, "_RENEWED", 0.02)
    async with Leases(store.database)["s"]:
        await asyncio.sleep(0.4)
        assert await Leases(beside.database).taken() == {"s"}


async def test_an_error_inside_frees_it(store: Store) -> None:
    leases = Leases(store.database)
    with pytest.raises(ValueError, match="inside"):
        async with leases["s"]:
            raise ValueError("inside")
    async with asyncio.timeout(5), leases["s"]:
        pass
