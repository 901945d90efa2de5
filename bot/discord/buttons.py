"""The buttons under messages, and the form of an answer. Stateless: what a click means stands in its custom_id."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Self, cast

import discord
from discord import ButtonStyle, ui

from bot.coach.reply import Reply
from bot.surface import press as clicks
from bot.surface.goals import SURE, SURENESS
from bot.surface.press import PRESS, Press, Verb, mark

MAX_ANSWER = 4_000  # characters, Discord's limit for a text field
_ANSWER_FIELD, _SURE_FIELD = "answer", "sure"


class Button(ui.DynamicItem[ui.Button[Any]], template=PRESS):
    """A button that any process of the bot understands."""

    def __init__(
        self, press: Press, label: str, style: ButtonStyle = ButtonStyle.secondary, *, disabled: bool = False
    ) -> None:
        super().__init__(ui.Button(label=label, style=style, custom_id=press.custom_id, disabled=disabled))
        self._press = press

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button as it was sent."""
        button = cast("ui.Button[Any]", item)
        press = Press(match["verb"], match["session"], match["detail"] or "")
        return cls(press, button.label or "", button.style)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the click to the conversation; the client is a Viva."""
        await interaction.client.conversation.pressed(interaction, self._press)


def under_question(session_id: str, prompt: int, *, disabled: bool = False) -> ui.View:
    """What stands under a question or a probe; a prompt that is over keeps its buttons, disabled."""
    view = ui.View(timeout=None)
    for press in clicks.under_question(session_id, prompt):
        style = ButtonStyle.primary if press.verb == Verb.ANSWER else ButtonStyle.secondary
        view.add_item(Button(press, press.verb.capitalize(), style, disabled=disabled))
    return view


def reveal(session_id: str, reply: Reply) -> ui.View:
    """What stands in the channel in place of a card that only the candidate is to see."""
    view = ui.View(timeout=None)
    view.add_item(Button(Press(Verb.REVEAL, session_id, mark(reply)), "Show me", ButtonStyle.primary))
    return view


def answered_under(message: discord.Message) -> Press | None:
    """The Answer button of a question that was posted, disabled or not; None for another message."""
    return next((press for press, _ in _answer_buttons(message)), None)


def answerable(message: discord.Message) -> Press | None:
    """The Answer button of a question that was posted, if it can be clicked."""
    return next((press for press, disabled in _answer_buttons(message) if not disabled), None)


def _answer_buttons(message: discord.Message) -> Iterator[tuple[Press, bool]]:
    for row in message.components:
        for child in row.children if isinstance(row, discord.ActionRow) else ():
            press = Press.read(getattr(child, "custom_id", None) or "")
            if press and press.verb == Verb.ANSWER:
                yield press, bool(getattr(child, "disabled", False))


def shared(message: discord.Message, press: Press) -> ui.LayoutView:
    """The components of a card once it has been shared."""
    view = ui.LayoutView.from_message(message, timeout=None)
    for child in view.walk_children():
        if isinstance(child, ui.Button) and child.custom_id == press.custom_id:
            child.disabled, child.label = True, "Shared"
    view.stop()  # it has nothing left to listen for
    return view


class AnswerForm(ui.Modal):
    """The form for an answer of up to 4,000 characters, some of it begun. Whichever process reads it by `submitted`."""

    def __init__(self, session_id: str, prompt: str, question: str, *, begun: str = "", sure: bool = False) -> None:
        # Whoever closes the form says nothing, so it is forgotten after a while.
        super().__init__(title="Your answer", timeout=3600, custom_id=Press(Verb.ANSWER, session_id, prompt).custom_id)
        if question:
            self.add_item(ui.TextDisplay(question))
        field: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph,
            custom_id=_ANSWER_FIELD,
            max_length=MAX_ANSWER,
            default=begun or None,
        )
        self.add_item(ui.Label(text="Your code" if begun else "In your own words", component=field))
        if sure:
            options = [discord.SelectOption(label=label, value=label[0]) for label in SURENESS]
            menu: ui.Select[Any] = ui.Select(custom_id=_SURE_FIELD, options=options, min_values=0, required=False)
            self.add_item(ui.Label(text=SURE, component=menu))


def submitted(data: Mapping[str, Any]) -> tuple[Press, str, int | None] | None:
    """Which form was handed in, the answer in it and how sure it is; None for a form that is not an answer."""
    press = Press.read(str(data.get("custom_id", "")))
    if press is None or press.verb != Verb.ANSWER:
        return None
    given = {field.get("custom_id"): field for field in fields(data.get("components", []))}
    chosen: list[str] = given.get(_SURE_FIELD, {}).get("values") or []
    return press, str(given.get(_ANSWER_FIELD, {}).get("value", "")), int(chosen[0]) if chosen else None


def fields(components: list[Any]) -> Iterator[Mapping[str, Any]]:
    """The fields of a form, whether they come in rows or in labels."""
    for component in components:
        yield from fields(component.get("components", []))
        yield component.get("component") or component
