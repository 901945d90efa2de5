"""Who deals with a session, where several processes share them: one at a time, and nobody for long after a kill."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from weakref import WeakValueDictionary

from sqlalchemy import delete, select, update

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.schema import leases

log = logging.getLogger("viva.store")

_SECONDS = 15.0  # that a lease lives without being renewed
_RENEWED = 5.0  # seconds
_LOOKS_AGAIN, _LOOKS_AT_LEAST = 0.1, 1.0  # seconds: soon at first, then less often, for each look is a write


class Leases:
    """Locks by name over all processes on a database; within a process they are taken in the order they were asked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._holder = uuid4().hex
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __getitem__(self, name: str) -> AbstractAsyncContextManager[None]:
        """The lock of that name, held while inside; raises StoreError when the database fails."""
        return self._held(name)

    async def taken(self) -> set[str]:
        """The names that another process holds now."""
        held = leases.c.until >= datetime.now(UTC), leases.c.holder != self._holder
        async with self._database.begin(reading=True) as connection:
            return {row.id for row in await connection.execute(select(leases.c.id).where(*held))}

    @asynccontextmanager
    async def _held(self, name: str) -> AsyncGenerator[None]:
        line = self._lines.setdefault(name, asyncio.Lock())
        async with line:
            pause = _LOOKS_AGAIN
            while not await self._take(name):
                await asyncio.sleep(pause)  # another process tells nobody when it is done
                pause = min(2 * pause, _LOOKS_AT_LEAST)
            renewing = asyncio.create_task(self._renew(name))
            try:
                yield
            finally:
                renewing.cancel()
                await self._release(name)

    async def _take(self, name: str) -> bool:
        now = datetime.now(UTC)
        mine = {"holder": self._holder, "until": now + timedelta(seconds=_SECONDS)}
        statement = self._database.insert(leases).values(id=name, **mine)
        statement = statement.on_conflict_do_update(index_elements=["id"], set_=mine, where=leases.c.until < now)
        async with self._database.begin() as connection:
            return (await connection.execute(statement.returning(leases.c.id))).first() is not None

    async def _renew(self, name: str) -> None:
        while True:
            await asyncio.sleep(_RENEWED)
            mine = leases.c.id == name, leases.c.holder == self._holder
            until = datetime.now(UTC) + timedelta(seconds=_SECONDS)
            try:
                async with self._database.begin() as connection:
                    await connection.execute(update(leases).where(*mine).values(until=until))
            except StoreError as error:
                log.warning("the lease of session %s could not be renewed (%s)", name, type(error).__name__)

    async def _release(self, name: str) -> None:
        mine = leases.c.id == name, leases.c.holder == self._holder
        try:
            async with self._database.begin() as connection:
                await connection.execute(delete(leases).where(*mine))
        except StoreError as error:
            log.warning("the lease of session %s ends by itself (%s)", name, type(error).__name__)
