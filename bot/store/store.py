"""Events, append-only. Knows nothing of what they mean."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, Text, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StoreError
from bot.store.concepts import Revision, revise
from bot.store.database import Database
from bot.store.schema import ANONYMOUS, PERSONAL, concepts, events, servers, sessions, usage

_ATTEMPTS = 20


_last = select(func.max(events.c.sequence)).where(events.c.session_id == bindparam("session")).scalar_subquery()
_row = select(
    sessions.c.id,
    func.coalesce(_last, 0) + 1,
    bindparam("event", type_=String),
    func.coalesce(bindparam("person", type_=String), sessions.c.person_id),
    bindparam("said", type_=String),
    bindparam("json", type_=Text),
).where(sessions.c.id == bindparam("session"))
_ADD = (
    insert(events)
    .from_select(["session_id", "sequence", "event_id", "person_id", "kind", "body"], _row)
    .execution_options(preserve_rowcount=True)
)


class NoSession(StoreError):
    """A session that never began or has been forgotten."""

    def __init__(self) -> None:
        super().__init__("This session has been forgotten and takes nothing more; start another.")


@dataclass(frozen=True)
class Record:
    """One event as the store sees it: a key that is unique in its session, a kind, and JSON.

    It belongs to the person whose session it is, unless another is named.
    """

    event_id: str
    kind: str
    body: str
    person_id: str | None = None


@dataclass(frozen=True)
class SessionRow:
    """One session: whose it is and where it takes place; `server` is None outside servers."""

    id: str
    person_id: str
    place: str
    created_at: datetime
    server: str | None = None


@dataclass(eq=False)
class _Append:
    """What is to be added to a session, and once it was tried whether it is, or what became of it."""

    session_id: str
    records: Sequence[Record]
    revision: Revision | None
    added: bool | Exception | None = None


class Store:
    """Opened with `Store.open`; every method raises StoreError when the database fails."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._waiting: list[_Append] = []
        self._appending = asyncio.Lock() if database.one_writes else nullcontext()
        self._begin = database.begin
        self._insert = database.insert

    @classmethod
    async def open(cls, url: str) -> "Store":
        """Connect, and bring the tables up to date.

        `url` is sqlite:///path or postgresql://user:password@host/name.
        """
        return cls(await Database.open(url))

    @property
    def address(self) -> str:
        """Where the database is, without its password."""
        return self.database.address

    async def close(self) -> None:
        """Close all connections."""
        await self.database.close()

    async def add_session(self, session_id: str, person_id: str, place: str, server: str | None = None) -> None:
        """Begin a session; nothing happens when it is there already."""
        row = {
            "id": session_id,
            "person_id": person_id,
            "place": place,
            "created_at": datetime.now(UTC),
            "server": server,
        }
        async with self._begin() as connection:
            await connection.execute(self._insert(sessions).values(row).on_conflict_do_nothing())

    async def session(self, session_id: str) -> SessionRow | None:
        """One session, or None."""
        async with self._begin(reading=True) as connection:
            row = (await connection.execute(select(sessions).where(sessions.c.id == session_id))).one_or_none()
        return _session_row(row) if row else None

    async def sessions(
        self, person_id: str, *, place: str | None = None, without: str | None = None
    ) -> list[SessionRow]:
        """A person's sessions, newest first; `without` leaves out those that have an event of that kind."""
        query = select(sessions).where(sessions.c.person_id == person_id)
        if place is not None:
            query = query.where(sessions.c.place == place)
        if without is not None:
            ended = select(events.c.sequence).where(
                and_(events.c.session_id == sessions.c.id, events.c.kind == without)
            )
            query = query.where(~ended.exists())
        async with self._begin(reading=True) as connection:
            rows = await connection.execute(query.order_by(sessions.c.created_at.desc(), sessions.c.id))
            return [_session_row(row) for row in rows]

    async def named(self, name: str) -> list[SessionRow]:
        """The sessions, whosesoever they are, whose id begins so, newest first."""
        query = select(sessions).where(sessions.c.id.startswith(name, autoescape=True))
        async with self._begin(reading=True) as connection:
            rows = await connection.execute(query.order_by(sessions.c.created_at.desc(), sessions.c.id))
            return [_session_row(row) for row in rows]

    async def having(self, kind: str) -> list[SessionRow]:
        """The sessions, whosesoever they are, that have an event of a kind, oldest first."""
        found = select(events.c.session_id).where(events.c.kind == kind)
        query = select(sessions).where(sessions.c.id.in_(found)).order_by(sessions.c.created_at, sessions.c.id)
        async with self._begin(reading=True) as connection:
            return [_session_row(row) for row in await connection.execute(query)]

    async def move_session(self, session_id: str, place: str) -> None:
        """Have a session take place elsewhere from now on."""
        async with self._begin() as connection:
            await connection.execute(update(sessions).where(sessions.c.id == session_id).values(place=place))

    async def lagging(self, places: str, kinds: Collection[str], suffix: str) -> list[SessionRow]:
        """Sessions at places that begin with `places`, oldest first, where something is still to follow.

        That is an event of one of these kinds without another whose key is its own with `suffix` after it.
        """
        answer = events.alias()
        followed = select(answer.c.sequence).where(
            answer.c.session_id == events.c.session_id, answer.c.event_id == events.c.event_id + suffix
        )
        waiting = select(events.c.sequence).where(
            events.c.session_id == sessions.c.id, events.c.kind.in_(kinds), ~followed.exists()
        )
        query = select(sessions).where(sessions.c.place.startswith(places, autoescape=True), waiting.exists())
        async with self._begin(reading=True) as connection:
            rows = await connection.execute(query.order_by(sessions.c.created_at, sessions.c.id))
            return [_session_row(row) for row in rows]

    async def append(self, session_id: str, records: Sequence[Record], revision: Revision | None = None) -> bool:
        """Add events to a session, all or none, in order; what is remembered of its person is revised with them.

        False, and nothing is added, when one of them is there already: a delivery repeated, or
        another process that was faster. Raises NoSession where the session is not, or no longer, there.
        """
        wanted = _Append(session_id, records, revision)
        self._waiting.append(wanted)
        try:
            async with self._appending:
                if wanted.added is None:
                    await self._write_with_others(wanted)
        finally:
            self._waiting.remove(wanted)
        if isinstance(wanted.added, Exception):
            raise wanted.added
        return bool(wanted.added)

    async def _write_with_others(self, wanted: "_Append") -> None:
        """Whoever may write in SQLite writes for all who wait: where 200 people answer at once, each waits for one."""
        together = [wanted]
        if self.database.one_writes:
            try:
                async with self._begin() as connection:
                    others = [one for one in self._waiting if one.added is None and one.revision is None]
                    together = [*others, wanted] if wanted.revision else others
                    await self._add(connection, together)
            except (IntegrityError, NoSession):
                pass  # one of them cannot be added; which one shows when each is tried alone
            else:
                for one in together:
                    one.added = True
                return
        for one in together:
            try:
                one.added = await self._write_alone(one)
            except NoSession as error:
                one.added = error

    async def _write_alone(self, wanted: "_Append") -> bool:
        for _ in range(_ATTEMPTS):
            try:
                async with self._begin() as connection:
                    await self._add(connection, [wanted])
                    return True
            except IntegrityError:
                if await self._has_any(wanted.session_id, wanted.records):
                    return False
                # Else another writer took the sequence number: look again.
        raise StoreError("The database is too busy to store this; try again.")

    async def _add(self, connection: AsyncConnection, wanted: "Sequence[_Append]") -> None:
        """All in one statement: each word with the database is waited for."""
        rows = [
            {"session": one.session_id, "event": r.event_id, "person": r.person_id, "said": r.kind, "json": r.body}
            for one in wanted
            for r in one.records
        ]
        if (await connection.execute(_ADD, rows)).rowcount != len(rows):
            raise NoSession
        for one in wanted:
            if one.revision:
                whose = select(sessions.c.person_id).where(sessions.c.id == one.session_id)
                await revise(connection, self.database, await connection.scalar(whose) or "", one.revision)

    async def _has_any(self, session_id: str, records: Sequence[Record]) -> bool:
        known = events.c.event_id.in_([record.event_id for record in records])
        query = select(func.count()).where(events.c.session_id == session_id, known)
        async with self._begin(reading=True) as connection:
            return bool(await connection.scalar(query))

    async def events(self, session_id: str) -> list[Record]:
        """The events of a session in order."""
        query = select(events.c.event_id, events.c.kind, events.c.body).where(events.c.session_id == session_id)
        async with self._begin(reading=True) as connection:
            rows = await connection.execute(query.order_by(events.c.sequence))
            return [Record(*row) for row in rows]

    async def count_events(self, kind: str, person_id: str, server: str, since: datetime) -> int:
        """How many events of a kind a person's sessions have that began in a server since a moment."""
        mine = and_(sessions.c.person_id == person_id, sessions.c.server == server, sessions.c.created_at >= since)
        query = select(func.count()).select_from(events.join(sessions)).where(mine, events.c.kind == kind)
        async with self._begin(reading=True) as connection:
            return await connection.scalar(query) or 0

    async def expire(self, before: Mapping[str, datetime], otherwise: datetime) -> int:
        """Remove the sessions of each server that began before its moment; the number that went.

        `otherwise` is the moment of the servers that `before` does not name. Sessions outside servers stay.
        """
        begun, server = sessions.c.created_at, sessions.c.server
        old = [and_(server == name, begun < moment) for name, moment in before.items()]
        old.append(and_(server.is_not(None), server.not_in(before), begun < otherwise))
        whose = select(sessions.c.person_id).where(or_(*old))
        async with self._begin() as connection:
            await connection.execute(delete(concepts).where(concepts.c.person_id.in_(whose)))
            gone = (await connection.execute(delete(sessions).where(or_(*old)))).rowcount
        if gone:
            await self.database.scrub()
        return gone

    async def servers(self) -> dict[str, str]:
        """What was chosen for each server, as JSON by the server's id."""
        async with self._begin(reading=True) as connection:
            rows = await connection.execute(select(servers.c.id, servers.c.settings))
            return {row.id: row.settings for row in rows}

    async def server(self, server: str) -> str | None:
        """What was chosen for one server, as JSON, or None."""
        async with self._begin(reading=True) as connection:
            return await connection.scalar(select(servers.c.settings).where(servers.c.id == server))

    async def set_server(self, server: str, settings: str) -> None:
        """Keep what was chosen for a server, in place of what was chosen before."""
        statement = self._insert(servers).values(id=server, settings=settings)
        update = statement.on_conflict_do_update(index_elements=["id"], set_={"settings": settings})
        async with self._begin() as connection:
            await connection.execute(update)

    async def tokens_today(self, person: str | None = None) -> int:
        """Tokens used today (UTC) by one person, or by everyone."""
        query = select(func.sum(usage.c.input_tokens + usage.c.output_tokens)).where(usage.c.day == _today())
        if person is not None:
            query = query.where(usage.c.person_id == person)
        async with self._begin(reading=True) as connection:
            return await connection.scalar(query) or 0

    async def record_usage(self, person: str, model: str, input_tokens: int, output_tokens: int) -> None:
        """Add what one request used."""
        await self._add_usage(person, _today(), model, input_tokens, output_tokens)

    async def _add_usage(self, person: str, day: str, model: str, input_tokens: int, output_tokens: int) -> None:
        async with self._begin() as connection:
            await connection.execute(self._usage_upsert(person, day, model, input_tokens, output_tokens))

    def _usage_upsert(self, person: str, day: str, model: str, input_tokens: int, output_tokens: int) -> Any:
        row = {
            "person_id": person,
            "day": day,
            "model": model,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
        }
        statement = self._insert(usage).values(row)
        added = {column: usage.c[column] + statement.excluded[column] for column in ("input_tokens", "output_tokens")}
        return statement.on_conflict_do_update(index_elements=["person_id", "day", "model"], set_=added)

    async def export(self, person_id: str) -> dict[str, list[dict[str, Any]]]:
        """Everything that is stored about a person: table -> rows."""
        found: dict[str, list[dict[str, Any]]] = {}
        async with self._begin(reading=True, long=True) as connection:
            for table in PERSONAL:
                rows = await connection.execute(select(table).where(table.c.person_id == person_id))
                found[table.name] = [dict(row._mapping) for row in rows]  # pyright: ignore[reportPrivateUsage]  # SQLAlchemy's public name for it
        return found

    async def forget(self, person_id: str) -> int:
        """Remove everything of a person; the number of rows that went."""
        async with self._begin() as connection:
            rows = (await connection.execute(select(usage).where(usage.c.person_id == person_id))).all()
            for row in rows:
                await connection.execute(
                    self._usage_upsert(ANONYMOUS, row.day, row.model, row.input_tokens, row.output_tokens)
                )
            with_others = await self._with_others(connection, person_id)
            gone = 0
            for table in reversed(PERSONAL):
                gone += (await connection.execute(delete(table).where(table.c.person_id == person_id))).rowcount
            for session_id in with_others:
                await self._close_holes(connection, session_id)
        await self.database.scrub()
        return gone

    async def _with_others(self, connection: AsyncConnection, person_id: str) -> Sequence[str]:
        """The sessions of others in which a person said something."""
        theirs = events.c.person_id == person_id, sessions.c.person_id != person_id
        query = select(events.c.session_id).distinct().select_from(events.join(sessions)).where(*theirs)
        return (await connection.scalars(query)).all()

    async def _close_holes(self, connection: AsyncConnection, session_id: str) -> None:
        """Number the events of a session anew, so that a hole always means that something was lost."""
        mine = events.c.session_id == session_id
        numbers = (await connection.scalars(select(events.c.sequence).where(mine).order_by(events.c.sequence))).all()
        for wanted, number in enumerate(numbers, 1):
            if wanted != number:
                moved = update(events).where(mine, events.c.sequence == number).values(sequence=wanted)
                await connection.execute(moved)


def _session_row(row: Any) -> SessionRow:
    """SQLite forgets the time zone, which is always UTC."""
    created_at = row.created_at if row.created_at.tzinfo else row.created_at.replace(tzinfo=UTC)
    return SessionRow(row.id, row.person_id, row.place, created_at, row.server)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
