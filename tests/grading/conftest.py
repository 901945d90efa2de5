"""The judges: the embedded one, its encodings and readings remembered, and those that ask a scripted model."""

from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
from hypothesis import settings

from bot.grading.chat import ChatJudge
from bot.grading.cross_encoder import CrossEncoder
from bot.grading.decisions import DecisionsJudge
from bot.grading.embedded import EmbeddedJudge
from bot.grading.features import Matrix
from bot.grading.matching import Matcher
from knowledge.minilm import MiniLM
from tests.fakes import HashingEmbedder
from tests.loopback import ScriptedServer
from tests.model_client import MODEL, connected

# On a busy machine one example may take longer than hypothesis allows.
settings.register_profile("grading", deadline=None)
settings.load_profile("grading")


class RememberingReader:
    """The cross-encoder, which reads each pair once: many tests grade the same words."""

    def __init__(self) -> None:
        self._reader = CrossEncoder()
        self._readings: dict[tuple[str, str], Matrix] = {}

    def read(self, pairs: Sequence[tuple[str, str]]) -> Matrix:
        """As the cross-encoder reads them."""
        missing = [pair for pair in dict.fromkeys(pairs) if pair not in self._readings]
        self._readings.update(zip(missing, self._reader.read(missing), strict=True))
        return np.array([self._readings[pair] for pair in pairs]).reshape(len(pairs), 3)


@pytest.fixture(scope="session")
def matcher(embedder: MiniLM) -> Matcher:
    """What finds the statements that are about a point."""
    return Matcher(embedder, RememberingReader())


@pytest.fixture(scope="session")
def embedded(matcher: Matcher) -> EmbeddedJudge:
    """The judge that needs no network and no key."""
    return EmbeddedJudge(matcher)


@pytest.fixture
async def chat(server: ScriptedServer) -> AsyncIterator[ChatJudge]:
    """A chat judge that asks the server."""
    async with connected(server) as client:
        yield ChatJudge(client, MODEL, Matcher(HashingEmbedder()))


@pytest.fixture
async def decisions(server: ScriptedServer) -> AsyncIterator[DecisionsJudge]:
    """A decisions judge that asks the server."""
    async with connected(server) as client:
        yield DecisionsJudge(client, MODEL, Matcher(HashingEmbedder()))
