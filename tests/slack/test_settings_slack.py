"""The settings of Viva on Slack, what has to be there before it starts, and what never gets into the log."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.compose import Settings
from bot.errors import SettingsError
from bot.settings import SlackSettings, read
from bot.slack import web
from bot.slack.app import run


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing is set but where files are."""
    monkeypatch.chdir(tmp_path)
    for name in SlackSettings.model_fields:
        monkeypatch.delenv(f"VIVA_SLACK_{name.upper()}", raising=False)
    monkeypatch.setenv("VIVA_DATA_DIR", str(tmp_path))
    return monkeypatch


def test_nothing_has_to_be_set(configured: pytest.MonkeyPatch) -> None:
    given = read(SlackSettings)
    assert given.api == "https://slack.com/api"
    assert [name for name in SlackSettings.model_fields if getattr(given, name) is not None] == ["api"]


def test_no_secret_is_ever_printed(configured: pytest.MonkeyPatch) -> None:
    for name in ("BOT_TOKEN", "APP_TOKEN", "SIGNING_SECRET", "CLIENT_SECRET", "TOKEN_KEY"):
        configured.setenv(f"VIVA_SLACK_{name}", "s3cret-4711")
    assert "s3cret" not in f"{read(SlackSettings)!r} {read(SlackSettings)}"


@pytest.mark.parametrize("name", ["VIVA_SLACK_API", "VIVA_SLACK_BOT_TOKEN"])
def test_what_is_no_value_is_told_by_its_name_and_not_quoted(configured: pytest.MonkeyPatch, name: str) -> None:
    configured.setenv(name, "wrong it is")
    with pytest.raises(SettingsError, match=rf"^{name} [^\n]+\.$") as refused:
        read(SlackSettings)
    assert "wrong" not in str(refused.value)


MISSING = {
    "a bot token": (None, {"APP_TOKEN"}, "VIVA_SLACK_BOT_TOKEN"),
    "an app token": (None, {"BOT_TOKEN"}, "VIVA_SLACK_APP_TOKEN"),
    "a signing secret": (8080, {"BOT_TOKEN"}, "VIVA_SLACK_SIGNING_SECRET"),
    "the secret of a client": (8080, {"SIGNING_SECRET", "CLIENT_ID"}, "VIVA_SLACK_BOT_TOKEN"),
    "a key for tokens": (8080, {"SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET"}, "VIVA_SLACK_TOKEN_KEY"),
}


@pytest.mark.parametrize(("port", "given", "told"), MISSING.values(), ids=MISSING.keys())
async def test_what_is_missing_is_told_by_its_name(
    configured: pytest.MonkeyPatch, port: int | None, given: set[str], told: str
) -> None:
    for name in given:
        configured.setenv(f"VIVA_SLACK_{name}", "s3cret-4711")
    with pytest.raises(SettingsError, match=told):
        await run(Settings.read(), port=port)


def test_what_slacks_libraries_log_is_one_line_and_no_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    web.log.debug("Sending a request: what somebody answered")
    web.log.info("Received a message: what somebody answered")
    web.log.error("Failed to %s\nThe server responded with: everything", "connect", exc_info=ValueError("inside"))
    assert [(r.getMessage(), r.exc_info) for r in caplog.records] == [("Failed to connect", None)]
