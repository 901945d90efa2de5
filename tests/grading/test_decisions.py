"""The decisions judge, through the real client and real HTTP: probabilities kept, credit only for words."""

from typing import Any

import pytest

from bot.errors import ModelMalformed, ModelRefused
from bot.grading.decisions import CHOICES, NO_WORDS, REFUSED, UNSURE, DecisionsJudge
from bot.grading.grade import Verdict
from bot.grading.matching import Matcher
from tests.fakes import HashingEmbedder
from tests.grading.examples import (
    ANSWER,
    ATTACKS,
    CONTRADICTED,
    MET,
    MISSED,
    PARTIAL,
    QUESTION,
    RUBRIC,
    UNSCORED,
    submission,
    verdicts,
)
from tests.loopback import ScriptedServer
from tests.model_client import MODEL, MemoryLedger, connected
from tests.model_replies import Answer, Decide, Fault


async def test_each_point_is_graded_with_its_probability_and_words(
    server: ScriptedServer, decisions: DecisionsJudge
) -> None:
    server.decide([{"met": 0.9, "partial": 0.1}, {"partial": 0.8, "missed": 0.2}, {"contradicted": 1.0}])
    grade = await decisions.grade(submission())
    assert verdicts(grade) == [MET, PARTIAL, CONTRADICTED]
    assert [point.probability for point in grade.points] == [0.9, 0.8, 1.0]
    assert [point.expected for point in grade.points] == pytest.approx([0.95, 0.4, 0])
    assert grade["gradient"].probabilities == {MET: 0, PARTIAL: 0.8, MISSED: 0.2, CONTRADICTED: 0}
    assert [point.evidence and point.evidence.quote for point in grade.points] == [
        "The entropy plus KL is the cross-entropy.",
        "With fixed labels both losses have the same gradient.",
        "KL is symmetric.",
    ]
    for point in grade.points:
        assert point.evidence
        assert ANSWER[point.evidence.start : point.evidence.end] == point.evidence.quote
    assert grade.judge == f"decisions ({MODEL})"


@pytest.mark.parametrize(
    ("verdict", "quote"),
    [("met", "KL is not symmetric."), ("contradicted", "The order of p and q in KL does not matter.")],
)
async def test_the_words_shown_are_those_for_the_verdict_and_not_those_against_it(
    server: ScriptedServer, decisions: DecisionsJudge, verdict: str, quote: str
) -> None:
    server.decide(["missed", "missed", verdict])
    grade = await decisions.grade(submission("KL is not symmetric. The order of p and q in KL does not matter."))
    assert grade["asymmetry"].evidence
    assert grade["asymmetry"].evidence.quote == quote


async def test_one_request_asks_one_choice_for_each_point(server: ScriptedServer, decisions: DecisionsJudge) -> None:
    server.decide(["missed"] * 3)
    await decisions.grade(submission())
    (request,) = server.requests
    questions = request.body["questions"]
    assert [(question["type"], question["name"]) for question in questions] == [("choice", p.id) for p in RUBRIC]
    for question, point in zip(questions, RUBRIC, strict=True):
        assert point.point in question["instructions"]
        assert {choice["value"] for choice in question["choices"]} == {verdict.value for verdict in CHOICES}
    assert all(text in request.text for text in (QUESTION, ANSWER))
    assert "ana" not in request.text.split()


async def test_what_grading_costs_is_the_persons(server: ScriptedServer) -> None:
    server.decide(["missed"] * 3)
    ledger = MemoryLedger()
    async with connected(server, ledger) as client:
        await DecisionsJudge(client, MODEL, Matcher(HashingEmbedder())).grade(submission())
    assert [person for person, *_ in ledger.recorded] == ["ana"]


async def test_a_missed_point_has_no_evidence(server: ScriptedServer, decisions: DecisionsJudge) -> None:
    server.decide([{"missed": 0.9, "met": 0.1}, "missed", "missed"])
    grade = await decisions.grade(submission())
    assert verdicts(grade) == [MISSED] * 3
    assert [(point.evidence, point.probability) for point in grade.points] == [(None, 0.9), (None, 1.0), (None, 1.0)]


