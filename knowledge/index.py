"""A FAISS index of what notes are found by, kept on disk with content hashes.

Each note has several vectors: its question, the other ways to ask it, the passages of its answer, its
rubric points, its follow-up questions. A text is known by its SHA-256, so a second start embeds nothing
and a changed note embeds only what changed in it.
"""

import hashlib
import io
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
        if header["sha256"] != hashlib.sha256(blob).hexdigest():
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
    header = {
        "format": FORMAT,
        "embedder": fingerprint,
        "sha256": hashlib.sha256(blob).hexdigest(),
        "texts": [_digest(entry.text) for entry in wanted],
    }
    file = io.BytesIO()
    file.write(json.dumps(header).encode() + b"\n")
    file.write(blob)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A reader, or a second process writing too, sees the old file or the new one, never half.
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
            temporary.write(file.getvalue())
        os.replace(temporary.name, path)
    except OSError as error:
        raise KnowledgeError(
            f"The index cannot be written to {path} ({error.strerror}); set VIVA_DATA_DIR to another folder."
        ) from error
