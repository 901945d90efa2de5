"""Labelled cases: JSON lines, checked strictly, every mistake with its file and line."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from bot.grading.grade import Said, Submission, Verdict
from knowledge.errors import KnowledgeError, UnknownNote
from knowledge.library import Library
from knowledge.note import Criterion

CASES = Path(__file__).parent / "cases"
SPLIT = CASES / "split.json"
APART = {
    "plain": CASES / "plain" / "test.jsonl",
    "plain-dev": CASES / "plain" / "dev.jsonl",
    "plain-train": CASES / "plain" / "train.jsonl",
    "other-fields": CASES / "other-fields" / "test.jsonl",
    "other-fields-dev": CASES / "other-fields" / "dev.jsonl",
    "other-fields-train": CASES / "other-fields" / "train.jsonl",
    "attacks": CASES / "attacks.jsonl",
}
HELD_OUT = CASES / "retrieval" / "held_out.jsonl"

Score = Annotated[float, Field(ge=0, le=1)]
Given = Literal[Verdict.MET, Verdict.PARTIAL, Verdict.MISSED, Verdict.CONTRADICTED]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class CaseError(KnowledgeError):
    """A case file is broken; the message names file and line."""

    exit_code = 2


class Case(BaseModel):
    """What every labelled case has: an id of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = ""


