"""I did say that: the form in which a point and the words for it are given."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import discord
from discord import ui

from bot.coach.events import Appeal
from bot.discord.buttons import fields
from bot.surface import appealing
from bot.surface.marking import Choice
from bot.surface.press import Press, Verb
from bot.surface.words import brief

_POINT, _WORDS = "point", "words"
_DESCRIPTION = 100  # characters


class AppealForm(ui.Modal):
    """Which point, and in which words. It is read by `appealed`, in whichever process."""

    def __init__(self, press: Press, choices: Sequence[Choice]) -> None:
        # Whoever closes the form says nothing, so it is forgotten after a while.
        super().__init__(title=appealing.LABEL, timeout=3600, custom_id=press.custom_id)
        options = [
            discord.SelectOption(
                label=each.label, value=each.value, description=brief(each.about, _DESCRIPTION) or None
            )
            for each in choices
        ]
        select: ui.Select[Any] = ui.Select(custom_id=_POINT, options=options)
        said: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, custom_id=_WORDS, max_length=appealing.MOST_WORDS
        )
        self.add_item(ui.Label(text=appealing.POINT, component=select))
        self.add_item(ui.Label(text=appealing.WORDS, component=said))


def appealed(data: Mapping[str, Any], *, id: str, at: datetime) -> tuple[str, Appeal] | None:  # noqa: A002  # as events
    """The session of a form that was handed in, and what it says; None for another form."""
    press = Press.read(str(data.get("custom_id", "")))
    if press is None or press.verb != Verb.APPEAL:
        return None
    given = {field.get("custom_id"): field for field in fields(data.get("components", []))}
    (value,) = given[_POINT]["values"]
    return press.session_id, appealing.chosen(value, given[_WORDS]["value"], id=id, at=at)
