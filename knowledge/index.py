"""A FAISS index of what notes are found by.

Each note has several vectors: its question, the other ways to ask it, the passages of its answer, its
rubric points, its follow-up questions. A second start embeds nothing, a changed note only what changed in it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedder import Embedder, Vectors
from knowledge.note import Note
from knowledge.vectors import Progress, remembered


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
        known = remembered([entry.text for entry in wanted], embedder, path, progress)
        vectors = np.stack([known[entry.text] for entry in wanted])
        return cls(wanted, vectors, embedder)

    def cosines(self, query: str) -> Vectors:
        """The cosine similarity of every entry to a query, in the order of `entries`."""
        scores, rows = self._faiss.search(self._embedder.embed([query]), len(self.entries))
        cosines = np.empty(len(self.entries), dtype=np.float32)
        cosines[rows[0]] = scores[0]
        return cosines

    @property
    def embedder(self) -> Embedder:
        """What the entries were embedded with."""
        return self._embedder

    def search(self, query: str, k: int) -> list[tuple[Entry, float]]:
        """The `k` entries nearest to a query with their cosine similarities, best first."""
        scores, rows = self._faiss.search(self._embedder.embed([query]), min(k, len(self.entries)))
        return [(self.entries[row], float(score)) for row, score in zip(rows[0], scores[0], strict=True)]
