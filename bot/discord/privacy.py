"""What Viva knows about a person: told, handed over, and removed."""

import io
from typing import Any

import discord
from discord import ButtonStyle, app_commands
from discord.ui import Button, View

from bot.coach.coach import Coach
from bot.discord.places import person_of
from bot.discord.servers import server_of
from bot.discord.telling import telling
from bot.errors import UsageError
from bot.surface.privacy import FILE, export_files, packed, privacy_text

Interaction = discord.Interaction[Any]  # its client is a Viva, which these commands are part of

_SURE = "This removes all your sessions, answers and grades for good, also one that is under way. /export comes first."
_GONE = "Everything that Viva kept about you is gone; what was posted on Discord can be deleted there."
_NOTHING = "Viva keeps nothing about you."
_TOO_LARGE = "Your data is larger than the files that Discord takes here; ask whoever runs this Viva for it."


@app_commands.command(name="privacy", description="What Viva keeps about you, where, for how long and what for.")
async def privacy(interaction: Interaction) -> None:
    """The privacy text, as it is on this server."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        viva, server = interaction.client, server_of(interaction)
        days = (await viva.servers.settings(server)).retention_days if server else None
        text = privacy_text("Discord", kept_days=days, models=viva.app.client is not None)
        await interaction.followup.send(text, ephemeral=True)


@app_commands.command(name="export", description="Everything that Viva keeps about you, as files for your eyes alone.")
async def export(interaction: Interaction) -> None:
    """The person's data."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        app, most = interaction.client.app, interaction.filesize_limit
        files = await export_files(app.coach, person_of(interaction.user), app.knowledge.library)
        if sum(map(len, files.values())) > most:
            files = {f"{FILE}.zip": packed(files)}
        if sum(map(len, files.values())) > most:
            raise UsageError(_TOO_LARGE)
        attached = [discord.File(io.BytesIO(data), name) for name, data in files.items()]
        await interaction.followup.send(files=attached, ephemeral=True)


@app_commands.command(name="forget", description="Remove everything that Viva keeps about you, for good.")
async def forget(interaction: Interaction) -> None:
    """Asks first."""
    async with telling(interaction):
        view = Forgetting(interaction.client.app.coach)
        view.stop()  # the one that the client holds hears the click, also after a restart
        await interaction.response.send_message(_SURE, view=view, ephemeral=True)


class Forgetting(View):
    """The button that removes everything of whoever clicks it. One is added to the client and hears them all."""

    def __init__(self, coach: Coach) -> None:
        super().__init__(timeout=None)
        self.add_item(_Forget(coach))


class _Forget(Button[Forgetting]):
    def __init__(self, coach: Coach) -> None:
        super().__init__(label="Remove everything", style=ButtonStyle.danger, custom_id="viva:forget")
        self._coach = coach

    async def callback(self, interaction: Interaction) -> None:
        async with telling(interaction):
            await interaction.response.defer()
            gone = await self._coach.forget(person_of(interaction.user))
            await interaction.edit_original_response(content=_GONE if gone else _NOTHING, view=None)


COMMANDS: list[app_commands.Command[Any, ..., None]] = [privacy, export, forget]
