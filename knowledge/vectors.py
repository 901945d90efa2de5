"""Vectors of texts, kept on disk by the SHA-256 of each text: only what changed is embedded again.

The file is a line of JSON (format, embedder, checksum, digests) and a serialised flat FAISS index.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedder import Embedder, Vectors
from knowledge.errors import KnowledgeError

FORMAT = 1
_BATCH = 64

Progress = Callable[[int, int], None]
"""Called with (texts embedded so far, texts to embed)."""


def remembered(
    texts: Sequence[str], embedder: Embedder, path: Path, progress: Progress | None = None
) -> dict[str, Vectors]:
    """Text -> unit vector (d,) for every text, from `path` where it can be trusted, and saved there.

    A missing, torn, altered or foreign file (another model, another format) is made again. What the file
    has beyond `texts` is dropped from it.
    """
    wanted = list(dict.fromkeys(texts))
    known = _read(path, embedder.fingerprint)
    missing = [text for text in wanted if _digest(text) not in known]
    if missing:
        _check_writable(path)  # before minutes of embedding, not after
    missing.sort(key=len)  # a batch is padded to its longest text
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        known.update(zip(map(_digest, batch), embedder.embed(batch), strict=True))
        if progress:
            progress(start + len(batch), len(missing))
    vectors = {text: known[_digest(text)] for text in wanted}
    if missing or len(known) > len(wanted):
        _write(path, embedder.fingerprint, vectors)
    return vectors


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path, fingerprint: str) -> dict[str, Vectors]:
    """Text digest -> vector, or nothing where the file is absent or not exactly what we wrote."""
    import faiss

    try:
        header_line, _, blob = path.read_bytes().partition(b"\n")
        header = json.loads(header_line)
        if (header["format"], header["embedder"]) != (FORMAT, fingerprint):
            return {}
        if header["sha256"] != _checksum(header["texts"], blob):
            return {}
        stored: Any = faiss.deserialize_index(np.frombuffer(blob, dtype=np.uint8))
        vectors = stored.reconstruct_n(0, stored.ntotal)
        return dict(zip(header["texts"], vectors, strict=True))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return {}  # rebuilt, not trusted


def _write(path: Path, fingerprint: str, vectors: dict[str, Vectors]) -> None:
    import faiss

    rows = np.stack(list(vectors.values()))
    index: Any = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    blob = faiss.serialize_index(index).tobytes()
    texts = [_digest(text) for text in vectors]
    header = {"format": FORMAT, "embedder": fingerprint, "sha256": _checksum(texts, blob), "texts": texts}
    try:
        _replace(path, json.dumps(header).encode() + b"\n" + blob)
    except OSError as error:
        raise _unwritable(path, error) from error


def _checksum(texts: Sequence[str], blob: bytes) -> str:
    """Over the vectors and the texts they belong to: neither may be exchanged alone."""
    return hashlib.sha256("".join(texts).encode() + blob).hexdigest()


def _check_writable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> KnowledgeError:
    return KnowledgeError(
        f"The index cannot be written to {path} ({error.strerror}); set VIVA_DATA_DIR to another folder."
    )


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a second writer, sees the old one or the new one, never half."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
        temporary.write(content)
    try:
        os.replace(temporary.name, path)
    except OSError:
        os.unlink(temporary.name)
        raise
