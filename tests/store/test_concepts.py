"""What is remembered of a person, kept in step with events: in both databases, in one transaction, one at a time."""

import asyncio
from collections.abc import Mapping

import pytest

from bot.store.concepts import WHOLE, Bodies, Concepts, Revision, Sessions
from bot.store.store import Store
from bot.store.wishes import WishBook
from tests.store.rows import record, session

FRESH = {WHOLE: "0"}


async def nothing(sessions: Sessions) -> Bodies:
    return FRESH


def counting(note: str = "kl") -> Revision:
    """One more for the note, and for the whole."""

    def change(bodies: Mapping[str, str]) -> Mapping[str, str]:
        return {name: str(int(bodies.get(name, 0)) + 1) for name in (WHOLE, note)} if WHOLE in bodies else {}

    return Revision([note], change)


def _broken(bodies: Bodies) -> Bodies:
    return {"kl": str(1 // len(bodies["none"]))}


async def test_a_revision_is_kept_with_its_events_or_not_at_all(store: Store) -> None:
    ada, concepts = await session(store), Concepts(store.database)
    assert await store.append(ada.id, [record("1")], counting())
    assert await concepts.of("ada") == {}
    await concepts.rebuild("ada", nothing, [])
    assert await store.append(ada.id, [record("2")], counting())
    assert not await store.append(ada.id, [record("2")], counting())
    assert await concepts.of("ada") == {WHOLE: "1", "kl": "1"}
    with pytest.raises(KeyError):
        await store.append(ada.id, [record("3")], Revision([], _broken))
    assert [each.event_id for each in await store.events("s1")] == ["1", "2"]


async def test_of_turns_at_once_none_is_lost(store: Store) -> None:
    await Concepts(store.database).rebuild("ada", nothing, [])
    rows = [await session(store, f"s{number}") for number in range(6)]
    await asyncio.gather(*(store.append(row.id, [record("1")], counting()) for row in rows))
    assert await Concepts(store.database).of("ada") == {WHOLE: "6", "kl": "6"}


async def test_a_person_is_worked_out_from_all_of_their_sessions_and_no_other(store: Store) -> None:
    for name, person in (("s1", "ada"), ("s2", "bob"), ("s3", "ada")):
        row = await session(store, name, person)
        await store.append(row.id, [record("1", f'"{name}"'), record("2", kind="shown"), record("3", f'"{name}!"')])

    async def work(sessions: Sessions) -> Bodies:
        return {WHOLE: str([found async for found in sessions])}

    concepts = Concepts(store.database)
    found = await concepts.rebuild("ada", work, ["shown"])
    assert found == {WHOLE: str([("s1", ['"s1"', '"s1!"']), ("s3", ['"s3"', '"s3!"'])])}
    assert await concepts.of("ada") == found
    assert await concepts.of("bob") == {}


async def test_a_day_is_claimed_once(store: Store) -> None:
    book = WishBook(store.database)
    await book.keep("ada", "{}", 9)
    claims = await asyncio.gather(*(WishBook(store.database).claim("ada", "2026-05-04") for _ in range(4)))
    assert sorted(claims) == [False, False, False, True]
    assert await book.waiting("a", 9, "2026-05-04") == []
    assert await book.waiting("a", 9, "2026-05-05") == ["ada"]
    assert await book.waiting("a", 8, "2026-05-05") == await book.waiting("b", 9, "2026-05-05") == []
    await book.keep("ada", "{}", 9, "2026-05-05")
    assert await book.claim("ada", "2026-05-05") is False
