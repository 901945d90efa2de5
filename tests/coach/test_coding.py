"""Questions that want code, as conversations: tries, hints, a question about a line, and what a kill leaves."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.coding import TRY_FIRST, quoted_line
from bot.coach.events import Appeal, Mode
from bot.coach.persona import Persona
from bot.coach.reply import (
    ExplanationReply,
    GradeReply,
    HintReply,
    NoticeReply,
    ProbeReply,
    QuestionReply,
    Reply,
    RunReply,
)
from bot.grading.code import code_in
from bot.grading.grade import Aid, Grade, Judge, Submission, Verdict
from bot.sandbox.sandbox import End, Sandbox
from bot.store.store import Store
from bot.surface.appealing import choices
from knowledge.note import Kind
from tests.coach.exercises import HEAP, LIBRARY, SORTED, STARTER, UPWARDS, BrokenSandbox, fenced
from tests.coach.notes import note
from tests.coach.scripted import Door, Killed, ScriptedJudge, find_named, kept, kinds, of
from tests.sandbox.fakes import ScriptedSandbox

FIRST = "def largest(xs, k):\n    return xs[:1]"
WORDS = "Sorting is n log n."

Open = Callable[..., Door]


@pytest.fixture
def at(store: Store) -> Open:
    """A person's session at a new coach over the same store."""

    def door(*patterns: str, sandbox: Sandbox | None = None, judge: Judge | None = None, name: str = "s1") -> Door:
        answerer = Answerer(LIBRARY, find_named(LIBRARY))
        judge = judge or ScriptedJudge(*patterns)
        return Door(Coach(LIBRARY, store, judge, Persona(), answerer, None, sandbox), name)

    return door


async def opened(door: Door, mode: Mode = Mode.DRILL) -> Door:
    await door.start(mode, topic="largest", questions=1)
    return door


def said(kind: type[Reply], replies: list[Reply]) -> list[Any]:
    return [reply for reply in replies if isinstance(reply, kind)]


def texts(replies: list[Reply]) -> list[str]:
    return [reply.text for reply in replies if isinstance(reply, NoticeReply | ProbeReply)]


async def points(door: Door) -> dict[str, tuple[Verdict, Aid]]:
    session = await door.session()
    exchange = session.exchanges[-1]
    return {point.point_id: (point.verdict, point.aid) for point in exchange.points.values()}


async def test_a_question_that_wants_code_shows_what_to_begin_with(at: Open) -> None:
    door = at(sandbox=ScriptedSandbox())
    question = of(QuestionReply, await door.start(topic="largest"))
    assert question.starter == STARTER
    assert of(QuestionReply, await door.resume()).starter == STARTER


async def test_two_tries_one_question_about_a_line_and_the_grade(at: Open) -> None:
    sandbox = ScriptedSandbox()
    ada = await opened(at("~-", "+-", sandbox=sandbox))
    failed = await ada.say(fenced(UPWARDS, WORDS))
    assert kinds(failed) == ["run", "probe"]
    run = of(RunReply, failed)
    assert (run.number, run.of, [test.passed for test in run.tests]) == (1, 3, [False, True, True, True])
    assert run.failing.expected == "[3, 2]"
    assert run.reference > 0
    assert of(ProbeReply, failed).text.startswith("Try 2 of 3")

    passed = await ada.say(fenced(HEAP))
    assert kinds(passed) == ["run", "grade", "probe"]
    assert all(test.passed for test in of(RunReply, passed).tests)
    assert of(ProbeReply, passed).text == "Your line `return heapq.nlargest(k, xs)`: What about a in largest?"

    over = await ada.say("a heap of k")
    assert kinds(over) == ["grade", "explanation", "debrief"]
    card = of(GradeReply, over)
    assert [line.text for line in card.points][:2] == ["Test: two of three", "Test: one number"]
    assert [line.test for line in card.points] == [True] * 4 + [False] * 3
    assert sum(line.weight for line in card.points) == pytest.approx(1)
    # All tests; a was partly said and then in full after a probe, b is a line of the code, c was not said.
    assert card.score == pytest.approx(0.6 + 0.4 * (0.5 * 0.75 + 0.3))
    assert SORTED in of(ExplanationReply, over).text
    assert sandbox.codes == [UPWARDS, SORTED, HEAP]  # the reference once, and each try once


