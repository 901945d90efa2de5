"""What is configured, what is missing, and what to do next."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.compose import Settings
from bot.errors import USER_ERRORS, ModelError
from bot.llm import ModelClient
from bot.sandbox.find import look
from bot.store.store import Store
from knowledge.library import load
from knowledge.models import embedder_of


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `text` says what to do where it is not `ok`."""

    ok: bool
    text: str


async def examine(settings: Settings) -> list[Finding]:
    """Look at notes, embedding weights, index, sandbox, database and models, in that order."""
    return [finding async for finding in _examine(settings)]


async def _examine(settings: Settings) -> AsyncIterator[Finding]:
    try:
        yield Finding(True, f"notes: {len(load())}")
    except USER_ERRORS as error:
        yield Finding(False, f"notes: {str(error).splitlines()[0]}; `viva notes lint` lists all")
    try:
        yield Finding(True, f"embedding model: {embedder_of(settings.viva.embedding_model).check()}")
    except USER_ERRORS as error:
        yield Finding(False, f"embedding model: {error}")
    built = settings.index_path.exists()
    later = "not built yet; `viva index` does it ahead of the first /ask"
    yield Finding(True, f"index: {settings.index_path if built else later}")
    sandbox = look(settings.viva)
    yield Finding(sandbox.ok, f"sandbox: {sandbox.text}")
    store = None
    try:
        store = await Store.open(settings.database_url)
        yield Finding(True, f"database: {store.address}")
        yield await _models(settings, store)
    except USER_ERRORS as error:
        yield Finding(False, f"database: {error}")
    finally:
        if store:
            await store.close()


async def _models(settings: Settings, store: Store) -> Finding:
    if not settings.has_models:
        return Finding(True, "models: none, so the embedded judge grades; OPENAI_API_KEY and VIVA_CHAT_MODEL add one")
    client = ModelClient(settings.openai, settings.viva, store)
    wanted = [name for name in (settings.viva.chat_model, settings.viva.decisions_model) if name]
    try:
        offered = await client.models()
    except ModelError as error:
        return Finding(False, f"models: the server {error}")
    finally:
        await client.close()
    missing = [name for name in wanted if name not in offered]
    if missing:
        return Finding(
            False,
            f"models: the server does not offer {', '.join(missing)}; it offers {', '.join(offered[:5])}",
        )
    if not wanted:
        return Finding(False, "models: there is a key but no model; set VIVA_CHAT_MODEL or VIVA_DECISIONS_MODEL")
    return Finding(True, f"models: {', '.join(wanted)}")
