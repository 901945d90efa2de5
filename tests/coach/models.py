"""The real model client, and what it wants: settings and a ledger."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bot.llm import ModelClient
from bot.settings import OpenAISettings, VivaSettings
from tests.loopback import ScriptedServer

MODEL = "tiny"


class Ledger:
    """Counts tokens in memory; every day is today."""

    def __init__(self) -> None:
        self.used: Counter[tuple[str, str]] = Counter()

    async def tokens_today(self, person: str | None = None) -> int:
        return sum(tokens for (who, _), tokens in self.used.items() if person in (None, who))

    async def record_usage(self, person: str, model: str, input_tokens: int, output_tokens: int) -> None:
        self.used[person, model] += input_tokens + output_tokens


@asynccontextmanager
async def client_of(server: ScriptedServer) -> AsyncGenerator[ModelClient]:
    """The client that a surface would use, pointed at a server of this process."""
    openai = OpenAISettings.model_validate({"api_key": "sk-test", "base_url": server.base_url})
    client = ModelClient(openai, VivaSettings.model_validate({"model_timeout": 10}), Ledger())
    yield client
    await client.close()
