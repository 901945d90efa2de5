"""Databases of every released version are brought to this one with all that is in them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, insert, select

from bot.coach.events import EVENT
from bot.coach.reply import ProbeReply
from bot.coach.session import Status
from bot.grading.grade import Verdict
from bot.store import store as module
from bot.store.checking import problems
from bot.store.database import HEAD
from bot.store.schema import metadata
from bot.store.store import Store
from tests.coach.scripted import LIBRARY, Door, ScriptedJudge, coach_of, of
from tests.store.conftest import Fresh
from tests.store.released import FOLDER, PERSON, SAID, upgrade
from tests.store.rows import beside

DUMPS = {path.name.split(".")[0]: path for path in sorted(FOLDER.glob("*.sql"))}


def restore(revision: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMPS[revision].read_text(encoding="utf-8"))


def restore_to_postgresql(revision: str, url: str, path: Path) -> None:
    """The same rows in tables as PostgreSQL had them."""
    restore(revision, path)
    (tables := MetaData()).reflect(engine := create_engine(f"sqlite:///{path}"))
    with beside(url) as connection, engine.connect() as dumped:
        upgrade(connection, revision)
        for table in tables.sorted_tables:
            if table.name != "alembic_version" and (rows := dumped.execute(select(table)).mappings().all()):
                connection.execute(insert(table), [dict(row) for row in rows])
    engine.dispose()


async def goes_on(url: str) -> None:
    """Everything is where it was, and an open session takes the next answer."""
    store = await Store.open(url)
    coach = coach_of(LIBRARY, store, ScriptedJudge("-"))
    drill = await coach.session("s1")
    assert drill.status is Status.CLOSED
    assert drill.history[0].answers == (SAID,)
    assert [point.verdict for point in drill.history[0].points.values()][:2] == [Verdict.MET, Verdict.MET]
    assert len((await store.export(PERSON))["usage"]) == 1
    interview = Door(coach, "s2", PERSON, "discord:3")
    interview.sent = 1
    assert of(ProbeReply, await interview.say())
    assert [sentence async for sentence in problems(store.database, lambda b: EVENT.validate_json(b).kind)] == []
    await store.close()
    with beside(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD


@pytest.mark.parametrize("revision", DUMPS)
async def test_a_file_of_a_released_version_is_brought_forward_and_goes_on(revision: str, tmp_path: Path) -> None:
    restore(revision, tmp_path / "viva.sqlite3")
    await goes_on(f"sqlite:///{tmp_path / 'viva.sqlite3'}")


async def test_a_postgresql_of_the_first_version_is_brought_forward_and_goes_on(
    postgresql: Fresh, tmp_path: Path
) -> None:
    url = postgresql()
    restore_to_postgresql("0001", url, tmp_path / "viva.sqlite3")
    await goes_on(url)


def test_every_migration_but_the_newest_has_a_stored_database() -> None:
    scripts = ScriptDirectory(str(Path(module.__file__).parent / "migrations"))
    assert {script.revision for script in scripts.walk_revisions()} - {HEAD} <= DUMPS.keys()
