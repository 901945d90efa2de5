"""Where Viva is installed: what it needs to speak in a workspace, as bytes that mean nothing here."""

from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from bot.store.database import Database
from bot.store.schema import installations, states


class Installations:
    """What is kept of each installation, and of those that have begun; raises StoreError as the store does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, name: str, body: bytes) -> None:
        """Keep what an installation needs, in place of what was kept before."""
        statement = self._database.insert(installations).values(id=name, body=body)
        update = statement.on_conflict_do_update(index_elements=["id"], set_={"body": body})
        async with self._database.begin() as connection:
            await connection.execute(update)

    async def find(self, name: str) -> bytes | None:
        """What an installation needs, or None where there is none."""
        async with self._database.begin(reading=True) as connection:
            return await connection.scalar(select(installations.c.body).where(installations.c.id == name))

    async def all(self) -> dict[str, bytes]:
        """What every installation needs."""
        async with self._database.begin(reading=True) as connection:
            rows = await connection.execute(select(installations.c.id, installations.c.body))
            return {row.id: row.body for row in rows}

    async def remove(self, name: str) -> bool:
        """Forget an installation; whether there was one."""
        async with self._database.begin() as connection:
            gone = await connection.execute(delete(installations).where(installations.c.id == name))
        if gone.rowcount:
            await self._database.scrub()
        return bool(gone.rowcount)

    async def begin(self, state: str, expires_at: datetime) -> None:
        """Remember an installation that has begun; those that went nowhere are forgotten."""
        async with self._database.begin() as connection:
            await connection.execute(delete(states).where(states.c.expires_at < datetime.now(UTC)))
            await connection.execute(insert(states).values(id=state, expires_at=expires_at))

    async def end(self, state: str) -> bool:
        """Whether an installation has begun so and may go on; once only."""
        wanted = states.c.id == state, states.c.expires_at >= datetime.now(UTC)
        async with self._database.begin() as connection:
            return bool((await connection.execute(delete(states).where(*wanted))).rowcount)
