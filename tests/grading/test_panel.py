"""Judges in order: the next one takes over, and the candidate is told what happened."""

import logging
import re
from collections.abc import Iterator

import pytest

from bot.errors import BudgetSpent, ModelError, ModelMalformed, ModelRefused, ModelUnavailable
from bot.grading.chat import ChatJudge
from bot.grading.decisions import DecisionsJudge
from bot.grading.grade import Grade, Judge, PointGrade, Span, Submission, Verdict
from bot.grading.matching import Matcher
from bot.grading.panel import Panel
from knowledge.errors import EmbedderError
from tests.fakes import HashingEmbedder
from tests.grading.examples import ANSWER, RUBRIC, submission, verdicts
from tests.loopback import Decide, Fail, Fault, ScriptedServer
from tests.model_client import MODEL, MemoryLedger, connected


class Scripted:
    """A judge that gives every point the same verdict, or fails; `asked` counts."""

    def __init__(self, name: str, verdict: Verdict | Exception) -> None:
        self.name = name
        self.asked = 0
        self._verdict = verdict

    async def grade(self, submission: Submission) -> Grade:
        """The verdict, or the failure."""
        self.asked += 1
        if isinstance(self._verdict, Exception):
            raise self._verdict
        span = Span(start=0, end=3, quote=submission.answer[:3])
        points = tuple(
            PointGrade(point_id=p.id, weight=p.weight, verdict=self._verdict, evidence=span) for p in submission.rubric
        )
        return Grade(judge=self.name, points=points, notices=("The judge's own notice.",))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A strict server: a test that leaves a request unanswered fails."""
    with ScriptedServer() as server:
        yield server


async def test_the_first_judge_that_grades_is_the_last_that_is_asked() -> None:
    first, second = Scripted("first", Verdict.MET), Scripted("second", Verdict.MISSED)
    grade = await Panel([first, second]).grade(submission())
    assert (grade.judge, verdicts(grade)) == ("first", [Verdict.MET] * 3)
    assert grade.notices == ("The judge's own notice.",)
    assert (first.asked, second.asked) == (1, 0)


async def test_a_judge_that_fails_hands_over_and_the_grade_says_so() -> None:
    judges = [
        Scripted("first", ModelUnavailable("did not answer in time")),
        Scripted("second", ModelMalformed("sent a reply that cannot be read")),
        Scripted("third", Verdict.MISSED),
        Scripted("fourth", Verdict.MET),
    ]
    grade = await Panel(judges).grade(submission())
    assert (grade.judge, verdicts(grade)) == ("third", [Verdict.MISSED] * 3)
    assert grade.notices == (
        "The first judge did not answer in time; the third judge graded instead.",
        "The second judge sent a reply that cannot be read; the third judge graded instead.",
        "The judge's own notice.",
    )
    assert [judge.asked for judge in judges] == [1, 1, 1, 0]


@pytest.mark.parametrize("error", [ModelUnavailable, ModelRefused, ModelMalformed, BudgetSpent, ModelError])
async def test_when_all_fail_every_point_is_open_and_none_is_missed(error: type[ModelError]) -> None:
    grade = await Panel([Scripted("a", error("broke off")), Scripted("b", error("slept"))]).grade(submission())
    assert verdicts(grade) == [Verdict.UNSCORED] * 3
    assert (grade.score, grade.open_weight) == (0, pytest.approx(1))
    assert all(point.reason and point.evidence is None for point in grade.points)
    assert grade.notices == (
        "The a judge broke off; mark the points yourself.",
        "The b judge slept; mark the points yourself.",
    )


async def test_without_judges_every_point_is_open() -> None:
    grade = await Panel([]).grade(submission())
    assert verdicts(grade) == [Verdict.UNSCORED] * 3
    assert grade.notices == ()


async def test_an_embedding_model_that_cannot_be_loaded_leaves_the_points_open() -> None:
    broken = EmbedderError("The bundled embedding model is missing; run `make install` again.")
    grade = await Panel([Scripted("embedded", broken)]).grade(submission())
    assert verdicts(grade) == [Verdict.UNSCORED] * 3
    assert "run `make install` again" in " ".join(grade.notices)


def test_a_panel_is_named_after_its_judges_in_order() -> None:
    judges: list[Judge] = [Scripted("chat (m)", Verdict.MET), Scripted("embedded", Verdict.MET)]
    assert Panel(judges).name == "chat (m), then embedded"
    assert Panel([]).name == "nobody"


async def test_the_log_names_the_judge_and_not_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await Panel([Scripted("first", ModelUnavailable(f"choked on {ANSWER}"))]).grade(submission())
    assert "first" in caplog.text
    assert "ModelUnavailable" in caplog.text
    assert ANSWER not in caplog.text


# Real judges, real faults

HAPPENED = {
    Fault.RATE_LIMITED: "is over its rate limit",
    Fault.SERVER_ERROR: "answered with an error (500)",
    Fault.SLOW: "did not answer in time",
    Fault.CUT: "could not be reached or broke off",
    Fault.MALFORMED_JSON: "sent a reply that cannot be read",
    Fault.TRUNCATED_JSON: "broke off in the middle of its reply",
    Fault.REFUSAL: "declined to answer",
    Fault.WRONG_SCHEMA: "sent a reply that is not in the asked-for form",
}


def embedded() -> Scripted:
    """Stands in for the embedded judge: who graded matters here, not what."""
    return Scripted("embedded", Verdict.MISSED)


@pytest.mark.parametrize("fault", Fault)
async def test_after_any_fault_of_the_chat_model_the_embedded_judge_grades(
    server: ScriptedServer, fault: Fault
) -> None:
    server.always(Fail(fault, seconds=5 if fault is Fault.SLOW else 0.01))
    async with connected(server, seconds=0.2 if fault is Fault.SLOW else 20) as client:
        grade = await Panel([ChatJudge(client, MODEL), embedded()]).grade(submission())
    assert grade.judge == "embedded"
    assert verdicts(grade) == [Verdict.MISSED] * 3
    assert grade.notices[:-1] == (f"The chat ({MODEL}) judge {HAPPENED[fault]}; the embedded judge graded instead.",)


@pytest.mark.parametrize("fault", Fault)
async def test_after_any_fault_of_every_model_each_is_told_in_one_sentence(
    server: ScriptedServer, fault: Fault
) -> None:
    server.always(Fail(fault, seconds=5 if fault is Fault.SLOW else 0.01))
    async with connected(server, seconds=0.2 if fault is Fault.SLOW else 20) as client:
        decisions = DecisionsJudge(client, MODEL, Matcher(HashingEmbedder()))
        grade = await Panel([decisions, ChatJudge(client, MODEL), embedded()]).grade(submission())
    assert grade.judge == "embedded"
    for notice, judge in zip(grade.notices[:-1], ("decisions", "chat"), strict=True):
        assert re.fullmatch(rf"The {judge} \({MODEL}\) judge [^.;\n]+; the embedded judge graded instead\.", notice)


async def test_decisions_that_cannot_be_read_hand_over_to_the_chat_model(server: ScriptedServer) -> None:
    points = [{"id": point.id, "verdict": "missed", "quote": ""} for point in RUBRIC]
    server.fail(Fault.WRONG_SCHEMA, then=Decide(["met"] * 3))
    server.say_json({"points": points})
    async with connected(server) as client:
        decisions = DecisionsJudge(client, MODEL, Matcher(HashingEmbedder()))
        grade = await Panel([decisions, ChatJudge(client, MODEL), embedded()]).grade(submission())
    assert grade.judge == f"chat ({MODEL})"
    assert verdicts(grade) == [Verdict.MISSED] * 3


async def test_a_spent_budget_hands_over_without_asking(server: ScriptedServer) -> None:
    async with connected(server, MemoryLedger(ana=100), person_tokens=100) as client:
        grade = await Panel([ChatJudge(client, MODEL), embedded()]).grade(submission())
    assert server.requests == []
    assert grade.notices[0] == (
        f"The chat ({MODEL}) judge has used up your token budget for today; the embedded judge graded instead."
    )
