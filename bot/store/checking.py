"""Is what is stored whole? Read only; nothing is changed or brought up to date."""

from collections.abc import AsyncIterator, Callable

from sqlalchemy import ColumnElement, ForeignKey, Table, and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import HEAD, Database
from bot.store.schema import events, metadata

KindOf = Callable[[str], str]
"""The kind of the event in a body; ValueError for what is no event."""

_BATCH = 1_000  # rows
_RESTORE = "restore the database from a backup"


async def problems(database: Database, kind_of: KindOf) -> AsyncIterator[str]:
    """A sentence for everything that is wrong; raises StoreError where the database cannot be read.

    Looked at are its revision, on SQLite its pages (PostgreSQL checks its own), whether every row that belongs to one
    of another table finds it there, whether the events of each session are numbered without holes, and whether every
    event can be read.
    """
    revision = await database.revision()
    if revision != HEAD:
        yield _about_revision(revision)
        return
    async with database.begin(reading=True, long=True) as connection:
        if connection.dialect.name == "sqlite":
            for found in (await connection.scalars(text("PRAGMA integrity_check"))).all():
                if found != "ok":
                    yield f"SQLite finds damage ({found}); {_RESTORE}."
        for table in metadata.sorted_tables:
            for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
                async for sentence in _orphans(connection, table, key):
                    yield sentence
        async for sentence in _holes(connection):
            yield sentence
        async for sentence in _unreadable(connection, kind_of):
            yield sentence


def _about_revision(revision: str | None) -> str:
    if revision is None:
        return "There are no tables of Viva here; name the database that Viva writes to."
    if revision < HEAD:
        return f"It is at revision {revision} and this Viva needs {HEAD}; `viva progress` brings it there."
    return f"It is at revision {revision}, written by a newer Viva than this one ({HEAD}); upgrade Viva."


async def _orphans(connection: AsyncConnection, table: Table, key: ForeignKey) -> AsyncIterator[str]:
    there: ColumnElement[bool] = select(key.column).where(key.column == key.parent).exists()
    number = await connection.scalar(select(func.count()).select_from(table).where(~there))
    if number:
        yield f"{number} rows of {table.name} belong to nothing in {key.column.table.name}; {_RESTORE}."


async def _holes(connection: AsyncConnection) -> AsyncIterator[str]:
    first, last, number = func.min(events.c.sequence), func.max(events.c.sequence), func.count()
    query = select(events.c.session_id).group_by(events.c.session_id).having(~and_(first == 1, last == number))
    sessions = (await connection.scalars(query.order_by(events.c.session_id))).all()
    if sessions:
        yield f"Events are missing in {len(sessions)} sessions, the first of them {sessions[0]}; {_RESTORE}."


async def _unreadable(connection: AsyncConnection, kind_of: KindOf) -> AsyncIterator[str]:
    number, first = 0, ""
    rows = await connection.stream(select(events).execution_options(yield_per=_BATCH))
    async for row in rows:
        try:
            readable = kind_of(row.body) == row.kind
        except ValueError:
            readable = False
        if not readable:
            number, first = number + 1, first or f"number {row.sequence} of session {row.session_id}"
    if number:
        yield f"{number} events cannot be read, the first of them {first}; {_RESTORE}."
