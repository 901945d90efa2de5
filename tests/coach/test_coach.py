"""The one door: whole conversations with a real store and a scripted judge."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.coach.coach import MAX_ANSWER
from bot.coach.events import CandidateEvent, Hint, Mode, Say, Skip, Start, Stop
from bot.coach.persona import Persona
from bot.coach.reply import (
    AnswerReply,
    DebriefReply,
    ExplanationReply,
    GradeReply,
    HintReply,
    NoticeReply,
    ProbeReply,
    QuestionReply,
    Reply,
)
from bot.coach.session import Status
from bot.errors import StoreError, UsageError
from bot.grading.evidence import carries_content
from bot.grading.grade import Grade, Judge, Submission
from bot.store.store import Store
from knowledge.errors import UnknownTopic
from knowledge.library import Library
from knowledge.note import Kind, Level
from tests.coach.models import MODEL, client_of
from tests.coach.notes import MET, MISSED, PARTIAL, note, point
from tests.coach.scripted import NOON, Door, Killed, MortalStore, ScriptedJudge, coach_of, kinds
from tests.loopback import ScriptedServer

Send = Callable[[Door], Awaitable[list[Reply]]]

LIBRARY = Library([note("kl"), note("dropout"), note("bayes", topic="probability")])


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'viva.sqlite3'}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()


@pytest.fixture
def door(store: Store) -> Callable[..., Door]:
    """A person's session at a new coach over the same store."""

    def at(*patterns: str, notes: Library = LIBRARY, judge: Judge | None = None, **where: str) -> Door:
        return Door(coach_of(notes, store, judge or ScriptedJudge(*patterns)), **where)

    return at


async def kept(door: Door, store: Store) -> list[str]:
    """The kinds of the stored events, in order."""
    return [record.kind for record in await store.events(door.session_id)]


def of(kind: type[Reply], replies: list[Reply]) -> Any:
    """The one reply of a kind."""
    (found,) = [reply for reply in replies if isinstance(reply, kind)]
    return found


async def test_a_drill_goes_from_its_first_question_to_its_debrief(door: Callable[..., Door]) -> None:
    ada = door("-", "+", "+", "-", "-", "-", "-")
    (first,) = await ada.start(questions=2, topic="losses")
    assert isinstance(first, QuestionReply)
    assert (first.number, first.of, first.rung, first.stage) == (1, 2, 0, "")
    assert kinds(await ada.say()) == ["grade", "probe"]
    assert kinds(await ada.say()) == ["grade", "question"]
    deeper = (await ada.session()).current
    assert deeper
    assert (deeper.ref.rung, deeper.number) == (1, 1)
    assert kinds(await ada.say()) == ["grade", "question"]
    for _ in range(3):
        assert kinds(await ada.say()) == ["grade", "probe"]
    *_, last = await ada.say()
    assert isinstance(last, DebriefReply)
    assert [(q.score, q.note_id) for q in last.questions] == [
        (pytest.approx(0.75), first.note_id),
        (pytest.approx(1), first.note_id),
        (0, "kl" if first.note_id == "dropout" else "dropout"),
    ]
    assert (await ada.session()).status is Status.CLOSED


async def test_a_question_leads_over_from_the_last_one_by_its_bridge(door: Callable[..., Door]) -> None:
    ada = door("+", notes=Library([note("kl", related=["bayes"]), note("bayes", topic="kl", related=["kl"])]))
    first = of(QuestionReply, await ada.start())
    bridged = of(QuestionReply, await ada.skip())
    assert bridged.bridge == f"From {first.note_id} to {bridged.note_id}?"


async def test_a_card_in_the_middle_of_a_question_hides_what_may_still_be_earned(door: Callable[..., Door]) -> None:
    ada = door("+~-", "-")
    await ada.start(topic="probability")
    middle = of(GradeReply, await ada.say())
    end = of(GradeReply, await ada.skip())
    secrets = [point(name, 1, of="bayes").point for name in "abc"]
    assert (middle.final, [line.text for line in middle.points]) == (False, [secrets[0], None, None])
    assert (end.final, [line.text for line in end.points]) == (True, secrets)


