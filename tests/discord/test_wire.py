"""What shows only on the wire: what happens to a reply when Discord fails halfway through it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.persona import Persona, Spoken
from bot.coach.reply import AnswerReply, Delta, NoticeReply
from bot.discord.client import Viva
from bot.store.store import Store
from tests.coach.scripted import LIBRARY, ScriptedJudge, find_named
from tests.discord import conftest
from tests.discord.double import Double, Fault, Request
from tests.discord.drilling import drill, open_prompts, said
from tests.discord.people import Person, text_of
from tests.discord.rules import Json


class Streaming(Persona):
    """Words a probe in pieces, the first of which is posted at once."""

    async def word(self, *_: Any, **__: Any) -> AsyncIterator[Delta | Spoken]:
        yield Delta(text="And what ")
        yield Delta(text="follows?")
        yield Spoken("And what follows?", "the authored probe")


class Answering(Answerer):
    """Words an answer in pieces."""

    async def answer(self, *_: Any, **__: Any) -> AsyncIterator[Delta | AnswerReply | NoticeReply]:
        yield Delta(text="It is ")
        yield AnswerReply(text="It is the expected log loss [kl].", note_ids=("kl",))


@pytest.fixture
def judge() -> ScriptedJudge:
    return ScriptedJudge(always="-")


@pytest.fixture
def app(app: conftest.App, store: Store, judge: ScriptedJudge) -> conftest.App:
    coach = Coach(LIBRARY, store, judge, Streaming(), Answering(LIBRARY, find_named(LIBRARY)))
    return conftest.App(app.settings, app.knowledge, store, coach, app.judge, None)


def failing(double: Double, method: str, end: str, fault: Fault) -> None:
    """The next request to a path that ends so fails once."""
    left = [fault]

    def next_one(request: Request) -> Fault | None:
        meant = request.method == method and request.path.endswith(end) and left
        return left.pop() if meant else None

    double.fault = next_one


@pytest.mark.parametrize(("method", "fault"), [("POST", Fault.CUT), ("POST", Fault.LOST), ("PATCH", Fault.CUT)])
async def test_a_probe_whose_stream_broke_off_is_finished_where_it_began(
    viva_on_double: Viva, double: Double, ada: Person, lab: Json, method: str, fault: Fault
) -> None:
    thread = await drill(double, ada, lab, topic="kl")
    (question,) = open_prompts(double, thread)
    message = {"POST": f"/channels/{thread}/messages", "PATCH": ""}[method]
    failing(double, method, message, fault)
    await ada.submit(await ada.click(question, "Answer"), answer="zebras")
    async with asyncio.timeout(10):
        while question in open_prompts(double, thread):
            await asyncio.sleep(0.02)
            await viva_on_double.showing.catch_up_again()
    assert [text_of(prompt) for prompt in open_prompts(double, thread)] == ["And what follows?"]
    assert said(double, thread).count("And what") == 1
    assert said(double, thread).count("So far") == 1
