"""Where sessions take place, and which of them wait for something."""

from bot.store.store import Record, Store
from tests.store.rows import record, session


async def test_a_session_moves_and_keeps_its_events(store: Store) -> None:
    row = await session(store, place="thread")
    await store.append(row.id, [record("a")])
    await store.move_session("s1", "direct message")
    moved = await store.session("s1")
    assert moved
    assert (moved.place, moved.person_id, moved.created_at) == ("direct message", row.person_id, row.created_at)
    assert await store.events("s1") == [record("a")]


async def test_sessions_that_lag_have_an_event_that_nothing_has_followed_yet(store: Store) -> None:
    stories = {
        "none": [],
        "followed": [record("1"), record("1/shown", kind="shown"), record("2", kind="graded")],
        "waiting": [record("1"), record("1/shown", kind="shown"), record("2", kind="hint"), record("3", kind="graded")],
        "elsewhere": [record("1")],
    }
    for name, records in stories.items():
        row = await session(store, name, place="slack:1" if name == "elsewhere" else "discord:1")
        for one in records:
            await store.append(row.id, [one])
    assert [row.id for row in await store.lagging("discord:", ["say", "hint"], "/shown")] == ["waiting"]
    assert [row.id for row in await store.lagging("discord_", ["say", "hint"], "/shown")] == []


async def test_an_event_of_somebody_else_goes_when_they_are_forgotten(store: Store) -> None:
    row = await session(store, person="ada")
    await store.append(row.id, [record("a"), Record("b", "vote", "{}", "bob")])
    assert [event["event_id"] for event in (await store.export("bob"))["events"]] == ["b"]
    assert await store.forget("bob") == 1
    assert await store.events("s1") == [record("a")]
    assert [event["event_id"] for event in (await store.export("ada"))["events"]] == ["a"]
