"""A small model that reads a rubric point and a statement together, and says how they stand to each other.

Vectors made apart cannot tell "scales with n" from "does not scale with n"; read side by side, they
can. Trained by `python -m training.cross_encoder`; `cross_encoder.md` says on what.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.runtime import checked, session, tokenizer

WEIGHTS = Path(__file__).with_name("cross_encoder.onnx")
CARD = WEIGHTS.with_suffix(".json")

LENGTH = 128  # word pieces of a pair, as in training
_CLASSES = ("says", "denies", "neither")


class Reader(Protocol):
    """Anything that reads pairs of texts as CrossEncoder does."""

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """`n` pairs of (point, statement) -> log probabilities (n, 3) of saying, denying and neither."""
        ...


@dataclass(frozen=True)
class CrossEncoder:
    """Reads pairs of texts. `weights` are checked against the SHA-256 in the file beside them when first used."""

    weights: Path = WEIGHTS

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """Logarithms of the probabilities that a statement says the point, contradicts it, or neither.

        `n` pairs of (point, statement) -> array of shape (n, 3). Raises EmbedderError where the weights
        are missing or not the ones expected.
        """
        # One by one: eight-bit arithmetic scales a batch as a whole, and a reading must not depend on its company.
        logits = np.array([self._logits(*pair) for pair in pairs]).reshape(len(pairs), len(_CLASSES))
        shifted = logits - logits.max(1, keepdims=True, initial=-np.inf)
        return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))

    def _logits(self, point: str, statement: str) -> NDArray[np.float64]:
        encoded = self._tokenizer.encode(point, statement)
        feed = {
            "input_ids": np.array([encoded.ids], dtype=np.int64),
            "attention_mask": np.array([encoded.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoded.type_ids], dtype=np.int64),
        }
        return self._session.run(None, feed)[0][0].astype(np.float64)

    @cached_property
    def _tokenizer(self) -> Any:
        return tokenizer(LENGTH, strategy="longest_first")

    @cached_property
    def _session(self) -> Any:
        expected = json.loads(CARD.read_text(encoding="utf-8"))["sha256"]
        return session(checked(self.weights, expected, "install Viva again"))
