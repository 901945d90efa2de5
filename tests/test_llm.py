"""One client for models: what it sends, and what it makes of everything that can go wrong."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from bot.errors import BudgetSpent, ModelError, ModelMalformed, ModelRefused, ModelUnavailable
from bot.llm import MAX_RETRIES, ModelClient
from prompts.render import Message, Prompt
from tests.loopback import CHAT, DECISIONS, MODELS, Decide, Fail, Fault, Request, Say, ScriptedServer, Wire
from tests.model_client import KEY, MODEL, MemoryLedger, connected

PROMPT = Prompt(
    name="grade",
    version=1,
    sha256="0" * 64,
    messages=(Message(role="system", content="You grade."), Message(role="user", content="KL is not symmetric.")),
)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
QUESTIONS: list[dict[str, Any]] = [
    {"type": "choice", "name": name, "choices": [{"value": "met"}, {"value": "missed"}]} for name in ("a", "b")
]

NOTHING: dict[str, object] = {}

Call = Callable[[ModelClient], Awaitable[object]]


@pytest.fixture
async def client(server: ScriptedServer) -> AsyncIterator[ModelClient]:
    """A client with room in its budgets."""
    async with connected(server) as client:
        yield client


async def chat(client: ModelClient, person: str = "ana") -> str:
    """One chat reply."""
    return await client.chat(MODEL, PROMPT, person=person)


async def stream(client: ModelClient, person: str = "ana") -> str:
    """One streamed reply, put together."""
    return "".join([piece async for piece in client.stream(MODEL, PROMPT, person=person)])


async def decide(client: ModelClient, person: str = "ana") -> list[str]:
    """The types of the answers to two questions."""
    return [answer.type for answer in await client.decide(MODEL, PROMPT, QUESTIONS, person=person)]


CALLS = pytest.mark.parametrize("call", [chat, stream, decide])


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


# Faults


@pytest.mark.parametrize(
    ("call", "fault", "kind", "said"),
    [
        (chat, Fault.RATE_LIMITED, ModelUnavailable, "is over its rate limit"),
        (chat, Fault.SERVER_ERROR, ModelUnavailable, r"answered with an error \(500\)"),
        (chat, Fault.SLOW, ModelUnavailable, "did not answer in time"),
        (chat, Fault.CUT, ModelUnavailable, "could not be reached or broke off"),
        (chat, Fault.MALFORMED_JSON, ModelMalformed, "cannot be read"),
        (chat, Fault.TRUNCATED_JSON, ModelMalformed, "broke off in the middle"),
        (chat, Fault.REFUSAL, ModelRefused, "declined"),
        (stream, Fault.RATE_LIMITED, ModelUnavailable, "is over its rate limit"),
        (stream, Fault.SERVER_ERROR, ModelUnavailable, r"answered with an error \(500\)"),
        (stream, Fault.SLOW, ModelUnavailable, "did not answer in time"),
        (stream, Fault.CUT, ModelUnavailable, "could not be reached or broke off"),
        (stream, Fault.MALFORMED_JSON, ModelMalformed, "cannot be read"),
        (stream, Fault.TRUNCATED_JSON, ModelError, "broke off in the middle"),
        (stream, Fault.REFUSAL, ModelRefused, "declined"),
        (decide, Fault.RATE_LIMITED, ModelUnavailable, "is over its rate limit"),
        (decide, Fault.SERVER_ERROR, ModelUnavailable, r"answered with an error \(500\)"),
        (decide, Fault.SLOW, ModelUnavailable, "did not answer in time"),
        (decide, Fault.CUT, ModelUnavailable, "could not be reached or broke off"),
        (decide, Fault.MALFORMED_JSON, ModelMalformed, "cannot be read"),
        (decide, Fault.TRUNCATED_JSON, ModelMalformed, "did not answer every question"),
    ],
)
async def test_a_fault_is_a_model_error_that_says_what_happened(
    server: ScriptedServer, call: Call, fault: Fault, kind: type[ModelError], said: str
) -> None:
    server.always(Fail(fault, seconds=5 if fault is Fault.SLOW else 0.01))
    async with connected(server, seconds=0.2 if fault is Fault.SLOW else 20) as client:
        with pytest.raises(kind, match=said) as caught:
            await call(client)
    assert completes_a_sentence(str(caught.value))
    assert len(server.requests) <= MAX_RETRIES + 1


def completes_a_sentence(text: str) -> bool:
    """Whether the text can stand after "The chat model" and in front of more, and holds no secret."""
    return text[0].islower() and text[-1] != "." and "\n" not in text and KEY not in text


class Answering(ScriptedServer):
    """Answers every request with the same status and body."""

    def __init__(self, body: object, status: int = 200) -> None:
        super().__init__()
        self._wire = Wire([body if isinstance(body, bytes) else json.dumps(body).encode()], status)

    def answer(self, request: Request) -> Wire:
        """Keep the request and send the body."""
        self.requests.append(request)
        return self._wire


@CALLS
@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "OPENAI_API_KEY"), (403, "OPENAI_API_KEY"), (404, MODEL), (400, "400"), (413, "413"), (422, "422")],
)
async def test_an_error_that_stays_is_not_retried(call: Call, status: int, said: str) -> None:
    with Answering({"error": {"message": f"Incorrect API key provided: {KEY}"}}, status) as server:
        async with connected(server) as client:
            with pytest.raises(ModelUnavailable, match=said) as caught:
                await call(client)
    assert completes_a_sentence(str(caught.value))
    assert len(server.requests) == 1


def choice(**message: object) -> dict[str, object]:
    """A chat completion with this message."""
    return {"id": "1", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>Bad gateway</html>", id="html"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param("Yes.", id="string"),
        pytest.param({}, id="no choices"),
        pytest.param({"choices": None}, id="choices null"),
        pytest.param({"choices": []}, id="choices empty"),
        pytest.param({"choices": "abc"}, id="choices string"),
        pytest.param({"choices": [None]}, id="choice null"),
        pytest.param({"choices": [NOTHING]}, id="choice empty"),
        pytest.param({"choices": [{"message": None}]}, id="message null"),
        pytest.param({"choices": [{"message": "Yes."}]}, id="message string"),
        pytest.param(choice(), id="message empty"),
        pytest.param(choice(content=None), id="content null"),
        pytest.param(choice(content=""), id="content empty"),
        pytest.param(choice(content=5), id="content number"),
        pytest.param(choice(content=[{"type": "text", "text": "Yes."}]), id="content list"),
        pytest.param({"error": {"message": "overloaded"}}, id="error with status 200"),
    ],
)
async def test_a_chat_reply_of_another_shape_is_malformed(body: object) -> None:
    with Answering(body) as server:
        async with connected(server) as client:
            with pytest.raises(ModelMalformed) as caught:
                await chat(client)
    assert completes_a_sentence(str(caught.value))


@pytest.mark.parametrize(
    "usage",
    [{}, {"prompt_tokens": None}, {"prompt_tokens": "many"}, [], "none", 5],
    ids=lambda usage: json.dumps(usage),
)
async def test_a_reply_with_unreadable_usage_is_still_a_reply(usage: object) -> None:
    body = {**choice(content="Yes."), "answers": [{"type": "refusal"}] * 2, "usage": usage}
    with Answering(body) as server:
        async with connected(server) as client:
            assert await chat(client) == "Yes."
            assert await decide(client) == ["refusal", "refusal"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html>Bad gateway</html>", id="html"),
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param({}, id="no answers"),
        pytest.param({"answers": None}, id="answers null"),
        pytest.param({"answers": []}, id="answers empty"),
        pytest.param({"answers": 2}, id="answers number"),
        pytest.param({"answers": "ab"}, id="answers string"),
        pytest.param({"answers": {"a": "met", "b": "met"}}, id="answers object"),
        pytest.param({"answers": [None, None]}, id="answer null"),
        pytest.param({"answers": ["met", "met"]}, id="answer string"),
        pytest.param({"answers": [{"type": "refusal"}] * 3}, id="one answer more"),
    ],
)
async def test_decisions_of_another_shape_are_malformed(body: object) -> None:
    with Answering(body) as server:
        async with connected(server) as client:
            with pytest.raises(ModelMalformed) as caught:
                await decide(client)
    assert completes_a_sentence(str(caught.value))


async def test_an_answer_that_cannot_be_read_is_told_from_a_refusal() -> None:
    with Answering({"answers": [{"type": "refusal"}, NOTHING]}) as server:
        async with connected(server) as client:
            assert await decide(client) == ["refusal", "unreadable"]


@CALLS
async def test_an_unreachable_server_is_unavailable(call: Call) -> None:
    with ScriptedServer() as server:
        pass
    async with connected(server) as client:
        with pytest.raises(ModelUnavailable, match="could not be reached"):
            await call(client)


# Time


@CALLS
@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.SERVER_ERROR])
async def test_retries_are_bounded(server: ScriptedServer, client: ModelClient, call: Call, fault: Fault) -> None:
    server.always(Fail(fault))
    with pytest.raises(ModelUnavailable):
        await call(client)
    assert len(server.requests) == MAX_RETRIES + 1


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.SERVER_ERROR])
async def test_a_fault_that_passes_is_not_noticed(server: ScriptedServer, client: ModelClient, fault: Fault) -> None:
    server.fail(fault, times=MAX_RETRIES)
    server.say("At last.")
    assert await chat(client) == "At last."


async def test_retry_after_is_waited_for(server: ScriptedServer, client: ModelClient) -> None:
    # Left to itself the client would wait half a second at most before its first retry.
    server.fail(Fault.RATE_LIMITED, seconds=0.8)
    server.say("Now.")
    assert await chat(client) == "Now."
    first, second = server.requests
    assert second.at - first.at >= 0.8


async def test_a_long_retry_after_does_not_outlast_the_deadline(server: ScriptedServer) -> None:
    server.fail(Fault.RATE_LIMITED, seconds=30)
    started = time.monotonic()
    async with connected(server, seconds=0.3) as client:
        with pytest.raises(ModelUnavailable):
            await chat(client)
    assert time.monotonic() - started < 3
    assert len(server.requests) == 1


async def test_the_deadline_holds_for_all_retries_together(server: ScriptedServer) -> None:
    server.always(Fail(Fault.SLOW, seconds=0.4, then=Say("Late.")))
    started = time.monotonic()
    async with connected(server, seconds=0.3) as client:
        with pytest.raises(ModelUnavailable, match="in time"):
            await chat(client)
    assert time.monotonic() - started < 1.5


async def test_a_cancelled_turn_is_cancelled_and_not_a_model_error(server: ScriptedServer, client: ModelClient) -> None:
    server.fail(Fault.SLOW, seconds=5, then=Say("Late."))
    task = asyncio.create_task(chat(client))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# Streams


async def test_a_cut_stream_gives_what_came_and_then_says_so(server: ScriptedServer, client: ModelClient) -> None:
    server.fail(Fault.CUT, then=Say("One two three four."))
    said = ""

    async def listen() -> None:
        nonlocal said
        async for piece in client.stream(MODEL, PROMPT, person="ana"):
            said += piece

    with pytest.raises(ModelUnavailable, match="broke off"):
        await listen()
    assert said
    assert "One two three four.".startswith(said)


async def test_a_stream_that_ends_early_is_not_taken_for_whole(server: ScriptedServer, client: ModelClient) -> None:
    server.add(Say("One two", finish_reason="length"))
    with pytest.raises(ModelError, match="broke off"):
        await stream(client)


async def test_the_time_of_a_slow_reader_is_not_the_models(server: ScriptedServer) -> None:
    server.say("One two three four.")
    said = ""
    async with connected(server, seconds=0.8) as client:
        async for piece in client.stream(MODEL, PROMPT, person="ana"):
            said += piece
            await asyncio.sleep(0.4)
    assert said == "One two three four."


async def test_leaving_a_stream_early_cancels_nothing_later(server: ScriptedServer) -> None:
    server.say("One two three four.")
    async with connected(server, seconds=0.6) as client:
        pieces = client.stream(MODEL, PROMPT, person="ana")
        assert await anext(pieces)
        await asyncio.sleep(0.9)


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


async def test_an_error_of_the_model_list_is_a_model_error(server: ScriptedServer, client: ModelClient) -> None:
    server.add(*[Fail(Fault.SERVER_ERROR, on=MODELS)] * (MAX_RETRIES + 1))
    with pytest.raises(ModelUnavailable, match="500"):
        await client.models()
