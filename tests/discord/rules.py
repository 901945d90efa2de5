"""What Discord refuses although its OpenAPI document allows it, and two rules of our own.

Ours: nothing that is sent may mention anybody, and a message with content says so itself.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any, cast

Json = dict[str, Any]

IS_COMPONENTS_V2 = 1 << 15
CONTENT, V2_TEXT, V2_COMPONENTS, EMBEDS, ROWS, ROW = 2_000, 4_000, 40, 6_000, 5, 5
MODAL_COMPONENTS, COMMANDS, COMMAND_TEXT = 5, 100, 8_000
_ALONE = ("components", "attachments", "embeds", "poll", "sticker_ids")  # any of them may stand without content
_ROW, _BUTTON, _SELECTS, _TEXT = 1, 2, (3, 5, 6, 7, 8), 10
_V2 = (9, 10, 11, 12, 13, 14, 17)
_LINK, _PREMIUM = 5, 6

_MESSAGE = re.compile(r"POST /(channels/\d+/messages|webhooks/\d+/[^/]+)\Z|PATCH .*/messages/(\d+|@original)\Z")
_CALLBACK = re.compile(r"POST /interactions/\d+/[^/]+/callback\Z")
_COMMANDS = re.compile(r"PUT /applications/\d+/(guilds/\d+/)?commands\Z")
_CALLBACK_MESSAGES, _MODAL = (4, 7), 9


def broken(method: str, path: str, body: Any, files: Collection[str] = ()) -> list[str]:
    """Which rules a request breaks, a line each; `files` are the names of what is uploaded with it."""
    request = f"{method} {path}"
    if _MESSAGE.match(request):
        return list(_message(body or {}, files, new=method == "POST"))
    if _CALLBACK.match(request) and body["type"] in _CALLBACK_MESSAGES:
        return list(_message(body.get("data") or {}, files, new=body["type"] == _CALLBACK_MESSAGES[0]))
    if _CALLBACK.match(request) and body["type"] == _MODAL:
        return list(_modal(body["data"]))
    return list(_commands(body)) if _COMMANDS.match(request) else []


def _message(message: Json, files: Collection[str], *, new: bool) -> Iterator[str]:
    content, components = str(message.get("content") or ""), listed(message, "components")
    parts, v2 = list(walk(components)), bool((message.get("flags") or 0) & IS_COMPONENTS_V2)
    if len(content) > CONTENT:
        yield f"content of {len(content)} characters"
    if new and not (content.strip() or files or any(message.get(key) for key in _ALONE)):
        yield "an empty message"
    if v2 and (content or message.get("embeds") or message.get("poll")):
        yield "components V2 beside content, embeds or a poll"
    if sum(_embed_size(embed) for embed in listed(message, "embeds")) > EMBEDS:
        yield "embeds of more than 6,000 characters"
    allowed: Json = message.get("allowed_mentions") or {}
    if (content or any(part["type"] == _TEXT for part in parts)) and allowed.get("parse") != []:
        yield "text that may mention somebody"
    known = {*files, *(str(each["filename"]) for each in listed(message, "attachments") if each.get("filename"))}
    for name in re.findall(r'"attachment://([^"]+)"', json.dumps(message)):
        if new and name not in known:
            yield f"attachment://{name} without that file"
    yield from _components(parts)
    yield from _v2(parts) if v2 else _v1(components, parts)


def _embed_size(embed: Json) -> int:
    footer: Json = embed.get("footer") or {}
    texts: list[Any] = [embed.get("title"), embed.get("description"), footer.get("text")]
    texts += [field[key] for field in listed(embed, "fields") for key in ("name", "value")]
    return sum(len(text) for text in texts if text)


def _v2(parts: list[Json]) -> Iterator[str]:
    if len(parts) > V2_COMPONENTS:
        yield f"{len(parts)} components"
    if (size := sum(len(part["content"]) for part in parts if part["type"] == _TEXT)) > V2_TEXT:
        yield f"components with {size} characters of text"


def _v1(components: list[Json], parts: list[Json]) -> Iterator[str]:
    if any(part["type"] in _V2 for part in parts):
        yield "components V2 without their flag"
    if len(components) > ROWS:
        yield f"{len(components)} rows"
    if any(part["type"] != _ROW for part in components):
        yield "a component outside a row"


def _components(parts: list[Json]) -> Iterator[str]:
    """What holds for components in any message or form."""
    ids = Counter(str(part["custom_id"]) for part in parts if part.get("custom_id"))
    yield from (f"custom_id {name} stands {count} times" for name, count in ids.items() if count > 1)
    for part in parts:
        if part["type"] == _ROW:
            yield from _row(part)
        elif part["type"] == _BUTTON:
            yield from _button(part)
        elif part["type"] in _SELECTS:
            yield from _select(part)
        elif part["type"] == _TEXT and not part["content"].strip():
            yield "an empty text"


def _row(row: Json) -> Iterator[str]:
    kinds: list[int] = [part["type"] for part in listed(row, "components")]
    if not 1 <= len(kinds) <= ROW or (len(kinds) > 1 and set(kinds) != {_BUTTON}):
        yield f"a row of {kinds}"


def _button(button: Json) -> Iterator[str]:
    if not (button.get("label") or button.get("emoji")) and button["style"] != _PREMIUM:
        yield "a button that says nothing"
    if button["style"] == _LINK and ("url" not in button or button.get("custom_id")):
        yield "a link button without a link, or with a custom_id"
    if button["style"] not in (_LINK, _PREMIUM) and (not button.get("custom_id") or button.get("url")):
        yield "a button without a custom_id, or with a link"


def _select(select: Json) -> Iterator[str]:
    least, most = (int(select.get(name, 1)) for name in ("min_values", "max_values"))
    if least > most:
        yield "a select that takes at least more than at most"
    if len(listed(select, "default_values")) > most:
        yield "a select with more defaults than it takes"
    if select["type"] != _SELECTS[0]:
        return
    options = listed(select, "options")
    values = Counter(str(option["value"]) for option in options)
    if not 1 <= values.total() <= 25 or max(values.values(), default=0) > 1:
        yield "a select without options, with more than 25, or with one twice"
    if most > len(options) or sum(bool(option.get("default")) for option in options) > most:
        yield "a select that takes more than it has, or has more chosen than it takes"


def _modal(modal: Json) -> Iterator[str]:
    if not 1 <= len(modal["components"]) <= MODAL_COMPONENTS:
        yield f"a form of {len(modal['components'])} components"
    parts = list(walk(listed(modal, "components")))
    yield from _components(parts)
    if all(part["type"] == _TEXT for part in parts):
        yield "a form with nothing to fill in"


def _commands(commands: list[Json]) -> Iterator[str]:
    if len(commands) > COMMANDS:
        yield f"{len(commands)} commands"
    names = Counter((int(command.get("type", 1)), str(command["name"])) for command in commands)
    yield from (f"command {name} stands {count} times" for name, count in names.items() if count > 1)
    for command in commands:
        slash, name, options = command.get("type", 1) == 1, str(command["name"]), listed(command, "options")
        if slash and not re.fullmatch(r"[-_\w]{1,32}", name):
            yield f"{name} is no name of a command"
        if slash and name != name.lower():
            yield f"{name} is not in lower case"
        if slash != bool(command.get("description")):
            yield f"{name}: a slash command has a description, no other has"
        required = [bool(option.get("required")) for option in options]
        if required != sorted(required, reverse=True):
            yield f"{name}: an option that has to be given after one that need not be"
        if sum(len(str(text)) for text in _texts(command)) > COMMAND_TEXT:
            yield f"{name}: more than 8,000 characters"


def _texts(part: Json) -> Iterator[object]:
    yield from (part[key] for key in ("name", "description", "value") if key in part)
    for child in [*listed(part, "options"), *listed(part, "choices")]:
        yield from _texts(child)


def walk(components: list[Json]) -> Iterator[Json]:
    """Every component, outer ones first."""
    for component in components:
        yield component
        inner: list[Json] = [component[key] for key in ("component", "accessory") if component.get(key)]
        yield from walk([*listed(component, "components"), *inner])


def listed(part: Json, key: str) -> list[Json]:
    """The objects under a key; none where it is null or not there."""
    return cast("list[Json]", part.get(key) or [])
