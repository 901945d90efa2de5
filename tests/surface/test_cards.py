"""What one surface says of a reply, the other says too."""

from __future__ import annotations

import re

import pytest

from bot.coach.reply import AnswerReply, ExplanationReply, Reply
from tests.discord import test_cards as discord
from tests.slack import test_blocks as slack
from tests.surface.replies import EVERY_KIND, TYPED, hostile

REPLIES = [reply for reply, _ in EVERY_KIND.values()]
# Markdown is read by each surface in its own way.
TYPED_REPLIES = [
    pytest.param(reply, id=f"{reply.kind} of {name}")
    for name in ("mentions", "marks", "entities", "formulas", "many words")
    for reply in hostile(TYPED[name])
    if not isinstance(reply, AnswerReply | ExplanationReply)
]


def words(text: str) -> list[str]:
    """What is read, without marks; a command is named as it is typed there."""
    text = text.replace("```python\n", "```\n")  # which colours to use
    seen = re.sub(r"\\(?=\W)|\u2060|\u200b", "", text).replace("/viva drill", "/drill").replace("/viva ", "/")
    return re.findall(r"[^\W_]+", seen.replace("topic:", ""))


@pytest.mark.parametrize("reply", [*(pytest.param(reply, id=reply.kind) for reply in REPLIES), *TYPED_REPLIES])
def test_both_surfaces_say_the_same(reply: Reply) -> None:
    assert words(slack.shown(reply)) == words(discord.shown(reply))


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.kind)
def test_both_surfaces_offer_the_same_to_click_and_to_choose(reply: Reply) -> None:
    def on_slack(kind: str) -> list[str]:
        sent = slack.rendered(slack.made(reply))
        return [part["action_id"] for part in slack.walk(sent) if part["type"] == kind]

    def on_discord(kind: int) -> list[str]:
        return [part["custom_id"] for part in discord.parts(discord.made(reply)) if part["type"] == kind]

    assert on_slack("button") == on_discord(2)
    assert on_slack("static_select") == on_discord(3)
    chosen = [(label, value) for label, value, _ in discord.options(reply)]
    assert [(label, value) for label, value, _ in slack.options(slack.made(reply))] == chosen
