"""The database: SQLite (WAL) by default, PostgreSQL by URL; its tables are brought up to date when it is opened."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StoreError

HEAD = "0004"  # the newest migration; a test holds it to the files

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
_CONNECT_SECONDS = 10
_CONNECTIONS = 10  # at once, in SQLite
_SECONDS = 60  # that a transaction may take
_SNAPSHOT: dict[str, dict[str, Any]] = {
    "sqlite": {"snapshot": True},
    "postgresql": {"isolation_level": "REPEATABLE READ"},
}
_MIGRATION_LOCK = 8_241_001  # any number that nobody else uses in this database


class Database:
    """Opened with `Database.open`; what is done in `begin` raises StoreError when the database fails.

    `Database.found` takes one as it is: nothing is made, and nothing brought up to date.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # The same connections: what only reads need not wait for whoever writes.
        self._reading = engine.execution_options(reading=True)
        self.one_writes = engine.dialect.name == "sqlite"
        """Whether one transaction writes at a time."""
        # Whoever finds it taken looks again ever later: a queue is fair.
        self._writing = asyncio.Lock() if self.one_writes else nullcontext()
        # Fewer than there are connections, so that whoever writes never waits for those who read.
        self._reads = asyncio.Semaphore(_CONNECTIONS - 2) if self.one_writes else nullcontext()

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Connect, and bring the tables up to date.

        `url` is sqlite:///path or postgresql://user:password@host/name.
        """
        engine = _engine(url)
        database = cls(engine)
        try:
            async with database.begin() as connection:
                if engine.dialect.name == "postgresql":
                    # Two processes that start at once must not both make the tables.
                    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
                if await connection.run_sync(_revision) != HEAD:
                    await connection.run_sync(_migrate)
        except BaseException:
            await database.close()
            raise
        return database

    @classmethod
    def found(cls, url: str) -> "Database":
        """A database that is there already, at whatever revision; raises StoreError where a file is not."""
        parsed = _parse(url)
        if parsed.get_backend_name() == "sqlite" and not (parsed.database and Path(parsed.database).is_file()):
            raise StoreError(
                f"There is no database {parsed.database}; name the file as in sqlite:///folder/viva.sqlite3."
            )
        return cls(_engine(url))

    async def revision(self) -> str | None:
        """The migration that the database is at; None where it has no tables of Viva."""
        async with self.begin(reading=True) as connection:
            return await connection.run_sync(_revision)

    @property
    def address(self) -> str:
        """Where the database is, without its password."""
        return self._engine.url.set(query={}).render_as_string(hide_password=True)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def begin(self, *, reading: bool = False, long: bool = False) -> AsyncGenerator[AsyncConnection, None]:
        """A transaction; a `long` one takes as long as it takes, and sees everything as at one moment.

        Raises StoreError when the database fails, and IntegrityError as it is.
        """
        engine = self._reading if reading else self._engine
        if long:
            engine = engine.execution_options(**_SNAPSHOT[engine.dialect.name])
        try:
            async with (
                self._reads if reading else self._writing,
                asyncio.timeout(None if self.one_writes or long else _SECONDS),
                engine.begin() as connection,
            ):
                yield connection
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            what = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
            raise StoreError(
                f"The database {self.address} cannot be used ({what}); check DATABASE_URL or VIVA_DATA_DIR."
            ) from error

    async def scrub(self) -> None:
        """Leave no trace of deleted rows in a SQLite file or its write-ahead log."""
        if self._engine.dialect.name != "sqlite":
            return
        async with self._engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.execute(text("VACUUM"))
            busy, *_ = (await plain.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).one()
        if busy:
            raise StoreError(
                "Everything is removed, but another process reads the database and old pages stay in its log; "
                "do it again once that process has stopped."
            )

    def insert(self, table: Any) -> Any:
        """An insert that says what to do on a conflict."""
        return (sqlite if self._engine.dialect.name == "sqlite" else postgresql).insert(table)


def _engine(url: str) -> AsyncEngine:
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        _make_folder(parsed)
        engine = create_async_engine(
            parsed, connect_args={"timeout": _CONNECT_SECONDS}, pool_size=_CONNECTIONS, max_overflow=0
        )
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_as_wanted)
        return engine
    try:
        connecting = {"connect_timeout": _CONNECT_SECONDS}
        return create_async_engine(parsed, connect_args=connecting, pool_pre_ping=True, pool_timeout=_SECONDS)
    except ModuleNotFoundError as error:
        raise StoreError("PostgreSQL needs its driver: pip install 'viva-coach[postgres]'.") from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "DATABASE_URL is not an address; it looks like postgresql://user:password@host/name."
        ) from error
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise StoreError(f"DATABASE_URL begins with {parsed.drivername}://; Viva takes postgresql:// or sqlite:///.")
    return parsed.set(drivername=driver)


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        if Path(url.database).is_dir():
            raise StoreError(
                f"{url.database} is a folder; DATABASE_URL names a file in it, as in sqlite:///folder/viva.sqlite3."
            )
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The folder {folder} cannot be made ({error.strerror}); set VIVA_DATA_DIR to one that can."
            ) from error


def _configure_sqlite(connection: Any, _record: object) -> None:
    # Transactions are begun by _begin_as_wanted, not by the driver's own guess.
    connection.isolation_level = None
    try:
        _use_wal(connection)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()  # the pool does not know it yet, so nobody else would
        raise


def _use_wal(connection: Any) -> None:
    # While another process makes the tables this fails at once, whatever the timeout of the connection.
    given_up = time.monotonic() + _CONNECT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except OperationalError:
            if time.monotonic() > given_up:
                raise
            time.sleep(0.05)
        else:
            return


def _begin_as_wanted(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    if not options.get("reading"):
        # A read that turns into a write fails at once under WAL; taking the lock first makes it wait.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif options.get("snapshot"):  # one statement sees everything as at one moment anyway
        connection.exec_driver_sql("BEGIN")


def _revision(connection: Connection) -> str | None:
    """The migration the database is at. Read by hand: importing Alembic costs a fifth of a second."""
    from sqlalchemy import inspect

    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError("The database was written by a newer Viva; upgrade Viva to use it.") from error
