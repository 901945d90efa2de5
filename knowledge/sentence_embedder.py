"""Any other embedding model, by sentence-transformers. Its imports happen on first use: they cost seconds."""

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedder import Encoding, Vectors, unit
from knowledge.errors import EmbedderError

_BATCH = 64
_STATEMENTS = 4  # in a batch: they differ in length, and padding costs as much as words


class SentenceEmbedder:
    """A sentence-transformers model, a folder or a hub name. Raises EmbedderError when it cannot be loaded."""

    def __init__(self, model: str) -> None:
        self._name = model

    @property
    def fingerprint(self) -> str:
        """Model name and a digest of its weights where they are on this disk."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        digest = "".join(_sha256(path)[:12] for path in sorted(Path(self._name).glob("*.safetensors")))
        return f"{self._name}-{digest}" if digest else self._name

    def check(self) -> str:
        """The model's fingerprint, once its folder has been looked at; raises EmbedderError."""
        if not Path(self._name).is_dir() and os.environ.get("HF_HUB_OFFLINE", "1") != "0":
            raise EmbedderError(f"There is no folder {self._name!r}; set VIVA_EMBEDDING_MODEL to one, or unset it.")
        return self.fingerprint

    def embed(self, texts: Sequence[str]) -> Vectors:
        """`n` texts -> float32 array of shape (n, d), each row of length 1; no rows for no texts."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Sentence and token vectors of each of `n` texts, in one pass."""
        if not texts:
            return []
        outputs = self._model.encode(list(texts), batch_size=_STATEMENTS, output_value=None, show_progress_bar=False)
        return [self._encoding(text, output) for text, output in zip(texts, outputs, strict=True)]

    @property
    def words(self) -> frozenset[str]:
        """Lower-case words that the tokenizer has as one piece."""
        pieces: list[str] = list(self._model.tokenizer.get_vocab())
        return frozenset(piece.lstrip("▁Ġ").lower() for piece in pieces if piece.lstrip("▁Ġ").isalpha())

    def _encoding(self, text: str, output: Any) -> Encoding:
        tokenizer = self._model.tokenizer
        present = output["attention_mask"].bool()
        ids = output["input_ids"][present].tolist()
        vectors = output["token_embeddings"][present].cpu().numpy()
        special = set(tokenizer.all_special_ids)
        kept = [row for row, token in enumerate(ids) if token not in special]
        pieces = tuple(tokenizer.convert_ids_to_tokens([ids[row] for row in kept]))
        return Encoding(
            unit(output["sentence_embedding"].cpu().numpy()), pieces, unit(vectors[kept]), self._places(text, kept)
        )

    def _places(self, text: str, kept: Sequence[int]) -> tuple[tuple[int, int], ...]:
        tokenizer = self._model.tokenizer
        if not tokenizer.is_fast:  # only those written in Rust know where their pieces stand
            return ()
        longest = self._model.max_seq_length
        read = tokenizer(text, return_offsets_mapping=True, truncation=longest is not None, max_length=longest)
        return tuple(read["offset_mapping"][row] for row in kept)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    @cached_property
    def _model(self) -> Any:
        # Looking for a model, or for updates of one, hangs for a minute where there is no network.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()  # it would draw over the conversation

            # Two threads on a busy two-core machine make short texts four times slower.
            torch.set_num_threads(1)
            return SentenceTransformer(self._name, device="cpu")
        except Exception as error:  # three libraries load a model, and each has exceptions of its own
            raise EmbedderError(
                f"The embedding model {self._name!r} cannot be loaded ({type(error).__name__}); "
                "set VIVA_EMBEDDING_MODEL to a sentence-transformers folder, or unset it "
                "(HF_HUB_OFFLINE=0 allows fetching it by name)."
            ) from error


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbedderError(f"The embedding weights {path} cannot be read; run `make install` again.") from error
