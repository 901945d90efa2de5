"""What the store keeps about a person: exported whole, and forgotten to the last byte."""

import re
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import DateTime, Integer, Table, insert

from bot.errors import StoreError
from bot.store import database
from bot.store import store as module
from bot.store.schema import PERSONAL, metadata
from bot.store.store import Store
from tests.store.rows import ANSWER, answered, beside, record, session


def filled(table: Table, person: str) -> dict[str, Any]:
    """A row of a table for a person, whatever its columns are."""

    def value(name: str, kind: object) -> Any:
        if name == "person_id":
            return person
        if isinstance(kind, DateTime):
            return datetime(2026, 1, 1, tzinfo=UTC)
        return 7 if isinstance(kind, Integer) else f"of {person}"

    return {column.name: value(column.name, column.type) for column in table.columns}


@pytest.fixture
def everywhere(store: Store, url: str) -> dict[str, int]:
    """A row for ada and for bob in every table; the number of columns of each."""
    with beside(url) as connection:
        for table in PERSONAL:
            for person in ("ada", "bob"):
                connection.execute(insert(table).values(filled(table, person)))
    return {table.name: len(table.columns) for table in PERSONAL}


def rows(exported: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[int]]:
    return {table: [len(row) for row in found] for table, found in exported.items()}


def test_every_table_but_those_about_servers_says_whose_a_row_is() -> None:
    others = {table.name for table in metadata.sorted_tables if table not in PERSONAL}
    assert others == {"servers", "installations", "states", "leases"}
    assert all("person_id" in table.columns for table in PERSONAL)


def test_every_table_is_told_of_where_people_read_what_is_kept() -> None:
    told = (Path(module.__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    for table in metadata.sorted_tables:
        whose = "a person's" if table in PERSONAL else ""
        assert re.search(rf"^\|.*`{table.name}`.*\|.*{whose}.*\|$", told, re.MULTILINE), table.name


async def test_export_has_a_persons_rows_of_every_table_and_nobody_elses(
    store: Store, everywhere: dict[str, int]
) -> None:
    exported = await store.export("ada")
    assert rows(exported) == {table: [columns] for table, columns in everywhere.items()}
    assert {row["person_id"] for found in exported.values() for row in found} == {"ada"}


async def test_forget_empties_every_table_of_a_person_and_no_other(store: Store, everywhere: dict[str, int]) -> None:
    bobs = await store.export("bob")
    assert await store.forget("ada") == len(everywhere)
    assert rows(await store.export("ada")) == {table: [] for table in everywhere}
    assert await store.export("bob") == bobs
    assert rows(bobs) == {table: [columns] for table, columns in everywhere.items()}


async def test_forgetting_someone_unknown_removes_nothing(store: Store, everywhere: dict[str, int]) -> None:
    assert await store.forget("eve") == 0
    assert rows(await store.export("ada")) == {table: [columns] for table, columns in everywhere.items()}


async def test_what_a_forgotten_person_used_still_counts_for_everyone(store: Store) -> None:
    for person in ("ada", "bob", "eve"):
        await store.record_usage(person, "small", 100, 10)
    await store.forget("ada")
    await store.forget("bob")
    assert await store.tokens_today("ada") == 0
    assert await store.tokens_today() == 330


async def test_a_forgotten_session_takes_no_more_events(store: Store) -> None:
    row = await session(store)
    await store.forget("ada")
    with pytest.raises(StoreError, match=r"forgotten .* start another"):
        await store.append(row.id, [record("late", '"an answer"')])
    assert await store.events(row.id) == []


def kept(path: Path) -> list[str]:
    """The files of a SQLite database that hold the answer."""
    files = [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]
    return [file.name for file in files if file.exists() and ANSWER.encode() in file.read_bytes()]


async def test_forget_leaves_no_byte_of_an_answer_in_the_file_or_its_log(path: Path) -> None:
    store = await answered(path)
    assert kept(path)
    await store.forget("ada")
    assert kept(path) == []
    await store.close()
    assert kept(path) == []


async def test_an_expired_session_leaves_no_byte_of_an_answer_either(path: Path) -> None:
    store = await answered(path, server="discord:1")
    assert kept(path)
    assert await store.expire({}, datetime.now(UTC) + timedelta(days=1)) == 1
    assert kept(path) == []
    await store.close()


async def test_forget_waits_for_a_reader_that_still_holds_the_old_pages(path: Path) -> None:
    store = await answered(path)
    with closing(sqlite3.connect(path, check_same_thread=False)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        leaving = threading.Timer(0.3, reader.rollback)
        leaving.start()
        await store.forget("ada")
        leaving.join()
    assert kept(path) == []
    await store.close()


async def test_forget_says_so_when_a_reader_keeps_the_old_pages(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_CONNECT_SECONDS", 0.1)
    store = await answered(path)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        with pytest.raises(StoreError, match=r"^[^\n]+\.$"):
            await store.forget("ada")
    await store.close()
