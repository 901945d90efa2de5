"""What is remembered of a person and a note: what counts, what is put right, and that it follows from the events."""

import random
from collections.abc import Callable
from datetime import datetime

import pytest

from bot.coach.concepts import Change, Concept, Diary, changes, lived, noted, recalled, remembered
from bot.coach.session import Session, apply
from bot.grading.grade import Verdict
from tests.coach.notes import CONTRADICTED, MET, MISSED, PARTIAL, UNSCORED, belief, note
from tests.coach.story import NOON, Story

DAY = 24 * 60  # minutes


def of(*stories: Story) -> Concept:
    """What is remembered of the note "kl"."""
    return recalled(change for number, told in enumerate(stories) for change in lived(f"s{number}", told.events))[0][
        "kl"
    ]


def told(days: float = 0, *verdicts: Verdict, sure: int | None = None) -> Story:
    """The one question answered so, so many days after noon."""
    story = Story(note("kl")).wait(days * DAY).resume()
    return story.ask().answer(*verdicts, sure=sure).finish()


def mean(concept: Concept, point: str | None = None) -> float | None:
    found = (concept.points[point].tally if point else concept.tally).estimate(NOON)
    return found.mean if found else None


def test_a_question_counts_by_the_weights_of_its_points() -> None:
    concept = of(told(0, MET, MISSED, PARTIAL))
    assert mean(concept) == pytest.approx(0.5 + 0.1)
    assert [mean(concept, point) for point in "abc"] == [1, 0, 0.5]
    assert concept.questions == 1


def test_what_could_not_be_scored_counts_nothing_until_it_is_marked() -> None:
    story = told(0, MISSED, UNSCORED, UNSCORED)
    assert mean(of(story)) == 0
    assert set(of(story).points) == {"a"}
    story.mark(0, "b", MET)
    assert mean(of(story)) == pytest.approx(0.3 / 0.8)
    assert mean(of(story), "b") == 1
    assert of(story).questions == 1


HELP: dict[str, tuple[Callable[[Story], Story], float]] = {
    "none": (lambda story: story, 1.0),
    "probe": (lambda story: story.answer(MISSED).probe("a"), 0.75),
    "hint": (lambda story: story.hint("a"), 0.5),
}


@pytest.mark.parametrize(("helped", "worth"), HELP.values(), ids=HELP)
def test_what_took_help_counts_less(helped: Callable[[Story], Story], worth: float) -> None:
    assert mean(of(helped(Story(note("kl")).ask()).answer(MET).finish()), "a") == worth


def test_a_rung_counts_for_its_own_points_and_says_how_far_up_somebody_is() -> None:
    story = told(0, MET, MET, MET).ask(rung=1).answer(MISSED).finish()
    assert (mean(of(story)), mean(of(story), "1:a"), of(story).rung) == (1, 0, 0)
    assert of(told(0, MET).ask(rung=1).answer(MET).finish()).rung == 1
    assert of(told(0, MISSED)).rung == -1
    assert len([review for review in of(story).reviews if review.recall]) == 1
    assert of(story).wording == "What is kl?"


def test_a_misconception_is_held_until_a_later_answer_does_without_it() -> None:
    wrong = Story(note("kl")).ask().answer(MISSED, beliefs=[belief()]).finish()
    (claim,) = of(wrong).beliefs
    assert claim == belief().claim
    assert list(of(wrong, told(1, MISSED)).beliefs) == [claim]
    assert of(wrong, told(1, MET, MISSED)).beliefs == {}
    again = Story(note("kl")).wait(2 * DAY).ask().answer(MET, beliefs=[belief()]).finish()
    assert list(of(wrong, told(1, MET), again).beliefs) == [claim]


def test_a_mark_on_an_earlier_answer_puts_nothing_right_that_was_said_later() -> None:
    marked = told(0, UNSCORED, MISSED, MISSED)
    marked.wait(5 * DAY).mark(0, "a", MET)
    wrong = Story(note("kl")).wait(2 * DAY).resume().ask().answer(MISSED, beliefs=[belief()]).finish()
    assert list(of(marked, wrong).beliefs) == [belief().claim]


def test_a_point_stands_as_it_was_told_last() -> None:
    assert of(told(0, CONTRADICTED)).points["a"].verdict is CONTRADICTED
    assert of(told(0, CONTRADICTED), told(1, MET)).points["a"].verdict is MET
    assert of(told(0, CONTRADICTED)).reviews[0].wrong
    assert not of(told(0, MISSED)).reviews[0].wrong


