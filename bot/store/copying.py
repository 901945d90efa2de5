"""A database into another, whole: from SQLite to PostgreSQL, or the other way."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Table, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.schema import metadata

_BATCH = 1_000  # rows


async def copy(source: Database, target: Database) -> dict[str, int]:
    """Copy every row of every table, all or nothing, as they are at one moment; how many, by table.

    Raises StoreError where the target holds anything already.
    """
    try:
        async with target.begin(long=True) as into, source.begin(reading=True, long=True) as out:
            for table in metadata.sorted_tables:
                await _refuse_rows(table, into, target.address)
            return {table.name: await _copied(table, out, into) for table in metadata.sorted_tables}
    except IntegrityError as error:
        raise StoreError(f"Something else writes to {target.address} now; stop it and copy again.") from error


async def _refuse_rows(table: Table, connection: AsyncConnection, address: str) -> None:
    if (await connection.execute(select(table).limit(1))).first() is not None:
        raise StoreError(f"{address} is not empty (there are {table.name}); name a new database to copy to.")


async def _copied(table: Table, out: AsyncConnection, into: AsyncConnection) -> int:
    number = 0
    rows = await out.stream(select(table).execution_options(yield_per=_BATCH))
    async for some in rows.partitions():
        await into.execute(insert(table), [_values(row) for row in some])
        number += len(some)
    return number


def _values(row: Row[Any]) -> dict[str, Any]:
    """A row by column. SQLite forgets the time zone and would keep any as it stands; everything is in UTC."""
    return {name: _in_utc(value) if isinstance(value, datetime) else value for name, value in row._mapping.items()}  # pyright: ignore[reportPrivateUsage]  # SQLAlchemy's public name for it


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
