"""What Slack would refuse is found before Slack is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.slack.rules import broken
from tests.slack.shapes import Json


def text(words: str = "x", **more: Any) -> Json:
    return {"type": "mrkdwn", "text": words, **more}


def plain(words: str = "x") -> Json:
    return {"type": "plain_text", "text": words}


def section(words: str = "x", **more: Any) -> Json:
    return {"type": "section", "text": text(words), **more}


def button(action_id: str = "a", **more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), "action_id": action_id, **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def option(value: str = "v", **more: Any) -> Json:
    return {"text": plain(), "value": value, **more}


def select(*options: Json, **more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": list(options), **more}


def picture(**more: Any) -> Json:
    return {"type": "image", "alt_text": "x", "slack_file": {"id": "F1"}, **more}


def field(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "t", "multiline": True, **more}


def fill_in(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain(), "element": element, **more}


def confirm(**more: Any) -> Json:
    return {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain(), **more}


def posted(*blocks: Json, **more: Any) -> Json:
    return {"channel": "C1", "text": "x", **({"blocks": list(blocks)} if blocks else {}), **more}


def modal(*blocks: Json, **more: Any) -> Json:
    view = {"type": "modal", "title": plain(), "submit": plain(), "blocks": list(blocks or [section()]), **more}
    return {"trigger_id": "1.2", "view": {name: value for name, value in view.items() if value is not None}}


def home(*blocks: Json, **more: Any) -> Json:
    return {"user_id": "U1", "view": {"type": "home", "blocks": list(blocks or [section()]), **more}}


POST, OPEN, PUBLISH = "chat.postMessage", "views.open", "views.publish"

SOUND: dict[str, tuple[str, Json]] = {
    "text": (POST, posted()),
    "text to a thread, with metadata": (
        POST,
        posted(thread_ts="1.2", metadata={"event_type": "viva_reply", "event_payload": {"note": "<!channel>"}}),
    ),
    "text to one person": ("chat.postEphemeral", posted(user="U1")),
    "another text": ("chat.update", posted(ts="1.2")),
    "all that a message may hold": (
        POST,
        posted(
            {"type": "header", "text": plain("x" * 150)},
            section("x" * 3_000, expand=True),
            {"type": "section", "fields": [text() for _ in range(10)], "accessory": button("b")},
            {"type": "divider"},
            picture(title=plain()),
            {"type": "context", "elements": [text(verbatim=True), plain()]},
            actions(*(button(str(n)) for n in range(25))),
            actions(select(*(option(str(n)) for n in range(50)), initial_option=option("7"), placeholder=plain())),
            {"type": "markdown", "text": "**x**"},
        ),
    ),
    "fifty blocks": (POST, posted(*(section() for _ in range(50)))),
    "blocks as a form has them": (POST, posted(blocks=json.dumps([section()]))),
    "a button that asks first": (POST, posted(actions(button(confirm=confirm(style="danger"))))),
    "a form": (OPEN, modal(fill_in(field(max_length=3_000, min_length=1)), private_metadata="x" * 3_000)),
    "a form in the place of another": (
        "views.update",
        {**modal(fill_in(field())), "trigger_id": None, "view_id": "V1"},
    ),
    "a home of a hundred blocks": (PUBLISH, home(*(section() for _ in range(100)))),
    "a stream": ("chat.startStream", {"channel": "C1", "thread_ts": "1.2", "recipient_user_id": "U1"}),
    "a space in a stream": ("chat.appendStream", {"channel": "C1", "ts": "1.2", "markdown_text": " "}),
    "the end of a stream": ("chat.stopStream", {"channel": "C1", "ts": "1.2", "blocks": [actions(button())]}),
    "a method that shows nothing": ("users.info", {"user": "U1", "nonsense": 1}),
    "what only looks like a mention": (
        POST,
        posted(section("&lt;!channel&gt; a@here.org <https://a.b|c> <!date^1^{date}|d>")),
    ),
}


@pytest.mark.parametrize(("method", "payload"), SOUND.values(), ids=SOUND.keys())
def test_what_slack_takes_is_taken(method: str, payload: Json) -> None:
    assert broken(method, payload) == []


UNSOUND: dict[str, tuple[str, Json, str]] = {
    # Messages
    "no channel": (POST, {"text": "x"}, "has no channel"),
    "no text": (POST, posted(section(), text=None), "has no text"),
    "blank text": (POST, posted(text=" \n"), "text is blank"),
    "text too long": (POST, posted(text="x" * 4_001), "text has 4001 characters, of 4,000"),
    "an argument that is misspelt": (POST, posted(thread="1.2"), "unknown key thread"),
    "attachments": (POST, posted(attachments=[{"text": "x"}]), "unknown key attachments"),
    "links made of names": (POST, posted(link_names=True), "unknown key link_names"),
    "nobody to see it": ("chat.postEphemeral", posted(), "has no user"),
    "nothing to change": ("chat.update", posted(), "has no ts"),
    "51 blocks": (POST, posted(*(section() for _ in range(51))), "51 items, not 0 to 50"),
    "blocks too long in all": (POST, posted(*(section("x" * 3_000) for _ in range(4))), "characters in all, of 12,000"),
    "Markdown too long in all": (
        POST,
        posted(*({"type": "markdown", "text": "x" * 6_001} for _ in range(2))),
        "more than 12,000 characters of Markdown",
    ),
    "metadata without its type": (POST, posted(metadata={"event_payload": {}}), "has no event_type"),
    # Blocks
    "an unknown block": (POST, posted({"type": "sction"}), "of the type 'sction'"),
    "a block without type": (POST, posted({"text": text()}), "of the type None"),
    "a key that is misspelt": (POST, posted(section(txt="x")), "unknown key txt"),
    "one deep inside": (POST, posted(actions(button(vlaue="x"))), "unknown key vlaue"),
    "a section too long": (POST, posted(section("x" * 3_001)), "3001 characters, of 3,000"),
    "a section without text": (POST, posted({"type": "section"}), "a section without text"),
    "a blank section": (POST, posted(section(" ")), "is blank"),
    "11 fields": (POST, posted({"type": "section", "fields": [text()] * 11}), "11 items, not 1 to 10"),
    "a field too long": (POST, posted({"type": "section", "fields": [text("x" * 2_001)]}), "2001 characters"),
    "a header too long": (POST, posted({"type": "header", "text": plain("x" * 151)}), "151 characters, of 150"),
    "a header with markup": (POST, posted({"type": "header", "text": text()}), "of the type 'mrkdwn'"),
    "11 things in small print": (POST, posted({"type": "context", "elements": [text()] * 11}), "11 items"),
    "26 buttons": (POST, posted(actions(*(button(str(n)) for n in range(26)))), "26 items, not 1 to 25"),
    "a block_id too long": (POST, posted(section(block_id="x" * 256)), "256 characters, of 255"),
    "a block_id twice": (POST, posted(section(block_id="b"), section(block_id="b")), "block_id b stands 2 times"),
    "no words for a picture": (POST, posted({"type": "image", "slack_file": {"id": "F1"}}), "has no alt_text"),
    "too many words for a picture": (POST, posted(picture(alt_text="x" * 2_001)), "2001 characters, of 2,000"),
    "a title too long of a picture": (POST, posted(picture(title=plain("x" * 2_001))), "2001 characters, of 2,000"),
    "a picture from nowhere": (POST, posted({"type": "image", "alt_text": "x"}), "from nowhere"),
    "a picture from two places": (POST, posted(picture(image_url="https://a.b/c")), "from two places"),
    "Markdown too long": (POST, posted({"type": "markdown", "text": "x" * 12_001}), "12001 characters, of 12,000"),
    "Markdown in a home": (PUBLISH, home({"type": "markdown", "text": "x"}), "of the type 'markdown'"),
    "a field in a message": (POST, posted(fill_in(field())), "of the type 'input'"),
    "rich text that says nothing": (
        POST,
        posted({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}),
        "0 items",
    ),
    "an empty piece of rich text": (
        POST,
        posted({
            "type": "rich_text",
            "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": ""}]}],
        }),
        "says nothing",
    ),
    # Elements
    "the same action_id": (POST, posted(actions(button()), section(accessory=button())), "action_id a stands 2 times"),
    "an action_id too long": (POST, posted(actions(button("x" * 256))), "256 characters, of 255"),
    "a button without action_id": (POST, posted(actions({"type": "button", "text": plain()})), "has no action_id"),
    "a button text too long": (POST, posted(actions(button(text=plain("x" * 76)))), "76 characters, of 75"),
    "a button with markup": (POST, posted(actions(button(text=text()))), "of the type 'mrkdwn'"),
    "a value too long": (POST, posted(actions(button(value="x" * 2_001))), "2001 characters, of 2,000"),
    "a style that is none": (POST, posted(actions(button(style="loud"))), "'loud', none of primary, danger"),
    "a field in a row of buttons": (POST, posted(actions(field())), "of the type 'plain_text_input'"),
    "a select without options": (POST, posted(actions(select())), "0 items, not 1 to 100"),
    "101 options": (POST, posted(actions(select(*(option(str(n)) for n in range(101))))), "101 items, not 1 to 100"),
    "an option twice": (POST, posted(actions(select(option(), option()))), "option v stands 2 times"),
    "an option too long": (POST, posted(actions(select(option(text=plain("x" * 76))))), "76 characters, of 75"),
    "an option value too long": (POST, posted(actions(select(option("x" * 151)))), "151 characters, of 150"),
    "an option description too long": (
        POST, posted(actions(select(option(description=plain("x" * 76))))), "76 characters, of 75"
    ),
    "a placeholder too long": (
        POST, posted(actions(select(option(), placeholder=plain("x" * 151)))), "151 characters, of 150"
    ),
    "chosen what is no option": (POST, posted(actions(select(option(), initial_option=option("w")))), "no option"),
    "a question first that has too long a title": (
        POST, posted(actions(button(confirm=confirm(title=plain("x" * 101))))), "101 characters, of 100"
    ),
    "a question first that is too long": (
        POST, posted(actions(button(confirm=confirm(text=plain("x" * 301))))), "301 characters, of 300"
    ),
    "an assent too long": (POST, posted(actions(button(confirm=confirm(confirm=plain("x" * 31))))), "31 characters"),
    "a refusal too long": (POST, posted(actions(button(confirm=confirm(deny=plain("x" * 31))))), "31 characters"),
    # Views
    "a title too long": (OPEN, modal(title=plain("x" * 25)), "25 characters, of 24"),
    "a form without title": (OPEN, modal(title=None), "has no title"),
    "too long a word to hand it in": (OPEN, modal(submit=plain("x" * 25)), "25 characters, of 24"),
    "too long a word to close it": (OPEN, modal(close=plain("x" * 25)), "25 characters, of 24"),
    "too much in private": (OPEN, modal(private_metadata="x" * 3_001), "3001 characters, of 3,000"),
    "a callback_id too long": (OPEN, modal(callback_id="x" * 256), "256 characters, of 255"),
    "101 blocks in a view": (PUBLISH, home(*(section() for _ in range(101))), "101 items, not 1 to 100"),
    "a field that is handed in by nothing": (OPEN, modal(fill_in(field()), submit=None), "nothing to hand it in with"),
    "a field that takes too much": (OPEN, modal(fill_in(field(max_length=3_001))), "not from 1 to 3,000"),
    "a field that takes nothing": (OPEN, modal(fill_in(field(max_length=2, min_length=3))), "at least more than"),
    "a field with too much in it": (OPEN, modal(fill_in(field(initial_value="x" * 3_001))), "3001 characters"),
    "a label too long": (OPEN, modal(fill_in(field(), label=plain("x" * 2_001))), "2001 characters, of 2,000"),
    "a label with markup": (OPEN, modal(fill_in(field(), label=text())), "of the type 'mrkdwn'"),
    "a button to fill in": (OPEN, modal(fill_in(button())), "of the type 'button'"),
    "a home as a form": (OPEN, {"trigger_id": "1", "view": home()["view"]}, "views.open shows no home"),
    "a form as a home": (PUBLISH, {"user_id": "U1", "view": modal()["view"]}, "views.publish shows no modal"),
    "a home with a title": (PUBLISH, home(title=plain()), "unknown key title"),
    "a form without trigger": (OPEN, {"view": modal()["view"]}, "has no trigger_id"),
    "a form that is not named": ("views.update", {"view": modal()["view"]}, "not named"),
    # Streams
    "nothing more in a stream": ("chat.appendStream", {"channel": "C1", "ts": "1", "markdown_text": ""}, "1 to 12,000"),
    "too much at once": (
        "chat.appendStream", {"channel": "C1", "ts": "1", "markdown_text": "x" * 12_001}, "1 to 12,000 characters"
    ),
    "a stream of text": ("chat.startStream", {"channel": "C1", "text": "x"}, "unknown key text"),
    "too many blocks at its end": (
        "chat.stopStream", {"channel": "C1", "ts": "1", "blocks": [section()] * 51}, "51 items, not 1 to 50"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("method", "payload", "rule"), UNSOUND.values(), ids=UNSOUND.keys())
def test_what_slack_refuses_is_found_with_its_rule(method: str, payload: Json, rule: str) -> None:
    assert rule in "; ".join(broken(method, payload))


def test_slack_sdks_own_validators_are_asked_about_everything_inside() -> None:
    (_, *by_sdk) = broken(POST, posted(section(accessory=button(text=plain("x" * 76)))))
    assert by_sdk == ["slack_sdk refuses it: text attribute cannot exceed 75 characters"]
    (_, *by_sdk) = broken(OPEN, modal(title=plain("x" * 25)))
    assert by_sdk == ["slack_sdk refuses it: title must be between 1 and 24 characters"]
    assert "slack_sdk drops .txt" in broken(POST, posted(section(txt="x")))


MENTIONS = [
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<!subteam^S1>",
    "<@U1>",
    "<@W1|ada>",
    "<#C1>",
    "@channel",
    "@here",
]


@pytest.mark.parametrize("mention", MENTIONS)
def test_a_mention_is_found_in_every_text(mention: str) -> None:
    said = f"so {mention} there"
    for method, payload in (
        (POST, posted(text=said)),
        (POST, posted(section(said))),
        (POST, posted(actions(select(option(description=plain(said)))))),
        (OPEN, modal(fill_in(field(), label=plain(said)))),
        (PUBLISH, home({"type": "context", "elements": [text(said)]})),
        ("chat.appendStream", {"channel": "C1", "ts": "1", "markdown_text": said}),
    ):
        assert f"mentions {mention}" in broken(method, payload)


def rich(*spans: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(spans)}]}


def test_rich_text_mentions_by_elements_and_by_nothing_else() -> None:
    said = {"type": "text", "text": "<!channel> @here <@U1>"}
    assert broken(POST, posted(rich(said))) == []
    named = rich({"type": "user", "user_id": "U1"}, {"type": "channel", "channel_id": "C1"})
    assert broken(POST, posted(named)) == ["mentions <@U1>", "mentions <#C1>"]
    assert broken(POST, posted(named), meant=["<@U1>", "<#C1>"]) == []
    assert "of the type 'broadcast'" in broken(POST, posted(rich({"type": "broadcast", "range": "channel"})))[0]


def test_what_nobody_reads_mentions_nobody() -> None:
    named = button("<@U1>", value="<!channel>")
    assert broken(POST, posted(actions(named), section(block_id="<#C1>"))) == []
    assert broken(OPEN, modal(private_metadata="<!channel>", callback_id="<@U1>")) == []


def test_a_mention_that_is_meant_is_none_to_find() -> None:
    assert broken(POST, posted(section("With <@U1> in <#C1>.")), meant=["<@U1>", "<#C1>"]) == []
    assert broken(POST, posted(section("With <@U1> and <@U2>.")), meant=["<@U1>"]) == ["mentions <@U2>"]
