"""No statement earns more points than it has words for, in whatever pieces it is quoted."""

from bot.grading.grade import PointGrade, Span, Verdict
from bot.grading.overuse import OVERUSED, without_overuse

ANSWER = "Cross-entropy is minus sum p log q. Cross entropy minus sum p log q is. It falls, since the weights move."
WORDS = 5


def credited(*quotes: str) -> list[Verdict]:
    """The verdicts on as many points, each credited with one quote, the surest first."""
    spans = [Span(start=(at := ANSWER.index(q)), end=at + len(q), quote=q) for q in quotes]
    points = [
        PointGrade(
            point_id=f"{n}", weight=1 / len(spans), verdict=Verdict.MET, evidence=span, probability=0.9 - n / 100
        )
        for n, span in enumerate(spans)
    ]
    graded = list(without_overuse(points, WORDS))
    assert {point.reason for point in graded if point.verdict is Verdict.UNSCORED} <= {OVERUSED}
    return [point.verdict for point in graded]


FIRST, AGAIN, LAST = (f"{text}." for text in ANSWER.rstrip(".").split(". "))
MET, OPEN = Verdict.MET, Verdict.UNSCORED


def test_each_statement_earns_a_point() -> None:
    assert credited(FIRST, LAST) == [MET, MET]


def test_one_statement_earns_one_for_every_so_many_words_and_the_surest_keeps_it() -> None:
    assert credited(FIRST, FIRST) == [MET, OPEN]


def test_a_clause_and_its_sentence_are_one_statement() -> None:
    assert credited("the weights move", LAST) == [MET, OPEN]


def test_the_same_words_said_twice_are_one_statement() -> None:
    assert credited(FIRST, AGAIN) == [MET, OPEN]


def test_repeating_oneself_within_a_sentence_buys_no_point() -> None:
    said = "entropy plus divergence is cross-entropy, " * 3
    span = Span(start=0, end=len(said), quote=said)
    points = [
        PointGrade(point_id=name, weight=0.5, verdict=MET, evidence=span, probability=0.9) for name in ("one", "other")
    ]
    assert [point.verdict for point in without_overuse(points, WORDS)] == [MET, OPEN]
