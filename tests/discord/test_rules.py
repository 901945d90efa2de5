"""What Discord would refuse is found before Discord is asked: by its own document, and by what that misses."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.discord import openapi
from tests.discord.rules import IS_COMPONENTS_V2, Json, broken

MESSAGES, EDIT = "/channels/1/messages", "/channels/1/messages/2"
CALLBACK, COMMANDS = "/interactions/1/token/callback", "/applications/1/commands"
QUIET: Json = {"allowed_mentions": {"parse": []}}


def button(custom_id: str = "a", **more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": custom_id, **more}


def row(*parts: Json) -> Json:
    return {"type": 1, "components": list(parts)}


def text(content: str) -> Json:
    return {"type": 10, "content": content}


def select(*values: str, **more: Any) -> Json:
    return {"type": 3, "custom_id": "s", "options": [{"label": v, "value": v} for v in values], **more}


def v2(*parts: Json, **more: Any) -> Json:
    return {"flags": IS_COMPONENTS_V2, "components": list(parts), **QUIET, **more}


SOUND: dict[str, tuple[str, Json]] = {
    "text": (MESSAGES, {"content": "x" * 2_000, **QUIET}),
    "buttons": (MESSAGES, {"content": "x", "components": [row(*(button(c) for c in "abcde"))], **QUIET}),
    "components": (MESSAGES, v2({"type": 17, "components": [text("x"), row(button())]})),
    "a section": (MESSAGES, v2({"type": 9, "components": [text("x")], "accessory": button()})),
    "a select": (MESSAGES, {"content": "x", "components": [row(select("a", "b", max_values=2))], **QUIET}),
    "a form": (
        CALLBACK,
        {"type": 9, "data": {"title": "x", "custom_id": "f", "components": [
            {"type": 18, "label": "x", "component": {"type": 4, "custom_id": "t", "style": 2}}]}},
    ),
    "a deferral": (CALLBACK, {"type": 6}),
    "an id as a number": (MESSAGES, {"content": "x", "message_reference": {"message_id": 5}, **QUIET}),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body"), SOUND.values(), ids=SOUND.keys())
def test_what_discord_takes_is_taken(path: str, body: Json) -> None:
    assert broken("POST", path, body) == []
    assert openapi.problems("POST", path, body) == []


UNSOUND: dict[str, tuple[str, Any, str]] = {
    "text too long": (MESSAGES, {"content": "x" * 2_001, **QUIET}, "2001 characters"),
    "text too long in a callback": (CALLBACK, {"type": 4, "data": {"content": "x" * 2_001, **QUIET}}, "2001"),
    "text too long by token": ("/webhooks/1/token", {"content": "x" * 2_001, **QUIET}, "2001"),
    "empty": (MESSAGES, {"content": "\n"}, "empty"),
    "may mention": (MESSAGES, {"content": "x"}, "mention"),
    "may mention in components": (MESSAGES, v2(text("x")) | {"allowed_mentions": None}, "mention"),
    "V2 beside content": (MESSAGES, v2(text("x"), content="x"), "beside content"),
    "V2 without its flag": (MESSAGES, {"components": [text("x")], **QUIET}, "without their flag"),
    "41 components": (MESSAGES, v2(*(text("x") for _ in range(41))), "41 components"),
    "41 components inside": (MESSAGES, v2({"type": 17, "components": [text("x") for _ in range(40)]}), "41"),
    "V2 text too long": (MESSAGES, v2(text("x" * 2_001), text("x" * 2_000)), "4001 characters"),
    "empty V2 text": (MESSAGES, v2(text(" ")), "empty text"),
    "the same custom_id": (MESSAGES, v2(row(button()), row(button())), "a stands 2 times"),
    "six buttons": (MESSAGES, v2(row(*(button(c) for c in "abcdef"))), "a row"),
    "a select beside a button": (MESSAGES, v2(row(button(), select("a"))), "a row"),
    "a button outside a row": (MESSAGES, {"content": "x", "components": [button()], **QUIET}, "outside a row"),
    "a button without words": (MESSAGES, v2(row(button(label=None))), "says nothing"),
    "a button without custom_id": (MESSAGES, v2(row({"type": 2, "style": 1, "label": "x"})), "without a custom_id"),
    "a link without url": (MESSAGES, v2(row(button(style=5))), "link button"),
    "a select without options": (MESSAGES, v2(row(select())), "without options"),
    "an option twice": (MESSAGES, v2(row(select("a", "a"))), "one twice"),
    "a select that takes too many": (MESSAGES, v2(row(select("a", max_values=2))), "more than it has"),
    "a picture that is not there": (
        MESSAGES,
        v2({"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}),
        "attachment://a.png",
    ),
    "embeds too long": (MESSAGES, {"embeds": [{"description": "x" * 4_000}] * 2}, "6,000"),
    "a form with nothing to fill in": (
        CALLBACK, {"type": 9, "data": {"title": "x", "custom_id": "f", "components": [text("x")]}}, "nothing to fill"
    ),
    "an option that has to be given after one that need not": (
        COMMANDS,
        [{"name": "x", "description": "x", "options": [
            {"name": "a", "description": "x", "type": 3},
            {"name": "b", "description": "x", "type": 3, "required": True}]}],
        "has to be given",
    ),
    "a command twice": (COMMANDS, [{"name": "x", "description": "x"}] * 2, "stands 2 times"),
    "a command in capitals": (COMMANDS, [{"name": "X", "description": "x"}], "lower case"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body", "rule"), UNSOUND.values(), ids=UNSOUND.keys())
def test_what_the_document_misses_is_found_by_a_rule(path: str, body: Any, rule: str) -> None:
    found = broken("PUT" if path == COMMANDS else "POST", path, body)
    assert rule in "; ".join(found)


@pytest.fixture
def problems() -> Callable[..., list[str]]:
    if openapi.missing():
        pytest.skip(openapi.missing())
    return openapi.problems


BY_DOCUMENT: dict[str, tuple[str, str, Any, str]] = {
    "a key that is misspelt": ("POST", MESSAGES, {"contnt": "x"}, "contnt"),
    "one deep inside": ("POST", MESSAGES, v2({"type": 17, "components": [row(button(lable="x"))]}), "lable"),
    "a label too long": ("POST", MESSAGES, v2(row(button(label="x" * 81))), "components[0].components[0].label"),
    "a custom_id too long": ("POST", MESSAGES, v2(row(button("x" * 101))), "custom_id"),
    "a nonce too long": ("POST", MESSAGES, {"content": "x", "nonce": "x" * 26}, "nonce"),
    "a field without its key": ("POST", MESSAGES, v2({"type": 17}), "'components' is a required property"),
    "a component that is none": ("POST", MESSAGES, v2({"type": 99}), "none of the"),
    "a form that is none": ("POST", CALLBACK, {"type": 9, "data": {"title": "x" * 46, "custom_id": "f"}}, "title"),
    "an answer that is none": ("POST", CALLBACK, {"type": 44}, "none of the"),
    "a route that is none": ("POST", "/channels/1/massages", {}, "no such route"),
    "a method that is none": ("PUT", MESSAGES, {}, "no such route"),
    "a body where there is none": ("POST", "/channels/1/typing", {"x": 1}, "takes no JSON"),
    "a description too long": ("PUT", COMMANDS, [{"name": "x", "description": "x" * 101}], "description"),
}


@pytest.mark.parametrize(("method", "path", "body", "problem"), BY_DOCUMENT.values(), ids=BY_DOCUMENT.keys())
def test_what_the_document_knows_is_found_with_its_place(
    problems: Callable[..., list[str]], method: str, path: str, body: Any, problem: str
) -> None:
    assert problem in "; ".join(problems(method, path, body))


def test_a_path_with_me_is_not_one_with_an_id(problems: Callable[..., list[str]]) -> None:
    assert openapi.route("/users/@me/channels") == "/users/@me/channels"
    assert (
        openapi.route("/webhooks/1/t/messages/@original") == "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
    )
    assert openapi.route("/channels/1/messages/2") == "/channels/{channel_id}/messages/{message_id}"