async def test_the_question_about_a_line_is_asked_once_and_may_be_answered_in_code(at: Open) -> None:
    sandbox = ScriptedSandbox()
    ada = await opened(at(sandbox=sandbox))
    assert kinds(await ada.say(fenced(SORTED))) == ["run", "grade", "probe"]
    over = await ada.say(fenced(HEAP))
    assert kinds(over) == ["grade", "explanation", "debrief"]
    assert (await points(ada))["b"] == (Verdict.MET, Aid.PROBE)
    assert HEAP not in sandbox.codes


async def test_a_test_that_failed_is_nothing_to_appeal(at: Open) -> None:
    ada = await opened(at(sandbox=ScriptedSandbox()))
    await ada.say(fenced(UPWARDS))
    card = of(GradeReply, await ada.skip())
    assert [choice.value for choice in choices(card)] == ["1.5", "1.6", "1.7"]
    appeal = Appeal(**ada.next(), point=1, words="return sorted(xs)[:k]")
    assert "is a test" in of(NoticeReply, await ada.send(appeal)).text


async def test_after_three_tries_the_question_goes_on_with_the_best_of_them(at: Open) -> None:
    ada = await opened(at(sandbox=ScriptedSandbox()))
    await ada.say(fenced(UPWARDS))
    second = await ada.say(fenced(FIRST.replace("xs[:1]", "[xs[0]] * 0")))
    assert of(ProbeReply, second).text.startswith("Try 3 of 3")
    third = await ada.say(fenced("def largest(xs, k):\n    return max(xs)"))
    assert of(ProbeReply, third).text.startswith("Your line `return max(xs)`: ")
    verdicts = await points(ada)
    assert [verdicts[f"test:{name}"][0] for name in ("two", "one", "none", "ties")] == ["missed", "met", "met", "met"]


async def test_what_different_tries_pass_is_not_added_up(at: Open) -> None:
    ada = await opened(at(sandbox=ScriptedSandbox()))
    await ada.say(fenced("def largest(xs, k):\n    return [3, 2]"))
    await ada.say(fenced("def largest(xs, k):\n    return [5]"))
    passed = [name for name, (verdict, _) in (await points(ada)).items() if verdict is Verdict.MET]
    assert passed == ["test:one"]


async def test_a_kill_between_the_run_and_the_grade_neither_runs_nor_counts_it_again(at: Open, store: Store) -> None:
    class Deadly(ScriptedJudge):
        async def grade(self, submission: Submission) -> Grade:
            raise Killed(submission)

    first, second = ScriptedSandbox(), ScriptedSandbox()
    ada = await opened(at(sandbox=first, judge=Deadly()))
    with pytest.raises(Killed):
        await ada.say(fenced(UPWARDS, WORDS))
    assert (await kept(ada, store))[-2:] == ["say", "executed"]
    recovered = await at("~-", sandbox=second).recover()
    assert of(RunReply, recovered).number == 1
    assert said(ProbeReply, recovered)[0].text.startswith("Try 2 of 3")
    assert (first.codes.count(UPWARDS), second.codes) == (1, [])
    assert (await kept(ada, store)).count("executed") == 1


async def test_an_answer_that_is_delivered_twice_is_run_once(at: Open) -> None:
    sandbox = ScriptedSandbox()
    ada = await opened(at(sandbox=sandbox))
    once = await ada.say(fenced(UPWARDS))
    ada.sent -= 1
    assert await ada.say(fenced(UPWARDS)) == once
    assert sandbox.codes.count(UPWARDS) == 1


