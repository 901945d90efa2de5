"""Settings from the environment and `.env`, one class a prefix. Secrets never print."""

import re
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import AfterValidator, AliasChoices, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError


def _unspaced(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", secret.get_secret_value()):
        raise ValueError("has spaces or other characters that no key has; paste it again")
    return secret


def _address(url: str, schemes: tuple[str, ...]) -> str:
    if not _is_address(url, schemes):
        raise ValueError(f"is not an address; it starts with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    return url.rstrip("/")


def _is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0 and " " not in url
    except ValueError:  # a port that is no number or too high, brackets that do not close
        return False


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Secret = Annotated[SecretStr, AfterValidator(_unspaced)]
HttpAddress = Annotated[Name, AfterValidator(partial(_address, schemes=("http", "https")))]
SocketAddress = Annotated[Name, AfterValidator(partial(_address, schemes=("ws", "wss")))]
JudgeName = Literal["auto", "jury", "decisions", "chat", "embedded"]
SandboxName = Literal["auto", "wasi", "bubblewrap", "none"]


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True)


class OpenAISettings(_Settings):
    """Where models are reached (`OPENAI_*`). Without a key or a base URL none is asked."""

    model_config = SettingsConfigDict(env_prefix="OPENAI_")

    api_key: Secret | None = Field(None, description="Key of OpenAI or a compatible server.")
    base_url: HttpAddress | None = Field(None, description="Address of a compatible server, for example a local one.")


class VivaSettings(_Settings):
    """How Viva behaves (`VIVA_*`)."""

    model_config = SettingsConfigDict(env_prefix="VIVA_")

    chat_model: Name | None = Field(None, description="Chat model that grades, words probes and answers questions.")
    decisions_model: Name | None = Field(None, description="Decision model that grades; OpenAI's is gpt-6-luna.")
    judge: JudgeName = Field(
        "auto", description="auto asks the judges that are configured in order; jury asks all, and the majority counts."
    )
    chat_samples: int = Field(
        1, ge=1, le=20, description="Replies the chat judge asks for each answer; their agreement is its confidence."
    )
    embedding_model: Name | None = Field(None, description="sentence-transformers folder or name; MiniLM is bundled.")
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("viva", appauthor=False),
        description="Where sessions and the index are kept.",
    )
    sandbox: SandboxName = Field(
        "auto", description="Where code is run: wasi or bubblewrap; auto takes the first there is, none runs none."
    )
    model_timeout: float = Field(20.0, gt=0, le=600, description="Seconds a model has for one reply, retries included.")
    person_daily_tokens: int = Field(200_000, ge=0, description="Model tokens one person may use in a day (UTC).")
    total_daily_tokens: int = Field(
        2_000_000, ge=0, description="Model tokens everyone together may use in a day (UTC)."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("WARNING", description="What the log keeps.")


class DiscordSettings(_Settings):
    """How Viva is on Discord (`VIVA_DISCORD_*`)."""

    model_config = SettingsConfigDict(env_prefix="VIVA_DISCORD_")

    token: Secret | None = Field(None, description="Token of the bot, from Discord's Developer Portal.")
    free_chat: bool = Field(
        False, description="Read free chat in a session's thread; needs the Message Content intent."
    )
    shards: int | None = Field(None, ge=1, description="Shards over all processes; as Discord advises without it.")
    api: HttpAddress = Field("https://discord.com/api/v10", description="Address of Discord's REST API.")
    gateway: SocketAddress = Field("wss://gateway.discord.gg", description="Address of Discord's gateway.")


class SlackSettings(_Settings):
    """How Viva is on Slack (`VIVA_SLACK_*`)."""

    model_config = SettingsConfigDict(env_prefix="VIVA_SLACK_")

    bot_token: Secret | None = Field(None, description="Token of the bot in one workspace, xoxb-…")
    app_token: Secret | None = Field(None, description="Token of the app for Socket Mode, xapp-…")
    signing_secret: Secret | None = Field(None, description="By which requests are known to be Slack's; for --http.")
    client_id: Name | None = Field(None, description="Of the app, for many workspaces; instead of a bot token.")
    client_secret: Secret | None = Field(None, description="Of the app, for many workspaces.")
    token_key: Secret | None = Field(
        None, description="Fernet key by which the tokens of many workspaces are kept; new,old where it changes."
    )
    api: HttpAddress = Field("https://slack.com/api", description="Address of Slack's Web API.")


class StoreSettings(_Settings):
    """Where sessions are stored."""

    database_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_URL"),
        description="postgresql://… ; SQLite in the data dir without it.",
    )


S = TypeVar("S", bound=_Settings)


def read(kind: type[S]) -> S:
    """The settings of one class; raises SettingsError that names the variable and what it takes."""
    try:
        return kind()
    except UnicodeDecodeError:
        raise SettingsError(f"The file {Path('.env').resolve()} is not UTF-8 text; save it as UTF-8.") from None
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        detail = error.errors(include_input=False)[0]
        name = f"{prefix}{detail['loc'][0]}".upper()
        what = str(detail.get("ctx", {}).get("error") or detail["msg"][:1].lower() + detail["msg"][1:])
        verb = "" if what.startswith(("has", "is")) else "is wrong: "
        # Not chained: pydantic's error quotes the value, and the value may be a secret.
        raise SettingsError(f"{name} {verb}{what}.") from None


def database_url(store: StoreSettings, viva: VivaSettings) -> str:
    """The address of the database; SQLite in the data dir unless DATABASE_URL names another."""
    if store.database_url:
        return store.database_url.get_secret_value()
    return f"sqlite:///{viva.data_dir / 'viva.sqlite3'}"
