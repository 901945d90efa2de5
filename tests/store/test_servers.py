"""What the store knows of servers: what was chosen for one, and for how long its sessions are kept."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text, update

from bot.store import store as module
from bot.store.schema import sessions
from bot.store.store import SessionRow, Store
from tests.store.rows import beside, record, session


async def test_a_session_knows_its_server_or_that_it_has_none(store: Store) -> None:
    assert (await session(store, "s1", server="discord:1")).server == "discord:1"
    assert (await session(store, "s2")).server is None


async def test_events_are_counted_by_kind_person_server_and_the_day_their_session_began(store: Store) -> None:
    for name, person, server in (("s1", "ada", "one"), ("s2", "ada", "two"), ("s3", "bob", "one"), ("s4", "ada", None)):
        row = await session(store, name, person, server=server)
        await store.append(row.id, [record("a", kind="asked"), record("b", kind="say"), record("c", kind="asked")])
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    assert await store.count_events("asked", "ada", "one", now - hour) == 2
    assert await store.count_events("asked", "ada", "one", now + hour) == 0
    assert await store.count_events("asked", "eve", "one", now - hour) == 0


async def test_what_was_chosen_for_a_server_replaces_what_was_chosen_before(store: Store) -> None:
    assert (await store.servers(), await store.server("discord:1")) == ({}, None)
    await store.set_server("discord:1", '{"retention_days": 30}')
    await store.set_server("discord:2", "{}")
    await store.set_server("discord:1", '{"retention_days": 7}')
    assert await store.server("discord:1") == '{"retention_days": 7}'
    assert await store.servers() == {"discord:1": '{"retention_days": 7}', "discord:2": "{}"}


@pytest.fixture
async def aged(store: Store, url: str) -> Callable[..., Awaitable[None]]:
    """Makes a session of so many days ago in a server, with an answer in it."""

    async def make(name: str, server: str | None, days: int) -> None:
        row = await session(store, name, server=server)
        await store.append(row.id, [record("a", '"said"')])
        begun = datetime.now(UTC) - timedelta(days=days)
        with beside(url) as connection:
            connection.execute(update(sessions).where(sessions.c.id == name).values(created_at=begun))

    return make


async def test_sessions_expire_by_the_days_of_their_server(store: Store, aged: Callable[..., Awaitable[None]]) -> None:
    for name, server, days in (
        ("old in a strict server", "strict", 8),
        ("new in a strict server", "strict", 6),
        ("not so old in a lenient one", "lenient", 59),
        ("old in another", "other", 31),
        ("new in another", "other", 29),
        ("outside servers", None, 4_000),
    ):
        await aged(name, server, days)
    now = datetime.now(UTC)
    before = {"strict": now - timedelta(days=7), "lenient": now - timedelta(days=60)}
    assert await store.expire(before, now - timedelta(days=30)) == 2
    left = {row.id for row in await store.sessions("ada")}
    assert left == {"new in a strict server", "not so old in a lenient one", "new in another", "outside servers"}
    assert {row["session_id"] for row in (await store.export("ada"))["events"]} == left
    assert await store.expire(before, now - timedelta(days=30)) == 0
    assert await store.expire({}, now) == 3
    assert [row.id for row in await store.sessions("ada")] == ["outside servers"]


async def test_sessions_of_an_older_viva_are_kept_and_held_outside_servers(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    with beside(url) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO sessions VALUES ('s1', 'ada', 'terminal', '2026-01-01 00:00:00')"))
    store = await Store.open(url)
    row = await store.session("s1")
    await store.close()
    assert row == SessionRow("s1", "ada", "terminal", datetime(2026, 1, 1, tzinfo=UTC), None)