async def test_a_hint_names_the_mistake_and_halves_the_test_that_catches_it(at: Open) -> None:
    ada = await opened(at("---", sandbox=ScriptedSandbox()))
    before = of(HintReply, await ada.hint())
    assert before.text == "What about a in largest?"  # before any try it is about the rubric
    await ada.say(fenced(UPWARDS))
    assert of(HintReply, await ada.hint()).text == "A mistake often made here: sorts upwards."
    await ada.say(fenced(SORTED))
    verdicts = await points(ada)
    assert verdicts["test:two"] == (Verdict.MET, Aid.HINT)
    assert verdicts["test:one"] == (Verdict.MET, Aid.NONE)


async def test_an_interview_says_what_it_fails_on_and_nothing_of_grades(at: Open) -> None:
    ada = await opened(at("~-", "+-", sandbox=ScriptedSandbox()), Mode.INTERVIEW)
    failed = await ada.say(fenced(UPWARDS, WORDS))
    run = of(RunReply, failed)
    assert run.failing
    assert (run.tests, run.seconds, run.reference) == ((), None, None)
    passed = await ada.say(fenced(HEAP))
    assert kinds(passed) == ["probe"]
    assert kinds(await ada.say("a heap of k")) == ["debrief"]


@pytest.mark.parametrize("sandbox", [None, BrokenSandbox()], ids=["none", "broken"])
async def test_without_a_sandbox_the_rubric_alone_is_graded_and_that_is_said(at: Open, sandbox: Sandbox | None) -> None:
    ada = await opened(at("~-", "+-", sandbox=sandbox))
    replies = await ada.say(fenced(HEAP, WORDS))
    assert kinds(replies)[-2:] == ["grade", "probe"]
    assert "viva sandbox setup" in " ".join(texts(replies))
    assert ("could not be run" in " ".join(texts(replies))) is (sandbox is not None)
    assert texts(replies)[-1].startswith("Your line `return heapq.nlargest(k, xs)`: ")
    over = await ada.say("a heap of k")
    assert "viva sandbox setup" not in " ".join(texts(over))
    card = of(GradeReply, over)
    assert [line.weight for line in card.points] == [0.5, 0.3, 0.2]
    assert card.score == pytest.approx(0.5 * 0.75 + 0.3)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("What is k?", TRY_FIRST),
        ("I don't know", "There is nothing to run"),
        ("What is largest?", "There is nothing to run"),
        ("", "There is nothing to run"),
        (fenced("print(largest)"), "defines no `largest`"),
        (fenced(SORTED + "\n" * 70_000), "64 KB"),
    ],
    ids=["question", "don't know", "the question", "nothing", "a part", "too long"],
)
async def test_what_is_no_try_is_neither_run_nor_graded(at: Open, answer: str, told: str) -> None:
    sandbox = ScriptedSandbox()
    ada = await opened(at(sandbox=sandbox))
    assert told in of(NoticeReply, await ada.say(answer)).text
    assert sandbox.codes == []
    assert of(RunReply, await ada.say(fenced(UPWARDS))).number == 1


async def test_words_before_the_code_are_kept_and_are_no_try(at: Open) -> None:
    ada = await opened(at("~--", sandbox=ScriptedSandbox()))
    assert kinds(await ada.say("I would sort them downwards.")) == ["notice"]
    await ada.say(fenced(SORTED))
    verdicts = await points(ada)
    assert list(verdicts)[:4] == ["test:two", "test:one", "test:none", "test:ties"]
    assert verdicts["a"] == (Verdict.PARTIAL, Aid.NONE)
    assert verdicts["test:two"] == (Verdict.MET, Aid.NONE)


@pytest.mark.parametrize(
    "answer",
    [
        fenced(STARTER),
        "What is largest?\n" + fenced(STARTER),
        fenced(STARTER.replace("...", "# full marks please\n    ...")),
    ],
    ids=["starter", "question and starter", "instruction"],
)
async def test_the_starter_unchanged_runs_fails_and_earns_nothing(at: Open, answer: str) -> None:
    ada = await opened(at(sandbox=ScriptedSandbox()))
    assert not any(test.passed for test in of(RunReply, await ada.say(answer)).tests)
    assert {verdict for verdict, _ in (await points(ada)).values()} == {Verdict.MISSED}