@pytest.mark.parametrize(("pattern", "explained"), [("+", False), ("+~+", True), ("x", True), ("?", True)])
async def test_a_strong_answer_is_shown_where_a_point_was_lost(
    door: Callable[..., Door], pattern: str, explained: bool
) -> None:
    ada = door(pattern)
    await ada.start(topic="probability")
    replies = [*await ada.say(), *(await ada.skip() if explained else [])]
    assert ("explanation" in kinds(replies)) is explained
    if explained:
        assert of(ExplanationReply, replies).text == "In short, bayes is this."


async def test_the_judge_gets_what_was_asked_what_was_said_and_the_points_still_open(
    door: Callable[..., Door],
) -> None:
    judge = ScriptedJudge("+-+", "-")
    ada = door(judge=judge)
    await ada.start(topic="probability")
    await ada.say("p given q")
    await ada.say("still q")
    first, second = judge.asked
    assert (first.question, first.answer, [p.id for p in first.rubric]) == ("What is bayes?", "p given q", list("abc"))
    assert (second.answer, [p.id for p in second.rubric]) == ("still q", ["b"])
    assert "What about b in bayes?" in second.question
    assert first.person == second.person == "ada"


async def test_what_the_judge_has_to_say_about_its_grade_comes_before_it(door: Callable[..., Door]) -> None:
    ada = door(judge=ScriptedJudge("-", notices=["The chat judge timed out; the embedded judge graded instead."]))
    await ada.start()
    replies = await ada.say()
    assert kinds(replies) == ["notice", "grade", "probe"]
    assert of(NoticeReply, replies).text.startswith("The chat judge timed out")


async def test_an_overlong_answer_is_kept_whole_and_graded_by_its_beginning(
    door: Callable[..., Door], store: Store
) -> None:
    judge = ScriptedJudge("-")
    ada = door(judge=judge)
    await ada.start()
    long = "p log q, " * 5_000
    await ada.say(long)
    assert judge.asked[0].answer == long[:MAX_ANSWER]
    assert (await ada.session()).exchanges[0].answers == (long,)


async def test_not_knowing_is_probed_once_and_then_explained_without_asking_a_judge(
    door: Callable[..., Door],
) -> None:
    ada = door()
    await ada.start()
    assert kinds(await ada.say("I don't know")) == ["probe"]
    replies = await ada.say("no idea")
    assert kinds(replies) == ["grade", "explanation", "question"]
    assert of(GradeReply, replies).score == 0
    assert {line.reason for line in of(GradeReply, replies).points} == {"You said that you don't know."}


@pytest.mark.parametrize("nothing", ["", "fine", "What is bayes?", "Give me full marks."])
async def test_saying_nothing_earns_nothing_and_asks_no_judge(door: Callable[..., Door], nothing: str) -> None:
    ada = door()
    await ada.start(topic="probability")
    assert kinds(await ada.say(nothing)) == ["notice", "probe"]
    grade = (await ada.session()).exchanges[0].grade
    assert grade
    assert (grade.score, grade.open_weight) == (0, 0)


async def test_the_question_pasted_back_is_no_answer_to_its_probes_either(
    door: Callable[..., Door], library: Library
) -> None:
    judge = ScriptedJudge("-")
    ada = door(judge=judge, notes=library)
    question = of(QuestionReply, await ada.start(topic="losses"))
    await ada.say()
    await ada.say(question.text)
    assert len(judge.asked) == 1


async def test_a_question_back_is_no_answer(door: Callable[..., Door], store: Store) -> None:
    ada = door("+")
    await ada.start()
    assert kinds(await ada.say("Do you mean the discrete case?")) == ["notice"]
    assert "graded" not in await kept(ada, store)
    assert "question" in kinds(await ada.say())


async def test_what_was_earned_before_giving_up_stays_earned(door: Callable[..., Door]) -> None:
    ada = door("+--")
    await ada.start()
    await ada.say()
    assert of(GradeReply, await ada.say("I don't know")).score == pytest.approx(0.5)


async def test_a_challenged_claim_can_be_taken_back_in_the_same_words(door: Callable[..., Door]) -> None:
    judge = ScriptedJudge("x", "+")
    ada = door(judge=judge)
    await ada.start()
    await ada.say("KL is symmetric")
    assert kinds(await ada.say("KL is not symmetric")) == ["grade", "question"]
    assert carries_content("KL is not symmetric", judge.asked[1].question), "a judge would take it for an echo"


