"""Stand-ins that are quick and always the same."""

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from knowledge.embedder import Encoding, Vectors


class HashingEmbedder:
    """An Embedder without a model: bags of words hashed to 64-d unit vectors.

    Texts that share words are near each other, and that is all it knows about meaning.
    `embedded` is every text it was asked for, in order.
    """

    dimension = 64
    words: frozenset[str] = frozenset()

    def __init__(self, fingerprint: str = "hashing-64") -> None:
        self.fingerprint = fingerprint
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`n` texts -> float32 array of shape (n, 64), each row of length 1."""
        self.embedded += texts
        return self._rows([_words(text) for text in texts])

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Sentence and word vectors of each of `n` texts; a word is a piece."""
        self.embedded += texts
        return [self._encoding(_words(text)) for text in texts]

    def _encoding(self, words: tuple[str, ...]) -> Encoding:
        return Encoding(self._rows([words])[0], words, self._rows([(word,) for word in words]))

    def _rows(self, bags: Sequence[Sequence[str]]) -> Vectors:
        counts = np.zeros((len(bags), self.dimension), dtype=np.float32)
        for row, bag in enumerate(bags):
            for word in bag or [""]:
                counts[row, crc32(word.encode()) % self.dimension] += 1
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+|[^\w\s]", text.lower()))
