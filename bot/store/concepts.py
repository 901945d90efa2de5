"""What is remembered of each person and note, as bodies that mean nothing here: kept in step with the events.

The body under no note ("") says that all are there. Where it is missing, or of another version, nothing is kept in
step, and whoever wants to read works all of it out from the events.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.schema import concepts, events, sessions

WHOLE = ""
"""The note of the body that says that all are there."""

Bodies = Mapping[str, str]
Sessions = AsyncGenerator[tuple[str, list[str]]]
"""The id of each session with the bodies of its events, in order."""
Work = Callable[[Sessions], Awaitable[Bodies]]
"""Works bodies out from sessions."""


@dataclass(frozen=True)
class Revision:
    """What becomes of the bodies of these notes (and of the whole): from those that are there to those to be kept."""

    notes: Collection[str]
    change: Callable[[Bodies], Bodies]


class Concepts:
    """The bodies of every person; raises StoreError as the store does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, person: str) -> dict[str, str]:
        """A person's bodies by note; none where they have to be worked out."""
        async with self._database.begin(reading=True) as connection:
            return await _bodies(connection, person)

    async def drop(self) -> None:
        """Have everything worked out anew when it is wanted."""
        async with self._database.begin() as connection:
            await connection.execute(delete(concepts))

    async def rebuild(self, person: str, work: Work, without: Collection[str]) -> dict[str, str]:
        """Work out a person's bodies from the events of their sessions, leaving out these kinds, and keep them.

        No event of theirs is added meanwhile.
        """
        async with self._database.begin() as connection:
            await _alone(connection, person)
            bodies = await work(_sessions(connection, person, without))
            await connection.execute(delete(concepts).where(concepts.c.person_id == person))
            await _keep(connection, self._database, person, bodies)
        return dict(bodies)


async def revise(connection: AsyncConnection, database: Database, person: str, revision: Revision) -> None:
    """Revise within a transaction what is kept of a person."""
    await _alone(connection, person)
    bodies = revision.change(await _bodies(connection, person, [*revision.notes, WHOLE]))
    await _keep(connection, database, person, bodies)


async def _alone(connection: AsyncConnection, person: str) -> None:
    """One at a time for each person, until the end of the transaction; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        key = {"key": f"concepts/{person}"}
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), key)


async def _bodies(connection: AsyncConnection, person: str, notes: Collection[str] | None = None) -> dict[str, str]:
    query = select(concepts.c.note_id, concepts.c.body).where(concepts.c.person_id == person)
    if notes is not None:
        query = query.where(concepts.c.note_id.in_(notes))
    return {row.note_id: row.body for row in await connection.execute(query)}


async def _keep(connection: AsyncConnection, database: Database, person: str, bodies: Bodies) -> None:
    if not bodies:
        return
    rows = [{"person_id": person, "note_id": note_id, "body": body} for note_id, body in bodies.items()]
    statement = database.insert(concepts)
    changed = {"body": statement.excluded.body}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["person_id", "note_id"], set_=changed), rows
    )


async def _sessions(connection: AsyncConnection, person: str, without: Collection[str]) -> Sessions:
    """A person's sessions, one after the other."""
    query = (
        select(events.c.session_id, events.c.body)
        .join_from(events, sessions)
        .where(sessions.c.person_id == person, events.c.kind.not_in(without))
        .order_by(events.c.session_id, events.c.sequence)
    )
    session_id, bodies = "", list[str]()
    async with connection.stream(query) as rows:
        async for row in rows:
            if row.session_id != session_id:
                if bodies:
                    yield session_id, bodies
                session_id, bodies = row.session_id, []
            bodies.append(row.body)
    if bodies:
        yield session_id, bodies
