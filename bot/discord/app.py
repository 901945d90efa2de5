"""`viva discord`: on until it is told to stop, and then nothing under way is cut off."""

import asyncio
import signal
from collections.abc import Sequence

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.compose import Settings, opened
from bot.discord.client import Viva
from bot.errors import SettingsError, VivaError
from bot.settings import DiscordSettings


async def run(settings: Settings, *, shard_ids: Sequence[int] | None = None, sync: bool = False) -> int:
    """Be on Discord until SIGINT or SIGTERM; the exit code.

    `shard_ids` are the shards of this process, out of VIVA_DISCORD_SHARDS; without them it has all.
    `sync` tells Discord the commands even if they are as they were. Raises SettingsError for a token
    or an intent that Discord does not accept, VivaError where Discord cannot be reached.
    """
    if settings.discord.token is None:
        raise SettingsError("There is no bot token; set VIVA_DISCORD_TOKEN (`viva discord --check` says more).")
    if shard_ids is not None and max(shard_ids) >= (settings.discord.shards or 0):
        raise SettingsError(
            "--shard-ids count from 0 to VIVA_DISCORD_SHARDS - 1; set that to the number of all shards."
        )
    point_at(settings.discord)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
    async with opened(settings, shared=shard_ids is not None) as app:
        client = Viva(app, sync=sync, shard_ids=shard_ids)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, client.stop)
        try:
            async with client:
                await client.login(settings.discord.token.get_secret_value())
                # Loading holds up all else in the process, and Discord waits three seconds for an answer.
                await asyncio.to_thread(app.knowledge.warm_up().join)
                if not client.is_closed():
                    await client.connect()
        except discord.LoginFailure:
            raise SettingsError("Discord does not know this bot token; set VIVA_DISCORD_TOKEN anew.") from None
        except discord.PrivilegedIntentsRequired:
            raise SettingsError(
                "Discord refuses the Message Content intent; enable it in the Developer Portal "
                "or set VIVA_DISCORD_FREE_CHAT to false."
            ) from None
        except (aiohttp.ClientConnectionError, discord.DiscordServerError) as error:
            raise VivaError(
                f"Discord cannot be reached at {settings.discord.api} ({type(error).__name__}); try again later."
            ) from error
    return 0


def point_at(settings: DiscordSettings) -> None:
    """Have discord.py talk to the addresses in the settings."""
    Route.BASE = settings.api
    DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.gateway)
