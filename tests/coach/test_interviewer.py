"""What the interviewer does next, from sessions told by hand."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot.coach.events import Mode, QuestionRef, Stage
from bot.coach.interviewer import (
    PROBES_A_POINT,
    PROBES_A_QUESTION,
    Challenge,
    Close,
    Next,
    Probe,
    cloze,
    follow_up,
    hint,
    next_question,
    open_points,
    question,
)
from bot.grading.evidence import content
from bot.grading.grade import Verdict
from knowledge.library import Library
from knowledge.note import Kind, Level, Note, RubricPoint
from tests.coach.notes import CONTRADICTED, MET, MISSED, PARTIAL, UNSCORED, note
from tests.coach.story import Story


@pytest.fixture
def story() -> Story:
    """A drill on one note whose points a, b, c weigh 0.2, 0.5, 0.3; its question stands open."""
    return Story(note("kl", 0.2, 0.5, 0.3)).ask("kl")


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


def after(story: Story) -> Next | Close:
    return next_question(story.session, story.library)


def ref(story: Story) -> tuple[str, int] | None:
    """The note and rung of the next question; None when the session closes."""
    move = after(story)
    return (move.ref.note_id, move.ref.rung) if isinstance(move, Next) else None


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
    mine = [note("talk", kind=Kind.RESEARCH, topic="research"), note("failure", kind=Kind.BEHAVIOURAL, topic="people")]
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


def interview_notes() -> list[Note]:
    """Three notes for every stage of an interview, and the candidate's questions."""
    return [
        *(note(f"talk-{n}", kind=Kind.RESEARCH, topic="research", rungs=2) for n in range(3)),
        *(note(f"signal-{n}", topic="signal-processing", rungs=2) for n in range(3)),
        *(note(f"loss-{n}", topic="losses", rungs=2) for n in range(3)),
        *(note(f"prob-{n}", topic="probability", rungs=2, level=Level.ADVANCED) for n in range(9)),
        *(note(f"failure-{n}", kind=Kind.BEHAVIOURAL, topic="people", rungs=2) for n in range(3)),
        note("questions-for-us", kind=Kind.BEHAVIOURAL, topic="people", rungs=2),
    ]


def interview(**start: Any) -> Story:
    return Story(*interview_notes(), mode=Mode.INTERVIEW, **start)


def held(story: Story, minutes_a_question: float = 0, verdict: Verdict = MISSED) -> list[str]:
    """Hold the whole interview; the kinds of its main questions in order."""
    while isinstance(move := after(story), Next):
        story.ask(move.ref.note_id, move.ref.rung, move.stage).wait(minutes_a_question).answer(verdict).finish()
    return [e.ref.note_id.split("-")[0] for e in story.session.history if not e.ref.rung]


FUNDAMENTALS = {"loss", "prob"}


def test_an_interview_follows_its_arc() -> None:
    first, second, *middle, last_but_one, last = held(interview(minutes=30))
    assert [first, second, last_but_one, last] == ["talk", "signal", "failure", "questions"]
    assert len(middle) == 3
    assert set(middle) <= FUNDAMENTALS


@pytest.mark.parametrize("seed", range(5))
def test_an_interview_opens_with_the_research_talk_unless_it_was_held_lately(seed: int) -> None:
    notes = [*interview_notes(), note("research-talk", kind=Kind.RESEARCH, topic="research")]
    assert asked_first(Story(*notes, mode=Mode.INTERVIEW, seed=seed)) == "research-talk"
    assert asked_first(Story(*notes, mode=Mode.INTERVIEW, seed=seed, avoid=("research-talk",))) != "research-talk"


def asked_first(story: Story) -> str:
    move = after(story)
    assert isinstance(move, Next)
    return move.ref.note_id


@pytest.mark.parametrize(("minutes", "count"), [(5, 1), (15, 2), (30, 3), (60, 7), (90, 10)])
def test_longer_interviews_have_more_fundamentals(minutes: int, count: int) -> None:
    assert sum(kind in FUNDAMENTALS for kind in held(interview(minutes=minutes))) == count


@pytest.mark.parametrize(("minutes", "asked"), [(5, False), (14, False), (15, True), (60, True)])
def test_a_short_interview_leaves_the_background_out(minutes: int, asked: bool) -> None:
    assert ("signal" in held(interview(minutes=minutes))) is asked


@pytest.mark.parametrize(
    ("elapsed", "stage"),
    [
        (0, Stage.RESEARCH),
        (5.9, Stage.RESEARCH),
        (6, Stage.BACKGROUND),
        (10.4, Stage.BACKGROUND),
        (10.5, Stage.FUNDAMENTALS),
        (23.9, Stage.FUNDAMENTALS),
        (24, Stage.BEHAVIOURAL),
        (27, Stage.QUESTIONS),
        (30, Stage.QUESTIONS),
        (500, Stage.QUESTIONS),
    ],
)
def test_minutes_that_are_gone_cut_stages_but_never_the_candidates_questions(elapsed: float, stage: Stage) -> None:
    story = interview(minutes=30).wait(elapsed).pause()
    move = after(story)
    assert isinstance(move, Next)
    assert move.stage is stage


def test_slow_answers_still_leave_room_for_the_candidates_questions() -> None:
    first, second, last = held(interview(minutes=30), minutes_a_question=15)
    assert (first, second in FUNDAMENTALS, last) == ("talk", True, "questions")


def test_a_pause_costs_no_stage() -> None:
    story = interview(minutes=30).pause().wait(500).resume()
    move = after(story)
    assert isinstance(move, Next)
    assert move.stage is Stage.RESEARCH


def test_an_interview_ends_after_the_candidates_questions() -> None:
    story = interview().ask("questions-for-us", stage=Stage.QUESTIONS).answer(MISSED).finish()
    assert after(story) == Close()


def test_an_interview_goes_deeper_only_while_its_stage_has_time() -> None:
    story = interview(minutes=30).ask("talk-0", stage=Stage.RESEARCH).wait(5).answer(MET).finish()
    assert ref(story) == ("talk-0", 1)
    story.ask("talk-0", 1, Stage.RESEARCH).wait(2).answer(MET).finish()
    move = after(story)
    assert isinstance(move, Next)
    assert (move.stage, move.ref.rung) == (Stage.BACKGROUND, 0)


def test_everything_met_keeps_to_the_arc() -> None:
    story = interview(minutes=30)
    kinds = held(story, minutes_a_question=1, verdict=MET)
    order = [kind for n, kind in enumerate(kinds) if kind not in kinds[:n] and kind not in FUNDAMENTALS]
    assert order == ["talk", "signal", "failure", "questions"]
    texts = [e.text for e in story.session.history]
    assert len(texts) == len(set(texts))


def test_topic_and_level_of_an_interview_choose_its_fundamentals_only() -> None:
    kinds = held(interview(topic="probability", level=Level.ADVANCED))
    assert kinds == ["talk", "signal", "prob", "prob", "prob", "failure", "questions"]


def test_a_stage_without_notes_is_passed_over() -> None:
    some = [n for n in interview_notes() if n.topic in ("losses", "people")]
    assert held(Story(*some, mode=Mode.INTERVIEW)) == ["loss", "loss", "loss", "failure", "questions"]


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
