"""A FAISS index of what notes are found by, kept on disk with content hashes.

Each note has several vectors: its question, the other ways to ask it, the passages of its answer, its
rubric points, its follow-up questions. A text is known by its SHA-256, so a second start embeds nothing
and a changed note embeds only what changed in it.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedder import Embedder, Vectors
from knowledge.errors import KnowledgeError
from knowledge.note import Note

FORMAT = 1
_BATCH = 64

Progress = Callable[[int, int], None]
"""Called with (texts embedded so far, texts to embed)."""


class Field(StrEnum):
    """Which part of a note a text is."""

    QUESTION = "question"
    ASKED_AS = "asked_as"
    PASSAGE = "passage"
    POINT = "point"
    FOLLOW_UP = "follow_up"


@dataclass(frozen=True)
class Entry:
    """One text that a note is found by."""

    note_id: str
    field: Field
    text: str


def entries(note: Note) -> Iterator[Entry]:
    """Every text that a note is found by."""
    yield Entry(note.id, Field.QUESTION, note.question)
    for field, texts in (
        (Field.ASKED_AS, note.asked_as),
        (Field.PASSAGE, note.passages),
        (Field.POINT, [point.point for point in note.rubric]),
        (Field.FOLLOW_UP, [rung.question for rung in note.follow_ups]),
    ):
        for text in texts:
            yield Entry(note.id, field, text)


class Index:
    """Vectors of all entries. Build one with `Index.open`."""

    def __init__(self, entries: Sequence[Entry], vectors: Vectors, embedder: Embedder) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self.entries = tuple(entries)
        self._embedder = embedder
        self._faiss: Any = faiss.IndexFlatIP(vectors.shape[1])
        self._faiss.add(vectors)

    @classmethod
    def open(cls, notes: Iterable[Note], embedder: Embedder, path: Path, progress: Progress | None = None) -> "Index":
        """The index of these notes, read from `path` where it can be trusted, and saved there.

        A missing, torn, altered or foreign file (another model, another format) is rebuilt.
        """
        wanted = [entry for note in notes for entry in entries(note)]
        known = _read(path, embedder.fingerprint)
        missing = [text for text in dict.fromkeys(entry.text for entry in wanted) if _digest(text) not in known]
        if missing:
            _check_writable(path)  # before minutes of embedding, not after
        missing.sort(key=len)  # a batch is padded to its longest text
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            known.update(zip(map(_digest, batch), embedder.embed(batch), strict=True))
            if progress:
                progress(start + len(batch), len(missing))
        vectors = np.stack([known[_digest(entry.text)] for entry in wanted])
        if missing or len(known) > len({entry.text for entry in wanted}):
            _write(path, embedder.fingerprint, wanted, vectors)
        return cls(wanted, vectors, embedder)

    def search(self, query: str, k: int) -> list[tuple[Entry, float]]:
        """The `k` entries nearest to a query with their cosine similarities, best first."""
        scores, rows = self._faiss.search(self._embedder.embed([query]), min(k, len(self.entries)))
        return [(self.entries[row], float(score)) for row, score in zip(rows[0], scores[0], strict=True)]


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


def _write(path: Path, fingerprint: str, wanted: Sequence[Entry], vectors: Vectors) -> None:
    import faiss

    index: Any = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    blob = faiss.serialize_index(index).tobytes()
    texts = [_digest(entry.text) for entry in wanted]
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