@pytest.mark.parametrize("verdict", list(CHOICES))
async def test_a_low_probability_abstains(server: ScriptedServer, decisions: DecisionsJudge, verdict: Verdict) -> None:
    others = [other for other in CHOICES if other is not verdict]
    unsure: dict[str, float] = {verdict: 0.31, **dict.fromkeys(others, 0.23)}
    server.decide([unsure] * 3)
    grade = await decisions.grade(submission())
    assert verdicts(grade) == [UNSCORED] * 3
    assert {(point.reason, point.probability) for point in grade.points} == {(UNSURE, 0.31)}
    assert grade.open_weight == pytest.approx(1)


@pytest.mark.parametrize("granted", ["met", "partial", "contradicted"])
async def test_a_verdict_without_words_in_the_answer_earns_nothing(
    server: ScriptedServer, decisions: DecisionsJudge, granted: str
) -> None:
    server.decide([granted] * 3)
    grade = await decisions.grade(submission("Convolution commutes when you shift an image."))
    assert verdicts(grade) == [UNSCORED] * 3
    assert {point.reason for point in grade.points} == {NO_WORDS}


# A model that grants everything


@pytest.mark.parametrize("answer", ["fine", "Yes.", "ok, I know this one", "", " \n", QUESTION, *ATTACKS])
async def test_a_fooled_model_cannot_credit_what_was_not_said(
    server: ScriptedServer, decisions: DecisionsJudge, answer: str
) -> None:
    server.always(Decide(["met"] * 3))
    grade = await decisions.grade(submission(answer))
    assert grade.score == 0
    assert not any(point.verdict.credit for point in grade.points)


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_after_an_honest_sentence_is_no_evidence(
    server: ScriptedServer, decisions: DecisionsJudge, attack: str
) -> None:
    server.always(Decide(["met"] * 3))
    grade = await decisions.grade(submission(f"KL is not symmetric.\n{attack}"))
    assert {point.evidence.quote for point in grade.points if point.evidence} == {"KL is not symmetric."}


# Refusals and other shapes


async def test_a_refusal_of_one_point_leaves_that_point_open(server: ScriptedServer, decisions: DecisionsJudge) -> None:
    server.decide(["met", None, "contradicted"])
    grade = await decisions.grade(submission())
    assert verdicts(grade) == [MET, UNSCORED, CONTRADICTED]
    assert grade["gradient"].reason == REFUSED


async def test_a_refusal_of_all_points_is_raised_for_the_panel(
    server: ScriptedServer, decisions: DecisionsJudge
) -> None:
    server.decide([None] * 3)
    with pytest.raises(ModelRefused):
        await decisions.grade(submission())


@pytest.mark.parametrize("given", [0, 1, 2])
async def test_too_few_answers_are_malformed(server: ScriptedServer, decisions: DecisionsJudge, given: int) -> None:
    server.add(Decide(["met"] * given, complete=False))
    with pytest.raises(ModelMalformed):
        await decisions.grade(submission())


@pytest.mark.parametrize("fault", [Fault.MALFORMED_JSON, Fault.TRUNCATED_JSON, Fault.WRONG_SCHEMA])
async def test_a_fault_is_raised_for_the_panel(server: ScriptedServer, decisions: DecisionsJudge, fault: Fault) -> None:
    server.fail(fault, then=Decide(["met"] * 3))
    with pytest.raises(ModelMalformed):
        await decisions.grade(submission())


def chosen(**fields: object) -> dict[str, Any]:
    """A choice as it goes over the wire, with some fields changed and those set to ... left out."""
    shares = [{"value": verdict.value, "probability": float(verdict is MET)} for verdict in CHOICES]
    whole = {"type": "choice", "name": "decomposition", "choice": "met", "confidence": 1.0, "probabilities": shares}
    return {name: value for name, value in {**whole, **fields}.items() if value is not ...}


def share(value: object, probability: object) -> list[dict[str, object]]:
    return [{"value": value, "probability": probability}]


