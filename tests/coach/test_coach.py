"""The one door: whole drills with a real store and a scripted judge."""

from collections.abc import Callable

import pytest

from bot.coach.events import Say
from bot.coach.persona import Persona
from bot.coach.reply import DebriefReply, ExplanationReply, GradeReply, NoticeReply, ProbeReply, QuestionReply
from bot.coach.responder import MAX_ANSWER
from bot.coach.session import Status
from bot.grading.evidence import carries_content
from bot.store.store import Store
from knowledge.library import Library
from tests.coach.models import MODEL, client_of
from tests.coach.notes import note, point
from tests.coach.scripted import LIBRARY, Door, ScriptedJudge, coach_of, kept, kinds, of
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


async def test_an_overlong_answer_is_kept_whole_and_graded_by_its_beginning_which_is_said(
    door: Callable[..., Door], store: Store
) -> None:
    judge = ScriptedJudge("-")
    ada = door(judge=judge)
    await ada.start()
    long = "p log q, " * 5_000
    told = of(NoticeReply, await ada.say(long))
    assert told.text.startswith("Only the first 8,000 characters were graded; ")
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


@pytest.mark.parametrize(
    ("patterns", "parts", "followed"),
    [
        (["+--", "+-", "-"], ["p given q", "by the prior", "over the evidence"], [[], [], ["grade", "probe"]]),
        (["+"], ["p given q", "by the prior"], [[], ["grade", "question"]]),
        (["+--"], ["p given q", "I don't know"], [[], ["probe"]]),
        (["+--"], ["p given q", "Do you mean the discrete case?"], [["grade", "probe"], ["notice"]]),
    ],
)
async def test_an_answer_in_several_messages_is_followed_up_after_the_last_of_them(
    door: Callable[..., Door], patterns: list[str], parts: list[str], followed: list[list[str]]
) -> None:
    judge = ScriptedJudge(*patterns)
    ada = door(judge=judge)
    await ada.start(topic="probability")
    said = [Say(**ada.next(), text=text) for text in parts]
    for event in said:
        await ada.coach.keep(ada.session_id, event)
    assert [kinds(await ada.send(event)) for event in said] == followed
    assert {asked.question for asked in judge.asked} == {"What is bayes?"}


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
