"""What many tests share: the shipped notes, their index, the one real embedder, and a scripted model."""

import asyncio
import fcntl
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.llm import ModelClient
from bot.settings import VivaSettings
from bot.store.store import Store
from knowledge.index import Index
from knowledge.library import Library, load
from knowledge.minilm import MiniLM
from tests.loopback import ScriptedServer
from tests.shipped import Viva


@pytest.fixture(scope="session")
def library() -> Library:
    """The shipped notes."""
    return load()


@pytest.fixture(scope="session")
def embedder() -> MiniLM:
    """The bundled MiniLM: about 4 s of CPU on first use, so only where meaning matters."""
    return MiniLM()


@pytest.fixture(scope="session")
def notes_index(library: Library, embedder: MiniLM, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The index of the shipped notes: half a minute of embedding, once for all workers, or none where
    `make install` left one (whatever is stale in it is embedded again)."""
    own = tmp_path_factory.getbasetemp()
    path = (own if worker_id == "master" else own.parent) / "notes.index"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = VivaSettings.model_fields["data_dir"].get_default(call_default_factory=True) / path.name
        if not path.exists() and installed.is_file():
            shutil.copyfile(installed, path)
        Index.open(library, embedder, path)
    return path


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them: copying one is quicker than making one."""
    path = tmp_path_factory.mktemp("store") / "fresh.sqlite3"

    async def make() -> None:
        await (await Store.open(f"sqlite:///{path}")).close()

    asyncio.run(make())
    return path


@pytest.fixture
def viva(tmp_path: Path, notes_index: Path) -> Viva:
    """The shipped command, with a home and a store that nobody used before, and the index as installed."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copyfile(notes_index, data / "notes.index")
    return Viva(tmp_path)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A strict server: a test that leaves a request unanswered fails."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
async def client(server: ScriptedServer) -> AsyncIterator[ModelClient]:
    """A client of that server, with room in its budgets."""
    from tests.model_client import connected  # takes a moment, which most tests need not wait for

    async with connected(server) as client:
        yield client
