"""The double's response_urls: a click, a command or a shortcut can be answered by one, five times in half an hour."""

from __future__ import annotations

import time

from tests.slack.double import HOOK_SECONDS, HOOK_USES, Double
from tests.slack.people import Act
from tests.slack.world import Json, Refusal, content_of


async def respond(slack: Double, name: str, body: Json) -> None:
    """What the app says by a response_url."""
    hook = slack.hooks.get(name)
    if hook is None or time.monotonic() - hook.at > HOOK_SECONDS:
        raise Refusal("expired_url")
    if hook.uses >= HOOK_USES:
        raise Refusal("used_url")
    hook.uses += 1
    if not body.get("delete_original"):
        slack.check("chat.postMessage", {"channel": hook.act.channel, **content_of(body)})
    answered(slack, hook.act, body)


def answered(slack: Double, act: Act, body: Json) -> None:
    """Put what was said where it belongs: in place of the message, to all in the channel, or to one person."""
    there, channel, message = act.person.workspace, act.channel, act.message
    if body.get("delete_original") or body.get("replace_original"):
        if message is None:
            raise Refusal("no_original")
        if body.get("delete_original"):
            _take_away(act, message)
        else:
            message.pop("blocks", None)
            message |= content_of(body)
    elif body.get("response_type") == "in_channel":
        slack.posted(there, channel, there.by_viva(body))
    else:
        whisper = there.by_viva(body) | {"channel": channel, "is_ephemeral": True}
        act.person.whispers.append(whisper)
        act.responses.append(whisper)
    slack.changed.set()


def _take_away(act: Act, message: Json) -> None:
    if message in act.person.whispers:
        act.person.whispers.remove(message)
    else:
        act.person.workspace.take_away(act.channel, message["ts"])
