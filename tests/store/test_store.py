"""The store on both databases: what it keeps, in which order, and what it removes."""

import asyncio
import re
import sqlite3
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import DateTime, Integer, Table, insert, make_url, text

from bot.errors import StoreError
from bot.store import database
from bot.store import store as module
from bot.store.database import HEAD
from bot.store.schema import PERSONAL, metadata
from bot.store.store import Store
from tests.store.rows import beside, record, session

PASSWORD = "hunter2"


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


ANSWER = "the entropy of fixed labels is a constant"


def kept(path: Path) -> list[str]:
    """The files of a SQLite database that hold the answer."""
    files = [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]
    return [file.name for file in files if file.exists() and ANSWER.encode() in file.read_bytes()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "viva.sqlite3"


async def answered(path: Path, server: str | None = None) -> Store:
    store = await Store.open(f"sqlite:///{path}")
    row = await session(store, server=server)
    await store.append(row.id, [record(str(n), f'"{ANSWER}{" and so on" * 100}"') for n in range(20)])
    return store


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


async def test_a_locked_database_is_one_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_CONNECT_SECONDS", 0.1)
    store = await answered(path)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"^The database .* cannot be used \(database is locked\); [^\n]+\.$"):
            await store.add_session("s2", "ada", "terminal")
    await store.add_session("s2", "ada", "terminal")
    await store.close()


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


def test_head_is_the_newest_migration_file() -> None:
    scripts = ScriptDirectory(str(Path(module.__file__).parent / "migrations"))
    assert scripts.get_heads() == [HEAD]


async def test_the_migrated_tables_are_those_of_the_schema(store: Store, url: str) -> None:
    with beside(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD


OPENS = """
import asyncio, sys
from bot.store.store import Store
import alembic.command, alembic.config, aiosqlite, psycopg
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(Store.open(sys.argv[1]))
"""


async def test_processes_that_open_an_empty_database_at_once_all_open_it(url: str) -> None:
    start = partial(asyncio.create_subprocess_exec, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    ones = [await start(sys.executable, "-c", OPENS, url) for _ in range(2)]
    for one in ones:
        assert one.stdout
        await one.stdout.readline()
    ends = await asyncio.gather(*(one.communicate(b"go\n") for one in ones))
    assert [one.returncode for one in ones] == [0, 0], b"".join(error for _, error in ends).decode()


async def test_a_new_file_that_another_process_is_writing_to_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "viva.sqlite3"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.execute, ["COMMIT"]).start()
    store = await Store.open(f"sqlite:///{file}")
    await store.close()
    other.close()


async def test_a_database_of_a_newer_viva_is_refused_in_one_sentence(store: Store, url: str) -> None:
    with beside(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"^The database was written by a newer Viva; [^\n]+\.$"):
        await Store.open(url)


async def workers_left() -> list[str]:
    """The threads of SQLite connections that are still there a moment later."""
    names: list[str] = []
    for _ in range(100):
        names = [thread.name for thread in threading.enumerate() if "connection_worker" in thread.name]
        if not names:
            break
        await asyncio.sleep(0.01)
    return names


UNUSABLE = {
    "nobody listens": f"postgresql://ada:{PASSWORD}@127.0.0.1:1/viva",
    "no such socket": f"postgresql://ada:{PASSWORD}@/viva?host=/nowhere",
    "password in the query": f"postgresql://ada@127.0.0.1:1/viva?password={PASSWORD}",
    "another database": f"mysql://ada:{PASSWORD}@127.0.0.1/viva",
    "another driver": f"postgresql+asyncpg://ada:{PASSWORD}@127.0.0.1/viva",
    "no scheme": f"ada:{PASSWORD}@127.0.0.1/viva",
    "a word": "viva",
    "port is no number": f"postgresql://ada:{PASSWORD}@127.0.0.1:port/viva",
    "slash in the password": f"postgresql://ada:{PASSWORD}/x@127.0.0.1/viva",
    "unknown option": f"postgresql://ada:{PASSWORD}@127.0.0.1:1/viva?colour=blue",
    "below a file": "sqlite:///{tmp}/file/viva.sqlite3",
    "a folder": "sqlite:///{tmp}",
    "not a database": "sqlite:///{tmp}/file",
}


@pytest.mark.parametrize("address", UNUSABLE.values(), ids=UNUSABLE.keys())
async def test_an_address_that_cannot_be_used_is_one_sentence_without_the_password(
    address: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("this is a regular file, and no database of any kind\n" * 40)
    with pytest.raises(StoreError, match=r"^[^\n]+[^\n.]\.$") as caught:
        await Store.open(address.format(tmp=tmp_path))
    assert PASSWORD not in str(caught.value)
    await workers_left()


def of_a_newer_viva(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")


def garbage(path: Path) -> None:
    path.write_text("no database " * 100)


@pytest.mark.parametrize("broken", [of_a_newer_viva, garbage])
async def test_a_store_that_does_not_open_leaves_no_connection_behind(
    broken: Callable[[Path], None], path: Path
) -> None:
    broken(path)
    with pytest.raises(StoreError):
        await Store.open(f"sqlite:///{path}")
    assert await workers_left() == []


async def test_an_address_is_shown_without_its_password(postgresql_url: str) -> None:
    shown = make_url(postgresql_url).set(password=PASSWORD)
    store = await Store.open(shown.render_as_string(hide_password=False))
    assert PASSWORD not in store.address
    await store.close()


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgresql")()