class _Point(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    point: Text
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    paraphrases: tuple[Text, ...] = ()
    contradictions: tuple[Text, ...] = ()


class GradingCase(Case):
    """An answer with the verdict an examiner gives on every point.

    The rubric is a note's (`note`, its id) or stands in the case (`question` and `rubric`; weights are
    scaled to sum to 1). `second_points` is what a second examiner gave, blind to the first. `said` are the
    words of the answer that say, or deny, a point. `clean` is the id of the same answer without the attack
    that `answer` carries.
    """

    note: str = ""
    question: str = ""
    rubric: tuple[_Point, ...] = ()
    kind: str = ""
    answer: Said
    gold_points: dict[str, Given] = {}
    second_points: dict[str, Given] = {}
    said: dict[str, Text] = {}
    gold_score: Score | None = None
    clean: str = ""

    @model_validator(mode="after")
    def _one_rubric(self) -> Self:
        inline = (bool(self.question), bool(self.rubric))
        if inline != ((False, False) if self.note else (True, True)):
            raise ValueError("give either `note` or `question` with `rubric`")
        if self.rubric:
            ids = [point.id for point in self.rubric]
            if len(set(ids)) < len(ids):
                raise ValueError("the rubric uses a point id twice")
            if unknown := sorted((self.gold_points.keys() | self.second_points.keys()) - set(ids)):
                raise ValueError(f"a label names {unknown[0]!r}, which the rubric has not")
        return self

    def submission(self, library: Library) -> Submission:
        """What a judge gets; raises CaseError where the case names a note that is not there."""
        if self.note:
            try:
                note = library[self.note]
            except UnknownNote as error:
                raise CaseError(f"The case {self.id!r}: {error}") from error
            return Submission(
                question=note.question, rubric=note.rubric, answer=self.answer, misconceptions=note.misconceptions
            )
        total = math.fsum(point.weight for point in self.rubric)
        rubric = tuple(
            Criterion.model_validate({**point.model_dump(), "weight": point.weight / total}) for point in self.rubric
        )
        return Submission(question=self.question, rubric=rubric, answer=self.answer)


class AgreementCase(Case):
    """An answer with the score that people gave it, and what the source calls right (one or more references)."""

    dataset: str
    split: str = ""
    question_id: str
    question: str
    reference: Annotated[tuple[Text, ...], Field(min_length=1)]
    answer: Said
    score: Score
    label: str | None = None
    label2: str | None = None
    label3: str | None = None
    label5: str | None = None


class RetrievalCase(Case):
    """A query with the notes that answer it, or None where no note does."""

    query: Text
    expect: Annotated[tuple[str, ...], Field(min_length=1)] | None
    kind: str = ""
    context: str = ""


C = TypeVar("C", bound=Case)


def read(kind: type[C], paths: Iterable[Path]) -> list[C]:
    """All cases of some files in order, with ids given where there are none; raises CaseError at the first mistake."""
    cases: list[C] = []
    seen: dict[str, str] = {}
    paths = list(paths)
    stems = Counter(path.stem for path in paths)
    for path in paths:
        name = path.stem if stems[path.stem] == 1 else str(path)
        for number, line in enumerate(_lines(path), 1):
            where = f"{path}:{number}"
            if not line.strip():
                continue
            try:
                case = kind.model_validate_json(line)
            except ValidationError as error:
                raise CaseError(f"{where}: {_told(error)}") from error
            if not case.id:
                case = case.model_copy(update={"id": f"{name}:{number}"})
            if case.id in seen:
                raise CaseError(f"{where}: the id {case.id!r} is already used in {seen[case.id]}.")
            seen[case.id] = where
            cases.append(case)
    if not cases:
        raise CaseError(f"{', '.join(map(str, paths)) or 'The folder'} has no case; write one as a line of JSON.")
    return cases


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise CaseError(f"{path} cannot be read ({error.strerror}); name a file of cases.") from error
    except UnicodeDecodeError as error:
        raise CaseError(f"{path} is not UTF-8 text; name a file of cases.") from error


def _told(error: ValidationError) -> str:
    detail: Any = error.errors()[0]
    where = ".".join(map(str, detail["loc"])) or "the line"
    return f"{where}: {detail['msg'].removeprefix('Value error, ')}."


def files(folder: str) -> list[Path]:
    """The case files of Viva's own, of one sort."""
    return sorted((CASES / folder).glob("*.jsonl"))


def grading(split: str = "all") -> list[GradingCase]:
    """The labelled answers of one split, or all; raises CaseError for a split that there is not."""
    return read(GradingCase, split_files(split))


def split_files(split: str) -> list[Path]:
    """The files of labelled answers of one split, a file a note; notes in no other split are for training.

    Some stand apart, and no other split has them, "all" included. `plain` are answers as people type them who see
    nothing but the question, right and wrong ones, to notes of the test split; `plain-dev` and `plain-train` are
    the same to other notes. `other-fields` are short answers to questions of law, history and the like, on rubrics
    without paraphrases; `other-fields-dev` and `other-fields-train` are the same of still other fields. `attacks`
    try to talk a judge round, beside the same without it.
    """
    splits: dict[str, list[str]] = json.loads(SPLIT.read_text(encoding="utf-8"))
    apart = {note: name for name, notes in splits.items() for note in notes}
    known = ("all", "train", *splits, *APART)
    if split not in known:
        raise CaseError(f"There is no split {split!r}; choose one of {', '.join(known)}.")
    if split in APART:
        return [APART[split]]
    return [path for path in files("grading") if split in ("all", apart.get(path.stem, "train"))]


def as_agreement(cases: Iterable[GradingCase], library: Library) -> list[AgreementCase]:
    """Labelled answers beside the short answer of their note, scored as a whole."""
    return [
        AgreementCase(
            id=case.id,
            dataset="viva",
            question_id=case.note,
            question=library[case.note].question,
            reference=(library[case.note].short,),
            answer=case.answer,
            score=case.gold_score,
        )
        for case in cases
        if case.note and case.gold_score is not None
    ]


def retrieval(*, held_out: bool) -> list[RetrievalCase]:
    """The labelled queries; `held_out` are those that nothing was chosen or fitted on."""
    wanted = [path for path in files("retrieval") if (path == HELD_OUT) == held_out]
    return read(RetrievalCase, wanted)


def digest(paths: Sequence[Path]) -> str:
    """SHA-256 over some files, so that what was fitted can name what it was fitted on."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()
