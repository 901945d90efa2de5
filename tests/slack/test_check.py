"""`viva slack --check`: what it looks at, and what it says to do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.settings import SlackSettings
from bot.slack.check import examine
from tests.shipped import WITHOUT_MODELS, Viva
from tests.slack.calls import Fault
from tests.slack.double import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, Double


def settings(slack: Double, **changes: Any) -> SlackSettings:
    given = {"bot_token": slack.lab.token, "app_token": APP_TOKEN, "api": f"{slack.address}/api"}
    return SlackSettings.model_validate({**given, **changes})


async def wrong(slack: Double, **changes: Any) -> list[str]:
    """What is found to be wrong."""
    return [finding.text for finding in await examine(settings(slack, **changes)) if not finding.ok]


async def test_a_sound_app_is_found_sound(slack: Double) -> None:
    found = await examine(settings(slack))
    assert [finding.text for finding in found if not finding.ok] == []
    assert "bot token: it is that of viva in Lab" in [finding.text for finding in found]
    assert "app token: Socket Mode can be opened" in [finding.text for finding in found]


async def test_each_token_that_is_missing_or_wrong_is_told_with_where_to_get_one(slack: Double) -> None:
    (text,) = await wrong(slack, bot_token=None)
    assert "set VIVA_SLACK_BOT_TOKEN" in text
    (text,) = await wrong(slack, bot_token="xoxb-wrong")
    assert "does not take it (invalid_auth)" in text
    (text,) = await wrong(slack, app_token=None)
    assert "connections:write" in text
    assert "set VIVA_SLACK_APP_TOKEN" in text
    (text,) = await wrong(slack, app_token="xapp-wrong")
    assert "does not take it" in text


async def test_without_an_app_token_a_signing_secret_will_do(slack: Double) -> None:
    assert await wrong(slack, app_token=None, signing_secret=SIGNING_SECRET) == []


async def test_scopes_that_are_missing_are_named(slack: Double) -> None:
    slack.lab.scopes = tuple(scope for scope in slack.lab.scopes if scope not in ("files:write", "im:write"))
    (text,) = await wrong(slack)
    assert text.startswith("scopes: files:write, im:write missing; ")


MANY = {"bot_token": None, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


async def test_many_workspaces_need_three_settings_and_no_bot_token(slack: Double) -> None:
    key = Fernet.generate_key().decode()
    assert await wrong(slack, **MANY, token_key=key) == []
    (text,) = await wrong(slack, **MANY)
    assert "VIVA_SLACK_TOKEN_KEY is missing" in text
    (text,) = await wrong(slack, **MANY, token_key="none")
    assert "Fernet.generate_key" in text
    (text,) = await wrong(slack, **MANY | {"bot_token": slack.lab.token}, token_key=key)
    assert "unset VIVA_SLACK_BOT_TOKEN" in text


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/api", None])
async def test_a_slack_that_does_not_answer_is_one_line(slack: Double, address: str | None) -> None:
    slack.fault = lambda _: Fault.BROKEN
    changes = {"api": address} if address else {}
    (text,) = await wrong(slack, **changes)
    assert "does not answer; try again, or check VIVA_SLACK_API" in text


async def test_the_command_prints_a_line_a_finding_and_no_secret(viva: Viva, slack: Double) -> None:
    done = await asyncio.to_thread(viva, "slack", "--check", **slack.environment, **WITHOUT_MODELS)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(line.startswith("ok  ") for line in done.stdout.splitlines())
    assert slack.lab.token not in done.stdout
    assert APP_TOKEN not in done.stdout
    done = await asyncio.to_thread(viva, "slack", "--check", VIVA_SLACK_API=f"{slack.address}/api", **WITHOUT_MODELS)
    assert done.returncode == 2
    assert "!!  bot token: there is none" in done.stdout
