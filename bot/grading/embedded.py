"""The embedded judge: no key, no network, the same grade every time, and silent where unsure.

Three calibrated probabilities (stated, contradicted, not stated) come from a logistic model of the
match features; there is one for points with contradictions to hold an answer against, and others.
Weights and thresholds are data: `embedded.json`, fitted by `python -m training.embedded` on labelled
answers to notes, and to questions of other fields, that the cross-encoder was not trained on, and for the
sentences of a model answer `reference.json`, by `python -m training.reference` on human-graded sets.
"""

import asyncio
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bot.grading.features import FEATURES, Matrix
from bot.grading.grade import Grade, PointGrade, Submission, Verdict
from bot.grading.matching import Match, Matcher
from bot.grading.overuse import without_overuse
from knowledge.note import Criterion

_WORDS_A_POINT = 5  # telling words that a statement needs for each point it is credited with

HEADS, REFERENCE = (Path(__file__).with_name(name) for name in ("embedded.json", "reference.json"))

UNSURE = "I cannot tell from the wording."
NOTHING_SAID = "The answer makes no statement about the subject, or names its words without one."


@dataclass(frozen=True)
class Head:
    """A multinomial logistic model: probabilities of `classes` from standardised features.

    `columns` are the features it looks at, as indices into FEATURES; `thresholds` the least
    probabilities at which each verdict is given rather than abstained.
    """

    classes: tuple[Verdict, ...]
    columns: tuple[int, ...]
    mean: Matrix
    scale: Matrix
    weights: Matrix
    bias: Matrix
    thresholds: dict[Verdict, float]

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Head":
        """The head that `training.embedded` wrote."""
        return cls(
            classes=tuple(Verdict(name) for name in data["classes"]),
            columns=tuple(FEATURES.index(name) for name in data["features"]),
            mean=np.array(data["mean"]),
            scale=np.array(data["scale"]),
            weights=np.array(data["weights"]),
            bias=np.array(data["bias"]),
            thresholds={Verdict(name): value for name, value in data["thresholds"].items()},
        )

    def probabilities(self, features: Matrix) -> dict[Verdict, float]:
        """One probability a class; they sum to 1. An undefined feature counts as average."""
        standardised = np.nan_to_num((features[list(self.columns)] - self.mean) / self.scale)
        logits = self.weights @ standardised + self.bias
        odds = np.exp(logits - logits.max())
        return dict(zip(self.classes, (odds / odds.sum()).tolist(), strict=True))


@dataclass(frozen=True)
class Heads:
    """A head for points with contradictions, one for points without, and one for the sentences of a model answer."""

    opposed: Head
    alone: Head
    reference: Head

    @classmethod
    def read(cls) -> "Heads":
        """The heads that are shipped."""
        data = {**json.loads(HEADS.read_text(encoding="utf-8")), **json.loads(REFERENCE.read_text(encoding="utf-8"))}
        return cls(*(Head.of(data[name]) for name in ("opposed", "alone", "reference")))

    def of(self, point: Criterion, submission: Submission) -> Head:
        """The head that grades a point of a submission."""
        if submission.of_reference:
            return self.reference
        return self.opposed if point.contradictions else self.alone


class EmbeddedJudge:
    """Reads the statements of an answer beside each point, its paraphrases and its contradictions."""

    name = "embedded"

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    @cached_property
    def _heads(self) -> Heads:
        return Heads.read()

    async def grade(self, submission: Submission) -> Grade:
        """Grade every point, leaving unscored what it cannot tell; EmbedderError where the weights are missing."""
        matches = await asyncio.to_thread(self._matcher.match, submission)
        points = [
            self._point(point, match, self._heads.of(point, submission))
            for point, match in zip(submission.rubric, matches, strict=True)
        ]
        return Grade(judge=self.name, points=tuple(without_overuse(points, _WORDS_A_POINT)))

    def _point(self, point: Criterion, match: Match | None, head: Head) -> PointGrade:
        def graded(verdict: Verdict, **details: object) -> PointGrade:
            return PointGrade.model_validate(
                {"point_id": point.id, "weight": point.weight, "verdict": verdict, **details}
            )

        if match is None:
            return graded(Verdict.MISSED, reason=NOTHING_SAID, expected=0.0)
        if match.verbatim:
            return graded(Verdict.MET, evidence=match.verbatim, probability=1.0, expected=1.0)
        probabilities = head.probabilities(match.features)
        verdict = max(probabilities, key=lambda v: probabilities[v])
        probability, expected = probabilities[verdict], probabilities[Verdict.MET]
        if probability < head.thresholds[verdict]:
            return graded(Verdict.UNSCORED, probability=probability, expected=expected, reason=UNSURE)
        if verdict is Verdict.MISSED:
            return graded(verdict, probability=probability, expected=expected)
        span = match.opposing if verdict is Verdict.CONTRADICTED else match.supporting
        return graded(verdict, probability=probability, expected=expected, evidence=span)
