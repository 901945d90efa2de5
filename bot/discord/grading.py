"""The message command "Grade this answer": a message of one's own, graded against the question that it answers."""

import asyncio
from typing import Any
from uuid import uuid4

import discord
from discord import app_commands, ui

from bot.discord.cards import cards
from bot.discord.places import person_of, place_of
from bot.discord.servers import allowed, server_of
from bot.discord.telling import telling
from bot.errors import UsageError
from bot.surface.grading import NO_TEXT, OTHERS, graded

Interaction = discord.Interaction[Any]

_CHOICES = 25  # Discord's limit
_LABEL = 100  # characters of a choice
_SECONDS = 840.0  # a little less than the token of an interaction lives


@app_commands.context_menu(name="Grade this answer")
async def grade_this_answer(interaction: Interaction, message: discord.Message) -> None:
    """Pick the question that a message answers, and have it graded."""
    async with telling(interaction):
        await interaction.response.defer(ephemeral=True)
        if sentence := await allowed(interaction.client.servers, interaction):
            raise UsageError(sentence)
        if message.author.id != interaction.user.id:
            raise UsageError(OTHERS)
        if not message.content.strip():
            raise UsageError(NO_TEXT)
        choosing = Choosing(message, await _questions(interaction, message.content))
        await interaction.followup.send("Which question does it answer?", view=choosing, ephemeral=True)


async def _questions(interaction: Interaction, text: str) -> list[discord.SelectOption]:
    """The questions of the notes that are nearest to a text."""
    knowledge = interaction.client.app.knowledge
    hits = (await knowledge.find(text, k=_CHOICES)).hits
    notes = [knowledge.library[hit.note_id] for hit in hits]
    return [discord.SelectOption(label=n.question[:_LABEL], value=n.id, description=n.topic) for n in notes]


class Choosing(ui.View):
    """The questions that a message may answer, and a way to look for others."""

    def __init__(self, message: discord.Message, questions: list[discord.SelectOption]) -> None:
        super().__init__(timeout=_SECONDS)
        self._message = message
        self._pick.options = questions

    @ui.select(placeholder="The question")
    async def _pick(self, interaction: Interaction, menu: ui.Select[Any]) -> None:
        async with telling(interaction):
            await interaction.response.defer(thinking=True, ephemeral=True)
            await _grade(interaction, self._message, menu.values[0])

    @ui.button(label="Another question")
    async def _look(self, interaction: Interaction, _: ui.Button[Any]) -> None:
        await interaction.response.send_modal(Looking(self._message))


class Looking(ui.Modal, title="Which question does it answer?"):
    """A form for a few words of the question."""

    words: ui.Label[Any] = ui.Label(text="A few words of it", component=ui.TextInput(max_length=200))

    def __init__(self, message: discord.Message) -> None:
        super().__init__(timeout=_SECONDS)
        self._message = message

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Offer the questions that are nearest to these words."""
        async with telling(interaction):
            await interaction.response.defer()
            field = self.words.component
            typed = field.value if isinstance(field, ui.TextInput) else ""
            choosing = Choosing(self._message, await _questions(interaction, typed))
            await interaction.edit_original_response(view=choosing)


async def _grade(interaction: Interaction, message: discord.Message, note_id: str) -> None:
    """Grade a message and show the card to its author alone."""
    session_id = uuid4().hex
    replies = await graded(
        interaction.client.app.coach,
        session_id,
        person_of(interaction.user),
        place_of(interaction.channel_id or 0),
        server_of(interaction),
        note_id=note_id,
        text=message.content,
        key=str(interaction.id),
        said=str(message.id),
        at=interaction.created_at,
    )
    for reply in replies:
        for card in await asyncio.to_thread(cards, reply, session_id=session_id, private=True):
            await interaction.followup.send(view=card.view, files=list(card.files), ephemeral=True)
