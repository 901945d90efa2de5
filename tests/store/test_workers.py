"""Real processes on one PostgreSQL; `python -m tests.bench workers` does it with more of them."""

from __future__ import annotations

from tests.handover import Crowd
from tests.store.conftest import Fresh
from tests.workers import Pace


async def test_what_a_killed_worker_leaves_is_answered_once_by_another(postgresql: Fresh) -> None:
    quick = Pace(thinks=0.2, lease=1.0, look=0.3)
    crowd = Crowd(postgresql(), 10, answers=2, workers=2, kills=1, pace=quick)
    assert await crowd.run() == []
    assert crowd.taken_over, "the kill left nobody waiting"
    assert max(crowd.taken_over) < 20
