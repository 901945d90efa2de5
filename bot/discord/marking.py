"""The candidate's own verdict on what no judge could score: a select under the card."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Self, cast

import discord
from discord import ui

from bot.coach.events import Mark
from bot.coach.reply import PointLine
from bot.grading.grade import Verdict
from bot.surface import words

_VERDICTS = (Verdict.MET, Verdict.PARTIAL, Verdict.MISSED)
_POINTS = 25 // len(_VERDICTS)  # a select has 25 options
_DESCRIPTION = 100  # characters


class Marking(ui.DynamicItem[ui.Select[Any]], template=r"viva:mark:(?P<session>[0-9a-f]{32}):m(?P<part>[0-9]{1,3})"):
    """A select that any process of the bot understands: each option is a point and a verdict."""

    def __init__(self, session_id: str, part: int, options: list[discord.SelectOption]) -> None:
        told = "Mark what I could not tell"
        super().__init__(ui.Select(custom_id=f"viva:mark:{session_id}:m{part}", placeholder=told, options=options))
        self._session_id = session_id

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The select as it was sent."""
        return cls(match["session"], int(match["part"]), cast("ui.Select[Any]", item).options)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the choice to the conversation."""
        question, point, verdict = self.item.values[0].split(".")
        event = Mark.model_validate(
            {
                "id": str(interaction.id),
                "at": interaction.created_at,
                "question": question or None,
                "point": point,
                "verdict": verdict,
            }
        )
        await interaction.client.conversation.marked(interaction, self._session_id, event)


def marking(
    session_id: str, points: Sequence[tuple[int | None, PointLine]], *, by_question: bool = False
) -> Iterator[ui.ActionRow[Any]]:
    """Selects to mark points with, each with the number of its finished question (None: the last one).

    `by_question` names the question with each, for points of several.
    """
    for part, first in enumerate(range(0, len(points), _POINTS)):
        options = list(_options(points[first : first + _POINTS], by_question=by_question))
        yield ui.ActionRow[Any](Marking(session_id, part, options))


def _options(points: Sequence[tuple[int | None, PointLine]], *, by_question: bool) -> Iterator[discord.SelectOption]:
    for question, point in points:
        name = f"{question}.{point.number}" if by_question else f"{point.number}."
        for verdict in _VERDICTS:
            yield discord.SelectOption(
                label=f"{name} {words.NAME[verdict]}",
                value=f"{question or ''}.{point.number}.{verdict}",
                description=_brief(point.text) if point.text else None,
            )


def _brief(text: str) -> str:
    return text if len(text) <= _DESCRIPTION else text[: _DESCRIPTION - 1] + "…"