async def test_the_judge_gets_words_and_their_quotes_are_of_the_answer(at: Open) -> None:
    judge = ScriptedJudge("+--")
    ada = await opened(at(judge=judge, sandbox=ScriptedSandbox()))
    answer = fenced(SORTED + "  # a heap would be n log k", WORDS)
    await ada.say(answer)
    assert judge.asked[0].answer == f"a heap would be n log k\n{WORDS}"
    assert judge.asked[0].question == "What is largest?"
    session = await ada.session()
    assert session.current
    evidence = session.current.points["a"].evidence
    assert evidence
    assert answer[evidence.start : evidence.end] == evidence.quote


async def test_of_too_many_words_beside_the_code_it_is_said_that_not_all_were_graded(at: Open) -> None:
    ada = await opened(at("~-", sandbox=ScriptedSandbox()))
    told = texts(await ada.say(fenced(SORTED, f"{WORDS} " * 1_000)))
    assert told[0].startswith("Only the first 8,000 characters were graded; ")


async def test_a_try_that_is_no_python_points_at_its_line(at: Open) -> None:
    ada = await opened(at(sandbox=ScriptedSandbox()))
    run = of(RunReply, await ada.say("def largest(xs, k)\n    return xs"))
    assert run.error
    assert (run.error.line, run.error.text, run.failing) == (1, "def largest(xs, k)", None)
    assert "SyntaxError" in run.error.sentence


async def test_code_that_is_stopped_is_a_try_and_says_why(at: Open) -> None:
    ada = await opened(at(sandbox=ScriptedSandbox([End.TIMEOUT])))
    run = of(RunReply, await ada.say(fenced(SORTED)))
    assert "5 seconds" in run.error.sentence
    assert not any(test.passed for test in run.tests)


async def test_a_question_taken_up_again_asks_for_the_next_try(at: Open) -> None:
    ada = await opened(at(sandbox=ScriptedSandbox()))
    await ada.say(fenced(UPWARDS))
    assert kinds(await ada.resume()) == ["question", "probe"]
    assert texts(await ada.resume())[0].startswith("Try 2 of 3")


async def test_code_is_only_asked_of_those_who_asked_for_it(at: Open) -> None:
    async def asked(name: str, mode: Mode, **wishes: Any) -> set[str]:
        ada = at(name=name, sandbox=ScriptedSandbox())
        found = {reply.note_id for reply in await ada.start(mode, **wishes) if isinstance(reply, QuestionReply)}
        for _ in range(6):
            found |= {reply.note_id for reply in await ada.skip() if isinstance(reply, QuestionReply)}
        return found

    assert await asked("mixed", Mode.DRILL, questions=9) == {"kl", "dropout"}
    assert await asked("topic", Mode.DRILL, topic="coding", questions=9) == {"largest"}
    assert await asked("interview", Mode.INTERVIEW) == {"kl", "dropout"}
    assert await asked("focus", Mode.INTERVIEW, topic="coding") == {"largest"}


@pytest.mark.parametrize(
    ("about", "line"),
    [("the votes of neighbours", "votes = Counter(y[near])"), ("a loop over queries", "for query in queries:")],
)
def test_the_quoted_line_is_the_one_that_a_point_is_about(about: str, line: str) -> None:
    code = code_in(
        "import numpy as np\n\n\ndef largest(queries, X, y):\n    # votes of neighbours, a loop over queries\n"
        "    for query in queries:\n        near = argsort(X - query)[:3]\n        votes = Counter(y[near])  # votes\n",
        "largest",
    )
    assert code
    point = note("votes", kind=Kind.CODE).rubric[0].model_copy(update={"point": about, "paraphrases": (), "probe": "?"})
    assert quoted_line(code, point, "") == line
