"""Messages to Viva: replies in the thread of a session, mentions, direct messages; and who looks at it or leaves.

Slack tells of every message in the channels that Viva is in. What is not for Viva is dropped unread.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.coach.events import Say
from bot.errors import UsageError
from bot.slack import commands, settings
from bot.slack.call import Call
from bot.slack.parts import Parts
from bot.slack.wishes import plain
from bot.surface.code import MOST_BYTES, file_said, is_code_file

log = logging.getLogger("viva.slack")

_NOTHING_SAID = "Mention me with a question for the notes, or with a word like drill; /help says more."
_NO_FILE = "Slack does not give me {name}; paste the code in a code block."
_HEARD = {None, "file_share", "thread_broadcast"}  # subtypes of messages that somebody wrote
_PROMPTS = (
    ("Drill me", "drill"),
    ("Hold an interview", "interview"),
    ("Ask the notes", "What does temperature do in a softmax?"),
    ("How do I do?", "progress"),
)


def may_be_for_viva(event: Mapping[str, Any], me: str) -> bool:
    """Whether somebody wrote in a thread or directly; a mention is, as far as it is told of as one."""
    if event.get("subtype") not in _HEARD or event.get("bot_id") or not event.get("user"):
        return False
    if event["type"] == "app_mention" or event["channel"].startswith("D"):
        return True
    return bool(event.get("thread_ts")) and f"<@{me}" not in event.get("text", "")


async def message(parts: Parts, call: Call, event: Mapping[str, Any], me: str) -> None:
    """Somebody wrote in a thread or directly."""
    session_id = await parts.conversation.in_reach(call.person, call.place)
    if session_id is None and not call.place.direct:
        return
    code = await _code(parts, call, event) if session_id else ""
    await _take(parts, call, _text(event, me), session_id, code)


async def mention(parts: Parts, call: Call, event: Mapping[str, Any], me: str) -> None:
    """Somebody mentioned Viva: an answer where a session of theirs is open, else a wish or a question."""
    call = replace(call, thread=call.thread or event["ts"])
    session_id = await parts.conversation.in_reach(call.person, call.place)
    code = await _code(parts, call, event) if session_id else ""
    await _take(parts, call, _text(event, me), session_id, code)


async def _take(parts: Parts, call: Call, text: str, session_id: str | None, code: str) -> None:
    """What somebody said, and the code of the files with it."""
    meant = commands.meant(text)
    if session_id and code:
        said = f"{plain(text)}\n{code}".strip()
        await parts.conversation.take(session_id, Say(**call.event, text=said), call, call.ack)
    elif not text:
        await call.ack()
        await (await parts.whisper(call)).say(_NOTHING_SAID)
    elif meant and (session_id is None or _alone(text)):
        await commands.run(parts, call, *meant)
    elif session_id:
        await parts.conversation.take(session_id, Say(**call.event, text=plain(text)), call, call.ack)
    else:
        await commands.ask(parts, call, plain(text))


async def _code(parts: Parts, call: Call, event: Mapping[str, Any]) -> str:
    """The files of code with a message, as blocks; UsageError for one that cannot be read."""
    said = list[str]()
    for file in event.get("files") or ():
        name = str(file.get("name") or "")
        if not is_code_file(name):
            continue
        web = await parts.workspaces.web(call.team)
        data = await web.fetch(str(file.get("url_private_download") or file.get("url_private") or ""), MOST_BYTES + 1)
        if data is None:
            raise UsageError(_NO_FILE.format(name=name))
        said.append(file_said(name, data))
    return "\n".join(said)


def _alone(text: str) -> bool:
    """A word by itself that says what to do; in a session everything else is an answer."""
    name = text.strip().casefold().removeprefix("/")
    return name in commands.COMMANDS and commands.COMMANDS[name].alone


def _text(event: Mapping[str, Any], me: str) -> str:
    """What was said, without the mention of Viva."""
    return re.sub(rf"<@{me}(?:\|[^>]*)?>", "", event.get("text", "")).strip()


async def opened(parts: Parts, call: Call, event: Mapping[str, Any]) -> None:
    """Somebody looks at the Home tab, or at the messages, where there is something to begin with."""
    if event.get("tab") == "home":
        await settings.publish(parts, call)
        return
    await call.ack()
    web = await parts.workspaces.web(call.team)
    prompts = [{"title": title, "message": said} for title, said in _PROMPTS]
    await web("assistant.threads.setSuggestedPrompts", channel_id=call.channel, prompts=prompts)


async def stopped(parts: Parts, call: Call) -> None:
    """Somebody clicked the stop button while Viva was at work."""
    await parts.conversation.stopped(call)


async def left(parts: Parts, call: Call) -> None:
    """Viva was removed from a workspace, or its token was revoked."""
    await parts.workspaces.gone(call.team)
    parts.places.forget(call.team)
