"""`viva discord --check`: is everything as it has to be before Viva goes on Discord?"""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord

from bot.discord.app import point_at
from bot.doctor import Finding
from bot.settings import DiscordSettings
from bot.surface.words import counted

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    create_public_threads=True,
    create_private_threads=True,
    send_messages_in_threads=True,
    attach_files=True,
    read_message_history=True,
)
_PORTAL = "the Developer Portal"
_MOST = 200  # servers in one reply of Discord
_FEW_STARTS = 10


async def examine(settings: DiscordSettings) -> list[Finding]:
    """Look at token, application, intents, gateway and the permissions on every server, then how to invite Viva."""
    return [finding async for finding in _examine(settings)]


async def _examine(settings: DiscordSettings) -> AsyncIterator[Finding]:
    if settings.token is None:
        yield Finding(False, f"token: there is none; copy it from {_PORTAL} (Bot) and set VIVA_DISCORD_TOKEN")
        return
    point_at(settings)
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            await client.login(settings.token.get_secret_value())
            async for finding in _logged_in(client, settings):
                yield finding
        except discord.LoginFailure:
            yield Finding(False, f"token: Discord does not know it; reset it in {_PORTAL}, set VIVA_DISCORD_TOKEN anew")
        except (discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, OSError) as error:
            what = f"answers {error.status}" if isinstance(error, discord.HTTPException) else "does not answer"
            yield Finding(False, f"Discord: {settings.api} {what}; try again, or check VIVA_DISCORD_API")


async def _logged_in(client: discord.Client, settings: DiscordSettings) -> AsyncIterator[Finding]:
    yield Finding(True, f"token: it is that of {client.user}")
    app = await client.application_info()
    yield _application(app)
    yield _intents(app.flags, free_chat=settings.free_chat)
    yield await _gateway(client, settings)
    async for finding in _servers(client):
        yield finding
    server = discord.utils.oauth_url(app.id, permissions=PERMISSIONS, scopes=("bot", "applications.commands"))
    yield Finding(True, f"invite to a server: {server}&integration_type=0")
    person = discord.utils.oauth_url(app.id, scopes=("applications.commands",))
    yield Finding(True, f"install for oneself: {person}&integration_type=1")


def _application(app: discord.AppInfo) -> Finding:
    """What in the Developer Portal would keep clicks or installations from reaching Viva."""
    if app.interactions_endpoint_url:
        return Finding(False, f"application {app.id}: clear its Interactions Endpoint URL in {_PORTAL}")
    if app.bot_require_code_grant:
        return Finding(False, f"application {app.id}: turn off Requires OAuth2 Code Grant in {_PORTAL} (Bot)")
    if app.user_integration_config is None:
        return Finding(False, f"application {app.id}: enable User Install in {_PORTAL} (Installation)")
    return Finding(True, f"application {app.id}: for servers and for single users")


def _intents(flags: discord.ApplicationFlags, *, free_chat: bool) -> Finding:
    if not free_chat:
        return Finding(True, "intents: none that has to be enabled; VIVA_DISCORD_FREE_CHAT would need one")
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding(True, "intents: Message Content, for free chat")
    wanted = f"enable Message Content in {_PORTAL} (Bot) or set VIVA_DISCORD_FREE_CHAT to false"
    return Finding(False, f"intents: {wanted}")


async def _gateway(client: discord.Client, settings: DiscordSettings) -> Finding:
    shards, _, starts = await client.http.get_bot_gateway()
    advised, left = counted(settings.shards or shards, "shard"), counted(starts["remaining"], "start")
    told = f"gateway: {advised}, {left} left today"
    return Finding(starts["remaining"] >= _FEW_STARTS, told)


async def _servers(client: discord.Client) -> AsyncIterator[Finding]:
    count, lacking, after = 0, list[Finding](), None
    while page := await client.http.get_guilds(_MOST, after=after, with_counts=False):
        count += len(page)
        lacking += [finding for guild in page if (finding := _lacking(guild))]
        after = int(page[-1]["id"])
        if len(page) < _MOST:
            break
    yield Finding(True, f"servers: {count}")
    for finding in lacking:
        yield finding


def _lacking(guild: Any) -> Finding | None:
    """What Viva may not do on a server although it has to."""
    has = discord.Permissions(int(guild["permissions"]))
    missing = [called(name) for name, wanted in PERMISSIONS if wanted and not getattr(has, name)]
    if has.administrator or not missing:
        return None
    return Finding(False, f"server {guild['name']}: Viva may not {', '.join(missing)}; invite it again as below")


def called(permission: str) -> str:
    """A permission of discord.py as Discord itself calls it."""
    return {"read_messages": "view channel"}.get(permission, permission.replace("_", " "))
