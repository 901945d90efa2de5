"""A session is its events: what each of them changes, and how grades of one question are put together."""

import pytest

from bot.coach.events import Ask, Graded, Mode, Replied
from bot.coach.reply import NoticeReply
from bot.coach.session import AWAY, Session, Status, replay
from bot.grading.grade import Aid, Verdict
from tests.coach.notes import CONTRADICTED, MET, MISSED, PARTIAL, UNSCORED, belief, grade, note
from tests.coach.story import NOON, Story


@pytest.fixture
def story() -> Story:
    """A drill on one note whose points a, b, c weigh 0.5, 0.3, 0.2; its question stands open."""
    return Story(note("kl"), note("dropout")).ask("kl")


def score(story: Story) -> float:
    assert story.open.grade
    return story.open.grade.score


def test_no_events_are_a_new_session_that_only_answers_questions() -> None:
    assert replay([]) == Session()
    assert (Session().status, Session().mode) == (Status.NEW, Mode.ASK)


def test_a_session_is_the_same_however_often_its_events_are_replayed(story: Story) -> None:
    story.answer(PARTIAL, MISSED).probe("b").pause().wait(5).resume().hint("c").answer(MET, of="bc").finish()
    story.ask("dropout").answer(UNSCORED).finish().close().mark(1, "a", MET)
    assert replay(story.events) == story.session
    assert replay(story.events) == replay(story.events)


def test_an_open_question_is_what_is_to_be_answered(story: Story) -> None:
    assert (story.open.text, story.open.last_prompt) == ("What is kl?", "What is kl?")
    assert (story.open.number, story.open.grade, story.session.history) == (1, None, ())
    assert "What is kl?" in story.session.said


def test_a_probe_becomes_what_is_to_be_answered_and_neither_wording_is_free_again(story: Story) -> None:
    story.answer(MISSED).probe("a")
    assert story.open.last_prompt == "You said it. What about a in kl?"
    assert story.open.answered_prompt == "What is kl?"
    assert {"You said it. What about a in kl?", "What about a in kl?"} <= story.session.said
    assert story.open.probes == {"a": 1}
    story.answer(MISSED).probe("a")
    assert story.open.answered_prompt == "You said it. What about a in kl?"
    assert story.open.probes == {"a": 2}


def test_answers_are_kept_word_for_word_in_order(story: Story) -> None:
    story.answer(MISSED, text="first, p").answer(MISSED, text="then\nq")
    assert story.open.answers == ("first, p", "then\nq")


def test_a_hint_is_remembered_with_its_words_but_asks_nothing(story: Story) -> None:
    story.hint("b", "think of coding")
    assert story.open.hinted == {"b"}
    assert "think of coding" in story.session.said
    assert story.open.last_prompt == "What is kl?"


def test_a_finished_question_moves_to_the_history_and_becomes_the_subject(story: Story) -> None:
    story.answer(MET).finish(skipped=True).ask("dropout")
    assert [(e.text, e.skipped) for e in story.session.history] == [("What is kl?", True)]
    assert story.session.subject == "What is kl?"
    assert [e.number for e in story.session.exchanges] == [1, 2]


def test_a_rung_belongs_to_the_number_of_its_question(story: Story) -> None:
    story.answer(MET).finish().ask("kl", rung=1)
    assert (story.session.number, len(story.session.exchanges)) == (1, 2)


def test_what_a_leaning_question_is_about_comes_from_the_turn_before(story: Story) -> None:
    story.finish().happen(Ask(id="q1", at=NOON, text="and why is that?"))
    assert story.session.subject == "What is kl? and why is that?"


@pytest.mark.parametrize("query", ["how does dropout scale activations?", "what is dropout?", "explain BERT"])
def test_a_question_that_names_its_subject_leans_on_nothing(story: Story, query: str) -> None:
    story.happen(Ask(id="q1", at=NOON, text="what is the CPC loss?")).happen(Ask(id="q2", at=NOON, text=query))
    assert story.session.subject == query


