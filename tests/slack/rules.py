"""What Slack refuses, found before Slack is asked: by slack_sdk's own validators, by their limits, and by two of ours.

Ours: no text mentions anybody that it is not meant to, and a message with blocks says in `text` what they say.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, cast

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.slack.shapes import IN_MESSAGES, VIEWS, Check, Json, boolean, kinds, several, string, thing

BLOCKS = 50
TEXT = 4_000  # characters of a message's text; Slack cuts at 40,000 and advises this
MARKDOWN = 12_000  # characters of Markdown in a message, or in one piece of a stream
SIZE = 12_000  # characters of all blocks of a message as JSON: beyond about 13,000 Slack says msg_blocks_too_long
# Slack also makes a mention of the bare word where a text is to be parsed fully.
_MENTION = re.compile(
    r"<!(?:channel|here|everyone|group|subteam)[^>]*>|<@\w*[^>]*>|<#\w*[^>]*>|(?<!\w)@(?:channel|here|everyone)\b",
    re.IGNORECASE,
)
_BLOCK: Callable[[Json], Any] = cast("Any", Block).parse  # slack_sdk types it only in part
_NAMING, _LITERAL = {"user": "<@{}>", "channel": "<#{}>"}, ("text", "link")  # the elements of rich text
_UNREAD = ("metadata", "private_metadata", "value", "action_id", "block_id", "callback_id")
_SENT_TO = {"token": string(), "channel_": string()}


def _anything(_value: Any, _place: str) -> Iterator[str]:
    return iter(())


def _piece(value: Any, place: str) -> Iterator[str]:
    # A piece of a stream may be a single space.
    if not isinstance(value, str) or not 0 < len(value) <= MARKDOWN:
        yield f"{place} is not a string of 1 to {MARKDOWN:,} characters"


_METADATA = thing(event_type_=string(255), event_payload_=_anything)
_POSTED: dict[str, Check] = {
    **_SENT_TO,
    "text_": string(TEXT),
    "blocks": several(BLOCKS, kinds(IN_MESSAGES), least=0),
    "thread_ts": string(),
    "metadata": _METADATA,
    "unfurl_links": boolean,
    "unfurl_media": boolean,
}
_CHUNKS = several(
    BLOCKS,
    kinds({
        "markdown_text": thing(text_=string(MARKDOWN)),
        "task_update": thing(id_=string(), title_=string(256), status_=string(), details=string(256)),
        "blocks": thing(blocks_=several(BLOCKS, kinds(IN_MESSAGES))),
    }),
    least=0,  # slack_sdk's own stream says so at its end
)  # fmt: skip
_STREAMED: dict[str, Check] = {
    **_SENT_TO,
    "markdown_text": lambda value, place: _piece(value, place),
    "chunks": _CHUNKS,
}
_SHOWN: dict[str, Check] = {"token": string(), "view_": kinds(VIEWS)}

METHODS: dict[str, Check] = {
    "chat.postMessage": thing(**_POSTED, reply_broadcast=boolean),
    "chat.postEphemeral": thing(**_POSTED, user_=string()),
    "chat.update": thing(**_POSTED, ts_=string()),
    "chat.startStream": thing(
        **_STREAMED,
        thread_ts=string(),
        recipient_user_id=string(),
        recipient_team_id=string(),
        task_display_mode=string(),
    ),
    "chat.appendStream": thing(**_STREAMED, ts_=string()),
    "chat.stopStream": thing(**_STREAMED, ts_=string(), blocks=several(BLOCKS, kinds(IN_MESSAGES)), metadata=_METADATA),
    "views.open": thing(**_SHOWN, trigger_id_=string()),
    "views.push": thing(**_SHOWN, trigger_id_=string()),
    "views.update": thing(**_SHOWN, view_id=string(), external_id=string(255), hash=string()),
    "views.publish": thing(**_SHOWN, user_id_=string(), hash=string()),
}


def broken(method: str, payload: Mapping[str, Any], meant: Collection[str] = ()) -> list[str]:
    """Which rules the arguments of a call break, a line each; none for a method that shows nothing.

    JSON in a form's fields is read. `meant` are the mentions that are on purpose, as `<@U1>`.
    """
    if method not in METHODS:
        return []
    given = {name: _read(name, value) for name, value in payload.items() if value is not None}
    return [*METHODS[method](given, method), *_together(method, given), *_refused(given), *_mentions(given, meant)]


def _read(name: str, value: Any) -> Any:
    in_a_form = isinstance(value, str) and name in ("blocks", "view", "metadata", "chunks")
    return json.loads(value) if in_a_form else value


def _together(method: str, given: Json) -> Iterator[str]:
    """What holds for all the blocks of a message or a view."""
    view: Json = given.get("view") or {}
    blocks = objects(given.get("blocks")) + objects(view.get("blocks"))
    yield from (f"block_id {name} stands {n} times" for name, n in _doubled(blocks, "block_id"))
    yield from (f"action_id {name} stands {n} times" for name, n in _doubled(list(walk(blocks)), "action_id"))
    if "blocks" in given and (size := len(json.dumps(blocks, ensure_ascii=False))) > SIZE:
        yield f"blocks of {size} characters in all, of {SIZE:,}"
    if sum(len(str(block.get("text"))) for block in blocks if block.get("type") == "markdown") > MARKDOWN:
        yield f"more than {MARKDOWN:,} characters of Markdown"
    if method == "views.update" and not {"view_id", "external_id"} & given.keys():
        yield "a view to be changed that is not named"
    if view and view.get("type") != ("home" if method == "views.publish" else "modal"):
        yield f"{method} shows no {view.get('type')}"
    if any(block.get("type") == "input" for block in blocks) and not view.get("submit"):
        yield "something to fill in, and nothing to hand it in with"
    for part in walk(blocks):
        yield from _part(part)


def _part(part: Json) -> Iterator[str]:
    """What holds inside one block or element."""
    kind = part.get("type")
    if kind == "section" and not (part.get("text") or part.get("fields")):
        yield "a section without text"
    if kind == "image" and ("image_url" in part) + ("slack_file" in part) != 1:
        yield "a picture from nowhere, or from two places"
    options = objects(part.get("options"))
    yield from (f"option {value} stands {n} times" for value, n in _doubled(options, "value"))
    chosen = [*objects(part.get("initial_options")), *([part["initial_option"]] if part.get("initial_option") else [])]
    if any(option not in options for option in chosen):
        yield "something is chosen that is no option"
    if kind == "plain_text_input" and part.get("min_length", 0) > part.get("max_length", 3_000):
        yield "a field that takes at least more than at most"


def _doubled(parts: list[Json], key: str) -> list[tuple[str, int]]:
    return [(name, n) for name, n in Counter(str(part[key]) for part in parts if key in part).items() if n > 1]


def _refused(given: Json) -> Iterator[str]:
    """What slack_sdk's validators say, applied to everything inside; it also drops the keys that it does not know."""
    for block in objects(given.get("blocks")):
        yield from _validated(_BLOCK, block)
    if view := given.get("view"):
        yield from _validated(lambda each: View(**each), view)


