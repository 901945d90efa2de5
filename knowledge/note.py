"""The schema of a note: a question, its rubric, its ladder of follow-ups, its explanation.

A note is a Markdown file with YAML front matter. Everything is checked strictly: an unknown
field is a mistake, because a misspelt one would silently lose a rubric point's contradictions.
"""

import math
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from knowledge.exercise import Exercise
from knowledge.parts import Part, Slug, Text, mistake

WEIGHT_TOLERANCE = 1e-3

SHORT, FULL, EXAMPLE = "In 30 seconds", "In full", "Worked example"
HEADINGS = (SHORT, FULL, EXAMPLE)
REQUIRED_HEADINGS = (SHORT, FULL)


# A fenced block, blank lines and all, or lines up to the next blank one or fence.
_PARAGRAPH = re.compile(r"^```(?s:.*?)^```[ \t]*$|(?:^(?!```).*\S.*$\n?)+", re.MULTILINE)


class Level(StrEnum):
    """How far along a candidate is expected to be."""

    CORE = "core"
    ADVANCED = "advanced"
    RESEARCH = "research"


class Kind(StrEnum):
    """What sort of answer the question wants."""

    CONCEPT = "concept"
    DERIVATION = "derivation"
    CODE = "code"
    BEHAVIOURAL = "behavioural"
    RESEARCH = "research"

    @property
    def personal(self) -> bool:
        """True where the answer is the candidate's own story, graded on its structure."""
        return self in (Kind.BEHAVIOURAL, Kind.RESEARCH)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise mistake(f"{text!r} is no regular expression ({error})", "what Python's `re` compiles") from None
    return text


class Criterion(Part):
    """One checkable sentence that a good answer states.

    `weight` is the share of the question's score in (0, 1]; the weights of a rubric sum to 1.
    `paraphrases` say the point in a candidate's words, `contradictions` are things people say
    that cannot be true together with it; a rubric from elsewhere may have neither.
    """

    id: Text
    point: Text
    weight: float = Field(gt=0, le=1)
    paraphrases: tuple[Text, ...] = ()
    contradictions: tuple[Text, ...] = ()


class RubricPoint(Criterion):
    """A criterion as a note has it: with wordings on both sides, and `probe`, which asks for it without a clue.

    `line`, of a note with an exercise, is a regular expression: a line of the candidate's code, without
    comments and strings, in which it is found earns the point.
    """

    id: Slug
    paraphrases: tuple[Text, ...] = Field(min_length=2)
    contradictions: tuple[Text, ...] = Field(min_length=2)
    probe: Text
    line: Annotated[str, AfterValidator(_pattern)] | None = None


class Misconception(Part):
    """A named wrong belief and what is true instead."""

    claim: Text
    correction: Text


class FollowUp(Part):
    """One rung of the ladder: a harder question with its own short rubric."""

    question: Text
    rubric: tuple[RubricPoint, ...] = Field(min_length=1, max_length=4)

    @model_validator(mode="after")
    def _rubric_adds_up(self) -> Self:
        _check_rubric(self.rubric)
        return self


class Related(Part):
    """Another note, and the question that leads there from here."""

    id: Slug
    bridge: Text


class Note(Part):
    """One interview question with everything needed to ask, probe, grade and explain it.

    `sections` maps each `## heading` of the Markdown body to its text; "In 30 seconds" and
    "In full" are required, "Worked example" is optional. Only a note of kind code may have an `exercise`.
    """

    id: Slug
    question: Text
    asked_as: tuple[Text, ...] = Field(min_length=3)
    topic: Slug
    level: Level
    kind: Kind
    rubric: tuple[RubricPoint, ...] = Field(min_length=3, max_length=8)
    misconceptions: tuple[Misconception, ...] = Field(min_length=1)
    follow_ups: tuple[FollowUp, ...] = Field(min_length=1, max_length=5)
    related: tuple[Related, ...] = ()
    references: tuple[Text, ...] = ()
    exercise: Exercise | None = None
    sections: dict[str, str]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_rubric(self.rubric)
        if self.topic in list(Level):  # "/drill research" asks for a level
            raise mistake(f"topic is {self.topic!r}, which is a level", "another name", "topic")
        for heading in REQUIRED_HEADINGS:
            if not self.sections.get(heading):
                raise ValueError(f"the body has no text under '## {heading}'")
        self._check_exercise()
        return self

    def _check_exercise(self) -> None:
        if self.exercise and self.kind is not Kind.CODE:
            raise mistake("only a note of kind code has an exercise", "`kind: code`, or no exercise", "exercise")
        for number, point in enumerate(self.rubric):
            if point.line and not self.exercise:
                at = ("rubric", number, "line")
                raise mistake("a point has `line` where no code is written", "a note with an exercise", *at)

    @property
    def short(self) -> str:
        """The answer in thirty seconds, Markdown."""
        return self.sections[SHORT]

    @property
    def full(self) -> str:
        """The full answer, Markdown."""
        return self.sections[FULL]

    @property
    def passages(self) -> tuple[str, ...]:
        """The paragraphs of the body in order, the pieces that retrieval and answers cite."""
        return tuple(paragraph.strip() for text in self.sections.values() for paragraph in _PARAGRAPH.findall(text))


def rubric_mistakes(ids: Sequence[str], weights: Sequence[float]) -> Iterator[str]:
    """What is wrong with a rubric as a whole, a sentence each."""
    total = math.fsum(weights)
    if abs(total - 1) > WEIGHT_TOLERANCE:
        yield f"the rubric's weights sum to {total:.4g}, not 1"
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"the rubric uses the point id {name!r} twice"


def _check_rubric(rubric: tuple[RubricPoint, ...]) -> None:
    for wrong in rubric_mistakes([point.id for point in rubric], [point.weight for point in rubric]):
        raise ValueError(wrong)
