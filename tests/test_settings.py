"""Settings come from the environment and `.env`; a wrong one is a sentence that names it."""

import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings import DiscordSettings, OpenAISettings, StoreSettings, VivaSettings, database_url, read

SECRET = "sk-do-not-print-4711"

Set = Callable[..., None]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and none of our variables set."""
    for name in list(os.environ):
        if name.upper().startswith(("OPENAI_", "VIVA_", "DATABASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def set_env(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Set variables: `set_env(VIVA_JUDGE="chat")`."""

    def setter(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return setter


Kind = OpenAISettings | VivaSettings | StoreSettings | DiscordSettings
KINDS: dict[str, type[Kind]] = {"OPENAI_": OpenAISettings, "VIVA_DISCORD_": DiscordSettings, "VIVA_": VivaSettings}


def kind_of(name: str) -> type[Kind]:
    """Which settings a variable is one of."""
    return next(kind for prefix, kind in KINDS.items() if name.startswith(prefix))


def refusal(kind: type[Kind]) -> SettingsError:
    """The error that reading these settings raises."""
    with pytest.raises(SettingsError) as caught:
        read(kind)
    return caught.value


def test_nothing_has_to_be_set() -> None:
    viva, openai = read(VivaSettings), read(OpenAISettings)
    assert (viva.chat_model, viva.decisions_model, viva.judge) == (None, None, "auto")
    assert (openai.api_key, openai.base_url) == (None, None)
    discord = read(DiscordSettings)
    assert (discord.token, discord.free_chat, discord.shards) == (None, False, None)
    assert (discord.api, discord.gateway) == ("https://discord.com/api/v10", "wss://gateway.discord.gg")
    assert database_url(read(StoreSettings), viva) == f"sqlite:///{viva.data_dir / 'viva.sqlite3'}"


def test_the_environment_is_read(set_env: Set, tmp_path: Path) -> None:
    set_env(VIVA_CHAT_MODEL=" llama3 ", VIVA_MODEL_TIMEOUT="2.5", VIVA_DATA_DIR=str(tmp_path / "data"))
    viva = read(VivaSettings)
    assert (viva.chat_model, viva.model_timeout) == ("llama3", 2.5)
    assert database_url(read(StoreSettings), viva) == f"sqlite:///{tmp_path / 'data' / 'viva.sqlite3'}"


def test_database_url_names_another_database(set_env: Set) -> None:
    set_env(DATABASE_URL=f"postgresql://viva:{SECRET}@db/viva")
    assert database_url(read(StoreSettings), read(VivaSettings)) == f"postgresql://viva:{SECRET}@db/viva"


def test_dotenv_is_read(folder: Path) -> None:
    (folder / ".env").write_text('VIVA_JUDGE=embedded\nOPENAI_BASE_URL="http://127.0.0.1:1/v1"\n# VIVA_CHAT_MODEL=x\n')
    assert read(VivaSettings).judge == "embedded"
    assert read(OpenAISettings).base_url == "http://127.0.0.1:1/v1"
    assert read(VivaSettings).chat_model is None


def test_the_environment_goes_before_dotenv(folder: Path, set_env: Set) -> None:
    (folder / ".env").write_text("VIVA_JUDGE=embedded\n")
    set_env(VIVA_JUDGE="chat")
    assert read(VivaSettings).judge == "chat"


def test_dotenv_may_hold_settings_of_other_programs(folder: Path) -> None:
    (folder / ".env").write_text("POSTGRES_PASSWORD=x\nVIVA_JUDGE=embedded\n")
    assert read(VivaSettings).judge == "embedded"


def test_dotenv_with_a_byte_order_mark_is_read(folder: Path) -> None:
    (folder / ".env").write_bytes("VIVA_JUDGE=embedded\n".encode("utf-8-sig"))
    assert read(VivaSettings).judge == "embedded"


def test_dotenv_that_is_not_utf_8_is_a_sentence(folder: Path) -> None:
    (folder / ".env").write_bytes(b"VIVA_CHAT_MODEL=caf\xe9\n")
    assert ".env" in str(refusal(VivaSettings))


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "OPENAI_BASE_URL"])
def test_an_empty_openai_value_means_unset(name: str, set_env: Set) -> None:
    set_env(**{name: ""})
    assert read(OpenAISettings) == OpenAISettings.model_construct(api_key=None, base_url=None)


@pytest.mark.parametrize(
    "name", ["CHAT_MODEL", "DECISIONS_MODEL", "JUDGE", "MODEL_TIMEOUT", "PERSON_DAILY_TOKENS", "LOG_LEVEL", "DATA_DIR"]
)
def test_an_empty_viva_value_means_the_default(name: str, set_env: Set) -> None:
    default = read(VivaSettings)
    set_env(**{f"VIVA_{name}": ""})
    assert read(VivaSettings) == default


