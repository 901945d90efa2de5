"""What many tests share: the shipped notes, and the one real embedder a process can afford."""

from pathlib import Path

import pytest

from knowledge.embedder import SentenceEmbedder
from knowledge.library import Library, load
from tests.shipped import Viva


@pytest.fixture(scope="session")
def library() -> Library:
    """The shipped notes."""
    return load()


@pytest.fixture(scope="session")
def embedder() -> SentenceEmbedder:
    """The bundled MiniLM: about 4 s of CPU on first use, so only where meaning matters."""
    return SentenceEmbedder()


@pytest.fixture
def viva(tmp_path: Path) -> Viva:
    """The shipped command, with a home and a store that nobody used before."""
    return Viva(tmp_path)
