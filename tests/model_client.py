"""The real model client against the scripted server, with a ledger in memory."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module

from pydantic import SecretStr

from bot.llm import ModelClient
from bot.settings import OpenAISettings, VivaSettings
from tests.loopback import ScriptedServer

KEY = "sk-loopback-4711"
MODEL = "test-model"

import_module("openai")  # takes a second, which belongs to no test's deadline


class MemoryLedger:
    """A day's token use: `used` by person, `recorded` request by request."""

    def __init__(self, **used: int) -> None:
        self.used = Counter(used)
        self.recorded: list[tuple[str, str, int, int]] = []

    async def tokens_today(self, person: str | None = None) -> int:
        """Tokens of one person, or of everyone."""
        return self.used.total() if person is None else self.used[person]

    async def record_usage(self, person: str, model: str, input_tokens: int, output_tokens: int) -> None:
        """Add one request."""
        self.used[person] += input_tokens + output_tokens
        self.recorded.append((person, model, input_tokens, output_tokens))


@asynccontextmanager
async def connected(
    server: ScriptedServer,
    ledger: MemoryLedger | None = None,
    *,
    key: str | None = KEY,
    seconds: float = 20,
    person_tokens: int = 1_000_000,
    total_tokens: int = 1_000_000,
    rest: float = 0,
) -> AsyncGenerator[ModelClient]:
    """A client of the server; `seconds` is the time a model has for one reply, `rest` how long it is spared then."""
    server_settings = OpenAISettings(api_key=SecretStr(key) if key else None, base_url=server.base_url)
    limits = {"model_timeout": seconds, "person_daily_tokens": person_tokens, "total_daily_tokens": total_tokens}
    viva = VivaSettings.model_validate(limits)
    client = ModelClient(server_settings, viva, ledger or MemoryLedger(), rest=rest)
    try:
        yield client
    finally:
        await client.close()
