"""A few words cannot say everything: no statement earns more points than it has words for."""

from collections.abc import Iterator, Sequence

from bot.grading.evidence import content
from bot.grading.grade import PointGrade, Verdict

OVERUSED = "The same few words already count for another point."


def without_overuse(points: Sequence[PointGrade], words: int) -> Iterator[PointGrade]:
    """The grades in their order, each statement with one point for every so many telling words, and one at least.

    "It is minus the sum of p log q" comes near several points and states one; the likeliest keeps it.
    """
    room: dict[tuple[int, int], int] = {}
    overused: set[str] = set()
    for point in sorted(points, key=lambda p: -(p.probability or 0)):
        if point.verdict.credit and point.evidence:
            span = (point.evidence.start, point.evidence.end)
            left = room.setdefault(span, max(1, len(content(point.evidence.quote)) // words))
            room[span] = left - 1
            if left <= 0:
                overused.add(point.point_id)
    for point in points:
        if point.point_id in overused:
            yield point.model_copy(update={"verdict": Verdict.UNSCORED, "evidence": None, "reason": OVERUSED})
        else:
            yield point
