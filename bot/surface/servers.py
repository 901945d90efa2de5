"""What the managers of a server (a Discord guild, a Slack workspace) chose for it, and what follows from that."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import UsageError
from bot.store.store import Store


class ServerSettings(BaseModel):
    """What was chosen for one server; what was not is as here.

    `channels` and `roles` are ids: where sessions may be held, and who may hold them; none means no limit.
    """

    model_config = ConfigDict(frozen=True)

    channels: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    daily_questions: int | None = Field(default=None, ge=1, le=1_000, title="Questions a person has in a day")
    plain: bool = False
    free_chat: bool = True
    retention_days: int = Field(default=365, ge=1, le=3_650, title="Days that sessions are kept")


class Servers:
    """The settings of every server, kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changing = asyncio.Lock()

    async def settings(self, server: str | None) -> ServerSettings:
        """What was chosen for a server; outside servers (None) nothing is."""
        chosen = await self._store.server(server) if server else None
        return ServerSettings.model_validate_json(chosen) if chosen else ServerSettings()

    async def change(self, server: str, changes: Mapping[str, Any]) -> ServerSettings:
        """Choose anew for a server; raises UsageError for a value out of range."""
        async with self._changing:  # two selects used in a row must both count
            settings = await self.settings(server)
            try:
                changed = ServerSettings.model_validate({**settings.model_dump(), **changes})
            except ValidationError as error:
                raise UsageError(_told(error)) from error
            await self._store.set_server(server, changed.model_dump_json())
            return changed

    async def refusal(
        self, server: str | None, person: str, *, channels: Collection[str], roles: Collection[str], now: datetime
    ) -> str | None:
        """Why a person may hold no session there now, in one sentence, or None.

        `channels` are the ids of the place and of what it is in, `roles` those that the person has.
        """
        if server is None:
            return None
        settings = await self.settings(server)
        if settings.channels and not set(settings.channels) & set(channels):
            return f"Sessions on this server are held in {' or '.join(f'<#{name}>' for name in settings.channels)}."
        if settings.roles and not set(settings.roles) & set(roles):
            return "Sessions on this server are for people with another role; a manager of the server can give it."
        if await self._left(settings, server, person, now) == 0:
            return f"That was the day's {settings.daily_questions} questions on this server; tomorrow (UTC) has more."
        return None

    async def questions_left(self, server: str | None, person: str, now: datetime) -> int | None:
        """How many questions a person may still be asked there today (UTC); None without a limit."""
        settings = await self.settings(server)
        return await self._left(settings, server, person, now) if server else None

    async def _left(self, settings: ServerSettings, server: str, person: str, now: datetime) -> int | None:
        if settings.daily_questions is None:
            return None
        midnight = datetime.combine(now.date(), time(), now.tzinfo)
        asked = await self._store.count_events("asked", person, server, midnight)
        return max(0, settings.daily_questions - asked)

    async def expire(self, now: datetime) -> int:
        """Remove the sessions that are older than their server keeps them; the number that went."""
        chosen = {
            name: ServerSettings.model_validate_json(body) for name, body in (await self._store.servers()).items()
        }
        before = {name: now - timedelta(days=settings.retention_days) for name, settings in chosen.items()}
        return await self._store.expire(before, now - timedelta(days=ServerSettings().retention_days))


def _told(error: ValidationError) -> str:
    field = ServerSettings.model_fields[str(error.errors()[0]["loc"][0])]
    low, high = (getattr(limit, name) for limit, name in zip(field.metadata, ("ge", "le"), strict=True))
    return f"{field.title} are a whole number from {low} to {high:,}; nothing was changed."
