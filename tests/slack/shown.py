"""What people see of messages and views, and what they can do there."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, cast

from tests.slack.reading import unseen
from tests.slack.world import Json


def parts(value: Any) -> Iterator[Json]:
    """Every object in a message, a view or a block, from the outermost in."""
    inner: list[Any] = []
    if isinstance(value, dict):
        found = cast("Json", value)
        yield found
        inner = list(found.values())
    elif isinstance(value, list):
        inner = cast("list[Any]", value)
    for child in inner:
        yield from parts(child)


def called(text: Any) -> str:
    """What a text object says."""
    return html.unescape(str(cast("Json", text)["text"])) if isinstance(text, dict) else ""


def options_of(part: Json) -> list[Json]:
    """What there is to choose in a select."""
    groups: list[Json] = part.get("option_groups") or []
    found: list[Json] = part.get("options") or []
    return [*found, *(option for group in groups for option in group["options"])]


def text_of(message: Json) -> str:
    """All that a message or a view says, as it is read: its blocks, or its text where it has none."""
    blocks: list[Json] = message.get("blocks") or []
    return "\n".join(line for block in blocks for line in lines_of(block)) if blocks else plain(message["text"])


def option_called(part: Json, label: str) -> Json:
    """The option that says so, also where what it says had to be cut short."""
    for option in options_of(part):
        begun, cut, _ = called(option["text"]).partition("…")
        if begun == label or (cut and label.startswith(begun)):
            return option
    raise AssertionError(f"nothing to choose called {label!r}")


def plain(mrkdwn: str) -> str:
    """mrkdwn without Slack's escapes and without what nobody sees; its marks stay."""
    return unseen(html.unescape(mrkdwn))


def lines_of(block: Json, read: Callable[[str], str] = plain) -> Iterator[str]:
    """What a block says, line by line, its mrkdwn `read`; a line of rich text that is quoted begins with `> `."""
    match block["type"]:
        case "section":
            texts = [each["text"] for each in (block.get("text"), *(block.get("fields") or ())) if each]
        case "header" | "markdown":
            texts = [block["text"] if isinstance(block["text"], str) else block["text"]["text"]]
        case "context":
            texts = [each["text"] for each in block["elements"] if "text" in each]
        case "input":
            texts = [block["label"]["text"]]
        case "rich_text":
            yield from (line for element in block["elements"] for line in _rich(element))
            return
        case _:
            texts = []
    yield from (line for text in texts for line in read(text).split("\n"))


def _rich(element: Json) -> Iterator[str]:
    """The lines of a part of rich text, which has no escapes."""
    if element["type"] == "rich_text_list":
        numbers = count(element.get("offset", 0) + 1)
        for item in element["elements"]:
            mark = f"{next(numbers)}. " if element["style"] == "ordered" else "• "
            first, *more = _rich(item)
            indent = "    " * element.get("indent", 0)
            yield from [indent + mark + first, *(indent + "  " + line for line in more)]
        return
    text = unseen("".join(part.get("text") or part.get("url", "") for part in element["elements"]))
    quoted = "> " if element["type"] == "rich_text_quote" else ""
    yield from (quoted + line for line in text.split("\n"))


def filled(view: Json, values: dict[str, Any]) -> Json:
    """The state of a form, by block and action, with these values by action_id or block_id."""
    state: Json = {}
    for block in view["blocks"]:
        for part in parts([block.get("element"), block.get("elements"), block.get("accessory")]):
            if "action_id" in part and part["type"] != "button":
                given = values.get(part["action_id"], values.get(block["block_id"]))
                state.setdefault(block["block_id"], {})[part["action_id"]] = _value(part, given)
    return state


def missing(view: Json, state: Json) -> list[str]:
    """What has to be filled in before Slack hands a form in, and is not."""
    needed = [b for b in view["blocks"] if b["type"] == "input" and not b.get("optional")]
    values = ((b["label"]["text"], next(iter(state[b["block_id"]].values()))) for b in needed)
    return [label for label, value in values if not any(each for key, each in value.items() if key != "type")]


def _value(part: Json, given: Any) -> Json:
    """What a field has: what was given, or what it began with. Options are given by what they say."""
    kind: str = part["type"]
    if kind in ("plain_text_input", "number_input"):
        text = part.get("initial_value") if given is None else given
        assert len(text or "") <= part.get("max_length", 3_000), "nobody can type more into that field"
        return {"type": kind, "value": text}
    several = kind == "checkboxes" or kind.startswith("multi_")
    of = kind.removeprefix("multi_").removesuffix("_select").removesuffix("s")
    if of in ("static", "radio_button", "checkboxe"):
        of = "option"
        if given is not None:
            given = [option_called(part, label) for label in given] if several else option_called(part, given)
    name = f"{of}s" if several else of
    return {"type": kind, f"selected_{name}": part.get(f"initial_{name}") if given is None else given}
