"""Hints: first the probes, then the points with gaps that keep something back."""

from collections.abc import Sequence

import pytest

from bot.coach.interviewer import cloze, hint
from bot.grading.evidence import content
from knowledge.library import Library
from knowledge.note import Note, RubricPoint
from tests.coach.notes import MET, MISSED
from tests.coach.story import Story


def hinted(story: Story) -> list[tuple[str, str]]:
    """All hints there are, in order."""
    hints: list[tuple[str, str]] = []
    while found := hint(story.session, story.rubric):
        hints.append((found[0].id, found[1]))
        story.hint(found[0].id, found[1])
    return hints


def test_hints_are_first_the_probes_then_the_points_with_gaps_heaviest_first(story: Story) -> None:
    hints = hinted(story)
    probes = [(p, f"What about {p} in kl?") for p in "bca"]
    gaps = [(p.id, cloze(p.point, "What is kl?")) for p in sorted(story.rubric, key=lambda p: -p.weight)]
    assert hints == [*probes, *gaps]


def test_a_met_point_needs_no_hint(story: Story) -> None:
    story.answer(MISSED, MET, MISSED)
    assert {point_id for point_id, _ in hinted(story)} == {"a", "c"}


def test_a_point_that_was_probed_is_hinted_at_by_its_gaps(story: Story) -> None:
    story.answer(MISSED).probe("b")
    assert hint(story.session, story.rubric) == (story.rubric[1], cloze(story.rubric[1].point, "What is kl?"))


def test_there_is_no_hint_without_a_question(story: Story) -> None:
    rubric = story.rubric
    assert hint(story.answer(MISSED).finish().session, rubric) is None


@pytest.mark.parametrize(
    ("point", "asked", "gaps"),
    [
        ("Dropout rescales kept activations by 1/(1-p).", "What is dropout?", "Dropout … kept … by …."),
        ("The entropy of the labels is constant.", "What is kl?", "The … of the labels is …."),
        ("Rescaling predicts it, (roughly).", "Why rescale?", "Rescaling … it, …."),
        ("It splits into H(p) + KL(p||q).", "What is kl?", "It … into …"),
    ],
)
def test_gaps_stand_for_formulas_and_every_second_word_that_matters(point: str, asked: str, gaps: str) -> None:
    assert cloze(point, asked) == gaps


def questions(shipped: Note) -> list[tuple[str, Sequence[RubricPoint]]]:
    return [(shipped.question, shipped.rubric), *((rung.question, rung.rubric) for rung in shipped.follow_ups)]


def test_gaps_of_every_shipped_point_show_something_of_it_and_keep_a_quarter_back(library: Library) -> None:
    for shipped in library:
        for asked, points in [
            (shipped.question, shipped.rubric),
            *((f.question, f.rubric) for f in shipped.follow_ups),
        ]:
            for point in points:
                own = set(content(point.point)) - set(content(asked))
                shown = set(content(cloze(point.point, asked)))
                assert len(own - shown) >= 0.25 * len(own), (shipped.id, point.id)


def test_every_shipped_probe_is_a_question_of_its_own(library: Library) -> None:
    probes = [point.probe for shipped in library for _, points in questions(shipped) for point in points]
    assert len(probes) == len(set(probes))
