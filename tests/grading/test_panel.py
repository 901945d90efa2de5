"""Judges in order: the next one takes over, and the candidate is told. Judges together: the majority counts."""

import asyncio
import logging
import re

import pytest

from bot.errors import BudgetSpent, ModelError, ModelMalformed, ModelRefused, ModelUnavailable
from bot.grading.chat import ChatJudge
from bot.grading.decisions import DecisionsJudge
from bot.grading.grade import Grade, Judge, PointGrade, Span, Submission, Verdict, WrongBelief
from bot.grading.matching import Matcher
from bot.grading.panel import Jury, Panel
from knowledge.errors import EmbedderError
from tests.fakes import HashingEmbedder
from tests.grading.examples import ANSWER, RUBRIC, submission, verdicts
from tests.loopback import ScriptedServer
from tests.model_client import MODEL, MemoryLedger, connected
from tests.model_replies import Decide, Fail, Fault


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
        grade = await Panel([ChatJudge(client, MODEL, Matcher(HashingEmbedder())), embedded()]).grade(submission())
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
        grade = await Panel([decisions, ChatJudge(client, MODEL, Matcher(HashingEmbedder())), embedded()]).grade(
            submission()
        )
    assert grade.judge == "embedded"
    for notice, judge in zip(grade.notices[:-1], ("decisions", "chat"), strict=True):
        assert re.fullmatch(rf"The {judge} \({MODEL}\) judge [^.;\n]+; the embedded judge graded instead\.", notice)


async def test_decisions_that_cannot_be_read_hand_over_to_the_chat_model(server: ScriptedServer) -> None:
    points = [{"id": point.id, "verdict": "missed", "quote": ""} for point in RUBRIC]
    server.fail(Fault.WRONG_SCHEMA, then=Decide(["met"] * 3))
    server.say_json({"points": points})
    async with connected(server) as client:
        decisions = DecisionsJudge(client, MODEL, Matcher(HashingEmbedder()))
        grade = await Panel([decisions, ChatJudge(client, MODEL, Matcher(HashingEmbedder())), embedded()]).grade(
            submission()
        )
    assert grade.judge == f"chat ({MODEL})"
    assert verdicts(grade) == [Verdict.MISSED] * 3


async def test_a_spent_budget_hands_over_without_asking(server: ScriptedServer) -> None:
    async with connected(server, MemoryLedger(ana=100), person_tokens=100) as client:
        grade = await Panel([ChatJudge(client, MODEL, Matcher(HashingEmbedder())), embedded()]).grade(submission())
    assert server.requests == []
    assert grade.notices[0] == (
        f"The chat ({MODEL}) judge has used up your token budget for today; the embedded judge graded instead."
    )


# Judges together

MET, PARTIAL, MISSED, CONTRADICTED, UNSCORED = Verdict
SIGNS = {"+": MET, "~": PARTIAL, "-": MISSED, "x": CONTRADICTED, "?": UNSCORED}


class Juror:
    """Gives each point the verdict of its sign, quoting as many characters of the answer as its name has."""

    def __init__(self, name: str, signs: str, expected: float | None = None, beliefs: str = "") -> None:
        self.name = name
        self._signs, self._expected, self._beliefs = signs, expected, beliefs

    async def grade(self, submission: Submission) -> Grade:
        span = Span(start=0, end=len(self.name), quote=submission.answer[: len(self.name)])
        points = tuple(
            PointGrade(
                point_id=point.id,
                weight=point.weight,
                verdict=SIGNS[sign],
                evidence=span if sign in "+~x" else None,
                reason="It is not clear." if sign == "?" else "",
                expected=self._expected,
                probabilities={MET: 0.9},
            )
            for point, sign in zip(submission.rubric, self._signs, strict=True)
        )
        beliefs = tuple(WrongBelief(claim=claim, correction="No.", evidence=span) for claim in self._beliefs)
        return Grade(judge=self.name, points=points, misconceptions=beliefs, notices=("Its own notice.",))


async def tried(*signs: str) -> Grade:
    """The grade of jurors a, bb, ccc … with these verdicts."""
    return await Jury([Juror(chr(ord("a") + n) * (n + 1), given) for n, given in enumerate(signs)]).grade(submission())


@pytest.mark.parametrize(
    ("signs", "together"),
    [
        pytest.param(["+-x", "+-x", "+-x"], "+-x", id="all agree"),
        pytest.param(["+-x", "+-x", "-+-"], "+-x", id="two of three"),
        pytest.param(["+-x", "?-x", "???"], "+-x", id="those that can tell agree"),
        pytest.param(["+-x", "???", "???"], "+-x", id="one can tell"),
        pytest.param(["+-x", "-x+"], "???", id="divided"),
        pytest.param(["+-x", "-x+", "???"], "???", id="divided with one that cannot tell"),
        pytest.param(["+++", "~~~", "---"], "???", id="three verdicts"),
        pytest.param(["+++", "+++", "~--", "-~x"], "???", id="two of four"),
        pytest.param(["???", "???"], "???", id="nobody can tell"),
        pytest.param(["+-x"], "+-x", id="alone"),
    ],
)
async def test_a_point_gets_the_verdict_of_more_than_half_of_those_that_can_tell(
    signs: list[str], together: str
) -> None:
    grade = await tried(*signs)
    assert verdicts(grade) == [SIGNS[sign] for sign in together]
    assert all((point.evidence is None) == (point.verdict in (MISSED, UNSCORED)) for point in grade.points)


