"""What each person asked for, as a body that means nothing here, and on which day they were last reminded."""

from collections.abc import Sequence

from sqlalchemy import case, select, update

from bot.store.database import Database
from bot.store.schema import wishes


class WishBook:
    """The wishes of every person; raises StoreError as the store does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, person: str) -> str | None:
        """What a person asked for, or None."""
        async with self._database.begin(reading=True) as connection:
            return await connection.scalar(select(wishes.c.body).where(wishes.c.person_id == person))

    async def keep(self, person: str, body: str, hour: int | None, settled: str = "") -> None:
        """Keep what a person asked for, and at which hour (UTC) to remind them, in place of what was kept before.

        `settled` is a day on which they are not to be reminded any more, or empty.
        """
        statement = self._database.insert(wishes).values(person_id=person, body=body, hour=hour, reminded=settled)
        later = case((wishes.c.reminded < settled, settled), else_=wishes.c.reminded)
        changed = {"body": body, "hour": hour, "reminded": later}
        async with self._database.begin() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=changed))

    async def waiting(self, people: str, hour: int, day: str) -> Sequence[str]:
        """Those whose names begin so, who are to be reminded at this hour or before, and were not on this day."""
        to_remind = wishes.c.hour <= hour, wishes.c.reminded < day
        named = wishes.c.person_id.startswith(people, autoescape=True)
        query = select(wishes.c.person_id).where(named, *to_remind).order_by(wishes.c.person_id)
        async with self._database.begin(reading=True) as connection:
            return (await connection.scalars(query)).all()

    async def claim(self, person: str, day: str) -> bool:
        """Whether it falls to the caller to remind somebody on this day: once, whichever process asks."""
        mine = wishes.c.person_id == person, wishes.c.reminded < day
        async with self._database.begin() as connection:
            return bool((await connection.execute(update(wishes).where(*mine).values(reminded=day))).rowcount)
