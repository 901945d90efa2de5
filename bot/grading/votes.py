"""One verdict out of several on the same point: more than half must agree, or the point stays open."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from bot.grading.grade import PointGrade, Verdict


def agreed(votes: Sequence[PointGrade], asked: int, disagreement: str) -> PointGrade:
    """The first vote with the verdict that more than half of the votes give; unscored where none has so many.

    `probability` becomes that verdict's share of all who were `asked`, also of those without a vote, and
    `expected` the mean of what the votes hold the point to be worth. A point that stays open for want of
    a majority has the reason `disagreement` and the greatest share that a verdict had.
    """
    verdict, count = Counter(vote.verdict for vote in votes).most_common(1)[0]
    changes: dict[str, Any] = {
        "probability": count / asked,
        "expected": fmean(vote.worth for vote in votes),
        "probabilities": {},
    }
    if 2 * count <= len(votes):
        changes |= {"verdict": Verdict.UNSCORED, "evidence": None, "reason": disagreement}
    return next(vote for vote in votes if vote.verdict is verdict).model_copy(update=changes)
