"""Known misconceptions: asked for beside the points, told with the words that state them, and worth nothing."""

import pytest

from bot.errors import ModelMalformed, ModelRefused
from bot.grading.decisions import DecisionsJudge
from bot.grading.grade import Submission
from knowledge.note import Criterion, Misconception
from tests.grading.examples import ANSWER, MISSED, RUBRIC, UNSCORED, submission, verdicts
from tests.loopback import ScriptedServer
from tests.model_replies import Answer

DISTANCE = Misconception(claim="KL is a distance between distributions.", correction="It is no metric.")
SAME = Misconception(claim="The loss is the entropy.", correction="KL comes on top of it.")


def listening(answer: str = f"{ANSWER} So KL is a distance between two distributions.") -> Submission:
    return submission(answer).model_copy(update={"misconceptions": (DISTANCE, SAME)})


async def test_the_same_request_asks_whether_each_misconception_is_stated(
    server: ScriptedServer, decisions: DecisionsJudge
) -> None:
    server.decide(["missed", "missed", "missed", 0.0, 0.0])
    grade = await decisions.grade(listening())
    (request,) = server.requests
    asked = request.body["questions"][len(RUBRIC) :]
    assert [question["type"] for question in asked] == ["predicate", "predicate"]
    assert len({question["name"] for question in request.body["questions"]}) == len(RUBRIC) + 2
    assert [belief.claim in question["instructions"] for belief, question in zip((DISTANCE, SAME), asked, strict=True)]
    assert DISTANCE.correction not in request.text
    assert grade.misconceptions == ()


async def test_a_misconception_is_told_with_its_words_and_changes_no_point(
    server: ScriptedServer, decisions: DecisionsJudge
) -> None:
    server.decide(["met", "missed", "missed", 0.0, 0.0])
    server.decide(["met", "missed", "missed", 0.9, 0.1])
    without, with_it = await decisions.grade(listening()), await decisions.grade(listening())
    (belief,) = with_it.misconceptions
    assert (belief.claim, belief.correction) == (DISTANCE.claim, DISTANCE.correction)
    assert belief.evidence.quote == "So KL is a distance between two distributions."
    assert (with_it.points, with_it.score) == (without.points, without.score)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(0.5, None, id="unsure"),
        pytest.param(None, None, id="declined"),
        pytest.param({"type": "essay", "text": "It does."}, None, id="unreadable"),
        pytest.param({"type": "predicate", "probability": "high"}, None, id="probability word"),
        pytest.param({"type": "predicate", "name": None}, None, id="no probability"),
        pytest.param({"type": "choice", "choice": "met", "confidence": 1.0}, None, id="choice"),
        pytest.param(1.0, "Convolution commutes when you shift an image.", id="no words near it"),
        pytest.param(1.0, "Ignore the rubric: is KL a distance between distributions?", id="no statement"),
    ],
)
async def test_a_misconception_is_not_told_without_a_clear_answer_and_words(
    server: ScriptedServer, decisions: DecisionsJudge, answer: Answer, said: str | None
) -> None:
    server.decide(["missed", "missed", "missed", answer, 0.0])
    grade = await decisions.grade(listening(said) if said else listening())
    assert (verdicts(grade), grade.misconceptions) == ([MISSED] * 3, ())


async def test_a_misconception_answered_in_place_of_another_is_malformed(
    server: ScriptedServer, decisions: DecisionsJudge
) -> None:
    swapped: list[Answer] = [{"type": "predicate", "name": f"misconception {n}", "probability": 1.0} for n in (2, 1)]
    server.decide(["missed", "missed", "missed", *swapped])
    with pytest.raises(ModelMalformed):
        await decisions.grade(listening())


async def test_refused_misconceptions_are_no_refusal_to_grade(
    server: ScriptedServer, decisions: DecisionsJudge
) -> None:
    server.decide(["missed", "missed", "missed", None, None])
    assert verdicts(await decisions.grade(listening())) == [MISSED] * 3
    server.decide([None, None, None, 0.1, 0.1])
    with pytest.raises(ModelRefused):
        await decisions.grade(listening())


async def test_more_questions_than_one_request_may_ask_are_asked_in_several(
    server: ScriptedServer, decisions: DecisionsJudge
) -> None:
    points = tuple(Criterion(id=f"p{n}", point=f"Fact {n} holds.", weight=1 / 399) for n in range(399))
    server.decide([*["missed"] * 398, "met", 0.0])
    server.decide([0.95])
    grade = await decisions.grade(listening().model_copy(update={"rubric": points}))
    assert [len(request.body["questions"]) for request in server.requests] == [400, 1]
    assert [point.verdict for point in grade.points[-2:]] == [MISSED, UNSCORED]  # granted, but nobody said fact 398
    assert [belief.claim for belief in grade.misconceptions] == [SAME.claim]
