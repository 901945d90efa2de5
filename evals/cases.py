"""Labelled cases: JSON lines, checked strictly, every mistake with its file and line."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.grading.grade import Verdict
from knowledge.errors import KnowledgeError

CASES = Path(__file__).parent / "cases"
SPLIT = CASES / "split.json"


class CaseError(KnowledgeError):
    """A case file is broken; the message names file and line."""


class _Case(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GradingCase(_Case):
    """An answer with the verdict an examiner gives on every point of its note."""

    id: str
    note: str
    kind: str
    answer: str
    gold_points: dict[str, Verdict]
    gold_score: Annotated[float, Field(ge=0, le=1)]


class RetrievalCase(_Case):
    """A query with the notes that answer it, or None where no note does."""

    query: str
    expect: tuple[str, ...] | None
    kind: str
    context: str = ""


C = TypeVar("C", bound=_Case)


def read(kind: type[C], paths: Iterable[Path]) -> list[C]:
    """All cases of some files in order; raises CaseError at the first broken line."""
    cases: list[C] = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                cases.append(kind.model_validate_json(line))
            except ValidationError as error:
                detail = error.errors()[0]
                where = ".".join(map(str, detail["loc"])) or "the line"
                raise CaseError(f"{path}:{number}: {where}: {detail['msg']}") from error
    return cases


def grading() -> list[GradingCase]:
    """The labelled answers."""
    return read(GradingCase, sorted((CASES / "grading").glob("*.jsonl")))


def retrieval() -> list[RetrievalCase]:
    """The labelled queries."""
    return read(RetrievalCase, sorted((CASES / "retrieval").glob("*.jsonl")))


def test_notes() -> frozenset[str]:
    """The notes whose answers nothing may be fitted on."""
    return frozenset(json.loads(SPLIT.read_text(encoding="utf-8"))["test"])


def digest(paths: Sequence[Path]) -> str:
    """SHA-256 over some files, so that what was fitted can name what it was fitted on."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()