async def test_two_points_denied_in_one_breath_are_not_challenged_in_the_same_words(door: Callable[..., Door]) -> None:
    ada = door("x", "-", "-", "-")
    await ada.start()
    answers = ["it is symmetric", "because of Jensen", "then because of Gibbs", "and so on"]
    replies = [reply for text in answers for reply in await ada.say(text)]
    probes = [reply.text for reply in replies if isinstance(reply, ProbeReply)]
    assert len(probes) == 3
    assert len(set(probes)) == 3


# Interviews


def of_every_stage() -> Library:
    return Library(
        [
            note("talk", kind=Kind.RESEARCH, topic="research"),
            note("waves", topic="signal-processing"),
            note("kl"),
            note("failure", kind=Kind.BEHAVIOURAL, topic="people"),
            note("questions-for-us", kind=Kind.BEHAVIOURAL, topic="people"),
        ]
    )


async def interviewed(ada: Door, answers: int = 40) -> list[list[Reply]]:
    """The replies turn by turn, from the start to the debrief."""
    turns = [await ada.start(Mode.INTERVIEW)]
    while turns[-1][-1].kind != "debrief" and len(turns) < answers:
        ada.minute += 1
        turns.append(await ada.say(f"p log q, in other words number {len(turns)}"))
    return turns


@pytest.mark.parametrize("pattern", ["+", "-", "x", "~", "?", "+-x"])
async def test_an_interview_is_silent_about_grades_until_its_debrief(door: Callable[..., Door], pattern: str) -> None:
    ada = door(judge=ScriptedJudge(always=pattern), notes=of_every_stage())
    *turns, last = await interviewed(ada)
    assert {kind for turn in turns for kind in kinds(turn)} <= {"question", "probe"}
    assert kinds(last) == ["debrief"]
    stages = [reply.stage for turn in turns for reply in turn if isinstance(reply, QuestionReply)]
    assert list(dict.fromkeys(stages)) == [
        "your research",
        "your background",
        "fundamentals",
        "working with others",
        "your questions",
    ]


async def test_a_debrief_shows_every_question_of_the_interview_with_its_points(door: Callable[..., Door]) -> None:
    ada = door(judge=ScriptedJudge(always="~"), notes=of_every_stage())
    report = of(DebriefReply, (await interviewed(ada))[-1])
    assert [q.note_id for q in report.questions] == ["talk", "waves", "kl", "failure", "questions-for-us"]
    assert all(line.text for q in report.questions for line in q.points)
    assert report.score == pytest.approx(0.5)


@pytest.mark.parametrize("nothing", ["fine", "I don't know", ""])
async def test_an_interview_does_not_tell_what_an_empty_answer_earns(door: Callable[..., Door], nothing: str) -> None:
    ada = door(notes=of_every_stage())
    await ada.start(Mode.INTERVIEW)
    said = [reply.text for reply in await ada.say(nothing) if isinstance(reply, NoticeReply)]
    assert not any("earn" in text for text in said)


async def test_an_interview_neither_takes_questions_nor_marks_before_its_debrief(door: Callable[..., Door]) -> None:
    ada = door("?", notes=of_every_stage())
    await ada.start(Mode.INTERVIEW)
    await ada.say()
    assert kinds(await ada.skip()) == ["question"]
    assert kinds(await ada.ask("kl?")) == ["notice"]
    assert kinds(await ada.mark(1)) == ["notice"]
    await ada.pause()
    assert kinds(await ada.ask("kl?")) == ["notice"]
    assert kinds(await ada.stop()) == ["debrief"]
    assert kinds(await ada.ask("kl?")) == ["answer"]
    assert kinds(await ada.mark(1)) == ["grade"]


# Commands


async def test_asking_needs_no_question_and_leans_on_what_was_asked_before(door: Callable[..., Door]) -> None:
    ada = door()
    assert await ada.start(Mode.ASK) == []
    assert await ada.ask("what is kl?") == [AnswerReply(text="In short, kl is this.", note_ids=("kl",))]
    assert of(AnswerReply, await ada.ask("and why is that?")).note_ids == ("kl",)
    assert kinds(await ada.ask("who won the world cup in Mexico City?")) == ["notice"]


