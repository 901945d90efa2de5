"""When a concept is due again: FSRS (the `fsrs` library, version 6 of the algorithm) on notes. Pure.

A note is reviewed by a question on it, rated by the share that was earned of what could be scored. Intervals are whole
days: nobody is asked the same again ten minutes later, so there are no learning steps. Nothing is left to chance.
"""

from datetime import UTC, datetime

from fsrs import Card, Rating, Scheduler, State
from pydantic import BaseModel, ConfigDict

RATINGS = ((0.9, Rating.Easy), (0.7, Rating.Good), (0.4, Rating.Hard), (0.0, Rating.Again))
"""From which share of what could be scored on an answer counts as what."""

_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


class Recall(BaseModel):
    """How a concept stands in memory after its last review.

    `stability` is the days until it is recalled with 90 %, `difficulty` is in [1, 10].
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stability: float
    difficulty: float
    reviewed: datetime
    due: datetime

    def probability(self, now: datetime) -> float:
        """How likely it is recalled at a moment, in [0, 1]."""
        return _SCHEDULER.get_card_retrievability(_card(self), now.astimezone(UTC))


def rating(share: float) -> Rating:
    """What a share in [0, 1] counts as."""
    return next(rated for least, rated in RATINGS if share >= least)


def reviewed(before: Recall | None, share: float, at: datetime) -> Recall:
    """How it stands after a review; `before` is None for the first."""
    card, _ = _SCHEDULER.review_card(_card(before), rating(share), at.astimezone(UTC))
    assert card.stability is not None  # noqa: S101  # a reviewed card has all three
    assert card.difficulty is not None  # noqa: S101  # as above
    assert card.last_review  # noqa: S101  # as above
    return Recall(stability=card.stability, difficulty=card.difficulty, reviewed=card.last_review, due=card.due)


def _card(recall: Recall | None) -> Card:
    # Without an id a card is given the time of day, and waits for it to be another.
    if recall is None:
        return Card(card_id=0)
    return Card(
        card_id=0,
        state=State.Review,
        stability=recall.stability,
        difficulty=recall.difficulty,
        due=recall.due,
        last_review=recall.reviewed.astimezone(UTC),
    )
