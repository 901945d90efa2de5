"""The calls of the model client, each a function, for what holds of all of them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.llm import ModelClient
from prompts.render import Message, Prompt
from tests.model_client import MODEL

PROMPT = Prompt(
    name="grade",
    version=1,
    sha256="0" * 64,
    messages=(Message(role="system", content="You grade."), Message(role="user", content="KL is not symmetric.")),
)

QUESTIONS: list[dict[str, Any]] = [
    {"type": "choice", "name": name, "choices": [{"value": "met"}, {"value": "missed"}]} for name in ("a", "b")
]

Call = Callable[[ModelClient], Awaitable[object]]


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
