"""Slack's Block Kit as JSON: blocks, their elements and their texts. Lengths are for the caller to keep."""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

SECTION = 3_000  # characters of a block of mrkdwn


def plain(text: str) -> Json:
    """Plain text for a title, a label or an option."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    """Text with Slack's marks, in which nothing becomes a link or a mention by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str, accessory: Json | None = None) -> Json:
    """A block of mrkdwn, shown whole, with an element beside it."""
    return {"type": "section", "text": mrkdwn(text), "expand": True, **({"accessory": accessory} if accessory else {})}


def context(text: str) -> Json:
    """A block of mrkdwn in small print."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def header(text: str) -> Json:
    """A block of large plain text, of at most 150 characters."""
    return {"type": "header", "text": plain(text)}


def row(*elements: Json) -> Json:
    """Buttons or selects in a row."""
    return {"type": "actions", "elements": list(elements)}


def button(action_id: str, label: str, *, value: str = "", style: str = "", confirm: Json | None = None) -> Json:
    """A button; `style` is primary, danger or nothing."""
    given = {"value": value, "style": style, "confirm": confirm}
    return {
        "type": "button",
        "action_id": action_id,
        "text": plain(label),
        **{key: each for key, each in given.items() if each},
    }


def option(label: str, value: str, about: str = "") -> Json:
    """Something to choose."""
    return {"text": plain(label), "value": value, **({"description": plain(about)} if about.strip() else {})}


def select(action_id: str, placeholder: str, options: Sequence[Json]) -> Json:
    """A menu of at most 100 options."""
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder),
        "options": list(options),
    }


def field(name: str, label: str, element: Json, *, hint: str = "", optional: bool = False) -> Json:
    """Something to fill in in a form; its state stands under its name, as block and as action."""
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": {"action_id": name, **element},
        **({"hint": plain(hint)} if hint else {}),
        **({"optional": True} if optional else {}),
    }


def modal(callback_id: str, title: str, blocks: Sequence[Json], *, submit: str, private: str = "") -> Json:
    """A form; `private` comes back with it, title and submit have at most 24 characters."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title),
        "submit": plain(submit),
        "close": plain("Cancel"),
        "blocks": list(blocks),
        **({"private_metadata": private} if private else {}),
    }
