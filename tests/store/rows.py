"""Rows to put into a store, and a way to look beside it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, make_url

from bot.store.store import Record, SessionRow, Store

ANSWER = "the entropy of fixed labels is a constant"


def record(event_id: str, body: str = "{}", kind: str = "say") -> Record:
    return Record(event_id, kind, body)


async def session(
    store: Store, session_id: str = "s1", person: str = "ada", place: str = "terminal", server: str | None = None
) -> SessionRow:
    await store.add_session(session_id, person, place, server)
    row = await store.session(session_id)
    assert row
    return row


async def answered(path: Path, server: str | None = None) -> Store:
    """A store in a SQLite file, with the answer in twenty events of a session."""
    store = await Store.open(f"sqlite:///{path}")
    row = await session(store, server=server)
    await store.append(row.id, [record(str(n), f'"{ANSWER}{" and so on" * 100}"') for n in range(20)])
    return store


@contextmanager
def beside(url: str) -> Generator[Connection]:
    """A plain connection next to the store's own."""
    driver = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
    parsed = make_url(url)
    engine = create_engine(parsed.set(drivername=driver[parsed.drivername]), poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
