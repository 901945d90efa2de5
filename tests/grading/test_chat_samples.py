"""Several samples of a chat judge: most of them decide, and the share that agrees is its confidence."""

import json
from threading import Barrier

import pytest

from bot.errors import ModelError
from bot.grading.chat import DISAGREED, INVENTED_QUOTE, NOT_QUOTED, ChatJudge
from bot.grading.grade import Grade
from bot.grading.matching import Matcher
from tests.fakes import HashingEmbedder
from tests.grading.examples import CONTRADICTED, MET, MISSED, PARTIAL, UNSCORED, submission, verdicts
from tests.grading.replies import GOOD, graded
from tests.loopback import ScriptedServer
from tests.model_client import MODEL, connected
from tests.model_replies import Fail, Fault, Request, Say

ENTROPY, SAME = "The entropy plus KL is the cross-entropy.", "both losses have the same gradient"


async def sampled(server: ScriptedServer, *replies: Say | Fail) -> Grade:
    """A grade by as many samples as there are replies; who gets which is up to chance."""
    server.add(*replies)
    async with connected(server) as client:
        return await ChatJudge(client, MODEL, Matcher(HashingEmbedder()), samples=len(replies)).grade(submission())


def sample(first: str, second: str, third: str) -> Say:
    said = {"missed": "", "invented": "KL is a metric"}
    own = zip((first, second, third), (ENTROPY, SAME, "KL is symmetric"), strict=True)
    points = [("met" if v == "invented" else v, said.get(v, quote)) for v, quote in own]
    return Say(json.dumps(graded(*points)))


async def test_the_verdict_of_most_samples_stands_with_the_share_that_agrees(server: ScriptedServer) -> None:
    grade = await sampled(
        server,
        sample("met", "partial", "contradicted"),
        sample("met", "partial", "missed"),
        sample("met", "met", "contradicted"),
    )
    assert verdicts(grade) == [MET, PARTIAL, CONTRADICTED]
    assert [point.probability for point in grade.points] == pytest.approx([1, 2 / 3, 2 / 3])
    assert [point.expected for point in grade.points] == pytest.approx([1, 2 / 3, 0])
    assert [point.evidence and point.evidence.quote for point in grade.points] == [ENTROPY, SAME, "KL is symmetric"]
    assert grade.judge == f"chat ({MODEL}, 3 samples)"


async def test_samples_of_which_no_half_agrees_leave_the_point_open(server: ScriptedServer) -> None:
    grade = await sampled(
        server,
        sample("met", "met", "met"),
        sample("met", "partial", "missed"),
        sample("missed", "partial", "contradicted"),
        sample("missed", "missed", "partial"),
    )
    assert verdicts(grade) == [UNSCORED] * 3
    assert {(point.reason, point.evidence) for point in grade.points} == {(DISAGREED, None)}
    assert [point.probability for point in grade.points] == [0.5, 0.5, 0.25]
    assert [point.expected for point in grade.points] == [0.5, 0.5, 0.375]


async def test_a_quote_that_most_samples_invent_earns_nothing(server: ScriptedServer) -> None:
    met, invented = sample("met", "missed", "missed"), sample("invented", "missed", "missed")
    grade = await sampled(server, met, invented, invented)
    assert (verdicts(grade)[0], grade.points[0].reason, grade.notices) == (UNSCORED, NOT_QUOTED, (INVENTED_QUOTE,))
    grade = await sampled(server, met, met, invented)
    assert (verdicts(grade)[0], grade.notices) == (MET, ())


async def test_samples_are_asked_for_at_once_and_each_with_a_seed_of_its_own(server: ScriptedServer) -> None:
    all_here = Barrier(5)

    def missed(request: Request) -> Say:
        all_here.wait(timeout=10)
        return sample("missed", "missed", "missed")

    server.always(missed)
    async with connected(server) as client:
        grade = await ChatJudge(client, MODEL, Matcher(HashingEmbedder()), samples=5).grade(submission())
    assert verdicts(grade) == [MISSED] * 3
    assert sorted(request.body.get("seed", 0) for request in server.requests) == [0, 1, 2, 3, 4]


async def test_one_sample_says_nothing_of_its_confidence(server: ScriptedServer, chat: ChatJudge) -> None:
    server.say_json(GOOD)
    grade = await chat.grade(submission())
    assert {(point.probability, point.expected) for point in grade.points} == {(None, None)}
    assert "seed" not in server.requests[0].body


async def test_a_sample_that_fails_is_no_vote(server: ScriptedServer) -> None:
    met = sample("met", "missed", "missed")
    grade = await sampled(server, met, met, Fail(Fault.REFUSAL, then=Say("")))
    assert (verdicts(grade), grade.points[0].probability) == ([MET, MISSED, MISSED], pytest.approx(2 / 3))


@pytest.mark.parametrize("failing", [1, 2])
async def test_when_half_of_the_samples_fail_the_next_judge_is_asked(server: ScriptedServer, failing: int) -> None:
    refusals = [Fail(Fault.REFUSAL, then=Say(""))] * failing
    with pytest.raises(ModelError, match="declined to answer"):
        await sampled(server, sample("met", "met", "met"), *refusals)
