"""What goes wrong is told in one sentence to whoever caused it, for their eyes alone where Discord can."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord

from bot.errors import USER_ERRORS
from bot.unexpected import told

log = logging.getLogger("viva.discord")

_TOO_LATE, _TAKEN = 10062, 40060  # Discord's codes for an interaction that has expired, or been acknowledged before
_BROKEN = "Discord does not take this at the moment; try again in a minute."
_SHOWN_SECONDS = 30.0  # how long a sentence stays that all in a channel see


def passing(error: BaseException) -> bool:
    """Whether it is Discord, or the way to it, that fails for a while."""
    if isinstance(error, discord.HTTPException):
        return error.status == 429 or error.status >= 500
    return isinstance(error, OSError | TimeoutError | aiohttp.ClientError)


def sentence(error: Exception) -> str:
    """What to tell about an error; one that nobody foresaw is logged with the id it is told by."""
    if passing(error):
        log.warning("Discord fails (%s)", type(error).__name__)
        return _BROKEN
    return str(error) if isinstance(error, USER_ERRORS) else told(error)


@asynccontextmanager
async def telling(interaction: discord.Interaction[Any]) -> AsyncGenerator[None]:
    """Tell what goes wrong inside to the person behind the interaction."""
    try:
        yield
    except Exception as error:  # the last resort: an id for the person, the details for the log
        if isinstance(error, discord.HTTPException) and error.code in (_TOO_LATE, _TAKEN):
            log.warning("interaction %s came too late or was taken by another process", interaction.id)
        else:
            await whisper(interaction, sentence(error))


async def whisper(interaction: discord.Interaction[Any], text: str) -> None:
    """Say one sentence to the person behind the interaction alone; logged where even that fails."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)
    except (discord.HTTPException, discord.InteractionResponded, aiohttp.ClientError, OSError) as error:
        log.warning("interaction %s could not be told what is wrong (%s)", interaction.id, type(error).__name__)


@asynccontextmanager
async def replying(message: discord.Message) -> AsyncGenerator[None]:
    """Tell what goes wrong inside in reply to a message; in a channel the sentence goes after a while."""
    try:
        yield
    except Exception as error:  # as above
        await remark(message, sentence(error))


async def remark(message: discord.Message, text: str) -> None:
    """Reply one sentence to a message; in a channel it goes after a while."""
    try:
        remarked = await message.reply(text, mention_author=False)
        if message.guild:
            await remarked.delete(delay=_SHOWN_SECONDS)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("message %s could not be told what is wrong (%s)", message.id, type(error).__name__)
