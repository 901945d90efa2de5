"""Viva by HTTP, and in many workspaces: signatures, installing, tokens at rest, and leaving again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.compose import App
from bot.errors import SettingsError, VivaError
from bot.settings import SlackSettings
from bot.slack.app import Viva
from bot.slack.installing import SCOPES, Installed, ManyWorkspaces, OneWorkspace
from bot.slack.serving import serving
from bot.slack.telling import NotInstalled
from bot.slack.web import session
from bot.store.installations import Installations
from bot.store.store import Store
from tests.slack.delivery import Signed
from tests.slack.double import CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, Double
from tests.slack.process import free_port

KEY, OLD_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def settings(slack: Double, **changes: Any) -> SlackSettings:
    """For many workspaces."""
    given = {
        "signing_secret": SIGNING_SECRET,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "token_key": KEY,
        "api": f"{slack.address}/api",
    }
    return SlackSettings.model_validate({**given, **changes})


@pytest.fixture
async def connections() -> AsyncIterator[aiohttp.ClientSession]:
    async with session() as connections:
        yield connections


@pytest.fixture
def many(slack: Double, connections: aiohttp.ClientSession, store: Store) -> ManyWorkspaces:
    return ManyWorkspaces(settings(slack), connections, Installations(store.database))


@pytest.fixture
async def address(slack: Double, many: ManyWorkspaces, app: App) -> AsyncIterator[str]:
    """Viva by HTTP, in no workspace yet."""
    port = free_port()
    connections = many._connections  # pyright: ignore[reportPrivateUsage]  # the same as its own
    viva = Viva(app, many, connections)
    async with serving(viva.bolt, many, settings(slack), port):
        yield f"http://127.0.0.1:{port}"
        await viva.listeners.settled(5)


async def agreed(slack: Double, address: str, *, cookie: str | None = None, code: str = "c0de") -> tuple[int, str]:
    """Somebody installs Viva in the lab: to Slack and back; `cookie` in place of their own."""
    slack.codes[code] = slack.lab
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
        async with browser.get(f"{address}/slack/install", allow_redirects=False) as response:
            to, own = urlsplit(response.headers["Location"]), response.cookies["viva-install"]
            assert own["secure"]
            assert own["httponly"]
        query = parse_qs(to.query)
        assert (to.path, query["client_id"], query["scope"]) == ("/oauth/v2/authorize", [CLIENT_ID], [",".join(SCOPES)])
        back = urlencode({"code": code, "state": query["state"][0]})
        headers = {"Cookie": f"viva-install={own.value if cookie is None else cookie}"}
        async with browser.get(f"{address}/slack/oauth_redirect?{back}", headers=headers) as response:
            return response.status, await response.text()


async def test_whoever_agrees_has_viva_in_their_workspace(slack: Double, address: str, many: ManyWorkspaces) -> None:
    status, page = await agreed(slack, address)
    assert status == 200
    assert "Viva is in Lab" in page
    assert await many.all() == {slack.lab.id}
    assert (await (await many.web(slack.lab.id))("auth.test"))["team_id"] == slack.lab.id


async def test_nobody_can_have_somebody_else_install_it(slack: Double, address: str, many: ManyWorkspaces) -> None:
    assert (await agreed(slack, address, cookie="another"))[0] == 400
    assert await many.all() == set()


async def test_an_installation_goes_through_once(slack: Double, many: ManyWorkspaces) -> None:
    slack.codes = {"first": slack.lab, "second": slack.lab}
    _, state = await many.begin()
    assert await many.end(state, "first") is not None
    assert await many.end(state, "second") is None


async def test_a_code_that_slack_does_not_know_installs_nothing(
    slack: Double, address: str, many: ManyWorkspaces
) -> None:
    slack.codes.clear()
    _, state = await many.begin()
    assert await many.end(state, "never given") is None
    assert await many.all() == set()


def held_by(folder: Path) -> bytes:
    """All that the files of the database hold."""
    return b"".join(path.read_bytes() for path in folder.glob("viva.sqlite3*"))


async def test_a_token_is_kept_encrypted_and_no_other_key_opens_it(
    slack: Double, many: ManyWorkspaces, store: Store, connections: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await many.add(Installed(slack.lab.id, "Lab", slack.lab.token, "B1", "U1"))
    kept = held_by(tmp_path)
    assert b"installations" in kept
    assert slack.lab.token.encode() not in kept
    assert b"Lab" not in kept
    another = ManyWorkspaces(settings(slack, token_key=OLD_KEY), connections, Installations(store.database))
    with pytest.raises(NotInstalled, match=slack.lab.id):
        await another.web(slack.lab.id)


async def test_with_a_new_key_before_the_old_one_both_are_read_and_the_new_one_is_used(
    slack: Double, store: Store, connections: aiohttp.ClientSession
) -> None:
    kept = Installations(store.database)
    before = ManyWorkspaces(settings(slack, token_key=OLD_KEY), connections, kept)
    await before.add(Installed("T1", "Old", "xoxb-1", "B1", "U1"))
    changed = ManyWorkspaces(settings(slack, token_key=f"{KEY},{OLD_KEY}"), connections, kept)
    assert (await changed.find("T1")) == Installed("T1", "Old", "xoxb-1", "B1", "U1")
    await changed.add(Installed("T2", "New", "xoxb-2", "B2", "U2"))
    after = ManyWorkspaces(settings(slack, token_key=KEY), connections, kept)
    assert (await after.find("T2")) is not None
    assert (await after.find("T1")) is None


@pytest.mark.parametrize("key", [None, "none", f"{KEY},nor-this"], ids=["no key", "no such key", "one of two"])
async def test_a_key_that_is_none_is_told_with_how_to_make_one(
    slack: Double, store: Store, connections: aiohttp.ClientSession, key: str | None
) -> None:
    without = settings(slack, token_key=key)
    with pytest.raises(SettingsError, match=r"^VIVA_SLACK_TOKEN_KEY .*Fernet\.generate_key.*\.$"):
        ManyWorkspaces(without, connections, Installations(store.database))


@pytest.mark.parametrize("event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["U"]}}])
async def test_a_workspace_that_viva_was_removed_from_is_forgotten(
    slack: Double, address: str, many: ManyWorkspaces, event: dict[str, Any]
) -> None:
    await agreed(slack, address)
    await many.web(slack.lab.id)
    body = {"type": "event_callback", "event_id": "Ev1", "team_id": slack.lab.id, "event": event}
    status, _ = await signed(address).post("application/json", json.dumps(body))
    assert status == 200
    async with asyncio.timeout(5):
        while await many.all():  # noqa: ASYNC110  # it is acknowledged before it is done
            await asyncio.sleep(0.01)
    with pytest.raises(NotInstalled):
        await many.web(slack.lab.id)


def signed(address: str, secret: str = SIGNING_SECRET) -> Signed:
    return Signed(f"{address}/slack/events", secret)


CHALLENGE = json.dumps({"type": "url_verification", "challenge": "ch4llenge", "token": "t"})


async def test_a_request_that_slack_signed_is_answered(address: str) -> None:
    status, said = await signed(address).post("application/json", CHALLENGE)
    assert status == 200
    assert "ch4llenge" in said


async def test_what_somebody_else_signed_is_not_let_in(address: str) -> None:
    assert (await signed(address, "another").post("application/json", CHALLENGE))[0] == 401


async def test_what_was_signed_too_long_ago_is_not_let_in(address: str) -> None:
    assert (await signed(address).post("application/json", CHALLENGE, age=301))[0] == 401
    assert (await signed(address).post("application/json", CHALLENGE, age=200))[0] == 200


@pytest.mark.parametrize("headers", [{}, {"X-Slack-Signature": "v0=", "X-Slack-Request-Timestamp": "soon"}])
async def test_what_nobody_signed_is_not_let_in(address: str, headers: dict[str, str]) -> None:
    async with (
        aiohttp.ClientSession() as browser,
        browser.post(f"{address}/slack/events", data=CHALLENGE, headers=headers) as response,
    ):
        assert response.status == 401


async def test_what_slack_signed_and_nobody_understands_is_refused_without_a_traceback(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await signed(address).post("application/json", "{"))[0] == 400
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_question_about_a_payload_is_read_whole(slack: Double, address: str) -> None:
    await agreed(slack, address)
    ada = slack.person("Ada")
    slack.post.wire = signed(address)
    act = await ada.slash(ada.dm, "nonsense about a payload")
    assert act.acknowledged is not None
    await slack.until(lambda: "There is no nonsense" in act.told)


async def test_health_is_for_whoever_balances_the_load(address: str) -> None:
    async with aiohttp.ClientSession() as browser, browser.get(f"{address}/health") as response:
        assert (response.status, await response.text()) == (200, "ok")


async def test_with_one_workspace_nobody_can_install_it_elsewhere(
    slack: Double, app: App, connections: aiohttp.ClientSession
) -> None:
    one, port = OneWorkspace(settings(slack), connections), free_port()
    await one.open(SecretStr(slack.lab.token))
    async with serving(Viva(app, one, connections).bolt, one, settings(slack), port):
        async with connections.get(f"http://127.0.0.1:{port}/slack/install") as response:
            assert response.status == 404
        with pytest.raises(VivaError, match=f"^Port {port} cannot be used"):
            async with serving(Viva(app, one, connections).bolt, one, settings(slack), port):
                pass
    assert await one.find("T-elsewhere") is None
