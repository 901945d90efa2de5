"""Retries, deadlines and who waits: what the client makes of time."""

import asyncio
import time

import pytest

from bot.errors import ModelUnavailable
from bot.llm import MAX_RETRIES, ModelClient
from tests.loopback import ScriptedServer
from tests.model_calls import CALLS, PROMPT, Call, chat, stream
from tests.model_client import MODEL, connected
from tests.model_replies import Fail, Fault, Say


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


@pytest.mark.parametrize("call", [chat, stream])
async def test_who_lets_us_wait_twice_in_a_row_is_not_asked_for_a_while(server: ScriptedServer, call: Call) -> None:
    server.always(Fail(Fault.SLOW, seconds=5, then=Say("Late.")))
    async with connected(server, seconds=0.2, rest=1) as client:
        for _ in range(2):
            with pytest.raises(ModelUnavailable, match=r"in time$"):
                await call(client)
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="asked again in a minute"):
            await call(client)
        assert time.monotonic() - started < 0.15
        assert len(server.requests) == 2
        await asyncio.sleep(1)
        with pytest.raises(ModelUnavailable, match=r"in time$"):
            await call(client)
        assert len(server.requests) == 3


async def test_two_waits_in_vain_with_a_reply_between_them_are_no_reason_to_rest(server: ScriptedServer) -> None:
    async with connected(server, seconds=0.3, rest=60) as client:
        for _ in range(3):
            server.fail(Fault.SLOW, seconds=0.6, then=Say("Late."))
            server.say("In time.")
            with pytest.raises(ModelUnavailable, match=r"in time$"):
                await chat(client)
            assert await chat(client) == "In time."


async def test_a_time_limit_for_several_requests_counts_as_one_wait(server: ScriptedServer) -> None:
    server.always(Fail(Fault.SLOW, seconds=5, then=Say("Late.")))
    async with connected(server, seconds=0.2, rest=60) as client:
        for sentence in ("in time$", "in time$", "asked again in a minute"):
            with pytest.raises(ModelUnavailable, match=sentence):
                async with client.one_limit():
                    await chat(client)
