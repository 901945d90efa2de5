"""The embedded judge: no key, no network, the same grade every time, and silent where unsure.

Three calibrated probabilities (stated, contradicted, not stated) come from a logistic model of the
match features. Its weights and thresholds are data, `embedded.json`, fitted by
`python -m evals.fit_embedded` on the labelled answers in `evals/cases/grading`.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from bot.grading.evidence import content
from bot.grading.grade import Grade, PointGrade, Submission, Verdict
from bot.grading.matching import Match, Matcher, Matrix
from knowledge.note import Criterion

_ABOUT_IT = 0.65  # relevance from which on something was said about a point, right or wrong
_WORDS_A_POINT = 5  # content words that a statement needs for each point it is credited with

HEAD = Path(__file__).with_name("embedded.json")

UNSURE = "I cannot tell from the wording."
OVERUSED = "The same few words already count for another point."
NOTHING_SAID = "The answer makes no statement about the subject, or names its words without one."


@dataclass(frozen=True)
class Head:
    """A multinomial logistic model: probabilities of `classes` from standardised features.

    `thresholds` are the least probabilities at which each verdict is given rather than abstained.
    """

    classes: tuple[Verdict, ...]
    mean: Matrix
    scale: Matrix
    weights: Matrix
    bias: Matrix
    thresholds: dict[Verdict, float]

    @classmethod
    def read(cls, path: Path = HEAD) -> "Head":
        """The head stored at `path`."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            classes=tuple(Verdict(name) for name in data["classes"]),
            mean=np.array(data["mean"]),
            scale=np.array(data["scale"]),
            weights=np.array(data["weights"]),
            bias=np.array(data["bias"]),
            thresholds={Verdict(name): value for name, value in data["thresholds"].items()},
        )

    def probabilities(self, features: Matrix) -> dict[Verdict, float]:
        """One probability a class; they sum to 1. An undefined feature counts as average."""
        logits = self.weights @ np.nan_to_num((features - self.mean) / self.scale) + self.bias
        odds = np.exp(logits - logits.max())
        return dict(zip(self.classes, (odds / odds.sum()).tolist(), strict=True))


class EmbeddedJudge:
    """Compares every statement of an answer with each point's paraphrases and contradictions."""

    name = "embedded"

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    @cached_property
    def _head(self) -> Head:
        return Head.read()

    async def grade(self, submission: Submission) -> Grade:
        """Grade every point, leaving unscored what it cannot tell; EmbedderError where the weights are missing."""
        matches = await asyncio.to_thread(self._matcher.match, submission)
        points = [self._point(p, match) for p, match in zip(submission.rubric, matches, strict=True)]
        return Grade(judge=self.name, points=tuple(_without_overuse(points)))

    def _point(self, point: Criterion, match: Match | None) -> PointGrade:
        def graded(verdict: Verdict, **details: object) -> PointGrade:
            return PointGrade.model_validate(
                {"point_id": point.id, "weight": point.weight, "verdict": verdict, **details}
            )

        if match is None:
            return graded(Verdict.MISSED, reason=NOTHING_SAID, expected=0.0)
        if match.verbatim:
            return graded(Verdict.MET, evidence=match.verbatim, probability=1.0, expected=1.0)
        probabilities = self._head.probabilities(match.features)
        verdict = max(probabilities, key=lambda v: probabilities[v])
        probability, expected = probabilities[verdict], probabilities[Verdict.MET]
        if probability < self._head.thresholds[verdict]:
            return graded(Verdict.UNSCORED, probability=probability, expected=expected, reason=UNSURE)
        if verdict is Verdict.MISSED:
            if match.relevance >= _ABOUT_IT:
                return graded(Verdict.UNSCORED, probability=probability, expected=expected, reason=UNSURE)
            return graded(verdict, probability=probability, expected=expected)
        span = match.opposing if verdict is Verdict.CONTRADICTED else match.supporting
        return graded(verdict, probability=probability, expected=expected, evidence=span)


def _without_overuse(points: Sequence[PointGrade]) -> Iterator[PointGrade]:
    """The grades in their order, with no statement standing for more points than it has words for.

    "It is minus the sum of p log q" comes near several points and states one; the likeliest keeps it.
    """
    room: dict[tuple[int, int], int] = {}
    overused: set[str] = set()
    for point in sorted(points, key=lambda p: -(p.probability or 0)):
        if point.verdict.credit and point.evidence:
            span = (point.evidence.start, point.evidence.end)
            left = room.setdefault(span, max(1, len(content(point.evidence.quote)) // _WORDS_A_POINT))
            room[span] = left - 1
            if left <= 0:
                overused.add(point.point_id)
    for point in points:
        if point.point_id in overused:
            yield point.model_copy(update={"verdict": Verdict.UNSCORED, "evidence": None, "reason": OVERUSED})
        else:
            yield point
