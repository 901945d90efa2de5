"""`viva slack --check`: is everything as it has to be before Viva goes on Slack?"""

from collections.abc import AsyncIterator, Callable

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.doctor import Finding
from bot.errors import SettingsError
from bot.settings import SlackSettings
from bot.slack.installing import SCOPES, cipher
from bot.slack.telling import code, passing
from bot.slack.web import Web, sdk_client, session

_APPS = "api.slack.com/apps"

Speaking = Callable[[str], Web]
"""What speaks by a token."""


async def examine(settings: SlackSettings) -> list[Finding]:
    """Look at the bot token, its scopes, the app token, and what --http and many workspaces need."""
    async with session() as connections:

        def speaking(token: str) -> Web:
            return Web(sdk_client(settings.api, connections, token))

        try:
            bot = [finding async for finding in _bot(settings, speaking)]
            return [*bot, await _app(settings, speaking), _http(settings), *_many(settings)]
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError):
            return [Finding(False, f"Slack: {settings.api} does not answer; try again, or check VIVA_SLACK_API")]


async def _bot(settings: SlackSettings, speaking: Speaking) -> AsyncIterator[Finding]:
    if settings.bot_token is None:
        if not _has_many(settings):
            told = f"install the app at {_APPS} (Install App) and set VIVA_SLACK_BOT_TOKEN"
            yield Finding(False, f"bot token: there is none; {told}")
        return
    web = speaking(settings.bot_token.get_secret_value())
    try:
        own, has = await web("auth.test"), await web.scopes()
    except SlackApiError as error:
        if passing(error):
            raise
        told = f"copy it from {_APPS} (OAuth & Permissions), set VIVA_SLACK_BOT_TOKEN anew"
        yield Finding(False, f"bot token: Slack does not take it ({code(error)}); {told}")
        return
    yield Finding(True, f"bot token: it is that of {own.get('user')} in {own.get('team')}")
    if missing := [scope for scope in SCOPES if scope not in has]:
        yield Finding(False, f"scopes: {', '.join(missing)} missing; put manifest.yaml in anew at {_APPS}, reinstall")
    else:
        yield Finding(True, f"scopes: all {len(SCOPES)} of manifest.yaml")


async def _app(settings: SlackSettings, speaking: Speaking) -> Finding:
    where = f"{_APPS} (Basic Information, App-Level Tokens, connections:write)"
    if settings.app_token is None:
        told = (
            "there is none, so only --http works" if settings.signing_secret else f"there is none; make one at {where}"
        )
        return Finding(settings.signing_secret is not None, f"app token: {told}, set VIVA_SLACK_APP_TOKEN")
    try:
        await speaking(settings.app_token.get_secret_value())("apps.connections.open")
    except SlackApiError as error:
        if passing(error):
            raise
        return Finding(False, f"app token: Slack does not take it ({code(error)}); make another at {where}")
    return Finding(True, "app token: Socket Mode can be opened")


def _http(settings: SlackSettings) -> Finding:
    if settings.signing_secret is None:
        return Finding(True, f"signing secret: none; only --http needs VIVA_SLACK_SIGNING_SECRET, from {_APPS}")
    return Finding(True, "signing secret: there is one; request URLs are https://<your address>/slack/events")


def _has_many(settings: SlackSettings) -> bool:
    return settings.client_id is not None and settings.client_secret is not None


def _many(settings: SlackSettings) -> list[Finding]:
    """What many workspaces need, where one of its settings is there."""
    needed = {
        "VIVA_SLACK_CLIENT_ID": settings.client_id,
        "VIVA_SLACK_CLIENT_SECRET": settings.client_secret,
        "VIVA_SLACK_TOKEN_KEY": settings.token_key,
    }
    if not any(needed.values()):
        return [Finding(True, "workspaces: one; VIVA_SLACK_CLIENT_ID and two more settings would make it many")]
    if missing := [name for name, value in needed.items() if value is None]:
        return [Finding(False, f"workspaces: for many, {' and '.join(missing)} is missing")]
    assert settings.token_key  # noqa: S101  # it is one of those that are not missing
    try:
        cipher(settings.token_key)
    except SettingsError as error:
        return [Finding(False, f"workspaces: {error}")]
    if settings.bot_token is not None:
        return [Finding(False, "workspaces: unset VIVA_SLACK_BOT_TOKEN; with it Viva is in that one only")]
    return [Finding(True, "workspaces: many; /slack/install installs, tokens are kept encrypted")]
