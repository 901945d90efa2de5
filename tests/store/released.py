"""A database as a released version left it, as SQL: `python -m tests.store.released` writes the newest migration's.

Done before every release; what was written once is never written again. Migrations are tested on all of them.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, Table, create_engine, insert

from bot.coach.events import Mode
from bot.store import store as module
from bot.store.database import HEAD
from bot.store.store import Store
from tests.coach.scripted import LIBRARY, Door, ScriptedJudge, coach_of

FOLDER = Path(__file__).with_name("released")
PERSON, SAID = "discord:1", "it is the expected log loss; p ≠ q, isn't it?"


async def conversation(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows of every table about people, as a drill with a mark and an interview leave them."""
    store = await Store.open(f"sqlite:///{folder / 'viva.sqlite3'}")
    ada = Door(coach_of(LIBRARY, store, ScriptedJudge("+?-", always="-")), person=PERSON, place="discord:2")
    await ada.start()
    await ada.say(SAID)
    await ada.hint()
    await ada.skip()
    await ada.mark(2)
    await ada.stop()
    await Door(ada.coach, "s2", PERSON, "discord:3").start(Mode.INTERVIEW)
    await store.record_usage(PERSON, "small", 100, 10)
    tables = await store.export(PERSON)
    await store.close()
    return tables


def others(tables: dict[str, Table]) -> Iterator[tuple[Table, dict[str, Any]]]:
    """A row of every table that is about nobody."""
    known = {"servers": {"id": "discord:4", "settings": "{}"}, "installations": {"id": "slack:T1", "body": b"\x00key"}}
    yield from ((tables[name], row) for name, row in known.items() if name in tables)


def upgrade(connection: Connection, revision: str) -> None:
    """Make the tables as they were at a revision."""
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def dump(revision: str) -> str:
    """The database at a revision."""
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(conversation(Path(folder)))
        path = Path(folder) / "released.sqlite3"
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            upgrade(connection, revision)
            (metadata := MetaData()).reflect(connection)
            for name in ("sessions", "usage", "events"):
                table = metadata.tables[name]
                for row in rows[name]:
                    connection.execute(insert(table).values({c.name: row[c.name] for c in table.columns}))
            for table, row in others(dict(metadata.tables)):
                connection.execute(insert(table).values(row))
        engine.dispose()
        with closing(sqlite3.connect(path)) as connection:
            return "\n".join(connection.iterdump()) + "\n"


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else HEAD
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{wanted}.sqlite.sql").write_text(dump(wanted), encoding="utf-8")
