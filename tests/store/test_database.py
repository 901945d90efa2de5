"""A database is brought up to date by whoever opens it, and refused in one sentence where it cannot be used."""

import asyncio
import sqlite3
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from bot.errors import StoreError
from bot.store import database
from bot.store import store as module
from bot.store.database import HEAD
from bot.store.schema import metadata
from bot.store.store import Store
from tests.store.rows import answered, beside

PASSWORD = "hunter2"


async def test_a_locked_database_is_one_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_CONNECT_SECONDS", 0.1)
    store = await answered(path)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"^The database .* cannot be used \(database is locked\); [^\n]+\.$"):
            await store.add_session("s2", "ada", "terminal")
    await store.add_session("s2", "ada", "terminal")
    await store.close()


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
