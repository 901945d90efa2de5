"""What Slack's objects are made of: for each kind its keys, which of them have to be there, and their limits.

Only what Viva uses is here; any other kind, like any other key, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

Json = dict[str, Any]
Check = Callable[[Any, str], Iterator[str]]
"""Takes a value and where it stands; gives what is wrong with it, a line each."""


def string(most: int | None = None) -> Check:
    """A string that says something, of at most so many characters."""

    def check(value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{place} is no string"
        elif not value.strip():
            yield f"{place} is blank"
        elif most is not None and len(value) > most:
            yield f"{place} has {len(value)} characters, of {most:,}"

    return check


def number(least: int, most: int) -> Check:
    """A whole number in a range."""

    def check(value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"{place} is not from {least} to {most:,}"

    return check


def boolean(value: Any, place: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield f"{place} is neither true nor false"


def one_of(*values: str) -> Check:
    """One of these strings."""

    def check(value: Any, place: str) -> Iterator[str]:
        if value not in values:
            yield f"{place} is {value!r}, none of {', '.join(values)}"

    return check


def thing(**keys: Check) -> Check:
    """An object with these keys; those whose name ends in _ have to be there."""
    checks = {name.rstrip("_"): check for name, check in keys.items()}
    needed = [name.rstrip("_") for name in keys if name.endswith("_")]

    def check(value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{place} is no object"
            return
        for name, inner in cast("Mapping[str, Any]", value).items():
            if name not in checks:
                yield f"{place} has the unknown key {name}"
            else:
                yield from checks[name](inner, f"{place}.{name}")
        yield from (f"{place} has no {name}" for name in needed if name not in value)

    return check


def kinds(of: Mapping[str, Check]) -> Check:
    """An object whose type says which of these it is."""

    def check(value: Any, place: str) -> Iterator[str]:
        kind = cast("Json", value).get("type") if isinstance(value, Mapping) else None
        if kind not in of:
            yield f"{place} is of the type {kind!r}, which does not go here"
        else:
            rest = {name: inner for name, inner in cast("Json", value).items() if name != "type"}
            yield from of[str(kind)](rest, f"{place}({kind})")

    return check


def several(most: int, of: Check, least: int = 1) -> Check:
    """A list of so many things."""

    def check(value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        items = cast("list[Any]", value)
        if not least <= len(items) <= most:
            yield f"{place} has {len(items)} items, not {least} to {most}"
        for index, item in enumerate(items):
            yield from of(item, f"{place}[{index}]")

    return check


def plain(most: int) -> Check:
    """Plain text of at most so many characters."""
    return kinds({"plain_text": thing(text_=string(most), emoji=boolean)})


def text(most: int) -> Check:
    """Text, marked up or plain."""
    shapes = {"plain_text": thing(text_=string(most), emoji=boolean)}
    return kinds({**shapes, "mrkdwn": thing(text_=string(most), verbatim=boolean)})


CONFIRM = thing(
    title_=plain(100), text_=text(300), confirm_=plain(30), deny_=plain(30), style=one_of("primary", "danger")
)
OPTION = thing(text_=plain(75), value_=string(150), description=plain(75))
MARKED_OPTION = thing(text_=text(75), value_=string(150), description=text(75))
PICTURE = {"alt_text_": string(2_000), "image_url": string(3_000), "slack_file": thing(id=string(), url=string())}
_ACTION = {"action_id_": string(255)}
_PICKING = {**_ACTION, "placeholder": plain(150), "focus_on_load": boolean, "confirm": CONFIRM}
_MANY = {"max_selected_items": number(1, 100)}
_IDS = several(100, string(), least=0)

ELEMENTS: dict[str, Check] = {
    "button": thing(
        **_ACTION,
        text_=plain(75),
        value=string(2_000),
        url=string(3_000),
        style=one_of("primary", "danger"),
        confirm=CONFIRM,
        accessibility_label=string(75),
    ),
    "static_select": thing(**_PICKING, options_=several(100, OPTION), initial_option=OPTION),
    "conversations_select": thing(**_PICKING, initial_conversation=string(), filter=thing(include=_IDS)),
    "multi_conversations_select": thing(
        **_PICKING,
        **_MANY,
        initial_conversations=_IDS,
        filter=thing(include=_IDS, exclude_bot_users=boolean, exclude_external_shared_channels=boolean),
    ),
    "multi_channels_select": thing(**_PICKING, **_MANY, initial_channels=_IDS),
    "multi_users_select": thing(**_PICKING, **_MANY, initial_users=_IDS),
    "radio_buttons": thing(**_ACTION, options_=several(10, MARKED_OPTION), initial_option=MARKED_OPTION),
    "checkboxes": thing(
        **_ACTION, options_=several(10, MARKED_OPTION), initial_options=several(10, MARKED_OPTION), confirm=CONFIRM
    ),
    "plain_text_input": thing(
        **_ACTION,
        placeholder=plain(150),
        initial_value=string(3_000),
        multiline=boolean,
        min_length=number(0, 3_000),
        max_length=number(1, 3_000),
        dispatch_action_config=thing(
            trigger_actions_on_=several(2, one_of("on_enter_pressed", "on_character_entered"))
        ),
        focus_on_load=boolean,
    ),
    "number_input": thing(
        **_ACTION,
        placeholder=plain(150),
        is_decimal_allowed_=boolean,
        initial_value=string(),
        min_value=string(),
        max_value=string(),
        focus_on_load=boolean,
    ),
}
FILLED_IN = ("plain_text_input", "number_input")
_SECTION = thing(
    text=text(3_000), fields=several(10, text(2_000)), accessory=kinds(ELEMENTS), expand=boolean, block_id=string(255)
)
_NAMED = {"block_id": string(255)}


def _said(value: Any, place: str) -> Iterator[str]:
    """What a piece of rich text says: also a line break alone, but something."""
    if not isinstance(value, str) or not value:
        yield f"{place} says nothing"


_STYLE = thing(bold=boolean, italic=boolean, strike=boolean, code=boolean)
_SPANS = several(
    1_000,
    kinds({
        "text": thing(text_=_said, style=_STYLE),
        "link": thing(url_=string(3_000), text=_said, style=_STYLE),
        "user": thing(user_id_=string(), style=_STYLE),
        "channel": thing(channel_id_=string(), style=_STYLE),
    }),
)  # fmt: skip
_RICH = {
    "rich_text_section": thing(elements_=_SPANS),
    "rich_text_quote": thing(elements_=_SPANS),
    "rich_text_preformatted": thing(elements_=_SPANS),
    "rich_text_list": thing(
        style_=one_of("bullet", "ordered"),
        elements_=several(1_000, kinds({"rich_text_section": thing(elements_=_SPANS)})),
        indent=number(0, 8),
        offset=number(1, 10_000),
    ),
}
BLOCKS: dict[str, Check] = {
    "section": _SECTION,
    "header": thing(**_NAMED, text_=plain(150)),
    "divider": thing(**_NAMED),
    "rich_text": thing(**_NAMED, elements_=several(1_000, kinds(_RICH))),
    "image": thing(**_NAMED, **PICTURE, title=plain(2_000)),
    "context": thing(
        **_NAMED,
        elements_=several(
            10,
            kinds({
                "image": thing(**PICTURE),
                "mrkdwn": thing(text_=string(3_000), verbatim=boolean),
                "plain_text": thing(text_=string(3_000), emoji=boolean),
            }),
        ),
    ),
    "actions": thing(
        **_NAMED,
        elements_=several(25, kinds({kind: each for kind, each in ELEMENTS.items() if kind not in FILLED_IN})),
    ),
}  # fmt: skip
IN_MESSAGES: dict[str, Check] = {**BLOCKS, "markdown": thing(**_NAMED, text_=string(12_000))}
IN_MODALS: dict[str, Check] = {
    **BLOCKS,
    "input": thing(
        **_NAMED,
        label_=plain(2_000),
        element_=kinds({kind: each for kind, each in ELEMENTS.items() if kind != "button"}),
        hint=plain(2_000),
        optional=boolean,
        dispatch_action=boolean,
    ),
}
_VIEW = {"callback_id": string(255), "private_metadata": string(3_000), "external_id": string(255)}
VIEWS: dict[str, Check] = {
    "modal": thing(
        **_VIEW,
        title_=plain(24),
        submit=plain(24),
        close=plain(24),
        blocks_=several(100, kinds(IN_MODALS)),
        clear_on_close=boolean,
        notify_on_close=boolean,
    ),
    "home": thing(**_VIEW, blocks_=several(100, kinds(BLOCKS))),
}
