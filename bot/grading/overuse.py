"""A few words cannot say everything: no statement earns more points than it has words for."""

from collections.abc import Iterator, Sequence

from bot.grading.evidence import content
from bot.grading.grade import PointGrade, Span, Verdict

OVERUSED = "The same few words already count for another point."


def without_overuse(points: Sequence[PointGrade], words: int) -> Iterator[PointGrade]:
    """The grades in their order, each statement with one point for every so many telling words, and one at least.

    "It is minus the sum of p log q" comes near several points and states one; the likeliest keeps it. A clause and
    its sentence are one statement, and so are the same words said twice.
    """
    used: list[Span] = []
    overused: set[str] = set()
    for point in sorted(points, key=lambda p: -(p.probability or 0)):
        if point.verdict.credit and (span := point.evidence):
            shared = [other for other in used if other.overlaps(span) or _alike(other, span)]
            room = max(len(set(content(each.quote))) for each in (*shared, span)) // words
            if len(shared) >= max(1, room):
                overused.add(point.point_id)
            else:
                used.append(span)
    for point in points:
        if point.point_id in overused:
            yield point.model_copy(update={"verdict": Verdict.UNSCORED, "evidence": None, "reason": OVERUSED})
        else:
            yield point


def _alike(one: Span, other: Span) -> bool:
    return set(content(one.quote)) == set(content(other.quote))