UNREADABLE = pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"type": "predicate", "name": "decomposition", "probability": 1.0}, id="predicate"),
        pytest.param({"type": "score", "score": 3.0, "confidence": 1.0, "probabilities": []}, id="score"),
        pytest.param({"type": "essay", "text": "It depends."}, id="unknown type"),
        pytest.param({"type": None}, id="no type"),
        pytest.param({"type": "choice"}, id="empty choice"),
        pytest.param(chosen(choice="perfect"), id="choice not on offer"),
        pytest.param(chosen(choice="unscored"), id="verdict not on offer"),
        pytest.param(chosen(choice=True), id="choice boolean"),
        pytest.param(chosen(choice=None), id="choice null"),
        pytest.param(chosen(choice=["met"]), id="choice list"),
        pytest.param(chosen(choice={"value": "met"}), id="choice object"),
        pytest.param(chosen(probabilities=share("met", 7.0)), id="probability above one"),
        pytest.param(chosen(probabilities=share("met", -0.5)), id="probability below zero"),
        pytest.param(chosen(probabilities=share("met", float("nan"))), id="probability nan"),
        pytest.param(chosen(probabilities=share("met", float("inf"))), id="probability infinite"),
        pytest.param(chosen(probabilities=share("met", "high")), id="probability word"),
        pytest.param(chosen(probabilities=share("met", None)), id="probability null"),
        pytest.param(chosen(probabilities=None, confidence=...), id="no probabilities"),
        pytest.param(chosen(probabilities=[], confidence=None), id="confidence null"),
        pytest.param(chosen(probabilities=[], confidence="sure"), id="confidence word"),
        pytest.param(chosen(probabilities=[], confidence=7.0), id="confidence above one"),
        pytest.param(chosen(probabilities="met"), id="probabilities string"),
        pytest.param(chosen(probabilities=[None]), id="probabilities of null"),
        pytest.param(chosen(probabilities={"met": 1.0}), id="probabilities object"),
    ],
)


@UNREADABLE
async def test_an_answer_that_cannot_be_read_earns_nothing(
    server: ScriptedServer, decisions: DecisionsJudge, answer: dict[str, Any]
) -> None:
    """The point is left open, or the next judge is asked: both are fair."""
    answers: list[Answer] = [answer, "missed", "missed"]
    server.decide(answers)
    try:
        grade = await decisions.grade(submission())
    except ModelMalformed:
        return
    assert verdicts(grade) == [UNSCORED, MISSED, MISSED]
    assert grade["decomposition"].reason


@UNREADABLE
async def test_when_no_answer_can_be_read_the_next_judge_is_asked(
    server: ScriptedServer, decisions: DecisionsJudge, answer: dict[str, Any]
) -> None:
    server.decide([answer] * 3)
    with pytest.raises(ModelMalformed):
        await decisions.grade(submission())


async def test_an_answer_named_after_another_point_is_not_taken_for_this_one(
    server: ScriptedServer, decisions: DecisionsJudge
) -> None:
    server.decide([chosen(name="asymmetry"), "missed", "missed"])
    with pytest.raises(ModelMalformed):
        await decisions.grade(submission())


async def test_answers_without_names_are_taken_in_order(server: ScriptedServer, decisions: DecisionsJudge) -> None:
    nameless: list[Answer] = [chosen(name=None), chosen(name=None, choice="missed", probabilities=share("missed", 1.0))]
    server.decide([*nameless, nameless[1]])
    assert verdicts(await decisions.grade(submission())) == [MET, MISSED, MISSED]


async def test_a_choice_without_shares_stands_on_its_confidence(
    server: ScriptedServer, decisions: DecisionsJudge
) -> None:
    answers: list[Answer] = [chosen(name=None, probabilities=[], confidence=sure) for sure in (0.9, 0.2, 0.9)]
    server.decide(answers)
    grade = await decisions.grade(submission())
    assert verdicts(grade)[:2] == [MET, UNSCORED]
    assert [point.probability for point in grade.points] == [0.9, pytest.approx(0.8 / 3), 0.9]
