"""The arc of an interview: its stages in order, what each is about, and what its minutes allow."""

from typing import Any

import pytest

from bot.coach.events import Mode, Stage
from bot.coach.interviewer import Close, Next
from bot.grading.grade import Verdict
from knowledge.note import Kind, Level, Note
from tests.coach.notes import MET, MISSED, note
from tests.coach.story import Story, after, ref


def interview_notes() -> list[Note]:
    """Three notes for every stage of an interview, and the candidate's questions."""
    return [
        *(note(f"talk-{n}", kind=Kind.RESEARCH, topic="practice", rungs=2) for n in range(3)),
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
    notes = [*interview_notes(), note("research-talk", kind=Kind.RESEARCH, topic="practice")]
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
    story = interview(minutes=30)
    for _ in range(40):  # no silence is long
        story.wait(elapsed / 40).say()
    move = after(story)
    assert isinstance(move, Next)
    assert move.stage is stage


def test_slow_answers_still_leave_room_for_the_candidates_questions() -> None:
    first, *between, last = held(interview(minutes=30), minutes_a_question=10)
    assert (first, set(between) <= {"signal", *FUNDAMENTALS}, len(between), last) == ("talk", True, 2, "questions")


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
def test_whoever_leaves_once_without_a_word_still_finds_an_interview_to_go_on_with(minutes: int) -> None:
    move = after(interview(minutes=minutes).ask("talk-0", stage=Stage.RESEARCH).wait(24 * 60).answer(MET).finish())
    assert isinstance(move, Next)
    assert move.stage is not Stage.QUESTIONS


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
