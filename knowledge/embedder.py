"""Text to unit vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """Names the model exactly; vectors of different fingerprints never mix."""
        ...

    @property
    def words(self) -> frozenset[str]:
        """Lower-case words that the model knows whole: the common ones of its language."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`n` texts -> float32 array of shape (n, d), each row of length 1."""
        ...

    def encode(self, texts: Sequence[str]) -> list["Encoding"]:
        """Sentence and token vectors of each of `n` texts, in one pass."""
        ...


@dataclass(frozen=True)
class Encoding:
    """One text: its unit vector (d,), its word pieces without special tokens, their unit vectors (t, d)."""

    sentence: Vectors
    pieces: tuple[str, ...]
    tokens: Vectors


def unit(vectors: Any) -> Vectors:
    """Vectors (..., d) scaled to length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)
