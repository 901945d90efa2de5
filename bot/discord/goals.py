"""A daily goal and its reminder by direct message, and being asked how sure one is."""

import logging
from datetime import datetime
from typing import Any, Literal

import aiohttp
import discord
from discord import app_commands
from discord.app_commands import Range

from bot.discord.places import PREFIX, person_of
from bot.discord.telling import telling
from bot.discord.text import inert
from bot.surface import goals

log = logging.getLogger("viva.discord")

Interaction = discord.Interaction[Any]  # its client is a Viva, which these commands are part of

REMIND_SECONDS = 60.0


@app_commands.command(name="goal", description="A daily goal, with a reminder if you like.")
@app_commands.describe(
    questions="How many questions a day; 0 ends the goal, nothing says which you have",
    hour="When to remind you by direct message, an hour in UTC; never without it",
)
async def goal(
    interaction: Interaction, questions: Range[int, 0, 50] | None = None, hour: Range[int, 0, 23] | None = None
) -> None:
    """A goal, or none."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        typed = "" if questions is None else "off" if questions == 0 else f"{questions}"
        when = f" at {hour}" if questions and hour is not None else ""
        memory, person = interaction.client.app.coach.memory, person_of(interaction.user)
        told = await goals.goal(memory, person, typed + when, interaction.created_at)
        await interaction.followup.send(inert(told), ephemeral=True)


@app_commands.command(name="sure", description="Be asked how sure you are of each answer.")
@app_commands.describe(asked="Whether to be asked")
async def sure(interaction: Interaction, asked: Literal["on", "off"]) -> None:
    """On or off."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        memory, person = interaction.client.app.coach.memory, person_of(interaction.user)
        told = await goals.sureness(memory, person, asked, interaction.created_at)
        await interaction.followup.send(inert(told), ephemeral=True)


COMMANDS: list[app_commands.Command[Any, ..., None]] = [goal, sure]


async def remind(client: Any, now: datetime) -> None:
    """Write to everybody whose hour has come; somebody who takes no messages is left alone until tomorrow."""
    async for person, sentence in client.app.coach.memory.reminders(PREFIX, now):
        try:
            channel = await client.create_dm(discord.Object(int(person.removeprefix(PREFIX))))
            await channel.send(inert(sentence))
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("somebody could not be reminded (%s)", type(error).__name__)