async def test_the_evidence_is_that_of_the_first_judge_on_the_winning_side() -> None:
    grade = await tried("-??", "+??", "+??")
    assert grade.points[0].evidence == Span(start=0, end=2, quote=ANSWER[:2])


async def test_where_judges_differ_the_reason_says_who_says_what() -> None:
    grade = await tried("+-?", "+x?", "-??")
    assert [point.reason for point in grade.points] == [
        "a says met, bb says met, ccc says missed.",
        "a says missed, bb says contradicted, ccc cannot tell.",
        "It is not clear.",
    ]
    assert [point.reason for point in (await tried("+-x", "+-x")).points] == [""] * 3


async def test_the_probability_is_the_share_of_all_judges_that_agree() -> None:
    grade = await tried("++?", "+-?", "-??")
    assert [point.probability for point in grade.points] == pytest.approx([2 / 3, 1 / 3, 1])
    assert all(point.probabilities == {} for point in grade.points)  # no model gave this


async def test_what_is_expected_is_the_mean_over_those_that_can_tell() -> None:
    jury = Jury([Juror("a", "+?-", expected=0.8), Juror("b", "~?-", expected=0.4), Juror("c", "??+")])
    grade = await jury.grade(submission())
    assert [point.expected for point in grade.points] == pytest.approx([0.6, 0.4, 2.2 / 3])


async def test_a_jury_asks_its_judges_at_once() -> None:
    class Waiting(Juror):
        async def grade(self, submission: Submission) -> Grade:
            await all_here.wait()
            return await super().grade(submission)

    all_here = asyncio.Barrier(2)
    async with asyncio.timeout(5):
        grade = await Jury([Waiting("a", "+++"), Waiting("b", "+++")]).grade(submission())
    assert verdicts(grade) == [MET] * 3


async def test_a_judge_that_fails_is_told_and_left_out() -> None:
    away = Scripted("first", ModelUnavailable("did not answer in time"))
    grade = await Jury([away, Juror("b", "+-+"), Juror("c", "+--")]).grade(submission())
    assert verdicts(grade) == [MET, MISSED, UNSCORED]
    assert grade.points[0].probability == 1
    assert grade.notices == ("The first judge did not answer in time; b and c graded without it.",)


async def test_when_all_of_a_jury_fail_every_point_is_open_and_each_is_told() -> None:
    jury = Jury([Scripted("a", ModelUnavailable("slept")), Scripted("b", RuntimeError("secret answer"))])
    grade = await jury.grade(submission())
    assert (verdicts(grade), grade.judge) == ([UNSCORED] * 3, "nobody")
    assert grade.notices[0] == "The a judge slept; mark the points yourself."
    assert re.fullmatch(
        r"The b judge broke unexpectedly \(id \w+ in the log\); mark the points yourself\.", grade.notices[1]
    )


async def test_a_misconception_that_any_judge_hears_is_told_once() -> None:
    grade = await Jury([Juror("a", "+++", beliefs="pq"), Juror("bb", "+++", beliefs="qr")]).grade(submission())
    assert sorted(belief.claim for belief in grade.misconceptions) == ["p", "q", "r"]


def test_a_jury_is_named_after_its_judges() -> None:
    assert Jury([Juror("chat (m)", ""), Juror("embedded", "")]).name == "jury of chat (m), embedded"


async def test_a_jury_of_real_judges_grades_over_http(server: ScriptedServer) -> None:
    quote = "The entropy plus KL is the cross-entropy."
    points = [
        {"id": p.id, "verdict": v, "quote": quote if v == "met" else ""}
        for p, v in zip(RUBRIC, ("met", "missed", "missed"), strict=True)
    ]
    server.say_json({"points": points})
    server.decide(["met", "missed", "contradicted"])
    async with connected(server) as client:
        decisions = DecisionsJudge(client, MODEL, Matcher(HashingEmbedder()))
        grade = await Jury([decisions, ChatJudge(client, MODEL, Matcher(HashingEmbedder()))]).grade(submission())
    assert verdicts(grade) == [MET, MISSED, UNSCORED]
    assert grade.points[2].reason == f"decisions ({MODEL}) says contradicted, chat ({MODEL}) says missed."
    assert grade.judge == f"jury of decisions ({MODEL}), chat ({MODEL})"
