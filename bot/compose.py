"""Wire settings to parts. The only module that knows them all; heavy parts are made when first needed."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from bot import settings as configured
from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.persona import Persona
from bot.errors import USER_ERRORS, SettingsError
from bot.grading.chat import ChatJudge
from bot.grading.decisions import DecisionsJudge
from bot.grading.embedded import EmbeddedJudge
from bot.grading.grade import Judge
from bot.grading.matching import Matcher
from bot.grading.panel import Jury, Panel
from bot.llm import REST, ModelClient
from bot.sandbox.find import find
from bot.settings import DiscordSettings, OpenAISettings, SlackSettings, StoreSettings, VivaSettings
from bot.store.leases import Leases
from bot.store.store import Store
from knowledge.index import Index
from knowledge.library import Library, load
from knowledge.models import embedder_of
from knowledge.search import Findings, Search
from knowledge.vectors import Progress


@dataclass(frozen=True)
class Settings:
    """All settings, read once at the start."""

    viva: VivaSettings
    openai: OpenAISettings
    store: StoreSettings
    discord: DiscordSettings
    slack: SlackSettings

    @classmethod
    def read(cls) -> "Settings":
        """From the environment and `.env`; raises SettingsError naming the variable that is wrong."""
        read = configured.read
        return cls(
            read(VivaSettings), read(OpenAISettings), read(StoreSettings), read(DiscordSettings), read(SlackSettings)
        ).judged_by(None)

    def judged_by(self, judge: configured.JudgeName | None) -> "Settings":
        """The same with another judge, or with that of the settings; raises SettingsError where it has no model."""
        wanted, chat, decisions = judge or self.viva.judge, self.viva.chat_model, self.viva.decisions_model
        where = "--judge" if judge else "VIVA_JUDGE"
        if wanted == "chat" and not chat:
            raise SettingsError(f"{where} is chat but no chat model is named; set VIVA_CHAT_MODEL.")
        if wanted == "decisions" and not decisions:
            raise SettingsError(f"{where} is decisions but no model is named; set VIVA_DECISIONS_MODEL.")
        if wanted == "jury" and not (chat or decisions):
            raise SettingsError(f"{where} is jury but no model is named; set VIVA_CHAT_MODEL or VIVA_DECISIONS_MODEL.")
        if (chat or decisions) and not self.has_models:
            raise SettingsError("A model is named but no server; set OPENAI_API_KEY or OPENAI_BASE_URL.")
        return replace(self, viva=self.viva.model_copy(update={"judge": wanted}))

    @property
    def has_models(self) -> bool:
        """True when there is a server to ask."""
        return bool(self.openai.api_key or self.openai.base_url)

    @property
    def database_url(self) -> str:
        """Where sessions are stored."""
        return configured.database_url(self.store, self.viva)

    @property
    def index_path(self) -> Path:
        """Where the index is kept."""
        return self.viva.data_dir / "notes.index"


class Knowledge:
    """Library, embedder, search and matcher; each is made on first use, whichever thread needs it first."""

    def __init__(self, settings: Settings, progress: Progress | None = None) -> None:
        self._settings = settings
        self._progress = progress
        self._lock = threading.RLock()
        self.library: Library = load()
        self.embedder = embedder_of(settings.viva.embedding_model)
        self.matcher = Matcher(self.embedder)

    @cached_property
    def _search(self) -> Search:
        index = Index.open(self.library, self.embedder, self._settings.index_path, self._progress)
        return Search(self.library, index)

    @property
    def search(self) -> Search:
        """The search, its index opened or built; seconds on first use."""
        with self._lock:
            return self._search

    async def find(self, query: str, context: str = "", *, k: int = 3) -> Findings:
        """The `k` best notes, searched without holding up the conversation of others."""
        return await asyncio.to_thread(lambda: self.search.find(query, context=context, k=k))

    def warm_up(self) -> threading.Thread:
        """Load the embedding model and the index while the candidate reads the first question."""

        def load_both() -> None:
            # A failure here is met again, and told, by whoever needs the model.
            with suppress(*USER_ERRORS):
                self.embedder.encode(["warm up"])
                _ = self.search

        thread = threading.Thread(target=load_both, name="warm-up", daemon=True)
        thread.start()
        return thread


@dataclass(frozen=True)
class App:
    """Everything a surface needs."""

    settings: Settings
    knowledge: Knowledge
    store: Store
    coach: Coach
    judge: Judge
    client: ModelClient | None
    leases: Leases | None = None


@asynccontextmanager
async def opened(
    settings: Settings, progress: Progress | None = None, *, shared: bool = False
) -> AsyncGenerator[App, None]:
    """The parts wired together, closed at the end; `shared`: other processes hold the same sessions."""
    knowledge = Knowledge(settings, progress)
    store = await Store.open(settings.database_url)
    client = ModelClient(settings.openai, settings.viva, store, rest=REST) if settings.has_models else None
    judge = _judge(settings, client, knowledge.matcher)
    model = settings.viva.chat_model
    persona = Persona(client, model)
    answerer = Answerer(knowledge.library, knowledge.find, client, model)
    leases = Leases(store.database) if shared else None
    coach = Coach(knowledge.library, store, judge, persona, answerer, leases, find(settings.viva))
    try:
        yield App(settings, knowledge, store, coach, judge, client, leases)
    finally:
        if client:
            await client.close()
        await store.close()


def _judge(settings: Settings, client: ModelClient | None, matcher: Matcher) -> Judge:
    """All judges that are wanted, together or in the order they are asked; the embedded one is always the last."""
    viva = settings.viva
    makers: dict[str, Callable[[], Judge] | None] = {
        "decisions": (lambda: DecisionsJudge(client, viva.decisions_model or "", matcher))
        if client and viva.decisions_model
        else None,
        "chat": (lambda: ChatJudge(client, viva.chat_model or "", matcher, viva.chat_samples))
        if client and viva.chat_model
        else None,
    }
    wanted = list(makers) if viva.judge in ("auto", "jury") else [viva.judge]
    judges = [*(make() for name in wanted if (make := makers.get(name))), EmbeddedJudge(matcher)]
    return Jury(judges) if viva.judge == "jury" else Panel(judges)
