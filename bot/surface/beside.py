"""Several processes on one database: what one that died left behind is taken up by those beside it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from bot.coach.coach import Coach
from bot.store.leases import Leases
from bot.store.store import SessionRow
from bot.unexpected import noted

log = logging.getLogger("viva.surface")

LOOK_SECONDS = 20.0
"""Between two looks: with the life of a lease, what was left is taken up within 35 seconds."""


async def left(coach: Coach, leases: Leases | None, places: str) -> list[SessionRow]:
    """Sessions at places that begin so in which something is still to follow, oldest first.

    Those that another process deals with now are left out: however slow it is, it holds their leases.
    """
    interrupted = await coach.interrupted(places)
    taken = await leases.taken() if leases else set[str]()
    return [row for row in interrupted if row.id not in taken]


Work = Callable[[], Awaitable[object]]


async def repeatedly(seconds: float, work: Work, what: str) -> NoReturn:
    """Do something now, and again every so many seconds; what goes wrong is logged and tried anew the next time."""
    while True:
        await _goes_well(work, what)
        await asyncio.sleep(seconds)


async def until_done(seconds: float, work: Work, what: str) -> None:
    """Do something now; what goes wrong is logged and tried anew every so many seconds, until it went well once."""
    while not await _goes_well(work, what):  # noqa: ASYNC110  # nobody tells when it would go well
        await asyncio.sleep(seconds)


async def _goes_well(work: Work, what: str) -> bool:
    try:
        await work()
    except Exception as error:  # nobody waits for this, and the next time may go well
        log.warning("%s could not be done (%s)", what, noted(error))
        return False
    return True
