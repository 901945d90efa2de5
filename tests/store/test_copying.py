"""A database is copied whole from either kind to the other, and checked for what is not whole."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import DateTime, Integer, LargeBinary, Row, Table, insert, select, text

from bot.coach.events import EVENT
from bot.errors import StoreError
from bot.store import copying
from bot.store.checking import problems
from bot.store.copying import copy
from bot.store.database import Database
from bot.store.schema import metadata
from bot.store.store import Record, Store
from tests.store.conftest import Fresh
from tests.store.rows import beside, session

EVENING = datetime(2026, 5, 4, 20, 0, tzinfo=timezone(timedelta(hours=2)))


def value(column: Any, number: int) -> Any:
    """Something that fits a column, another for every number; a session's events belong to it."""
    if isinstance(column.type, DateTime):
        return EVENING + timedelta(hours=number)
    if isinstance(column.type, LargeBinary):
        return b"\x00\xff%d" % number
    if isinstance(column.type, Integer):
        return number
    return f"{number} ≠ '%s' \\" if not column.primary_key and not column.foreign_keys else f"{number}"


def fill(url: str, rows: int) -> None:
    """So many rows in every table of the schema, whatever tables there are."""
    with beside(url) as connection:
        for table in metadata.sorted_tables:
            connection.execute(insert(table), [{c.name: value(c, n) for c in table.columns} for n in range(rows)])


async def contents(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table; SQLite says of no moment that it is in UTC, though it is."""

    def plain(cell: Any) -> Any:
        return (cell if cell.tzinfo else cell.replace(tzinfo=UTC)) if isinstance(cell, datetime) else cell

    async with database.begin(reading=True) as connection:

        async def rows(table: Table) -> list[dict[str, Any]]:
            found = await connection.execute(select(table).order_by(*table.primary_key))
            return [{name: plain(cell) for name, cell in row.items()} for row in found.mappings()]

        return {table.name: await rows(table) for table in metadata.sorted_tables}


@pytest.fixture
async def opened() -> AsyncIterator[Callable[[str], Any]]:
    databases: list[Database] = []

    async def open_(url: str) -> Database:
        databases.append(await Database.open(url))
        return databases[-1]

    yield open_
    for database in databases:
        await database.close()


async def test_every_row_of_every_table_comes_to_postgresql_and_back(
    postgresql: Fresh, sqlite: Fresh, opened: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_BATCH", 2)
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")  # a server says moments in the zone of whoever asks
    first, back, server = await opened(url := postgresql()), await opened(sqlite()), await opened(postgresql())
    fill(url, 5)
    before = await contents(first)
    assert await copy(first, back) == {table.name: 5 for table in metadata.sorted_tables}
    assert await contents(back) == before
    await copy(back, server)
    assert await contents(server) == before


async def test_a_database_with_something_in_it_is_not_copied_to(sqlite: Fresh, opened: Callable[[str], Any]) -> None:
    source, target = await opened(sqlite()), await opened(url := sqlite())
    with beside(url) as connection:
        connection.execute(insert(metadata.tables["servers"]).values(id="discord:1", settings="{}"))
    with pytest.raises(StoreError, match=r"is not empty \(there are servers\); name a new database"):
        await copy(source, target)


async def test_a_copy_that_breaks_off_leaves_nothing_behind(
    sqlite: Fresh, opened: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = await opened(url := sqlite()), await opened(sqlite())
    fill(url, 3)
    empty = await contents(target)
    left, values = iter(range(8)), copying._values  # pyright: ignore[reportPrivateUsage]  # what fails in the middle

    def breaks_off(row: Row[Any]) -> dict[str, Any]:
        if next(left, None) is None:
            raise StoreError("The disk is full.")
        return values(row)

    monkeypatch.setattr(copying, "_values", breaks_off)
    with pytest.raises(StoreError, match="The disk is full"):
        await copy(source, target)
    assert await contents(target) == empty


# Checking


def kind_of(body: str) -> str:
    return EVENT.validate_json(body).kind


async def found(store: Store) -> list[str]:
    return [sentence async for sentence in problems(store.database, kind_of)]


async def said(store: Store, person: str = "ada") -> None:
    """A session of ada's with five events, the third and the fourth by somebody else where one is named."""
    row = await session(store)
    for number in range(1, 6):
        body = f'{{"kind": "pause", "id": "{number}", "at": "2026-05-04T12:00:00Z"}}'
        who = person if number in (3, 4) else "ada"
        await store.append(row.id, [Record(f"{number}", "pause", body, who)])


async def test_what_is_whole_has_no_problem(store: Store) -> None:
    await said(store)
    assert await found(store) == []


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("DELETE FROM events WHERE sequence = 2", "Events are missing in 1 sessions, the first of them s1; "),
        ("DELETE FROM events WHERE sequence = 1", "Events are missing in 1 sessions, the first of them s1; "),
        ("DELETE FROM sessions", "5 rows of events belong to nothing in sessions; "),
        ('UPDATE events SET body = \'{"kind": "pause"}\' WHERE sequence = 3', "1 events cannot be read, the first of "),
        (
            "UPDATE events SET kind = 'say' WHERE sequence > 3",
            "2 events cannot be read, the first of them number 4 of ",
        ),
        ("UPDATE alembic_version SET version_num = '0001'", "It is at revision 0001 and this Viva needs "),
        ("UPDATE alembic_version SET version_num = '9999'", "It is at revision 9999, written by a newer Viva "),
        ("DELETE FROM alembic_version", "There are no tables of Viva here; "),
    ],
)
async def test_whatever_is_not_whole_is_one_sentence(sqlite: Fresh, damage: str, sentence: str) -> None:
    store = await Store.open(url := sqlite())
    await said(store)
    with beside(url) as connection:
        connection.execute(text(damage))
    (told,) = await found(store)
    assert told.startswith(sentence)
    assert told.endswith(".")
    await store.close()


def empty_a_page(path: Path) -> None:
    """Take the entries of an index and leave its header."""
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_events_person_id'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size + 8 : page * size] = bytes(size - 8)
    path.write_bytes(content)


async def test_damaged_pages_are_found(sqlite: Fresh) -> None:
    store = await Store.open(url := sqlite())
    await said(store)
    await store.close()
    empty_a_page(Path(url.removeprefix("sqlite:///")))
    store = Store(Database.found(url))
    assert any("SQLite finds damage" in sentence for sentence in await found(store))
    await store.close()


async def test_who_is_forgotten_leaves_no_hole_in_the_sessions_of_others(store: Store) -> None:
    await said(store, person="bob")
    assert await store.forget("bob") == 2
    assert [event.event_id for event in await store.events("s1")] == ["1", "2", "5"]
    assert await found(store) == []
    await store.append((await session(store)).id, [Record("6", "pause", '{"kind": "pause", "id": "6", "at": 0}')])
    assert [event.event_id for event in await store.events("s1")] == ["1", "2", "5", "6"]


def test_a_file_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"There is no database .*; name the file as in "):
        Database.found(f"sqlite:///{tmp_path / 'none.sqlite3'}")
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_is_refused_for_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r" is a folder; DATABASE_URL names a file in it, as in sqlite:///"):
        await Store.open(f"sqlite:///{tmp_path}")
