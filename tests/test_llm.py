"""One client for models: what it sends, what comes back, what that costs, and what stays unsaid."""

import json
import logging
from contextlib import suppress
from typing import Any

import pytest

from bot.errors import BudgetSpent, ModelError, ModelRefused
from bot.llm import ModelClient
from tests.loopback import ScriptedServer
from tests.model_calls import CALLS, PROMPT, QUESTIONS, Call, chat, decide, stream
from tests.model_client import KEY, MODEL, MemoryLedger, connected
from tests.model_replies import CHAT, DECISIONS, Decide, Fault, Say

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}


# What is asked and what comes back


@pytest.mark.parametrize(("seed", "sent"), [(None, {}), (0, {"seed": 0}), (7, {"seed": 7})])
async def test_a_seed_is_sent_where_one_is_given(
    server: ScriptedServer, client: ModelClient, seed: int | None, sent: dict[str, int]
) -> None:
    server.say("True.")
    await client.chat(MODEL, PROMPT, person="ana", seed=seed)
    assert {name: value for name, value in server.requests[0].body.items() if name == "seed"} == sent


async def test_a_predicate_comes_with_its_probability(server: ScriptedServer, client: ModelClient) -> None:
    server.decide([0.25, {"met": 0.9, "missed": 0.1}])
    predicate = {"type": "predicate", "name": "p", "instructions": "It is so."}
    answers = await client.decide(MODEL, PROMPT, [predicate, QUESTIONS[0]], person="ana")
    assert [answer.probability for answer in answers] == [0.25, 0.9]


async def test_chat_sends_the_prompt_and_returns_the_text(server: ScriptedServer, client: ModelClient) -> None:
    server.say("True.")
    assert await chat(client) == "True."
    (request,) = server.requests
    assert (request.path, request.body["model"], request.has_key) == (CHAT, MODEL, True)
    assert request.body["messages"] == [message.model_dump() for message in PROMPT.messages]
    assert request.body["max_completion_tokens"] > 0
    assert "response_format" not in request.body


async def test_chat_asks_for_a_schema_under_the_name_of_the_prompt(server: ScriptedServer, client: ModelClient) -> None:
    server.say_json({"ok": True})
    assert json.loads(await client.chat(MODEL, PROMPT, person="ana", schema=SCHEMA)) == {"ok": True}
    form = server.requests[0].body["response_format"]
    assert form == {"type": "json_schema", "json_schema": {"name": "grade", "schema": SCHEMA, "strict": True}}


async def test_a_stream_comes_in_pieces(server: ScriptedServer, client: ModelClient) -> None:
    server.say("Because light scatters.")
    pieces = [piece async for piece in client.stream(MODEL, PROMPT, person="ana")]
    assert len(pieces) > 2
    assert "".join(pieces) == "Because light scatters."


async def test_decisions_come_in_the_order_of_the_questions(server: ScriptedServer, client: ModelClient) -> None:
    server.decide(["met", None])
    assert await decide(client) == ["choice", "refusal"]
    (request,) = server.requests
    assert request.path == DECISIONS
    assert [question["name"] for question in request.body["questions"]] == ["a", "b"]
    assert "KL is not symmetric." in request.text


async def test_models_are_listed(client: ModelClient) -> None:
    assert await client.models() == ["gpt-6-luna"]


async def test_a_server_without_keys_is_asked_all_the_same(server: ScriptedServer) -> None:
    server.say("Yes.")
    async with connected(server, key=None) as client:
        assert await chat(client) == "Yes."


# Use and budgets


@CALLS
async def test_use_is_recorded_for_the_person(server: ScriptedServer, call: Call) -> None:
    server.always(lambda request: Say("Yes.") if request.path == CHAT else Decide(["met", "missed"]))
    ledger = MemoryLedger()
    async with connected(server, ledger) as client:
        await call(client)
    ((person, model, asked, said),) = ledger.recorded
    assert (person, model) == ("ana", MODEL)
    assert asked > 1
    assert said >= 1


async def test_a_reply_that_cannot_be_used_is_paid_for_too(server: ScriptedServer) -> None:
    server.fail(Fault.REFUSAL)
    ledger = MemoryLedger()
    async with connected(server, ledger) as client:
        with pytest.raises(ModelRefused):
            await chat(client)
    assert ledger.used["ana"] > 0


@CALLS
@pytest.mark.parametrize(
    ("used", "said"),
    [
        ({"ana": 100}, "has used up your token budget for today"),
        ({"ben": 400, "cem": 100}, "has used up today's token budget"),
    ],
    ids=["person", "everyone"],
)
async def test_a_spent_budget_stops_the_request_before_it_is_sent(
    server: ScriptedServer, call: Call, used: dict[str, int], said: str
) -> None:
    async with connected(server, MemoryLedger(**used), person_tokens=100, total_tokens=500) as client:
        with pytest.raises(BudgetSpent, match=said):
            await call(client)
    assert server.requests == []


async def test_one_person_cannot_spend_the_budget_of_another(server: ScriptedServer) -> None:
    server.say("Yes.")
    async with connected(server, MemoryLedger(ben=100), person_tokens=100, total_tokens=500) as client:
        assert await chat(client, person="ana") == "Yes."


async def test_a_budget_runs_out_by_use(server: ScriptedServer) -> None:
    server.always(Say("Yes."))
    async with connected(server, person_tokens=5) as client:
        await chat(client)
        with pytest.raises(BudgetSpent):
            await chat(client)
    assert len(server.requests) == 1


async def test_a_budget_of_nothing_sends_nothing(server: ScriptedServer) -> None:
    async with connected(server, total_tokens=0) as client:
        with pytest.raises(BudgetSpent):
            await chat(client)
    assert server.requests == []


# What stays unsaid


async def test_neither_answers_nor_keys_reach_the_log(
    server: ScriptedServer, client: ModelClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.say("True.")
    server.fail(Fault.MALFORMED_JSON)
    server.decide(["met", "missed"])
    for call in (chat, stream, decide):
        with suppress(ModelError):
            await call(client)
    assert len(server.requests) == 3
    assert "KL is not symmetric." not in caplog.text
    assert KEY not in caplog.text