def test_an_event_is_pending_until_it_is_replied_to(story: Story) -> None:
    first, second = story.say("p"), story.say("q")
    replied = Replied(to=first, replies=(NoticeReply(text="Well."),))
    story.happen(replied)
    assert [event.id for event in story.session.pending] == ["start", second]
    assert story.session.replies == {first: replied}


def minutes(story: Story) -> float:
    return story.session.active_seconds / 60


def test_time_passes_between_events(story: Story) -> None:
    story.wait(2).say()
    story.wait(3).say()
    assert minutes(story) == 5


def test_a_pause_does_not_count(story: Story) -> None:
    story.wait(2).pause().wait(600).resume().wait(3).say()
    assert minutes(story) == 5


def test_who_leaves_without_a_pause_is_not_thought_to_be_there_all_day(story: Story) -> None:
    story.wait(2).say()
    story.wait(24 * 60).say()
    assert minutes(story) == 2 + AWAY.total_seconds() / 60
    story.wait(3).say()
    assert minutes(story) == 5 + AWAY.total_seconds() / 60


def test_whoever_answers_in_a_pause_is_back(story: Story) -> None:
    story.wait(2).pause().wait(600).say()
    assert story.session.status is Status.ACTIVE
    story.wait(1).say()
    assert minutes(story) == 3


def test_a_clock_that_is_set_back_takes_no_time_away(story: Story) -> None:
    story.wait(10).say()
    story.wait(-8).say()
    assert minutes(story) == 10
    story.wait(8).say()
    assert minutes(story) == 10
    story.wait(1).say()
    assert minutes(story) == 11


def test_a_closed_session_stays_closed(story: Story) -> None:
    story.close().pause().resume().say()
    assert story.session.status is Status.CLOSED


def test_time_stands_still_once_a_session_is_closed(story: Story) -> None:
    story.wait(2).stop().close().wait(60).say()
    assert minutes(story) == 2


# Point a weighs 0.5. The share is what is left of it after the second answer.
MERGED = [
    (MISSED, MET, MET, 0.75),
    (MISSED, PARTIAL, PARTIAL, 0.375),
    (MISSED, MISSED, MISSED, 0),
    (MISSED, CONTRADICTED, CONTRADICTED, 0),
    (MISSED, UNSCORED, UNSCORED, 0),
    (PARTIAL, MET, MET, 0.75),
    (PARTIAL, PARTIAL, PARTIAL, 0.5),
    (PARTIAL, MISSED, PARTIAL, 0.5),
    (PARTIAL, CONTRADICTED, PARTIAL, 0.5),
    (PARTIAL, UNSCORED, PARTIAL, 0.5),
    (MET, MISSED, MET, 1),
    (MET, CONTRADICTED, MET, 1),
    (MET, PARTIAL, MET, 1),
    (CONTRADICTED, MISSED, CONTRADICTED, 0),
    (CONTRADICTED, UNSCORED, CONTRADICTED, 0),
    (CONTRADICTED, PARTIAL, PARTIAL, 0.375),
    (CONTRADICTED, MET, MET, 0.75),
    (UNSCORED, MISSED, UNSCORED, 0),
    (UNSCORED, CONTRADICTED, CONTRADICTED, 0),
    (UNSCORED, MET, MET, 0.75),
]


@pytest.mark.parametrize(
    ("before", "after", "stands", "share"), MERGED, ids=[f"{b}, then {a}" for b, a, _, _ in MERGED]
)
def test_two_answers_make_one_verdict(
    story: Story, before: Verdict, after: Verdict, stands: Verdict, share: float
) -> None:
    story.answer(before, MISSED).probe("a").answer(after, MISSED)
    assert story.open.points["a"].verdict is stands
    assert story.open.points["a"].earned == pytest.approx(0.5 * share)


@pytest.mark.parametrize(
    ("before", "after", "stands", "share"),
    [
        (MISSED, MET, MET, 0.5),
        (MISSED, PARTIAL, PARTIAL, 0.25),
        (CONTRADICTED, MET, MET, 0.5),
        (PARTIAL, PARTIAL, PARTIAL, 0.5),
        (PARTIAL, MET, MET, 0.5),
    ],
    ids=lambda value: str(value),
)
def test_a_hint_halves_what_its_point_earns(
    story: Story, before: Verdict, after: Verdict, stands: Verdict, share: float
) -> None:
    story.answer(before, MISSED).hint("a").answer(after, MISSED)
    assert story.open.points["a"].verdict is stands
    assert story.open.points["a"].earned == pytest.approx(0.5 * share)


