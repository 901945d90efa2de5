"""The one door: whole conversations with a real store and a scripted judge."""

from collections.abc import Callable

import pytest

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.events import Mode
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
from bot.coach.responder import MAX_ANSWER
from bot.coach.session import Status
from bot.grading.evidence import carries_content
from bot.store.store import Store
from knowledge.errors import EmbedderError
from knowledge.library import Library
from knowledge.note import Kind
from knowledge.search import Findings
from tests.coach.models import MODEL, client_of
from tests.coach.notes import MET, MISSED, PARTIAL, note, point
from tests.coach.scripted import LIBRARY, TYPED, Door, ScriptedJudge, Send, coach_of, kept, kinds, of
from tests.loopback import ScriptedServer


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


async def test_the_judge_listens_for_the_misconceptions_of_the_note_on_every_rung(door: Callable[..., Door]) -> None:
    judge = ScriptedJudge("+-", "+", "-")
    ada = door(judge=judge, notes=Library([note("kl")]))
    await ada.start()
    for _ in range(3):
        await ada.say()
    assert [[m.claim for m in asked.misconceptions] for asked in judge.asked] == [["kl is easy."]] * 3
    assert [len(asked.rubric) for asked in judge.asked] == [3, 2, 1]


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
    assert ([p.id for p in first.beside], [p.id for p in second.beside]) == ([], ["a", "c"])
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


async def test_a_search_that_cannot_work_is_told_once_and_holds_up_nothing(store: Store) -> None:
    async def find(query: str, context: str) -> Findings:
        raise EmbedderError("The embedding model is gone; run `make install`.")

    ada = Door(Coach(LIBRARY, store, ScriptedJudge(), Persona(), Answerer(LIBRARY, find)))
    await ada.start(topic="losses")
    assert [reply.text for reply in await ada.ask("what is bayes?") if isinstance(reply, NoticeReply)] == [
        "The embedding model is gone; run `make install`."
    ]
    assert kinds(await ada.hint()) == ["hint"]


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


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "unanswered"])
@pytest.mark.parametrize("send", TYPED.values(), ids=TYPED.keys())
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
    assert (await kept(ada, store))[len(before) + 1 :] == ["replied", "shown"]


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