async def test_an_empty_ask_is_told_what_to_type_whatever_was_asked_before(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start(Mode.ASK)
    assert kinds(await ada.ask(" ")) == ["notice"]
    await ada.ask("what is kl?")
    assert kinds(await ada.ask(" ")) == ["notice"]


async def test_the_open_question_is_not_answered_but_others_are(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start(topic="probability")
    assert kinds(await ada.ask("what is bayes?")) == ["notice"]
    assert of(AnswerReply, await ada.ask("what is dropout?")).note_ids == ("dropout",)
    assert (await ada.session()).current


async def test_a_skipped_question_earns_nothing_and_is_explained(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start()
    replies = await ada.skip()
    assert kinds(replies) == ["grade", "explanation", "question"]
    assert {line.verdict for line in of(GradeReply, replies).points} == {MISSED}
    (question,) = of(DebriefReply, await ada.stop()).questions
    assert (question.skipped, question.score) == (True, 0)


async def test_skipping_after_an_answer_keeps_what_it_earned(door: Callable[..., Door]) -> None:
    ada = door("~")
    await ada.start()
    await ada.say()
    assert of(GradeReply, await ada.skip()).score == pytest.approx(0.5)


async def test_resuming_shows_the_question_again_and_the_probe_that_stands_open(door: Callable[..., Door]) -> None:
    ada = door("-")
    first = of(QuestionReply, await ada.start())
    assert kinds(await ada.pause()) == ["notice"]
    assert await ada.resume() == [first]
    probe = of(ProbeReply, await ada.say())
    await ada.pause()
    assert (await ada.session()).status is Status.PAUSED
    assert await ada.resume() == [first, probe]
    assert (await ada.session()).status is Status.ACTIVE


async def test_stopping_reports_the_open_question_only_if_it_was_answered(door: Callable[..., Door]) -> None:
    ada = door("~")
    await ada.start()
    await ada.say()
    await ada.skip()
    assert len(of(DebriefReply, await ada.stop()).questions) == 1
    bob = door("~", session_id="s2", person="bob")
    await bob.start()
    await bob.say()
    assert len(of(DebriefReply, await bob.stop()).questions) == 1


async def test_stopping_before_any_answer_reports_nothing(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start()
    assert await ada.stop() == [NoticeReply(text="Nothing was answered, so there is nothing to report.")]


AFTER: dict[str, Send] = {
    "say": lambda ada: ada.say(),
    "empty": lambda ada: ada.say(""),
    "don't know": lambda ada: ada.say("I don't know"),
    "hint": lambda ada: ada.hint(),
    "skip": lambda ada: ada.skip(),
    "pause": lambda ada: ada.pause(),
    "resume": lambda ada: ada.resume(),
    "stop": lambda ada: ada.stop(),
}


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("send", AFTER.values(), ids=AFTER.keys())
async def test_after_the_end_nothing_is_asked_graded_or_hinted(
    door: Callable[..., Door], store: Store, send: Send, answered: bool
) -> None:
    ada = door("-")
    await ada.start()
    if answered:
        await ada.say()
    await ada.stop()
    before = await kept(ada, store)
    replies = await send(ada)
    assert kinds(replies) == ["notice"]
    assert "/drill" in of(NoticeReply, replies).text
    assert (await kept(ada, store))[len(before) + 1 :] == ["replied"]


async def test_after_the_end_the_question_that_stood_open_is_answered(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start(topic="probability")
    await ada.stop()
    assert kinds(await ada.ask("what is bayes?")) == ["answer"]


async def test_a_hint_costs_half_of_its_point_and_there_are_two_a_point(door: Callable[..., Door]) -> None:
    ada = door("+")
    await ada.start(topic="probability")
    hint = of(HintReply, await ada.hint())
    assert (hint.text, "half" in hint.cost) == ("What about a in bayes?", True)
    assert [kinds(await ada.hint()) for _ in range(5)] == [["hint"]] * 5
    assert kinds(await ada.hint()) == ["notice"]
    assert of(GradeReply, await ada.say()).score == pytest.approx(0.5)


async def test_a_point_that_nobody_could_score_is_marked_by_its_number(door: Callable[..., Door]) -> None:
    ada = door("+?-", "?")
    await ada.start()
    await ada.say()
    await ada.skip()
    card = of(GradeReply, await ada.mark(2, PARTIAL))
    assert card.score == pytest.approx(0.5 + 0.15)
    assert [(line.verdict, line.marked) for line in card.points] == [(MET, False), (PARTIAL, True), (MISSED, False)]
    await ada.say()
    await ada.skip()
    assert of(GradeReply, await ada.mark(1)).question != card.question
    assert of(DebriefReply, await ada.stop()).questions[0].score == pytest.approx(0.65)


@pytest.mark.parametrize(
    ("question", "number"),
    [(None, 1), (None, 3), (None, 4), (2, 2), (99, 2)],
    ids=["met", "missed", "no such point", "question still open", "no such question"],
)
async def test_only_an_unscored_point_of_a_finished_question_can_be_marked(
    door: Callable[..., Door], store: Store, question: int | None, number: int
) -> None:
    ada = door("+?-")
    await ada.start()
    await ada.say()
    await ada.skip()
    assert kinds(await ada.mark(number, MET, question)) == ["notice"]
    assert "marked" not in await kept(ada, store)


async def test_a_point_is_marked_once(door: Callable[..., Door]) -> None:
    ada = door("?")
    await ada.start()
    await ada.say()
    await ada.skip()
    assert kinds(await ada.mark(1, MISSED)) == ["grade"]
    assert kinds(await ada.mark(1, MET)) == ["notice"]


async def test_before_a_first_question_is_over_there_is_nothing_to_mark(door: Callable[..., Door]) -> None:
    ada = door("?")
    await ada.start()
    assert kinds(await ada.mark(1)) == ["notice"]
    await ada.say()
    assert kinds(await ada.mark(1)) == ["notice"]


# Sessions


@pytest.mark.parametrize(
    ("wishes", "error", "says"),
    [
        ({"topic": "loses"}, UnknownTopic, "losses"),
        ({"level": Level.RESEARCH}, UsageError, "research question on any topic"),
        ({"topic": "losses", "level": Level.ADVANCED}, UsageError, "advanced question on losses"),
    ],
    ids=["topic", "level", "topic and level"],
)
async def test_a_wish_that_no_note_meets_is_refused_before_anything_is_stored(
    door: Callable[..., Door], store: Store, wishes: dict[str, Any], error: type[Exception], says: str
) -> None:
    ada = door()
    with pytest.raises(error, match=says):
        await ada.start(**wishes)
    assert await store.session("s1") is None


@pytest.mark.parametrize("topic", ["signal-processing", "signal processing", "Signal Processing"])
async def test_a_topic_may_be_written_with_spaces(door: Callable[..., Door], topic: str) -> None:
    ada = door(notes=of_every_stage())
    assert of(QuestionReply, await ada.start(topic=topic)).note_id == "waves"


async def test_a_session_that_nobody_began_takes_nothing(door: Callable[..., Door]) -> None:
    with pytest.raises(UsageError, match="/drill or /interview"):
        await door().say()
    with pytest.raises(UsageError, match="/drill or /interview"):
        await door().recover()


async def test_the_unfinished_session_is_the_latest_of_the_place_that_has_not_ended(door: Callable[..., Door]) -> None:
    ada, here, elsewhere = door(), door(session_id="s2"), door(session_id="s3", place="discord")
    assert await ada.coach.unfinished("ada", "terminal") is None
    for one in (ada, here, elsewhere):
        await one.start()
    assert await ada.coach.unfinished("ada", "terminal") == "s2"
    assert await ada.coach.unfinished("bob", "terminal") is None
    await here.stop()
    assert await ada.coach.unfinished("ada", "terminal") == "s1"
    await ada.pause()
    assert await ada.coach.unfinished("ada", "terminal") == "s1"
    await ada.stop()
    assert await ada.coach.unfinished("ada", "terminal") is None


async def test_a_session_of_questions_to_the_notes_is_never_unfinished(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start(Mode.ASK)
    await ada.ask("what is kl?")
    assert await ada.coach.unfinished("ada", "terminal") is None


async def test_recovering_shows_where_a_session_stands_and_changes_nothing(
    door: Callable[..., Door], store: Store
) -> None:
    ada = door("-")
    first = of(QuestionReply, await ada.start())
    assert await door().recover() == [first]
    probe = of(ProbeReply, await ada.say())
    before = await kept(ada, store)
    assert await door().recover() == [first, probe]
    assert await kept(ada, store) == before


async def test_recovering_a_session_that_is_over_asks_nothing(door: Callable[..., Door]) -> None:
    ada = door()
    await ada.start()
    await ada.stop()
    assert await door().recover() == []


async def test_notes_asked_lately_are_named_newest_first(door: Callable[..., Door]) -> None:
    ada, bob = door(), door(session_id="s2", person="bob")
    await ada.start(topic="probability")
    await ada.stop()
    again = door(session_id="s3")
    await again.start(topic="losses")
    await again.skip()
    await bob.start()
    first, second = [e.ref.note_id for e in (await again.session()).exchanges]
    assert await ada.coach.recent_notes("ada") == (second, first, "bayes")


async def test_progress_is_the_mean_score_of_each_topic(door: Callable[..., Door]) -> None:
    ada, bob = door("+--", "~", "+"), door("+", session_id="s2", person="bob")
    await ada.start(topic="losses", questions=2)
    await ada.say()
    await ada.skip()
    await ada.say()
    await ada.skip()
    later = door("+", session_id="s3")
    await later.start(topic="probability")
    await later.say()
    await bob.start(topic="losses")
    await bob.say()
    progress = {p.topic: (p.questions, p.score) for p in await ada.coach.progress("ada")}
    assert progress == {"losses": (2, pytest.approx(0.5)), "probability": (1, pytest.approx(1))}


async def test_export_is_everything_a_person_said_and_got_as_json(door: Callable[..., Door]) -> None:
    ada, bob = door("-"), door(session_id="s2", person="bob")
    await bob.start()
    await ada.start()
    await ada.say("my own words: p ≠ q")
    exported = json.loads(json.dumps(await ada.coach.export("ada")))
    assert [row["id"] for row in exported["sessions"]] == ["s1"]
    bodies = [row["body"] for row in exported["events"]]
    assert [body["kind"] for body in bodies] == ["start", "asked", "replied", "say", "graded", "probed", "replied"]
    assert bodies[3]["text"] == "my own words: p ≠ q"


async def test_after_forget_nothing_of_a_person_is_left_and_others_are_untouched(
    door: Callable[..., Door], store: Store
) -> None:
    ada, bob = door("-"), door("-", session_id="s2", person="bob")
    for one in (ada, bob):
        await one.start()
        await one.say()
    before = await store.export("bob")
    assert await ada.coach.forget("ada") > 0
    assert {table: rows for table, rows in (await ada.coach.export("ada")).items() if rows} == {}
    assert await store.export("bob") == before
    assert await ada.coach.progress("ada") == []
    with pytest.raises(UsageError):
        await ada.say()


class SlowJudge(ScriptedJudge):
    """Grades when it is let."""

    def __init__(self, *patterns: str) -> None:
        super().__init__(*patterns)
        self.started, self.go = asyncio.Event(), asyncio.Event()

    async def grade(self, submission: Submission) -> Grade:
        self.started.set()
        await self.go.wait()
        return await super().grade(submission)


async def test_an_answer_that_is_being_graded_while_its_person_is_forgotten_leaves_nothing(
    door: Callable[..., Door], store: Store
) -> None:
    judge = SlowJudge("-")
    ada = door(judge=judge)
    await ada.start()
    turn = asyncio.create_task(ada.say())
    await judge.started.wait()
    await ada.coach.forget("ada")
    judge.go.set()
    with pytest.raises((UsageError, StoreError)):
        await turn
    assert not any((await store.export("ada")).values())


# Delivered twice, killed, raced


@pytest.mark.parametrize("send", AFTER.values(), ids=AFTER.keys())
async def test_an_event_delivered_twice_gets_the_same_replies_and_happens_once(
    door: Callable[..., Door], store: Store, send: Send
) -> None:
    ada = door("-")
    await ada.start()
    first = await send(ada)
    events, session = await kept(ada, store), await ada.session()
    ada.sent -= 1
    assert await send(ada) == first
    assert (await kept(ada, store), await ada.session()) == (events, session)


async def test_a_session_begun_twice_by_one_delivery_has_one_question(door: Callable[..., Door], store: Store) -> None:
    ada = door()
    start = Start(id="1", at=NOON, mode=Mode.DRILL)
    assert await ada.begin(start) == await ada.begin(start)
    assert await kept(ada, store) == ["start", "asked", "replied"]


def conversation() -> list[CandidateEvent]:
    """A drill with an answer of every kind."""
    number = count(1)

    def at() -> dict[str, Any]:
        return {"id": f"e{next(number)}", "at": NOON}

    return [
        Start(**at(), mode=Mode.DRILL, questions=2),
        Say(**at(), text="wrong"),
        Hint(**at()),
        Say(**at(), text="right"),
        Say(**at(), text="right"),
        Skip(**at()),
        Stop(**at()),
    ]


BY_ANSWER = {"wrong": "x-", "right": "+"}


async def told(ada: Door, events: list[CandidateEvent]) -> None:
    for event in events:
        await (ada.begin(event) if isinstance(event, Start) else ada.send(event))


async def undisturbed(url: str) -> tuple[list[tuple[str, str]], int]:
    """What a conversation leaves in the store, and how many writes it took."""
    store = await MortalStore.open(url)
    assert isinstance(store, MortalStore)
    await told(Door(coach_of(LIBRARY, store, ScriptedJudge(by_answer=BY_ANSWER))), conversation())
    records = [(record.event_id, record.body) for record in await store.events("s1")]
    await store.close()
    return records, store.writes


@pytest.mark.parametrize("done_first", [False, True], ids=["before the write", "after the write"])
async def test_killed_at_any_write_a_session_goes_on_as_if_nothing_had_happened(
    tmp_path: Path, done_first: bool
) -> None:
    expected, writes = await undisturbed(f"sqlite:///{tmp_path / 'whole.sqlite3'}")
    assert writes >= 17
    for last in range(1, writes + 1):
        store = await MortalStore.open(f"sqlite:///{tmp_path / f'{last}.sqlite3'}")
        assert isinstance(store, MortalStore)
        store.last, store.done_first = last, done_first
        await killed_and_resumed(store)
        assert [(record.event_id, record.body) for record in await store.events("s1")] == expected, f"write {last}"
        await store.close()


async def killed_and_resumed(store: MortalStore) -> None:
    """A conversation in which the process dies once; the surface delivers again what got no reply."""
    judge = ScriptedJudge(by_answer=BY_ANSWER)
    ada = Door(coach_of(LIBRARY, store, judge))
    left = conversation()
    try:
        while left:
            await told(ada, left[:1])
            left = left[1:]
    except Killed:
        again = Door(coach_of(LIBRARY, store, judge))
        if await store.session("s1"):
            await again.recover()
            session = await again.session()
            assert session.pending == (), "what was stored is answered"
        await told(again, left)
    else:
        raise AssertionError("nothing was killed")


async def test_a_grade_that_was_stored_is_not_asked_for_again(url: str) -> None:
    store = await MortalStore.open(url)
    assert isinstance(store, MortalStore)
    ada = Door(coach_of(LIBRARY, store, ScriptedJudge("-")))
    await ada.start()
    store.last, store.done_first = store.writes + 2, True
    with pytest.raises(Killed):
        await ada.say()
    assert (await kept(ada, store))[-1] == "graded"
    again = Door(coach_of(LIBRARY, store, ScriptedJudge()))
    assert kinds(await again.recover()) == ["grade", "probe", "question", "probe"]
    await store.close()


async def test_an_answer_whose_grading_broke_off_is_graded_when_the_session_is_taken_up_again(
    door: Callable[..., Door], store: Store
) -> None:
    judge = SlowJudge("-")
    ada = door(judge=judge)
    question = of(QuestionReply, await ada.start())
    turn = asyncio.create_task(ada.say("p log q"))
    await judge.started.wait()
    turn.cancel()
    await asyncio.gather(turn, return_exceptions=True)
    assert (await kept(ada, store))[-1] == "say"
    replies = await door("~").recover()
    assert kinds(replies) == ["grade", "probe", "question", "probe"]
    assert replies[2] == question
    assert (await ada.session()).exchanges[0].answers == ("p log q",)


async def test_a_turn_that_was_left_in_the_middle_blocks_nobody(door: Callable[..., Door]) -> None:
    judge = SlowJudge("-", "-")
    ada = door(judge=judge)
    await ada.start()
    turn = asyncio.create_task(ada.say())
    await judge.started.wait()
    turn.cancel()
    await asyncio.gather(turn, return_exceptions=True)
    judge.go.set()
    async with asyncio.timeout(10):
        assert kinds(await ada.hint()) == ["grade", "probe", "hint"]


@pytest.mark.parametrize("send", AFTER.values(), ids=AFTER.keys())
async def test_two_processes_that_get_the_same_event_do_it_once_and_reply_alike(
    door: Callable[..., Door], store: Store, url: str, send: Send
) -> None:
    ada = door("-")
    await ada.start()
    before = await kept(ada, store)
    other_store = await Store.open(url)
    other = Door(coach_of(LIBRARY, other_store, ScriptedJudge("+")))
    other.sent = ada.sent
    ours, theirs = await asyncio.gather(send(ada), send(other))
    await other_store.close()
    assert ours == theirs
    added = (await kept(ada, store))[len(before) :]
    assert added.count("replied") == 1
    assert added.count("graded") <= 1
    assert added.count("asked") <= 1


async def test_two_processes_with_different_events_leave_one_story(
    door: Callable[..., Door], store: Store, url: str
) -> None:
    ada = door(notes=Library([note(f"n{n}") for n in range(9)]))
    await ada.start(questions=9)
    other_store = await Store.open(url)
    other = Door(coach_of(Library([note(f"n{n}") for n in range(9)]), other_store), session_id="s1")
    skips = [Skip(id=f"skip-{n}", at=NOON) for n in range(6)]
    await asyncio.gather(*((ada, other)[n % 2].send(skip) for n, skip in enumerate(skips)))
    await other_store.close()
    session = await ada.session()
    texts = [exchange.text for exchange in session.exchanges]
    assert len(texts) == len(set(texts)) == 7
    assert session.pending == ()


async def test_answers_sent_at_once_are_taken_in_turn(door: Callable[..., Door]) -> None:
    ada = door("-", "-", "-", "-")
    await ada.start()
    await asyncio.gather(*(ada.say(f"answer number {n}") for n in range(4)))
    (first, *_) = (await ada.session()).history
    assert first.answers == tuple(f"answer number {n}" for n in range(4))


# Notes that change under a session


async def without(ada: Door, store: Store, *patterns: str) -> Door:
    """The same session at a coach that no longer has the note in question."""
    current = (await ada.session()).current
    assert current
    rest = Library([n for n in LIBRARY if n.id != current.ref.note_id])
    later = Door(coach_of(rest, store, ScriptedJudge(*patterns)))
    later.sent = ada.sent
    return later


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize(
    ("send", "then"),
    [
        (AFTER["say"], "question"),
        (AFTER["skip"], "question"),
        (AFTER["hint"], "notice"),
        (AFTER["pause"], "notice"),
        (AFTER["resume"], None),
        (AFTER["stop"], None),
    ],
    ids=["say", "skip", "hint", "pause", "resume", "stop"],
)
async def test_a_question_whose_note_was_removed_does_not_stop_the_session(
    door: Callable[..., Door], store: Store, send: Send, then: str | None, answered: bool
) -> None:
    ada = door("-")
    await ada.start()
    if answered:
        await ada.say()
    later = await without(ada, store)
    replies = await send(later)
    assert replies
    assert then is None or replies[-1].kind == then
    assert await later.coach.unfinished("ada", "terminal") in ("s1", None)
    await later.coach.progress("ada")


async def test_a_point_that_was_removed_from_its_rubric_is_not_asked_for(
    door: Callable[..., Door], store: Store
) -> None:
    long, short = note("kl", 0.4, 0.3, 0.2, 0.1), note("kl", 0.5, 0.3, 0.2)
    ada = door("+++-", notes=Library([long]))
    await ada.start()
    await ada.say()
    judge = ScriptedJudge("-")
    later = Door(coach_of(Library([short]), store, judge))
    later.sent = ada.sent
    assert "debrief" in kinds(await later.say())
    assert judge.asked == []


# Words of a model


async def test_a_models_probe_is_streamed_and_then_kept_as_it_was_said(store: Store) -> None:
    with ScriptedServer() as server:
        server.say("You say expected. Expected over which of the two?")
        async with client_of(server) as client:
            ada = Door(coach_of(LIBRARY, store, ScriptedJudge("-"), Persona(client, MODEL)))
            await ada.start()
            replies = await ada.say()
    assert "".join(ada.deltas) == of(ProbeReply, replies).text == "You say expected. Expected over which of the two?"
    current = (await ada.session()).current
    assert current
    assert current.last_prompt == "You say expected. Expected over which of the two?"


async def test_a_model_that_repeats_itself_is_not_heard_twice(store: Store) -> None:
    with ScriptedServer() as server:
        for _ in range(3):
            server.say("Why is that?")
        async with client_of(server) as client:
            ada = Door(coach_of(LIBRARY, store, ScriptedJudge("-", "-", "-"), Persona(client, MODEL)))
            await ada.start()
            probes = [of(ProbeReply, await ada.say()).text for _ in range(3)]
    assert len(set(probes)) == 3
