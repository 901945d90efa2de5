"""The grade model that every judge returns, and the arithmetic of the score.

The score is computed here from point weights, never by a model:
score = sum over points of weight * credit(verdict) * share(aid), in [0, 1].
Points that could not be scored earn nothing and are counted apart in `open_weight`, so that a
score is what is certain and `score + open_weight` is the most it can become.
"""

import math
from enum import StrEnum
from typing import Annotated, Protocol, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from knowledge.note import Criterion, Misconception


def well_formed(text: object) -> object:
    """Text with half characters (lone surrogates, which no file or model takes) replaced."""
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text


Said = Annotated[str, BeforeValidator(well_formed)]
"""What a person typed."""


class Verdict(StrEnum):
    """What an answer does with one rubric point."""

    MET = "met"
    PARTIAL = "partial"
    MISSED = "missed"
    CONTRADICTED = "contradicted"
    UNSCORED = "unscored"

    @property
    def credit(self) -> float:
        """Share of the point's weight that the verdict earns."""
        return {Verdict.MET: 1.0, Verdict.PARTIAL: 0.5}.get(self, 0.0)


class Aid(StrEnum):
    """How much help a point took before it was said."""

    NONE = "none"
    PROBE = "probe"
    HINT = "hint"

    @property
    def share(self) -> float:
        """Share of the credit that is left: all unaided, three quarters after a probe, half after a hint."""
        return {Aid.NONE: 1.0, Aid.PROBE: 0.75, Aid.HINT: 0.5}[self]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(_Value):
    """A piece of the candidate's answer: characters [start, end) and the text found there."""

    start: int = Field(ge=0)
    end: int = Field(gt=0)
    quote: str = Field(min_length=1)

    def overlaps(self, other: "Span") -> bool:
        """True where the two have a character in common."""
        return self.start < other.end and other.start < self.end


class PointGrade(_Value):
    """The verdict on one rubric point, with what earned it.

    Credit needs evidence: met and partial carry a span of the candidate's own words, unless the
    candidate marked the point (`marked`). `probability` is how sure the judge is of its verdict and
    `expected` what it expects the point to be worth (1 met, 0.5 partial), in [0, 1], where it can say; the
    embedded judge does not tell partly said from said, and expects either to be worth 1.
    `probabilities` are those of all verdicts as a model gave them, before any calibration.
    """

    point_id: str
    weight: float = Field(gt=0, le=1)
    verdict: Verdict
    evidence: Span | None = None
    probability: float | None = Field(default=None, ge=0, le=1)
    expected: float | None = Field(default=None, ge=0, le=1)
    probabilities: dict[Verdict, float] = {}
    reason: str = ""
    aid: Aid = Aid.NONE
    marked: bool = False

    @model_validator(mode="after")
    def _credit_needs_evidence(self) -> Self:
        if self.verdict.credit and not self.evidence and not self.marked:
            raise ValueError(f"point {self.point_id!r} is {self.verdict} without evidence")
        return self

    @property
    def earned(self) -> float:
        """What the point adds to the score."""
        return self.weight * self.verdict.credit * self.aid.share

    @property
    def worth(self) -> float:
        """The share of its weight it probably earns: what the judge expects, or else its verdict's credit."""
        return self.verdict.credit if self.expected is None else self.expected


class WrongBelief(_Value):
    """A known misconception, what is true instead, and the words of the answer that state it."""

    claim: str
    correction: str
    evidence: Span


class Grade(_Value):
    """Every point of a rubric with its verdict.

    `notices` are sentences for the candidate about how the grade came about (a judge that failed,
    a quote that was not in the answer). `misconceptions` are told beside the points; they neither earn
    nor cost anything. `prompts` are the editions of those that a model was asked by.
    """

    judge: str
    points: tuple[PointGrade, ...] = Field(min_length=1)
    misconceptions: tuple[WrongBelief, ...] = ()
    notices: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """What is certain, in [0, 1]."""
        return min(1.0, math.fsum(point.earned for point in self.points))

    @property
    def open_weight(self) -> float:
        """The weight of the points that nobody has scored yet, in [0, 1]."""
        return math.fsum(point.weight for point in self.points if point.verdict is Verdict.UNSCORED)

    @property
    def estimate(self) -> float:
        """What an examiner would probably give, in [0, 1]: open points count what the judge expects of them.

        For measuring judges, never shown as a grade: it credits what nobody is sure was said.
        """
        return min(1.0, math.fsum(point.weight * point.worth for point in self.points))

    def __getitem__(self, point_id: str) -> PointGrade:
        """The grade of one point; KeyError when the rubric has no such point."""
        for point in self.points:
            if point.point_id == point_id:
                return point
        raise KeyError(point_id)

    def noting(self, *notices: str) -> "Grade":
        """The same grade with further notices in front."""
        return self.model_copy(update={"notices": notices + self.notices})


class Submission(_Value):
    """What a judge gets: the question as asked, the points to grade, and what the candidate said.

    `beside` are the points of the same rubric that are not graded now: a statement that belongs to
    one of them says nothing about the others. `misconceptions` are wrong beliefs to listen for.
    `of_reference`: the points are the sentences of a model answer, not facts that an answer has to state.
    """

    question: str
    rubric: tuple[Criterion, ...] = Field(min_length=1)
    answer: Said
    beside: tuple[Criterion, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
    of_reference: bool = False
    person: str = ""


class Judge(Protocol):
    """Grades a submission point by point.

    Raises ModelError when it cannot: the panel then asks the next judge. A point that the judge
    cannot decide is unscored with a reason, never missed by default.
    """

    @property
    def name(self) -> str:
        """What the grade says about who graded."""
        ...

    async def grade(self, submission: Submission) -> Grade:
        """One PointGrade for each rubric point, in the rubric's order."""
        ...


def unscored(submission: Submission, judge: str, reason: str) -> Grade:
    """A grade that says of every point that it could not be scored, and why."""
    points = tuple(
        PointGrade(point_id=point.id, weight=point.weight, verdict=Verdict.UNSCORED, reason=reason)
        for point in submission.rubric
    )
    return Grade(judge=judge, points=points)