def test_an_empty_line_in_dotenv_means_unset(folder: Path) -> None:
    (folder / ".env").write_text("OPENAI_API_KEY=\nOPENAI_BASE_URL=\nDATABASE_URL=\n")
    assert read(OpenAISettings).api_key is None
    assert read(OpenAISettings).base_url is None
    assert read(StoreSettings).database_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIVA_JUDGE", "coin"),
        ("VIVA_CHAT_SAMPLES", "0"),
        ("VIVA_CHAT_SAMPLES", "21"),
        ("VIVA_CHAT_SAMPLES", "many"),
        ("VIVA_LOG_LEVEL", "LOUD"),
        ("VIVA_CHAT_MODEL", "  "),
        ("VIVA_DECISIONS_MODEL", "\t"),
        ("VIVA_MODEL_TIMEOUT", "soon"),
        ("VIVA_MODEL_TIMEOUT", "0"),
        ("VIVA_MODEL_TIMEOUT", "-1"),
        ("VIVA_MODEL_TIMEOUT", "nan"),
        ("VIVA_MODEL_TIMEOUT", "inf"),
        ("VIVA_MODEL_TIMEOUT", "601"),
        ("VIVA_PERSON_DAILY_TOKENS", "-1"),
        ("VIVA_PERSON_DAILY_TOKENS", "1.5"),
        ("VIVA_PERSON_DAILY_TOKENS", "many"),
        ("VIVA_TOTAL_DAILY_TOKENS", "-1"),
        ("OPENAI_API_KEY", "sk two words"),
        ("OPENAI_API_KEY", "sk-\u2026"),
        ("OPENAI_API_KEY", "sk-line\nbreak"),
        ("OPENAI_BASE_URL", " "),
        ("OPENAI_BASE_URL", "localhost:8000/v1"),
        ("OPENAI_BASE_URL", "ftp://models/v1"),
        ("OPENAI_BASE_URL", "http://"),
        ("OPENAI_BASE_URL", "http://localhost:port/v1"),
        ("OPENAI_BASE_URL", "http://localhost:99999/v1"),
        ("OPENAI_BASE_URL", "http://[::1/v1"),
        ("OPENAI_BASE_URL", "http://my server/v1"),
        ("VIVA_DISCORD_TOKEN", "two words"),
        ("VIVA_DISCORD_FREE_CHAT", "perhaps"),
        ("VIVA_DISCORD_SHARDS", "0"),
        ("VIVA_DISCORD_SHARDS", "many"),
        ("VIVA_DISCORD_API", "discord.com/api"),
        ("VIVA_DISCORD_API", "ws://discord.com/api"),
        ("VIVA_DISCORD_GATEWAY", "https://gateway.discord.gg"),
        ("VIVA_DISCORD_GATEWAY", "wss://"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(name: str, value: str, set_env: Set) -> None:
    set_env(**{name: value})
    sentence = str(refusal(kind_of(name)))
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Value error" not in sentence


def test_a_wrong_setting_in_dotenv_is_named_as_it_is_written_there(folder: Path) -> None:
    (folder / ".env").write_text("VIVA_MODEL_TIMEOUT=never\n")
    assert "VIVA_MODEL_TIMEOUT" in str(refusal(VivaSettings))


def test_a_wrong_choice_is_told_the_choices(set_env: Set) -> None:
    set_env(VIVA_JUDGE="coin")
    assert all(judge in str(refusal(VivaSettings)) for judge in ("auto", "decisions", "chat", "embedded"))


def test_secrets_do_not_print(set_env: Set) -> None:
    set_env(OPENAI_API_KEY=SECRET, VIVA_DISCORD_TOKEN=SECRET, DATABASE_URL=f"postgresql://viva:{SECRET}@db/viva")
    openai, discord, store = read(OpenAISettings), read(DiscordSettings), read(StoreSettings)
    assert openai.api_key == discord.token == SecretStr(SECRET)
    for settings in (openai, discord, store):
        for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
            assert SECRET not in shown


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "VIVA_DISCORD_TOKEN"])
def test_a_wrong_key_is_shown_neither_in_the_error_nor_in_its_traceback(name: str, set_env: Set) -> None:
    set_env(**{name: f"{SECRET} and more"})
    error = refusal(kind_of(name))
    assert SECRET not in "".join(traceback.format_exception(error))


def test_a_key_pasted_into_the_wrong_setting_is_not_shown(set_env: Set) -> None:
    set_env(OPENAI_BASE_URL=SECRET)
    assert SECRET not in "".join(traceback.format_exception(refusal(OpenAISettings)))


def test_an_address_may_end_in_a_slash(set_env: Set) -> None:
    set_env(VIVA_DISCORD_API="http://127.0.0.1:1/api/v10/", VIVA_DISCORD_GATEWAY="ws://127.0.0.1:1/")
    discord = read(DiscordSettings)
    assert (discord.api, discord.gateway) == ("http://127.0.0.1:1/api/v10", "ws://127.0.0.1:1")
