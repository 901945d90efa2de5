"""The candidate's own verdict on what no judge could score: a select under the card."""

import re
from typing import Any, Self, cast

import discord
from discord import ui

from bot.surface import marking
from bot.surface.marking import MARKING, PLACEHOLDER
from bot.surface.words import brief

_DESCRIPTION = 100  # characters


class Marking(ui.DynamicItem[ui.Select[Any]], template=MARKING):
    """A select that any process of the bot understands: each option is a point and a verdict."""

    def __init__(self, custom_id: str, session_id: str, options: list[discord.SelectOption]) -> None:
        super().__init__(ui.Select(custom_id=custom_id, placeholder=PLACEHOLDER, options=options))
        self._session_id = session_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The select as it was sent."""
        return cls(match[0], match["session"], cast("ui.Select[Any]", item).options)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the choice to the conversation."""
        event = marking.marked(self.item.values[0], id=str(interaction.id), at=interaction.created_at)
        await interaction.client.conversation.marked(interaction, self._session_id, event)


def select(given: marking.Marking) -> ui.ActionRow[Any]:
    """The select of these choices."""
    options = [
        discord.SelectOption(label=each.label, value=each.value, description=brief(each.about, _DESCRIPTION) or None)
        for each in given.choices
    ]
    return ui.ActionRow[Any](Marking(given.custom_id, given.session_id, options))
