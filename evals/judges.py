"""The production judges, as an eval runs them: named, with a ledger that only counts."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import SettingsError
from bot.grading.chat import ChatJudge
from bot.grading.decisions import DecisionsJudge
from bot.grading.embedded import EmbeddedJudge
from bot.grading.grade import Grade, Judge, Submission
from bot.grading.matching import Matcher
from bot.grading.panel import Jury, Panel
from bot.llm import ModelClient
from bot.settings import OpenAISettings, VivaSettings, read
from evals import baselines
from evals.cassette import Cassette
from knowledge.models import embedder_of

ROOT = Path(__file__).parents[1]
LOCAL = ("embedded", *baselines.NAMES)  # they ask no model
NAMES = (*LOCAL, "chat", "decisions", "panel", "jury")


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

    def told(self, prices: "Prices | None") -> dict[str, float]:
        """Tokens in and out, and what they cost; nothing where no model was asked."""
        if not self.input_tokens:
            return {}
        given, taken = self.input_tokens.total(), self.output_tokens.total()
        cost = {"cost": round(prices.of(given, taken), 6)} if prices else {}
        return {"tokens in": given, "tokens out": taken, **cost}


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost, in and out."""

    into: float
    out: float

    @classmethod
    def read(cls, text: str) -> "Prices":
        """Two numbers with a comma between; raises SettingsError for anything else."""
        try:
            into, out = (float(price) for price in text.split(","))
        except ValueError:
            raise SettingsError("--prices are two numbers, as 0.15,0.60 for a million tokens in and out.") from None
        return cls(into, out)

    def of(self, given: int, taken: int) -> float:
        """The price of so many tokens in and out."""
        return (given * self.into + taken * self.out) / 1_000_000


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


class _Strict:
    """A judge whose every request must have been recorded: a panel must not fall back on a missing reply."""

    def __init__(self, judge: Judge, cassette: Cassette) -> None:
        self._judge, self._cassette = judge, cassette

    @property
    def name(self) -> str:
        return self._judge.name

    async def grade(self, submission: Submission) -> Grade:
        try:
            return await self._judge.grade(submission)
        finally:
            self._cassette.check()


def bench(
    name: str, model: str | None, cassette: Cassette | None = None, submissions: Sequence[Submission] = ()
) -> Bench:
    """The judge of that name, as production makes it; model judges talk through the cassette.

    `submissions` are all it will get, for a baseline that counts words. Raises SettingsError where the name
    or the model is missing.
    """
    if name not in NAMES:
        raise SettingsError(f"There is no judge {name!r}; choose one of {', '.join(NAMES)}.")
    usage, viva = Usage(), read(VivaSettings)
    embedder = embedder_of(viva.embedding_model)
    if name in baselines.NAMES:
        return Bench(baselines.baseline(name, embedder, submissions), usage, None)
    matcher = Matcher(embedder)
    if name == "embedded":
        return Bench(EmbeddedJudge(matcher), usage, None)
    chats, decides = model or viva.chat_model, model or viva.decisions_model
    if name in ("panel", "jury"):  # as in production: a model each, where the settings name them
        chats, decides = viva.chat_model or model, viva.decisions_model or model
    if not (decides if name == "decisions" else chats if name == "chat" else chats and decides):
        raise SettingsError(f"The {name} judge needs a model; name one with --model.")
    client = ModelClient(read(OpenAISettings), viva, usage, transport=cassette)
    chat = ChatJudge(client, chats or "", matcher, viva.chat_samples)
    decisions = DecisionsJudge(client, decides or "", matcher)
    several = [decisions, chat, EmbeddedJudge(matcher)]
    judges: dict[str, Judge] = {
        "chat": chat,
        "decisions": decisions,
        "panel": Panel(several),
        "jury": Jury(several),
    }
    return Bench(_Strict(judges[name], cassette) if cassette else judges[name], usage, client)


def hashes() -> dict[str, str]:
    """SHA-256 (first 16 digits) of what a grade depends on besides the cases: prompts, judges, notes."""
    return {
        "prompts": _digest("prompts/*.md", "prompts/*.py"),
        "judges": _digest("bot/grading/*.py", "bot/grading/*.json", "bot/llm.py", "evals/baselines.py"),
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
