"""The production judges, as an eval runs them: named, with a ledger that only counts."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import SettingsError
from bot.grading.chat import ChatJudge
from bot.grading.decisions import DecisionsJudge
from bot.grading.embedded import EmbeddedJudge
from bot.grading.grade import Judge
from bot.grading.matching import Matcher
from bot.grading.panel import Panel
from bot.llm import ModelClient
from bot.settings import OpenAISettings, VivaSettings, read
from knowledge.embedder import SentenceEmbedder

ROOT = Path(__file__).parents[1]
NAMES = ("embedded", "chat", "decisions", "panel")
_UNLIMITED = 10**12


@dataclass
class Usage:
    """Tokens by model; a Ledger without a budget."""

    input_tokens: Counter[str] = field(default_factory=Counter[str])
    output_tokens: Counter[str] = field(default_factory=Counter[str])

    async def tokens_today(self, person: str | None = None) -> int:  # noqa: ARG002  # a Ledger's signature
        """Nothing is ever used up."""
        return 0

    async def record_usage(self, person: str, model: str, input_tokens: int, output_tokens: int) -> None:  # noqa: ARG002  # a Ledger's signature
        """Add what one request used."""
        self.input_tokens[model] += input_tokens
        self.output_tokens[model] += output_tokens

    def cost(self, per_million_in: float, per_million_out: float) -> float:
        """What it all costs at these prices a million tokens."""
        return (self.input_tokens.total() * per_million_in + self.output_tokens.total() * per_million_out) / 1_000_000


@dataclass(frozen=True)
class Bench:
    """A judge ready to run, and what it used."""

    judge: Judge
    usage: Usage
    client: ModelClient | None

    async def close(self) -> None:
        """Close the connections."""
        if self.client:
            await self.client.close()


def bench(name: str, model: str | None, transport: Any = None) -> Bench:
    """The judge of that name, as production makes it; model judges talk through `transport`.

    Raises SettingsError where the name or the model is missing.
    """
    if name not in NAMES:
        raise SettingsError(f"There is no judge {name!r}; choose one of {', '.join(NAMES)}.")
    usage, viva = Usage(), read(VivaSettings)
    matcher = Matcher(SentenceEmbedder(viva.embedding_model))
    if name == "embedded":
        return Bench(EmbeddedJudge(matcher), usage, None)
    model = model or (viva.decisions_model if name == "decisions" else viva.chat_model)
    if not model:
        raise SettingsError(f"The {name} judge needs a model; name one with --model.")
    client = ModelClient(read(OpenAISettings), viva, usage, transport=transport)
    chat, decisions = ChatJudge(client, model), DecisionsJudge(client, model, matcher)
    judges: dict[str, Judge] = {
        "chat": chat,
        "decisions": decisions,
        "panel": Panel([decisions, chat, EmbeddedJudge(matcher)]),
    }
    return Bench(judges[name], usage, client)


def hashes() -> dict[str, str]:
    """SHA-256 (first 16 digits) of what a grade depends on besides the cases: prompts, judges, notes."""
    return {
        "prompts": _digest("prompts/*.md", "prompts/*.py"),
        "judges": _digest("bot/grading/*.py", "bot/grading/*.json", "bot/llm.py"),
        "notes": _digest("knowledge/*.py", "knowledge/*.json", "knowledge/notes/*/*.md"),
    }


def _digest(*patterns: str) -> str:
    def content() -> Iterator[bytes]:
        for pattern in patterns:
            for path in sorted(ROOT.glob(pattern)):
                yield path.name.encode() + b"\0" + path.read_bytes()

    total = hashlib.sha256()
    for part in content():
        total.update(part)
    return total.hexdigest()[:16]
