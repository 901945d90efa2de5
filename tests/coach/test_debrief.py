"""Grade cards and reports, from sessions told by hand."""

import pytest

from bot.coach.debrief import card, debrief
from bot.coach.events import Mode, Stage
from bot.coach.reply import DebriefReply, GradeReply
from bot.grading.grade import Aid, Verdict
from knowledge.library import Library
from tests.coach.notes import ANSWER, CONTRADICTED, MET, MISSED, PARTIAL, UNSCORED, belief, note, point
from tests.coach.story import Story


@pytest.fixture
def story() -> Story:
    """A drill over three notes whose points a, b, c weigh 0.5, 0.3, 0.2; the first question stands open."""
    return Story(note("kl"), note("dropout"), note("bayes")).ask("kl")


def carded(story: Story, *, final: bool) -> GradeReply:
    assert story.open.grade
    return card(story.open, story.open.grade, story.library, final=final)


def report(story: Story) -> DebriefReply:
    found = debrief(story.session, story.library)
    assert found
    return found


def test_a_card_has_score_open_weight_and_every_point_with_its_quote(story: Story) -> None:
    shown = carded(story.answer(MET, CONTRADICTED, UNSCORED, text="p log q"), final=True)
    assert (shown.question, shown.judge, shown.final) == ("What is kl?", "test", True)
    assert (shown.score, shown.open_weight) == (pytest.approx(0.5), pytest.approx(0.2))
    lines = [(line.number, line.verdict, line.weight, line.quote) for line in shown.points]
    assert lines == [(1, MET, 0.5, "p log q"), (2, CONTRADICTED, 0.3, "p log q"), (3, UNSCORED, 0.2, "")]


def test_a_card_keeps_points_to_itself_that_may_still_be_earned(story: Story) -> None:
    story.answer(MET, PARTIAL, MISSED)
    a = point("a", 0.5).point
    assert [line.text for line in carded(story, final=False).points] == [a, None, None]
    assert [line.text for line in carded(story, final=True).points] == [p.point for p in story.rubric]


def test_a_card_says_what_help_a_point_took_and_who_marked_it(story: Story) -> None:
    story.hint("a").answer(MET, MISSED, UNSCORED).probe("b").answer(MET, of="b").finish().mark(0, "c", MET)
    (done,) = story.session.history
    assert done.grade
    lines = card(done, done.grade, story.library, final=True).points
    assert [(line.aid, line.marked) for line in lines] == [(Aid.HINT, False), (Aid.PROBE, False), (Aid.NONE, True)]


@pytest.mark.parametrize(
    ("verdicts", "final", "told"),
    [
        pytest.param((MISSED,), True, True, id="the question is over"),
        pytest.param((MISSED,), False, False, id="points may still be earned"),
        pytest.param((MET,), True, False, id="the next rung may still be earned"),
    ],
)
def test_a_correction_waits_until_nothing_can_be_earned_by_it(
    story: Story, verdicts: tuple[Verdict], final: bool, told: bool
) -> None:
    shown = carded(story.answer(*verdicts, beliefs=[belief()]), final=final)
    assert shown.misconceptions == ((belief(),) if told else ())
    assert (belief().correction in shown.model_dump_json()) == told


def test_a_report_puts_every_misconception_right_once(story: Story) -> None:
    story.answer(MET, beliefs=[belief(quote="it is easy")]).finish()
    story.ask("dropout").answer(MISSED, beliefs=[belief(), belief("dropout")]).finish()
    *lost, kl, dropout = report(story).weaknesses
    assert lost == [secret("dropout", name) for name in "abc"]
    assert kl == "You said “it is easy”. In fact: It is not."
    assert dropout == f"You said “{ANSWER}”. In fact: It is not."


def test_a_card_of_a_note_that_is_gone_names_its_points_by_id(story: Story) -> None:
    story.answer(MET, MISSED)
    assert story.open.grade
    shown = card(story.open, story.open.grade, Library([note("dropout")]), final=True)
    assert [line.text for line in shown.points] == ["a", "b", "c"]


def test_without_an_answer_there_is_no_report(story: Story) -> None:
    assert debrief(story.session, story.library) is None
    assert debrief(story.finish().session, story.library) is None


def test_a_report_is_the_mean_over_its_questions(story: Story) -> None:
    story.answer(MET).finish().ask("dropout").answer(MISSED, MISSED, UNSCORED).finish(skipped=True)
    story.ask("bayes").hint("a").hint("b").answer(PARTIAL, MISSED, MISSED).finish().close()
    shown = report(story)
    assert [q.score for q in shown.questions] == [pytest.approx(1), 0, pytest.approx(0.125)]
    assert shown.score == pytest.approx(1.125 / 3)
    assert shown.open_weight == pytest.approx(0.2 / 3)
    assert [(q.note_id, q.skipped, q.hints) for q in shown.questions] == [
        ("kl", False, 0),
        ("dropout", True, 0),
        ("bayes", False, 2),
    ]


def test_a_report_leaves_the_open_question_out(story: Story) -> None:
    story.answer(MET).finish().ask("dropout").answer(MISSED)
    assert [q.note_id for q in report(story).questions] == ["kl"]


def test_a_report_numbers_questions_as_marks_count_them(story: Story) -> None:
    story.finish().ask("dropout").answer(UNSCORED).finish().mark(1, "a", MET)
    (only,) = report(story).questions
    assert (only.number, only.note_id, only.points[0].marked) == (2, "dropout", True)


def test_a_report_shows_every_point_of_every_question_and_its_stage() -> None:
    story = Story(note("kl"), mode=Mode.INTERVIEW).ask("kl", stage=Stage.FUNDAMENTALS).answer(MISSED).finish()
    shown = report(story)
    assert (shown.mode, shown.questions[0].stage) == ("interview", "fundamentals")
    assert [line.text for line in shown.questions[0].points] == [p.point for p in note("kl").rubric]


def secret(note_id: str, point_id: str) -> str:
    return point(point_id, 1, of=note_id).point


def test_strengths_are_the_three_heaviest_points_met_without_help(story: Story) -> None:
    story.hint("a").answer(MET).finish()
    story.ask("dropout").answer(UNSCORED, MET, PARTIAL).finish().mark(1, "a", MET)
    story.ask("bayes").answer(MET, MET, MET).finish()
    assert report(story).strengths == (secret("bayes", "a"), secret("kl", "b"), secret("dropout", "b"))


def test_weaknesses_are_what_was_said_wrongly_then_the_heaviest_that_was_not_said(story: Story) -> None:
    story.answer(MISSED, PARTIAL, MISSED).finish()
    story.ask("dropout").answer(UNSCORED, MISSED, CONTRADICTED).finish()
    assert report(story).weaknesses == (secret("dropout", "c"), secret("kl", "a"), secret("dropout", "b"))


def test_what_to_read_next_are_the_weakest_notes_each_once() -> None:
    notes = [note(name, 0.4, 0.3, 0.3) for name in ("good", "poor", "fair", "worse", "bad")]
    story = Story(*notes)
    for name, verdicts in {
        "good": (MET, MET, MISSED),
        "poor": (MET, MISSED, MISSED),
        "fair": (MISSED, MET, MET),
        "worse": (MISSED, MET, MISSED),
        "bad": (MISSED, MISSED, MISSED),
    }.items():
        story.ask(name).answer(*verdicts).finish()
    story.ask("bad", rung=1).answer(MISSED).finish()
    assert report(story).read_next == ("bad", "worse", "poor")


def test_after_good_answers_there_is_nothing_to_read(story: Story) -> None:
    assert report(story.answer(MET).finish()).read_next == ()
