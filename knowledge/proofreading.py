"""What a second reader of the notes should look at, and what no renderer can show.

Mistakes (`Problem`) are wrong without doubt. Remarks are found by embedding and are for a human eye: two
questions that sound the same, a paraphrase that lies nearer to another point, a contradiction that lies
nearer to its point than anything right does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from knowledge.embedder import Vectors
from knowledge.errors import Problem
from knowledge.note import Note, RubricPoint
from knowledge.source import Location, Source, brief

SAME_QUESTION = 0.93  # cosine from which on two questions are one
NEARER = 0.35  # by how much another point has to be nearer than a paraphrase's own
TEMPTING = 0.03  # by how much a contradiction has to be nearer than the nearest paraphrase

_FORMULA = re.compile(r"\$([^$\n]+)\$")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)

Read = Sequence[tuple[Source, Note]]


@dataclass(frozen=True)
class Remark:
    """Something to look at, and where it stands."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def unrenderable(read: Read) -> Iterator[Problem]:
    """Every formula of a body that matplotlib's mathtext cannot draw."""
    drawable = cache(_drawable)  # many a formula comes again
    for source, _ in read:
        for section in source.sections:
            text = _CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), section.text)
            for formula in _FORMULA.finditer(text):
                if not drawable(formula[0]):
                    line = section.text_line + text.count("\n", 0, formula.start())
                    wrong = f"the formula {brief(formula[1])} cannot be drawn"
                    yield Problem(source.path, line, wrong, "what matplotlib's mathtext knows")


def _drawable(formula: str) -> bool:
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(formula)
    except ValueError:
        return False
    return True


def embedded_texts(read: Read) -> list[str]:
    """The texts whose vectors `remarks` needs."""
    return [text for _, note in read for text in (note.question, *(t for p in note.rubric for t in _texts(p)))]


def remarks(read: Read, vectors: Mapping[str, Vectors]) -> Iterator[Remark]:
    """What two readers could take differently, by unit vectors (d,) of all `embedded_texts`."""
    yield from _to_do(read)
    yield from _same_questions(read, vectors)
    points = [(note, point) for _, note in read for point in note.rubric]
    matrix = np.stack([vectors[point.point] for _, point in points])
    places = ((source, note, number) for source, note in read for number in range(len(note.rubric)))
    for row, (source, note, number) in enumerate(places):
        if not note.kind.personal:  # such wordings come from any field of research
            yield from _stray(source, number, vectors, points, matrix, row)
            yield from _tempting(source, number, note.rubric[number], vectors)


def _texts(point: RubricPoint) -> tuple[str, ...]:
    return (point.point, *point.paraphrases, *point.contradictions)


def _to_do(read: Read) -> Iterator[Remark]:
    for source, _ in read:
        lines = [n for n, line in enumerate(source.path.read_text(encoding="utf-8").splitlines(), 1) if "TODO" in line]
        if lines:
            yield Remark(source.path, lines[0], f"{len(lines)} lines are still to be written")


def _same_questions(read: Read, vectors: Mapping[str, Vectors]) -> Iterator[Remark]:
    questions = np.stack([vectors[note.question] for _, note in read])
    similarity = questions @ questions.T
    for this, that in np.argwhere(np.triu(similarity, 1) >= SAME_QUESTION).tolist():
        source, note = read[that]
        yield _remark(source, ("question",), f"{brief(note.question)} asks what {read[this][1].id} asks")


def _stray(
    source: Source,
    number: int,
    vectors: Mapping[str, Vectors],
    points: Sequence[tuple[Note, RubricPoint]],
    matrix: Vectors,
    row: int,
) -> Iterator[Remark]:
    """Paraphrases of one point that lie nearer to another point, of any note."""
    for place, text in enumerate(points[row][1].paraphrases):
        similarity = matrix @ vectors[text]
        own = float(similarity[row])
        similarity[row] = -1.0
        best = int(similarity.argmax())
        if similarity[best] > own + NEARER:
            note, point = points[best]
            where: Location = ("rubric", number, "paraphrases", place)
            yield _remark(source, where, f"{brief(text)} lies nearer to {note.id}/{point.id} than to its own point")


def _tempting(source: Source, number: int, point: RubricPoint, vectors: Mapping[str, Vectors]) -> Iterator[Remark]:
    """Contradictions that lie nearer to the point than every paraphrase: they want a true twin."""
    centre = vectors[point.point]
    nearest = max(float(vectors[text] @ centre) for text in point.paraphrases)
    for place, text in enumerate(point.contradictions):
        if float(vectors[text] @ centre) > nearest + TEMPTING:
            where: Location = ("rubric", number, "contradictions", place)
            yield _remark(source, where, f"{brief(text)} lies nearer to the point than every paraphrase")


def _remark(source: Source, where: Location, text: str) -> Remark:
    return Remark(source.path, source.line(*where), text)
