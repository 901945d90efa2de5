"""What the interviewer does next in a drill, from sessions told by hand."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot.coach.events import QuestionRef, Stage
from bot.coach.interviewer import (
    PROBES_A_POINT,
    PROBES_A_QUESTION,
    Challenge,
    Next,
    Probe,
    follow_up,
    open_points,
    question,
)
from bot.grading.grade import Verdict
from knowledge.library import Library
from knowledge.note import Kind, Level
from tests.coach.notes import CONTRADICTED, MET, MISSED, PARTIAL, UNSCORED, note
from tests.coach.story import Story, after, ref


def followed(story: Story) -> tuple[type[Challenge | Probe], str] | None:
    """What follows the last answer: the move and its point."""
    move = follow_up(story.session, story.rubric)
    return (type(move), move.point.id) if move else None


@pytest.mark.parametrize(
    ("verdicts", "move"),
    [
        ((MISSED, MISSED, MISSED), (Probe, "b")),
        ((MISSED, MET, MISSED), (Probe, "c")),
        ((MISSED, MET, MET), (Probe, "a")),
        ((MET, PARTIAL, MISSED), (Probe, "b")),
        ((MET, MET, PARTIAL), (Probe, "c")),
        ((UNSCORED, MET, MET), (Probe, "a")),
        ((CONTRADICTED, MISSED, MISSED), (Challenge, "a")),
        ((CONTRADICTED, MISSED, CONTRADICTED), (Challenge, "c")),
        ((CONTRADICTED, CONTRADICTED, CONTRADICTED), (Challenge, "b")),
        ((MET, MET, MET), None),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], Verdict) else None,
)
def test_a_contradiction_is_challenged_else_a_gap_is_probed_heaviest_first(
    story: Story, verdicts: Sequence[Verdict], move: tuple[type[Challenge | Probe], str] | None
) -> None:
    assert followed(story.answer(*verdicts)) == move


def test_a_challenge_quotes_the_candidates_own_words(story: Story) -> None:
    story.answer(MET, CONTRADICTED, MET, text="KL is symmetric")
    assert follow_up(story.session, story.rubric) == Challenge(story.rubric[1], "KL is symmetric")


def test_a_contradiction_without_words_to_quote_is_probed(story: Story) -> None:
    story.answer(CONTRADICTED, text="")
    assert followed(story) == (Probe, "b")


def test_equal_weights_are_taken_in_the_rubrics_order() -> None:
    story = Story(note("kl", 0.25, 0.25, 0.25, 0.25)).ask("kl").answer(MISSED)
    assert followed(story) == (Probe, "a")


def test_a_contradiction_that_stands_after_its_challenge_is_probed_once_and_then_left(story: Story) -> None:
    story.answer(MISSED, CONTRADICTED, MISSED)
    assert followed(story) == (Challenge, "b")
    story.challenge("b").answer(MISSED)
    assert followed(story) == (Probe, "b")
    story.probe("b").answer(MISSED)
    assert followed(story) == (Probe, "c")


@pytest.mark.parametrize("verdict", [MISSED, PARTIAL, CONTRADICTED, UNSCORED])
def test_no_point_is_asked_for_more_than_twice_and_no_question_more_than_three_times(
    story: Story, verdict: Verdict
) -> None:
    story.answer(verdict)
    asked: list[str] = []
    while move := follow_up(story.session, story.rubric):
        asked.append(move.point.id)
        put = story.challenge if isinstance(move, Challenge) else story.probe
        put(move.point.id).answer(verdict)
    assert max(asked.count(point_id) for point_id in asked) <= PROBES_A_POINT == 2
    assert len(asked) == PROBES_A_QUESTION == 3


def test_a_probe_that_was_given_away_as_a_hint_is_not_put_again(story: Story) -> None:
    story.hint("b", "What about b in kl?").answer(MISSED)
    assert followed(story) == (Probe, "c")


def test_nothing_follows_where_no_question_is_open(story: Story) -> None:
    rubric = story.rubric
    assert follow_up(story.answer(MISSED).finish().session, rubric) is None


def test_points_that_are_not_met_can_still_earn(story: Story) -> None:
    assert [p.id for p in open_points(story.open, story.rubric)] == ["a", "b", "c"]
    story.answer(PARTIAL, MET, CONTRADICTED)
    assert [p.id for p in open_points(story.open, story.rubric)] == ["a", "c"]


KL = note("kl", rungs=3)


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        (QuestionRef(note_id="kl"), "What is kl?"),
        (QuestionRef(note_id="kl", rung=1), "How deep does kl go at rung 1?"),
        (QuestionRef(note_id="kl", rung=3), "How deep does kl go at rung 3?"),
        (QuestionRef(note_id="kl", rung=4), None),
        (QuestionRef(note_id="gone"), None),
    ],
    ids=str,
)
def test_a_reference_means_a_question_while_the_notes_have_it(ref: QuestionRef, text: str | None) -> None:
    found = question(Library([KL]), ref)
    assert (found and found[0]) == text


def test_everything_met_leads_to_the_next_rung_and_at_most_two_rungs_deep() -> None:
    story = Story(KL, note("dropout"), questions=2).ask("kl").answer(MET).finish()
    assert ref(story) == ("kl", 1)
    assert ref(story.ask("kl", 1).answer(MET).finish()) == ("kl", 2)
    assert ref(story.ask("kl", 2).answer(MET).finish()) == ("dropout", 0)


def test_the_ladder_ends_where_the_note_has_no_further_rung() -> None:
    story = Story(note("kl", rungs=1), note("dropout")).ask("kl").answer(MET).finish()
    assert ref(story.ask("kl", 1).answer(MET).finish()) == ("dropout", 0)


@pytest.mark.parametrize("verdict", [PARTIAL, MISSED, CONTRADICTED, UNSCORED])
def test_one_point_that_is_not_met_leads_away_from_the_ladder(verdict: Verdict) -> None:
    story = Story(KL, note("dropout")).ask("kl").answer(MET, MET, verdict).finish()
    assert ref(story) == ("dropout", 0)


def test_a_bridge_leads_to_a_related_note_before_any_other() -> None:
    notes = [note("kl", related=("mle",)), note("aaa"), note("mle"), note("zzz")]
    story = Story(*notes).ask("kl").answer(MISSED).finish()
    assert after(story) == Next(QuestionRef(note_id="mle"), Stage.DRILL, "From kl to mle?")


@pytest.mark.parametrize(
    ("related", "start"),
    [
        (("mle",), {"topic": "losses"}),
        (("mle",), {"level": Level.CORE}),
        (("kl",), {}),
    ],
    ids=["another topic", "another level", "itself"],
)
def test_a_bridge_does_not_leave_what_was_asked_for(related: Sequence[str], start: dict[str, Any]) -> None:
    far = note("mle", topic="probability", level=Level.ADVANCED)
    story = Story(note("kl", related=related), note("dropout"), far, **start).ask("kl").answer(MISSED).finish()
    assert after(story) == Next(QuestionRef(note_id="dropout"), Stage.DRILL)


def test_a_bridge_does_not_lead_to_a_note_that_was_asked() -> None:
    notes = [note("kl", related=("mle", "dropout")), note("mle", related=("kl",)), note("dropout")]
    story = Story(*notes).ask("mle").answer(MISSED).finish().ask("kl").answer(MISSED).finish()
    assert after(story) == Next(QuestionRef(note_id="dropout"), Stage.DRILL, "From kl to dropout?")


def test_a_bridge_does_not_lead_to_a_note_asked_lately_while_a_fresh_one_is_left() -> None:
    notes = [note("kl", related=("mle",)), note("mle"), note("fresh")]
    story = Story(*notes, avoid=("mle",)).ask("kl").answer(MISSED).finish()
    assert ref(story) == ("fresh", 0)


def drilled(story: Story, verdict: Verdict = MISSED) -> list[str]:
    """Go on to the end; the notes of the main questions in order."""
    while isinstance(move := after(story), Next):
        story.ask(move.ref.note_id, move.ref.rung, move.stage).answer(verdict).finish()
    return [e.ref.note_id for e in story.session.history if not e.ref.rung]


SIX = [note(name, rungs=2) for name in "abcdef"]


@pytest.mark.parametrize("verdict", [MISSED, MET])
def test_a_drill_has_as_many_main_questions_as_asked_for_and_rungs_do_not_count(verdict: Verdict) -> None:
    story = Story(*SIX, questions=4)
    assert len(drilled(story, verdict)) == 4
    assert len(story.session.history) == (12 if verdict is MET else 4)


def test_a_drill_ends_early_where_the_notes_run_out() -> None:
    assert sorted(drilled(Story(*SIX, questions=50))) == list("abcdef")


def test_no_question_is_put_twice_in_a_session() -> None:
    story = Story(*(note(n.id, rungs=2, related=[m.id for m in SIX if m is not n]) for n in SIX), questions=50)
    drilled(story, MET)
    texts = [e.text for e in story.session.history]
    assert len(texts) == len(set(texts)) == 18


def test_a_drill_keeps_to_its_topic() -> None:
    far = [note(name, topic="probability") for name in "xyz"]
    assert sorted(drilled(Story(*SIX, *far, topic="probability", questions=50))) == list("xyz")


def test_a_drill_keeps_to_its_level() -> None:
    hard = [note(name, level=Level.RESEARCH) for name in "xyz"]
    assert sorted(drilled(Story(*SIX, *hard, level=Level.RESEARCH, questions=50))) == list("xyz")


def test_a_drill_asks_about_the_person_only_where_the_topic_is_named() -> None:
    mine = [note("talk", kind=Kind.RESEARCH, topic="practice"), note("failure", kind=Kind.BEHAVIOURAL, topic="people")]
    assert "talk" not in drilled(Story(*SIX, *mine, questions=50))
    assert "failure" not in drilled(Story(*SIX, *mine, questions=50))
    assert drilled(Story(*SIX, *mine, topic="people")) == ["failure"]


def test_easier_notes_come_first() -> None:
    notes = [note(f"{level}-{n}", level=level) for n in range(3) for level in Level]
    for seed in range(5):
        asked = drilled(Story(*notes, questions=9, seed=seed))
        assert [name.split("-")[0] for name in asked] == ["core"] * 3 + ["advanced"] * 3 + ["research"] * 3


def test_notes_asked_lately_come_last() -> None:
    assert set(drilled(Story(*SIX, questions=6, avoid=("a", "b", "c", "d")))[:2]) == {"e", "f"}


def test_the_seed_alone_decides_the_order() -> None:
    orders = [drilled(Story(*SIX, questions=6, seed=seed)) for seed in (1, 1, 2, 3, 4)]
    assert orders[0] == orders[1]
    assert len({tuple(order) for order in orders}) > 1
    assert drilled(Story(*reversed(SIX), questions=6, seed=1)) == orders[0]
