"""The grade: no credit without evidence, and a score that is arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.grading.grade import Aid, Grade, PointGrade, Span, Submission, Verdict, WrongBelief, unscored
from knowledge.note import WEIGHT_TOLERANCE
from tests.grading.examples import RUBRIC, submission

WORDS = Span(start=0, end=4, quote="noun")


def point(verdict: Verdict, weight: float = 0.5, *, name: str = "p", aid: Aid = Aid.NONE) -> PointGrade:
    """A point graded with whatever evidence its verdict needs."""
    evidence = WORDS if verdict.credit else None
    return PointGrade(point_id=name, weight=weight, verdict=verdict, evidence=evidence, aid=aid)


@st.composite
def grades(draw: st.DrawFn) -> Grade:
    """Any grade of a rubric whose weights sum to 1."""
    shares = draw(st.lists(st.integers(1, 100), min_size=1, max_size=8))
    return Grade(
        judge="any",
        points=tuple(
            point(draw(st.sampled_from(Verdict)), share / sum(shares), name=f"p{index}", aid=draw(st.sampled_from(Aid)))
            for index, share in enumerate(shares)
        ),
    )


@pytest.mark.parametrize("verdict", [Verdict.MET, Verdict.PARTIAL])
def test_credit_without_evidence_cannot_be_built(verdict: Verdict) -> None:
    with pytest.raises(ValidationError, match=r"'floor' is .* without evidence"):
        PointGrade(point_id="floor", weight=0.5, verdict=verdict)


@pytest.mark.parametrize("verdict", [Verdict.MET, Verdict.PARTIAL])
def test_the_candidates_own_mark_stands_without_evidence(verdict: Verdict) -> None:
    assert PointGrade(point_id="floor", weight=0.5, verdict=verdict, marked=True).earned == 0.5 * verdict.credit


@pytest.mark.parametrize("verdict", [Verdict.MISSED, Verdict.CONTRADICTED, Verdict.UNSCORED])
def test_no_credit_needs_no_evidence(verdict: Verdict) -> None:
    assert PointGrade(point_id="floor", weight=0.5, verdict=verdict).earned == 0


@pytest.mark.parametrize(
    "span",
    [{"start": 0, "end": 0, "quote": ""}, {"start": -1, "end": 3, "quote": "abc"}, {"start": 0, "end": 3, "quote": ""}],
    ids=["nothing", "before the start", "no words"],
)
def test_evidence_is_never_empty(span: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Span.model_validate(span)


@pytest.mark.parametrize(
    ("verdict", "aid", "earned"),
    [
        (Verdict.MET, Aid.NONE, 0.4),
        (Verdict.MET, Aid.PROBE, 0.3),
        (Verdict.MET, Aid.HINT, 0.2),
        (Verdict.PARTIAL, Aid.NONE, 0.2),
        (Verdict.PARTIAL, Aid.PROBE, 0.15),
        (Verdict.PARTIAL, Aid.HINT, 0.1),
        (Verdict.MISSED, Aid.NONE, 0),
        (Verdict.CONTRADICTED, Aid.NONE, 0),
        (Verdict.UNSCORED, Aid.NONE, 0),
    ],
)
def test_a_point_earns_its_weight_times_verdict_times_aid(verdict: Verdict, aid: Aid, earned: float) -> None:
    assert point(verdict, 0.4, aid=aid).earned == pytest.approx(earned)


def test_the_score_adds_up_what_the_points_earn() -> None:
    grade = Grade(
        judge="any",
        points=(
            point(Verdict.MET, 0.5, name="a", aid=Aid.PROBE),
            point(Verdict.PARTIAL, 0.2, name="b"),
            point(Verdict.MISSED, 0.1, name="c"),
            point(Verdict.UNSCORED, 0.2, name="d"),
        ),
    )
    assert grade.score == pytest.approx(0.5 * 0.75 + 0.2 * 0.5)
    assert grade.open_weight == pytest.approx(0.2)


@given(grades())
def test_a_score_and_what_it_can_become_stay_in_bounds(grade: Grade) -> None:
    assert 0 <= grade.score <= 1
    assert grade.open_weight >= 0
    assert grade.score + grade.open_weight <= 1 + 1e-9


@given(grades())
def test_nothing_met_scores_nothing_and_everything_met_unaided_scores_one(grade: Grade) -> None:
    def all_of(verdict: Verdict) -> Grade:
        points = tuple(point(verdict, p.weight, name=p.point_id) for p in grade.points)
        return grade.model_copy(update={"points": points})

    assert all_of(Verdict.MET).score == pytest.approx(1)
    assert all_of(Verdict.MISSED).score == 0
    assert all_of(Verdict.UNSCORED).open_weight == pytest.approx(1)


@given(grades(), st.data())
def test_more_help_never_scores_higher(grade: Grade, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(grade.points) - 1))
    helped = list(grade.points)
    helped[index] = helped[index].model_copy(update={"aid": Aid.HINT})
    assert grade.model_copy(update={"points": tuple(helped)}).score <= grade.score + 1e-12


def test_weights_that_round_to_more_than_one_still_score_at_most_one() -> None:
    weights = (0.5, 0.5 + WEIGHT_TOLERANCE / 2)
    grade = Grade(judge="any", points=tuple(point(Verdict.MET, w, name=str(w)) for w in weights))
    assert grade.score == 1


def test_a_point_is_found_by_its_id() -> None:
    grade = Grade(judge="any", points=(point(Verdict.MET, name="a"), point(Verdict.MISSED, name="b")))
    assert grade["b"].verdict is Verdict.MISSED
    with pytest.raises(KeyError, match="c"):
        grade["c"]


def test_new_notices_come_first() -> None:
    grade = Grade(judge="any", points=(point(Verdict.MISSED),), notices=("old",))
    assert grade.noting("new", "newer").notices == ("new", "newer", "old")
    assert grade.notices == ("old",)


@given(grades())
def test_a_misconception_is_told_and_neither_earns_nor_costs_anything(grade: Grade) -> None:
    belief = WrongBelief(claim="KL is a distance.", correction="It is not.", evidence=WORDS)
    told = grade.model_copy(update={"misconceptions": (belief,)})
    assert (told.score, told.open_weight, told.estimate) == (grade.score, grade.open_weight, grade.estimate)
    assert Grade.model_validate_json(told.model_dump_json()) == told


def test_unscored_says_why_of_every_point_and_takes_nothing_away() -> None:
    grade = unscored(submission(), "nobody", "The server slept.")
    assert [p.point_id for p in grade.points] == [p.id for p in RUBRIC]
    assert {(p.verdict, p.reason) for p in grade.points} == {(Verdict.UNSCORED, "The server slept.")}
    assert (grade.score, grade.open_weight) == (0, pytest.approx(1))


@given(grades())
def test_a_grade_survives_storage(grade: Grade) -> None:
    assert Grade.model_validate_json(grade.model_dump_json()) == grade


def test_a_submission_has_something_to_grade() -> None:
    with pytest.raises(ValidationError):
        Submission(question="Why?", rubric=(), answer="Because.")
