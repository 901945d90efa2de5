"""Clicks, choices and forms: each goes to whom it concerns, by its name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.errors import UsageError
from bot.slack import actions, commands, forms, grading, privacy, settings
from bot.slack.call import Call
from bot.slack.conversation import message_text
from bot.slack.parts import Parts

Body = Mapping[str, Any]


async def acted(parts: Parts, call: Call, body: Body) -> None:
    """A button was clicked, or something was chosen."""
    action = body["actions"][0]
    if press := actions.pressed(action):
        await parts.conversation.pressed(call, press, message_text(body))
    elif mark := actions.marked(action, **call.event):
        await parts.conversation.marked(call, *mark)
    elif (topic := actions.drilled(action)) is not None:
        await _drill(parts, call, topic)
    else:
        await _named(parts, call, body, action)


async def _drill(parts: Parts, call: Call, topic: str) -> None:
    """From the Home tab a drill begins in the direct messages."""
    await call.ack()
    where = await parts.places.direct(call.person)
    await commands.drill(parts, replace(call, channel=where.place.channel), topic)


async def _named(parts: Parts, call: Call, body: Body, action: Body) -> None:
    match action["action_id"]:
        case actions.FORGET:
            await privacy.forgotten(parts, call)
        case actions.EXPORT:
            await privacy.export(parts, call)
        case actions.SETTINGS:
            await settings.show(parts, call)
        case actions.LOOK:
            await grading.looked_for(parts, call, body["view"], str(action.get("value") or ""))
        case _:
            await call.ack()
            raise UsageError(parts.conversation.old)


async def handed_in(parts: Parts, call: Call, view: Body) -> None:
    """A form was handed in."""
    if answer := forms.answered(view):
        await parts.conversation.submitted(call, *answer)
    elif ballot := forms.voted(view, who=call.person, **call.event):
        await parts.conversation.voted(call, *ballot)
    elif appeal := forms.appealed(view, **call.event):
        await parts.conversation.marked(call, *appeal)
    elif (changes := forms.changes(view)) is not None:
        await settings.change(parts, call, changes)
    else:
        await grading.chosen(parts, call, view)
