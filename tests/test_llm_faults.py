"""What the client makes of everything that can go wrong: an error that says what happened."""

import json

import pytest

from bot.errors import ModelError, ModelMalformed, ModelRefused, ModelUnavailable
from bot.llm import MAX_RETRIES, ModelClient
from tests.loopback import ScriptedServer
from tests.model_calls import CALLS, PROMPT, Call, chat, decide, stream
from tests.model_client import KEY, MODEL, connected
from tests.model_replies import MODELS, Fail, Fault, Request, Say, Wire

NOTHING: dict[str, object] = {}


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


async def test_an_error_of_the_model_list_is_a_model_error(server: ScriptedServer, client: ModelClient) -> None:
    server.add(*[Fail(Fault.SERVER_ERROR, on=MODELS)] * (MAX_RETRIES + 1))
    with pytest.raises(ModelUnavailable, match="500"):
        await client.models()


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
