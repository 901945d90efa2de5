"""Where Viva is installed, and installations that have begun; no more than bytes by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store.installations import Installations
from bot.store.store import Store

LATER, BEFORE = timedelta(minutes=10), timedelta(minutes=-1)


@pytest.fixture
def kept(store: Store) -> Installations:
    return Installations(store.database)


async def test_what_was_saved_last_is_found(kept: Installations) -> None:
    assert await kept.find("T1") is None
    await kept.save("T1", b"\x00one")
    await kept.save("T2", b"two")
    await kept.save("T1", b"\x00another")
    assert await kept.find("T1") == b"\x00another"
    assert await kept.all() == {"T1": b"\x00another", "T2": b"two"}


async def test_what_was_removed_is_gone(kept: Installations) -> None:
    await kept.save("T1", b"one")
    assert await kept.remove("T1")
    assert not await kept.remove("T1")
    assert await kept.all() == {}


def held_by(folder: Path) -> bytes:
    """All that the files of a database hold."""
    return b"".join(path.read_bytes() for path in folder.glob("viva.sqlite3*"))


async def test_of_what_was_removed_no_trace_is_left_in_the_file(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path / 'viva.sqlite3'}")
    kept = Installations(store.database)
    await kept.save("T1", b"a-token-nobody-knows")
    assert b"a-token-nobody-knows" in held_by(tmp_path)
    await kept.remove("T1")
    assert b"a-token-nobody-knows" not in held_by(tmp_path)
    await store.close()


async def test_forgetting_a_person_leaves_an_installation_alone(kept: Installations, store: Store) -> None:
    await kept.save("T1", b"one")
    await store.forget("slack:T1:U1")
    assert await kept.find("T1") == b"one"


async def test_what_has_begun_goes_on_once(kept: Installations) -> None:
    await kept.begin("state", datetime.now(UTC) + LATER)
    assert not await kept.end("another")
    assert await kept.end("state")
    assert not await kept.end("state")


async def test_what_has_begun_too_long_ago_does_not_go_on(kept: Installations) -> None:
    await kept.begin("state", datetime.now(UTC) + BEFORE)
    assert not await kept.end("state")
