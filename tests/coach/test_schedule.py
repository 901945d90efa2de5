"""FSRS on notes: what a share counts as, when it is due again, and nothing left to chance."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from fsrs import Rating

from bot.coach.schedule import rating, reviewed

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def days(share: float, *after: float) -> list[int]:
    """The intervals when every review is done on the day that it is due."""
    recall, found = None, list[int]()
    at = NOON
    for each in (share, *after):
        recall = reviewed(recall, each, at)
        found.append((recall.due - at).days)
        at = recall.due
    return found


@pytest.mark.parametrize(
    ("share", "rated"),
    [
        (0.0, Rating.Again),
        (0.39, Rating.Again),
        (0.4, Rating.Hard),
        (0.7, Rating.Good),
        (0.9, Rating.Easy),
        (1, Rating.Easy),
    ],
)
def test_a_share_counts_as_again_hard_good_or_easy(share: float, rated: Rating) -> None:
    assert rating(share) is rated


def test_the_better_it_went_the_later_it_is_due() -> None:
    first = [days(share)[0] for share in (0.0, 0.5, 0.8, 1.0)]
    assert first == [1, 1, 2, 8]  # FSRS-6 begins with stabilities of 0.2, 1.3, 2.3 and 8.3 days


def test_what_is_known_each_time_is_due_ever_later() -> None:
    assert all(later > before for before, later in pairwise(days(0.8, 0.8, 0.8, 0.8)))


def test_what_was_forgotten_is_due_the_sooner() -> None:
    known, forgotten = days(0.8, 0.8, 0.8), days(0.8, 0.8, 0.0)
    assert forgotten[-1] < known[-1]


def test_it_is_recalled_with_nine_in_ten_after_its_stability() -> None:
    recall = reviewed(None, 1.0, NOON)
    assert recall.probability(NOON) == 1
    assert recall.probability(recall.due) == pytest.approx(0.9, abs=0.01)
    assert recall.probability(NOON + timedelta(days=90)) < 0.7


def test_the_same_reviews_are_due_at_the_same_time_wherever_the_clock_stands() -> None:
    berlin = timezone(timedelta(hours=2))
    assert reviewed(None, 0.8, NOON) == reviewed(None, 0.8, NOON.astimezone(berlin))
    assert days(0.8, 0.5, 0.0, 1.0) == days(0.8, 0.5, 0.0, 1.0)


def test_a_review_on_the_same_day_is_no_second_day_of_learning() -> None:
    once = reviewed(None, 0.8, NOON)
    twice = reviewed(once, 0.8, NOON + timedelta(hours=1))
    later = reviewed(once, 0.8, once.due)
    assert twice.stability < later.stability
