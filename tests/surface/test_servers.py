"""What follows from a server's settings, whatever the platform."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.store.store import Record, Store
from bot.surface.servers import Servers, ServerSettings

LAB = "discord:1"
DAY = timedelta(days=1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path / 'viva.sqlite3'}")
    yield opened
    await opened.close()


@pytest.fixture
def servers(store: Store) -> Servers:
    return Servers(store)


async def asked(store: Store, times: int, session_id: str = "s1", server: str | None = LAB) -> None:
    """Ada has been asked so many questions in a session that began today."""
    await store.add_session(session_id, "ada", "thread", server)
    row = await store.session(session_id)
    assert row
    await store.append(row.id, [Record(str(n), "asked", "{}") for n in range(times)])


async def refusal(servers: Servers, server: str | None = LAB, *, days: int = 0, **where: tuple[str, ...]) -> str | None:
    now = datetime.now(UTC) + days * DAY
    return await servers.refusal(server, "ada", **{"channels": (), "roles": (), **where}, now=now)


async def test_where_nothing_was_chosen_everybody_may_everywhere(servers: Servers, store: Store) -> None:
    await asked(store, 100)
    assert await refusal(servers) is None
    assert await servers.settings(LAB) == ServerSettings() == await servers.settings(None)


async def test_what_is_chosen_counts_on_that_server_alone(servers: Servers) -> None:
    await servers.change(LAB, {"channels": ["7", "8"]})
    assert await refusal(servers, channels=("9",)) == "Sessions on this server are held in <#7> or <#8>."
    assert await refusal(servers, channels=("9", "8")) is None
    assert await refusal(servers, "discord:2", channels=("9",)) is None
    assert await refusal(servers, None, channels=("9",)) is None


async def test_a_person_needs_one_of_the_roles(servers: Servers) -> None:
    await servers.change(LAB, {"roles": ["7", "8"]})
    assert "role" in (await refusal(servers, roles=("9",)) or "")
    assert await refusal(servers, roles=("9", "7")) is None


async def test_a_days_questions_are_counted_until_midnight_utc(servers: Servers, store: Store) -> None:
    await servers.change(LAB, {"daily_questions": 3})
    await asked(store, 2)
    assert await refusal(servers) is None
    assert await servers.questions_left(LAB, "ada", datetime.now(UTC)) == 1
    await asked(store, 5, "s2", server=None)
    assert await refusal(servers) is None, "what is asked elsewhere does not count"
    await asked(store, 2, "s3")
    assert "3 questions" in (await refusal(servers) or "")
    assert await servers.questions_left(LAB, "ada", datetime.now(UTC)) == 0
    assert await refusal(servers, days=1) is None
    assert await servers.questions_left(LAB, "bob", datetime.now(UTC)) == 3


async def test_without_a_limit_any_number_is_left(servers: Servers) -> None:
    assert await servers.questions_left(LAB, "ada", datetime.now(UTC)) is None
    assert await servers.questions_left(None, "ada", datetime.now(UTC)) is None


async def test_choices_add_up_and_stay_for_the_next_start(servers: Servers, store: Store) -> None:
    await servers.change(LAB, {"plain": True})
    await servers.change(LAB, {"free_chat": False})
    assert await Servers(store).settings(LAB) == ServerSettings(plain=True, free_chat=False)


async def test_choices_made_at_once_all_count(servers: Servers, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read = store.server

    async def slowly(server: str) -> str | None:
        found = await read(server)
        await asyncio.sleep(0.02)  # long enough for the others to read the same
        return found

    monkeypatch.setattr(store, "server", slowly)
    changes = [{"plain": True}, {"free_chat": False}, {"roles": ["7"]}, {"retention_days": 7}]
    await asyncio.gather(*(servers.change(LAB, each) for each in changes))
    assert await servers.settings(LAB) == ServerSettings(plain=True, free_chat=False, roles=("7",), retention_days=7)


@pytest.mark.parametrize("changes", [{"retention_days": 0}, {"retention_days": "x"}, {"daily_questions": 1_001}])
async def test_a_value_out_of_range_is_told_in_a_sentence(servers: Servers, changes: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]+ are a whole number from 1 to [\d,]+; nothing was changed\.$"):
        await servers.change(LAB, changes)
    assert await servers.settings(LAB) == ServerSettings()


async def test_sessions_are_removed_when_they_are_older_than_their_server_keeps_them(
    servers: Servers, store: Store
) -> None:
    for name, server in (("strict", LAB), ("usual", "discord:2"), ("outside", None)):
        await asked(store, 1, name, server)
    await servers.change(LAB, {"retention_days": 30})
    now = datetime.now(UTC)
    assert await servers.expire(now + 29 * DAY) == 0
    assert await servers.expire(now + 31 * DAY) == 1
    assert {row.id for row in await store.sessions("ada")} == {"usual", "outside"}
    assert await servers.expire(now + (ServerSettings().retention_days + 1) * DAY) == 1
    assert [row.id for row in await store.sessions("ada")] == ["outside"]
