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
    """One text: its unit vector (d,), its word pieces without special tokens, their unit vectors (t, d).

    `places` are the first character of every piece and the one after its last; none where the model does not say.
    """

    sentence: Vectors
    pieces: tuple[str, ...]
    tokens: Vectors
    places: tuple[tuple[int, int], ...] = ()

    def part(self, start: int, end: int) -> "Encoding | None":
        """The pieces between two characters, as read in the whole text; None where there are none."""
        rows = [row for row, (first, last) in enumerate(self.places) if start <= first and last <= end]
        if not rows:
            return None
        tokens = self.tokens[rows]
        places = tuple((first - start, last - start) for first, last in (self.places[row] for row in rows))
        return Encoding(unit(tokens.mean(0)), tuple(self.pieces[row] for row in rows), tokens, places)


def unit(vectors: Any) -> Vectors:
    """Vectors (..., d) scaled to length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)