def test_a_hint_before_the_first_answer_costs_its_own_point_only(story: Story) -> None:
    story.hint("a").answer(MET)
    assert [p.aid for p in story.open.points.values()] == [Aid.HINT, Aid.NONE, Aid.NONE]
    assert score(story) == pytest.approx(0.25 + 0.3 + 0.2)


def test_points_that_were_not_asked_about_again_keep_their_grade(story: Story) -> None:
    story.answer(MET, MISSED, PARTIAL).probe("b").answer(MET, of="b")
    assert [p.verdict for p in story.open.points.values()] == [MET, MET, PARTIAL]
    assert score(story) == pytest.approx(0.5 + 0.3 * 0.75 + 0.2 * 0.5)


def test_a_second_part_of_an_answer_is_as_unaided_as_the_first(story: Story) -> None:
    story.answer(MET, MISSED).answer(MET, of="bc")
    assert {p.aid for p in story.open.points.values()} == {Aid.NONE}
    assert score(story) == pytest.approx(1)


def test_help_is_charged_only_where_it_led_to_credit(story: Story) -> None:
    story.hint("a").answer(MISSED).probe("b").answer(MISSED)
    assert {p.aid for p in story.open.points.values()} == {Aid.NONE}


@pytest.mark.parametrize(
    ("before", "after", "quoted"),
    [
        (PARTIAL, MET, "second"),
        (PARTIAL, MISSED, "first"),
        (CONTRADICTED, MISSED, "first"),
        (CONTRADICTED, MET, "second"),
    ],
)
def test_the_evidence_is_that_of_the_answer_that_counts(
    story: Story, before: Verdict, after: Verdict, quoted: str
) -> None:
    story.answer(before, text="first").probe("a").answer(after, text="second")
    evidence = story.open.points["a"].evidence
    assert evidence
    assert evidence.quote == quoted


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [("rule", "chat", "chat"), ("chat", "rule", "chat"), ("chat", "embedded", "embedded"), ("rule", "rule", "rule")],
)
def test_a_grade_names_the_last_judge_that_read_an_answer(story: Story, first: str, second: str, named: str) -> None:
    story.answer(MISSED, judge=first).answer(MISSED, judge=second)
    assert story.open.grade
    assert story.open.grade.judge == named


def test_a_mark_changes_the_one_point_of_the_one_question(story: Story) -> None:
    story.answer(UNSCORED).finish().ask("dropout").answer(UNSCORED).finish().mark(0, "b", MET)
    first, second = story.session.history
    assert [(p.verdict, p.marked) for p in first.points.values()] == [(UNSCORED, False), (MET, True), (UNSCORED, False)]
    assert {p.verdict for p in second.points.values()} == {UNSCORED}
    assert first.grade
    assert (first.grade.score, first.grade.open_weight) == (pytest.approx(0.3), pytest.approx(0.7))


def test_a_point_that_took_a_hint_earns_half_when_it_is_marked(story: Story) -> None:
    story.hint("a").answer(UNSCORED).finish().mark(0, "a", MET)
    assert story.session.history[0].points["a"].earned == pytest.approx(0.25)


def test_a_grade_that_comes_after_its_question_is_over_changes_no_question(story: Story) -> None:
    late = grade(story.rubric, MET)
    story.answer(MISSED).finish()
    before = story.session.history
    story.happen(Graded(to=story.say(), grade=late))
    assert (story.session.history, story.session.current) == (before, None)


def test_a_misconception_is_kept_once_in_the_words_that_stated_it_first(story: Story) -> None:
    first, again, other = belief(quote="so easy"), belief(quote="easy, as I said"), belief("dropout")
    story.answer(MISSED, beliefs=[first]).probe("a").answer(MISSED, beliefs=[again, other]).answer(PARTIAL)
    assert story.open.grade
    assert story.open.grade.misconceptions == (first, other)
    assert score(story) == pytest.approx(0.375)
