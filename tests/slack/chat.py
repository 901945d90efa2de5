"""The double's chat methods: messages that stay, messages for one person, and messages that grow while one looks."""

from __future__ import annotations

from tests.slack.calls import Request
from tests.slack.double import Double
from tests.slack.files import ready
from tests.slack.methods import channel_of, method
from tests.slack.world import Json, Refusal, Workspace, content_of


def _whole(there: Workspace, body: Json) -> None:
    """Raises what Slack says of a message without anything in it, or with a picture that is not there."""
    if not any(body.get(key) for key in ("text", "blocks", "markdown_text", "attachments")):
        raise Refusal("no_text")
    ready(there, body.get("blocks") or [])


def _threaded(there: Workspace, channel: str, body: Json) -> None:
    thread = body.get("thread_ts")
    if thread and not there.thread(channel, thread):
        raise Refusal("thread_not_found")


@method("chat.postMessage", "chat:write")
async def post_message(slack: Double, there: Workspace, request: Request) -> Json:
    """A message for everybody in a channel."""
    channel = channel_of(there, request)
    _whole(there, request.body)
    _threaded(there, channel, request.body)
    message = there.by_viva(request.body)
    slack.posted(there, channel, message)
    return {"channel": channel, "ts": message["ts"], "message": message}


@method("chat.postEphemeral", "chat:write")
async def post_ephemeral(slack: Double, there: Workspace, request: Request) -> Json:
    """A message that one person sees until they look away; nobody can read or change it by its ts."""
    channel, user = channel_of(there, request), request.body.get("user", "")
    if user not in there.members[channel]:
        raise Refusal("user_not_in_channel")
    _whole(there, request.body)
    _threaded(there, channel, request.body)
    message = there.by_viva(request.body) | {"channel": channel, "is_ephemeral": True}
    slack.people[user].whispers.append(message)
    slack.changed.set()
    return {"message_ts": message["ts"]}


def own(there: Workspace, request: Request, *, streaming: bool = False) -> tuple[str, Json]:
    """The channel and the message of Viva's that a call means."""
    channel = channel_of(there, request)
    message = there.messages[channel].get(request.body.get("ts", ""))
    if message is None:
        raise Refusal("message_not_found")
    if message.get("bot_id") != there.bot_id:
        raise Refusal("cant_delete_message" if request.method == "chat.delete" else "cant_update_message")
    if streaming and not message.get("streaming"):
        raise Refusal("message_not_in_streaming_state")
    return channel, message


@method("chat.update", "chat:write")
async def update(slack: Double, there: Workspace, request: Request) -> Json:
    """Another text, or other blocks, in place."""
    channel, message = own(there, request)
    if message.get("streaming"):
        raise Refusal("streaming_state_conflict")
    _whole(there, request.body)
    if message.get("blocks") and "blocks" not in request.body:
        slack.complaints.append("chat.update leaves open what becomes of the blocks that the message has")
    before = dict(message)
    message |= content_of(request.body) | {"edited": {"user": there.bot["id"], "ts": slack.clock.ts()}}
    _changed(slack, there, channel, before, message)
    return {"channel": channel, "ts": message["ts"], "text": message["text"], "message": message}


def _changed(slack: Double, there: Workspace, channel: str, before: Json, message: Json) -> None:
    event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": slack.clock.ts()}
    slack.message_event(there, channel, event | {"message": message, "previous_message": before})
    slack.changed.set()


@method("chat.delete", "chat:write")
async def delete(slack: Double, there: Workspace, request: Request) -> Json:
    """Take a message of Viva's away."""
    channel, message = own(there, request)
    removed(slack, there, channel, message["ts"])
    return {"channel": channel, "ts": message["ts"]}


def removed(slack: Double, there: Workspace, channel: str, ts: str) -> None:
    """A message is gone, whoever took it away."""
    message = there.take_away(channel, ts)
    event = {"type": "message", "subtype": "message_deleted", "hidden": True, "ts": slack.clock.ts()}
    slack.message_event(there, channel, event | {"deleted_ts": ts, "previous_message": message})
    slack.changed.set()


@method("chat.getPermalink")
async def permalink(slack: Double, there: Workspace, request: Request) -> Json:
    """The address of a message."""
    channel, ts = channel_of(there, request), request.body.get("message_ts", "")
    if ts not in there.messages[channel]:
        raise Refusal("message_not_found")
    return {"channel": channel, "permalink": f"{slack.address}/archives/{channel}/p{ts.replace('.', '')}"}


@method("chat.startStream", "chat:write")
async def start_stream(slack: Double, there: Workspace, request: Request) -> Json:
    """A message that goes on growing; in a channel it says for whom."""
    channel, body = channel_of(there, request), request.body
    if not there.channels[channel].get("is_im"):
        if body.get("recipient_team_id") not in slack.workspaces:
            raise Refusal("missing_recipient_team_id" if not body.get("recipient_team_id") else "team_not_found")
        if body.get("recipient_user_id") not in there.users:
            raise Refusal("missing_recipient_user_id" if not body.get("recipient_user_id") else "user_not_found")
    _threaded(there, channel, body)
    message = there.by_viva({"thread_ts": body.get("thread_ts")}) | {"streaming": True, "text": _grown("", body)}
    slack.posted(there, channel, message)
    return {"channel": channel, "ts": message["ts"]}


def _grown(text: str, body: Json) -> str:
    """What a stream says with what is added."""
    chunks = [chunk.get("text", "") for chunk in body.get("chunks") or ()]
    return "".join([text, body.get("markdown_text") or "", *chunks])


@method("chat.appendStream", "chat:write")
async def append_stream(slack: Double, there: Workspace, request: Request) -> Json:
    """More of it."""
    channel, message = own(there, request, streaming=True)
    if not _grown("", request.body):
        raise Refusal("no_text")
    message["text"] = _grown(message["text"], request.body)
    slack.changed.set()
    return {"channel": channel, "ts": message["ts"]}


@method("chat.stopStream", "chat:write")
async def stop_stream(slack: Double, there: Workspace, request: Request) -> Json:
    """That was all; blocks stand under what has grown."""
    channel, message = own(there, request, streaming=True)
    ready(there, request.body.get("blocks") or [])
    before = dict(message)
    del message["streaming"]
    grown = {"text": _grown(message["text"], request.body)}
    message |= content_of({key: request.body.get(key) for key in ("blocks", "metadata")}) | grown
    _changed(slack, there, channel, before, message)
    return {"channel": channel, "ts": message["ts"], "message": message}