def _validated(parse: Callable[[Json], Any], given: Json) -> Iterator[str]:
    try:
        parsed = parse(given)
        if parsed is None:
            yield f"slack_sdk knows no {given.get('type')}"
        elif lost := sorted(_keys(given) - _keys(parsed.to_dict())):
            yield f"slack_sdk drops {', '.join(lost)}"
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError) as error:
        yield f"slack_sdk refuses it: {error}"


def _keys(value: Any, place: str = "") -> set[str]:
    """Every key inside, with where it stands; what is empty is left out there."""
    if isinstance(value, dict):
        inner = cast("Json", value)
        return {
            name
            for key, each in inner.items()
            if each != []
            for name in (f"{place}.{key}", *_keys(each, f"{place}.{key}"))
        }
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return {name for index, each in enumerate(items) for name in _keys(each, f"{place}[{index}]")}
    return set()


def _mentions(given: Json, meant: Collection[str]) -> Iterator[str]:
    for text in _texts(given):
        for mention in _MENTION.findall(text):
            if mention not in meant:
                yield f"mentions {mention}"


def _texts(value: Any) -> Iterator[str]:
    """Every text in which Slack looks for mentions, and those of rich text, which are no text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        part = cast("Mapping[str, Any]", value)
        kind = str(part.get("type"))
        if kind in _NAMING:
            yield _NAMING[kind].format(part.get(f"{kind}_id"))
        elif kind not in _LITERAL or not isinstance(part.get("text"), str):
            for inner in (each for name, each in part.items() if name not in _UNREAD):
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)


def walk(parts: list[Json]) -> Iterator[Json]:
    """Every block and element, outer ones first."""
    for part in parts:
        yield part
        inner: list[Json] = [part[key] for key in ("accessory", "element") if isinstance(part.get(key), dict)]
        yield from walk([*objects(part.get("elements")), *inner])


def objects(value: Any) -> list[Json]:
    """The objects in a list; none where it is no list."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("Json", item) for item in items if isinstance(item, dict)]
