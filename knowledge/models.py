"""The embedding model that is wanted: the bundled one, or another by name."""

from knowledge.minilm import MiniLM
from knowledge.sentence_embedder import SentenceEmbedder


def embedder_of(model: str | None = None) -> MiniLM | SentenceEmbedder:
    """The bundled MiniLM, or the sentence-transformers model of that folder or hub name."""
    return SentenceEmbedder(model) if model else MiniLM()
