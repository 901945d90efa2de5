"""What many tests share: the shipped notes, and the one real embedder a process can afford."""

import pytest

from knowledge.embedder import SentenceEmbedder
from knowledge.library import Library, load


@pytest.fixture(scope="session")
def library() -> Library:
    """The shipped notes."""
    return load()


@pytest.fixture(scope="session")
def embedder() -> SentenceEmbedder:
    """The bundled MiniLM: about 4 s of CPU on first use, so only where meaning matters."""
    return SentenceEmbedder()
