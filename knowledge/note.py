"""The schema of a note: a question, its rubric, its ladder of follow-ups, its explanation.

A note is a Markdown file with YAML front matter. Everything is checked strictly: an unknown
field is a mistake, because a misspelt one would silently lose a rubric point's contradictions.
"""

import math
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

WEIGHT_TOLERANCE = 1e-3

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]

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


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Criterion(_Part):
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
    """A criterion as a note has it: with wordings on both sides, and `probe`, which asks for it without a clue."""

    id: Slug
    paraphrases: tuple[Text, ...] = Field(min_length=2)
    contradictions: tuple[Text, ...] = Field(min_length=2)
    probe: Text


class Misconception(_Part):
    """A named wrong belief and what is true instead."""

    claim: Text
    correction: Text


class FollowUp(_Part):
    """One rung of the ladder: a harder question with its own short rubric."""

    question: Text
    rubric: tuple[RubricPoint, ...] = Field(min_length=1, max_length=4)

    @model_validator(mode="after")
    def _rubric_adds_up(self) -> Self:
        _check_rubric(self.rubric)
        return self


class Related(_Part):
    """Another note, and the question that leads there from here."""

    id: Slug
    bridge: Text


class Note(_Part):
    """One interview question with everything needed to ask, probe, grade and explain it.

    `sections` maps each `## heading` of the Markdown body to its text; "In 30 seconds" and
    "In full" are required, "Worked example" is optional.
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
    sections: dict[str, str]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_rubric(self.rubric)
        for heading in REQUIRED_HEADINGS:
            if not self.sections.get(heading):
                raise ValueError(f"the body has no text under '## {heading}'")
        return self

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
    for mistake in rubric_mistakes([point.id for point in rubric], [point.weight for point in rubric]):
        raise ValueError(mistake)
