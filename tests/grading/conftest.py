"""The embedded judge with the real embedder, once for each process: its encodings are remembered."""

import pytest
from hypothesis import settings

from bot.grading.embedded import EmbeddedJudge
from bot.grading.matching import Matcher
from knowledge.embedder import SentenceEmbedder

# On a busy machine one example may take longer than hypothesis allows.
settings.register_profile("grading", deadline=None)
settings.load_profile("grading")


@pytest.fixture(scope="session")
def embedded(embedder: SentenceEmbedder) -> EmbeddedJudge:
    """The judge that needs no network and no key."""
    return EmbeddedJudge(Matcher(embedder))