def test_a_question_of_which_too_little_could_be_scored_is_no_review() -> None:
    assert of(told(0, UNSCORED, MET, MISSED)).recall  # half of the weight
    assert of(told(0, UNSCORED, MET, UNSCORED)).recall is None


def test_a_mark_changes_when_the_note_is_due() -> None:
    story = told(0, UNSCORED, MISSED, MISSED)
    before = of(story).recall
    after = of(story.mark(0, "a", MET), told(0.01, UNSCORED)).recall
    assert before
    assert after
    assert after.due >= before.due
    assert after == of(told(0, MET, MISSED, MISSED)).recall


def test_a_mark_on_an_earlier_answer_changes_what_followed_from_it() -> None:
    first = told(0, UNSCORED, MISSED, MISSED)
    marked = Story(note("kl")).ask().answer(UNSCORED, MISSED, MISSED).finish().wait(6 * DAY).mark(0, "a", MET)
    assert of(marked, told(3, MET)).recall == of(told(0, MET, MISSED, MISSED), told(3, MET)).recall
    assert of(marked, told(3, MET)).recall != of(first, told(3, MET)).recall


def test_how_sure_somebody_was_is_kept_with_what_they_earned() -> None:
    concept = of(told(0, MET, MISSED, MISSED, sure=4), told(1, MISSED, sure=4), told(2, MET, sure=1), told(3, MET))
    assert {level: (each.number, each.shares, each.squares) for level, each in concept.sure.items()} == {
        4: (2, 0.5, 0.25),
        1: (1, 1.0, 1.0),
    }


def test_only_the_first_answer_says_how_sure_somebody_was() -> None:
    story = Story(note("kl")).ask().answer(MISSED, sure=5).probe("a").answer(MET, sure=1).finish()
    assert set(of(story).sure) == {5}
    assert of(Story(note("kl")).ask().answer(MISSED).probe("a").answer(MET, sure=1).finish()).sure == {}


def test_the_diary_counts_questions_that_were_answered() -> None:
    skipped = Story(note("kl")).wait(DAY).ask().answer(MISSED, of=["a"]).finish()
    silent = Story(note("kl")).ask().finish()
    _, diary = recalled([*lived("s1", told(0, MET).events), *lived("s2", skipped.events), *lived("s3", silent.events)])
    assert diary.days == {"2026-05-04": 1, "2026-05-05": 1}


def test_no_more_reviews_are_kept_than_are_needed() -> None:
    many = [told(day, MET) for day in range(12)]
    assert len(of(*many).reviews) == 8
    assert of(*many).questions == 12
    assert of(*many).recall != of(*many[4:]).recall


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_in_step_is_what_follows_from_the_events(seed: int) -> None:
    """Sessions of one person, event by event in the order of time, with marks that come late."""
    chance = random.Random(seed)
    stories = [_random(chance, day) for day in range(6)]
    kept, diary = dict[str, Concept](), Diary()
    steps: list[tuple[datetime, int, Change]] = []
    for number, story in enumerate(stories):
        session = Session()
        for event in story.events:
            before, session = session, apply(session, event)
            steps += [(change.at, number, change) for change in changes(f"s{number}", before, session)]
    for _, _, change in sorted(steps, key=lambda step: step[:2]):
        kept[change.note_id] = remembered(kept.get(change.note_id), change)
        diary = noted(diary, change)
    found = [
        change for number, story in reversed(list(enumerate(stories))) for change in lived(f"s{number}", story.events)
    ]
    assert recalled(found) == (kept, diary)
    assert kept
    assert all(Concept.model_validate_json(each.model_dump_json()) == each for each in kept.values())


def _random(chance: random.Random, day: int) -> Story:
    story = Story(note("kl"), note("bayes")).wait(day * DAY).resume()
    for index, name in enumerate(chance.sample(["kl", "bayes"], 2)):
        story.wait(1).ask(name).answer(*chance.choices(list(Verdict), k=3), sure=chance.choice([None, 1, 5])).finish()
        if point := next((p for p in story.session.history[index].points.values() if p.verdict is UNSCORED), None):
            story.wait(chance.choice([1, 3 * DAY])).mark(index, point.point_id, MET)
    return story


def test_nothing_comes_to_pass_where_nothing_is_asked_or_graded() -> None:
    story = Story(note("kl")).ask()
    later = apply(story.session, story.pause().events[-1])
    assert list(changes("s", story.session, later)) == []
