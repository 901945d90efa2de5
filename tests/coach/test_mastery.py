"""Mastery: a mean weighted by recency, an interval that widens with time, and what counts how much."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.coach.mastery import HALF_LIFE, Estimate, Tally, together

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def tally(*shares: float, every: timedelta = timedelta(), begun: datetime = NOON) -> Tally:
    whole = Tally(at=begun)
    for index, share in enumerate(shares):
        whole = whole.plus(share, 1.0, begun + index * every)
    return whole


def known(whole: Tally, now: datetime = NOON) -> Estimate:
    found = whole.estimate(now)
    assert found
    return found


def test_without_evidence_nothing_is_known() -> None:
    assert tally().estimate(NOON) is None
    assert tally(0.3).plus(-0.3, -1, NOON).estimate(NOON) is None


def test_what_was_earned_a_half_life_ago_weighs_half() -> None:
    assert known(tally(0.0, 1.0, every=HALF_LIFE)).mean == pytest.approx(2 / 3)
    assert known(tally(0.0, 0.0, 1.0, every=HALF_LIFE)).mean == pytest.approx(1 / 1.75)


def test_the_order_in_which_answers_become_known_does_not_matter() -> None:
    late_first = Tally(at=NOON).plus(1, 1, NOON + 9 * DAY).plus(0, 1, NOON)
    assert late_first == Tally(at=NOON).plus(0, 1, NOON).plus(1, 1, NOON + 9 * DAY)


def test_time_alone_leaves_the_mean_and_widens_the_interval() -> None:
    now, later = known(tally(1, 1, 0, 1)), known(tally(1, 1, 0, 1), NOON + 2 * HALF_LIFE)
    assert later.mean == now.mean == 0.75
    assert later.evidence == pytest.approx(now.evidence / 4)
    assert later.low < now.low < now.mean < now.high < later.high


@pytest.mark.parametrize(("shares", "low", "high"), [((1.0,) * 8 + (0.0,) * 2, 0.490, 0.943), ((1.0,) * 5, 0.566, 1.0)])
def test_the_interval_is_wilsons(shares: tuple[float, ...], low: float, high: float) -> None:
    # Values of Newcombe's method 3 (Statistics in Medicine 17, 1998) for 8 of 10 and 5 of 5.
    assert known(tally(*shares)).low == pytest.approx(low, abs=1e-3)
    assert known(tally(*shares)).high == pytest.approx(high, abs=1e-3)


@pytest.mark.parametrize("mean", [0.0, 0.01, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("count", [1, 3, 40])
def test_the_interval_holds_the_mean_and_stays_within_bounds(mean: float, count: int) -> None:
    found = known(tally(*(mean,) * count))
    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert found.low < found.high


def test_of_several_each_counts_the_same_however_often_it_was_asked() -> None:
    often, once = known(tally(*(0.0,) * 9)), known(tally(1.0))
    whole = together([often, once])
    assert (whole.mean, whole.evidence) == (0.5, pytest.approx(10))
    assert known(tally(*(0.0,) * 9, 1.0)).mean == pytest.approx(0.1)
    assert whole.high - whole.low < once.high - once.low
