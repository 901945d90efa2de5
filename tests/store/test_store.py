"""The store on both databases: what it keeps, in which order, and how it adds up."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.store import store as module
from bot.store.store import Store
from tests.store.rows import record, session


async def test_events_come_back_in_the_order_they_were_appended(store: Store) -> None:
    row = await session(store)
    first, second = [record("b"), record("a")], [record("0"), record("c", '{"text": "p ≠ q 🙂 \\u0000"}')]
    assert await store.append(row.id, first)
    assert await store.append(row.id, second)
    assert await store.events(row.id) == [*first, *second]


async def test_append_adds_all_records_or_none(store: Store) -> None:
    row = await session(store)
    await store.append(row.id, [record("a"), record("b")])
    assert not await store.append(row.id, [record("c"), record("a"), record("d")])
    assert await store.events(row.id) == [record("a"), record("b")]


async def test_an_event_delivered_twice_is_stored_once_as_it_came_first(store: Store) -> None:
    row = await session(store)
    assert await store.append(row.id, [record("a", '"first"')])
    assert not await store.append(row.id, [record("a", '"second"')])
    assert await store.events(row.id) == [record("a", '"first"')]


async def test_an_event_id_is_unique_in_its_session_only(store: Store) -> None:
    one, other = await session(store, "s1"), await session(store, "s2")
    assert await store.append(one.id, [record("a", "1")])
    assert await store.append(other.id, [record("a", "2")])
    assert (await store.events("s1"), await store.events("s2")) == ([record("a", "1")], [record("a", "2")])


async def test_sequences_have_no_gap_after_twenty_appends_at_once_from_two_processes(store: Store, url: str) -> None:
    row = await session(store)
    other = await Store.open(url)
    writers = [store, other] * 10
    added = await asyncio.gather(*(w.append(row.id, [record(f"{n}a"), record(f"{n}b")]) for n, w in enumerate(writers)))
    await other.close()
    assert all(added)
    assert sorted(e["sequence"] for e in (await store.export("ada"))["events"]) == list(range(1, 41))
    ids = [e.event_id for e in await store.events(row.id)]
    assert all(ids[n][:-1] == ids[n + 1][:-1] for n in range(0, 40, 2)), "records of one append stay together"


async def test_one_event_raced_twenty_times_is_stored_once(store: Store, url: str) -> None:
    row = await session(store)
    other = await Store.open(url)
    added = await asyncio.gather(*(w.append(row.id, [record("a")]) for w in [store, other] * 10))
    await other.close()
    assert sorted(added) == [False] * 19 + [True]
    assert len(await store.events(row.id)) == 1


async def test_an_append_that_is_cancelled_leaves_the_store_usable(store: Store) -> None:
    row = await session(store)
    task = asyncio.create_task(store.append(row.id, [record("a"), record("b")]))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.append(row.id, [record("c")])
    assert [e.event_id for e in await store.events(row.id)] in (["c"], ["a", "b", "c"])


async def test_a_session_added_again_stays_whose_it_was(store: Store) -> None:
    first = await session(store, "s1", "ada", "terminal")
    assert await session(store, "s1", "bob", "discord") == first


async def test_a_session_that_nobody_began_is_none(store: Store) -> None:
    assert await store.session("nowhere") is None
    assert await store.events("nowhere") == []


async def test_a_session_knows_the_moment_it_began(store: Store) -> None:
    before = datetime.now(UTC)
    row = await session(store)
    assert row.created_at.tzinfo is not None, "the same moment must compare alike whatever the database"
    assert before <= row.created_at <= datetime.now(UTC)


async def test_sessions_are_one_persons_newest_first(store: Store) -> None:
    for name, person in (("z", "ada"), ("b", "bob"), ("a", "ada"), ("m", "ada")):
        await session(store, name, person)
    assert [row.id for row in await store.sessions("ada")] == ["m", "a", "z"]


async def test_sessions_can_be_narrowed_to_a_place_and_to_those_without_an_event(store: Store) -> None:
    ended, open_, elsewhere = [
        await session(store, name, place=place) for name, place in (("s1", "dm"), ("s2", "dm"), ("s3", "thread"))
    ]
    await store.append(ended.id, [record("a"), record("b", kind="closed")])
    await store.append(open_.id, [record("a")])
    assert await store.sessions("ada", place="dm") == [open_, ended]
    assert await store.sessions("ada", without="closed") == [elsewhere, open_]
    assert await store.sessions("ada", place="dm", without="closed") == [open_]
    assert await store.sessions("ada", place="dm", without="graded") == [open_, ended]


async def test_usage_adds_up_by_person_and_for_everyone(store: Store) -> None:
    await store.record_usage("ada", "small", 10, 1)
    await store.record_usage("ada", "small", 20, 2)
    await store.record_usage("ada", "large", 400, 50)
    await store.record_usage("bob", "small", 5_000, 600)
    assert await store.tokens_today("ada") == 483
    assert await store.tokens_today("bob") == 5_600
    assert await store.tokens_today("eve") == 0
    assert await store.tokens_today() == 6_083


async def test_usage_of_requests_at_once_is_all_counted(store: Store) -> None:
    await asyncio.gather(*(store.record_usage("ada", "small", 10, 1) for _ in range(20)))
    assert await store.tokens_today("ada") == 220


async def test_usage_starts_anew_every_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_today", lambda: "2026-01-31")
    await store.record_usage("ada", "small", 10, 1)
    monkeypatch.setattr(module, "_today", lambda: "2026-02-01")
    assert (await store.tokens_today("ada"), await store.tokens_today()) == (0, 0)
    await store.record_usage("ada", "small", 1, 1)
    assert (await store.tokens_today("ada"), await store.tokens_today()) == (2, 2)


async def test_reopening_keeps_everything(store: Store, url: str) -> None:
    row = await session(store)
    await store.append(row.id, [record("a", '"said"'), record("b")])
    await store.record_usage("ada", "small", 10, 1)
    before = await store.export("ada")
    await store.close()
    again = await Store.open(url)
    assert await again.export("ada") == before
    assert await again.session(row.id) == row
    assert await again.tokens_today("ada") == 11
    await again.close()
