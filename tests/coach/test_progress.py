"""How somebody does: topics by their notes, trends, ladders, what is believed wrongly, and calibration."""

from datetime import timedelta

import pytest

from bot.coach.concepts import Sureness, lived, recalled
from bot.coach.events import Mode
from bot.coach.goals import Wishes
from bot.coach.history import past
from bot.coach.progress import Progress, calibration, progress
from knowledge.library import Library
from tests.coach.notes import CONTRADICTED, MET, MISSED, UNSCORED, belief, note
from tests.coach.story import NOON, Story

DAY = 24 * 60  # minutes
NOW = NOON + timedelta(days=30)
LIBRARY = Library([note("kl", rungs=2), note("dropout"), note("bayes", topic="probability")])


def of(*stories: Story, notes: Library = LIBRARY, wishes: Wishes | None = None) -> Progress:
    """How somebody does thirty days after the first story's noon."""
    concepts, diary = recalled(c for number, story in enumerate(stories) for c in lived(f"s{number}", story.events))
    return progress(concepts, diary, wishes or Wishes(), notes, NOW)


def story(day: float = 0) -> Story:
    return Story(*LIBRARY).wait(day * DAY).resume()


def test_a_topic_is_the_mean_of_its_notes() -> None:
    found = of(
        story().ask("kl").answer(MET).finish().ask("kl").answer(MET).finish().ask("dropout").answer(MISSED).finish()
    )
    (losses,) = found.topics
    assert (losses.topic, losses.score, losses.questions) == ("losses", 0.5, 3)
    assert losses.low is not None
    assert losses.high is not None
    assert 0 < losses.low < 0.5 < losses.high < 1


def test_what_could_not_be_scored_and_what_the_notes_lost_is_no_progress() -> None:
    assert of(story().ask("kl").answer(UNSCORED).finish()).topics == ()
    assert of(story().ask("kl").answer(MET).finish(), notes=Library([note("bayes")])) == Progress()


def test_a_trend_is_what_changed_in_four_weeks() -> None:
    (rose,) = of(story(0).ask("kl").answer(MISSED).finish(), story(29).ask("kl").answer(MET).finish()).topics
    assert rose.history[0] == rose.history[3] == 0
    assert rose.trend == pytest.approx(rose.score)
    assert rose.score > 0.6
    (began,) = of(story(29).ask("kl").answer(MET).finish()).topics
    assert (began.history[0], began.trend, began.history[-1]) == (None, None, 1)


def test_what_is_due_is_counted_by_topic_and_told_to_who_has_a_goal() -> None:
    stories = story(0).ask("kl").answer(MISSED).finish(), story(29.9).ask("bayes").answer(MISSED).finish()
    found = of(*stories, wishes=Wishes(goal=2))
    assert [(row.topic, row.due) for row in found.topics] == [("losses", 1), ("probability", 0)]
    assert found.due == 1
    assert found.standing == "Today 1 of 2 questions, 1 subject is due (/drill due)."
    assert of(*stories).standing == ""


def test_a_note_has_its_points_its_rung_and_when_it_is_due() -> None:
    climbed = story().ask("kl").answer(MET).finish().ask("kl", rung=1).answer(MET).finish()
    (kl,) = of(climbed).notes
    assert (kl.rung, kl.rungs) == (1, 2)
    assert [point.text for point in kl.points] == [
        *(point.point for point in LIBRARY["kl"].rubric),
        *(point.point for point in LIBRARY["kl"].follow_ups[0].rubric),
    ]
    assert kl.due
    assert kl.due > NOON
    (other,) = of(story().ask("dropout").answer(CONTRADICTED, MET, MISSED).finish()).notes
    assert [(point.contradicted, point.known.mean) for point in other.points] == [(True, 0), (False, 1), (False, 0)]


def test_a_misconception_is_told_with_what_is_true_while_the_notes_know_it() -> None:
    wrong = story().ask("kl").answer(MISSED, beliefs=[belief("kl")]).finish()
    (held,) = of(wrong).beliefs
    assert (held.note_id, held.claim, held.correction) == ("kl", "kl is easy.", "It is not.")
    known = note("kl")
    lost = known.model_copy(update={"misconceptions": note("other").misconceptions})
    assert of(wrong, notes=Library([lost])).beliefs == ()


def test_calibration_is_the_brier_score_and_a_curve() -> None:
    found = calibration([{1: Sureness().plus(1.0, 1), 5: Sureness().plus(0.5, 1)}, {5: Sureness().plus(1.0, 1)}])
    assert found
    assert found.brier == pytest.approx(((0 - 1) ** 2 + (1 - 0.5) ** 2 + 0) / 3)
    assert found.curve == ((0.0, 1.0, 1), (1.0, 0.75, 2))
    assert found.questions == 3
    assert calibration([{}, {3: Sureness()}]) is None


@pytest.mark.parametrize(("level", "share"), [(1, 0.0), (2, 0.25), (3, 0.5), (4, 0.75), (5, 1.0)])
def test_who_is_as_sure_as_they_are_right_has_a_brier_score_of_nought(level: int, share: float) -> None:
    found = calibration([{level: Sureness().plus(share, 1).plus(share, 1)}])
    assert found
    assert found.brier == pytest.approx(0)


def test_history_has_what_was_said_and_is_silent_about_an_interview_under_way() -> None:
    told = story().ask("kl").answer(MET, text="my own words").finish().ask("bayes")
    found = past(NOON, told.session, LIBRARY)
    assert found
    assert found.answers == (("my own words",),)
    assert found.debrief.score == 1
    silent = Story(*LIBRARY, mode=Mode.INTERVIEW).ask("kl").answer(MET).finish()
    assert past(NOON, silent.session, LIBRARY) is None
    assert past(NOON, silent.stop().close().session, LIBRARY)
