"""The double's Web API: as much of it as Viva uses, with Slack's own refusals."""

from __future__ import annotations

from tests.slack import chat, files, views
from tests.slack.calls import Request
from tests.slack.double import APP_TOKEN, CLIENT_ID, CLIENT_SECRET, Double
from tests.slack.methods import METHODS, Method, channel_of, method
from tests.slack.world import APP, Json, Refusal, Workspace

__all__ = ["METHODS", "UNKNOWN", "chat", "files", "views"]  # what serves them is known by being imported

_PAGE = 100  # messages, unless a call wants fewer or more


@method("auth.test")
async def auth_test(slack: Double, there: Workspace, _: Request) -> Json:
    """Whose token it is."""
    names = {"url": f"{slack.address}/", "team": there.name, "user": there.bot["name"], "team_id": there.id}
    return names | {"user_id": there.bot["id"], "bot_id": there.bot_id, "is_enterprise_install": False}


@method("apps.connections.open", by_bot=False)
async def connections_open(slack: Double, _: Workspace, request: Request) -> Json:
    """Where to connect in Socket Mode."""
    if request.token != APP_TOKEN:
        raise Refusal("invalid_auth" if request.token.startswith("xapp-") else "not_allowed_token_type")
    return {"url": f"{slack.address.replace('http', 'ws', 1)}/link/?ticket={slack.socket.ticket()}&app_id={APP}"}


@method("oauth.v2.access", by_bot=False)
async def oauth_access(slack: Double, _: Workspace, request: Request) -> Json:
    """A code becomes a token, once."""
    if (request.body.get("client_id"), request.body.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise Refusal("bad_client_secret")
    there = slack.codes.pop(request.body.get("code", ""), None)
    if there is None:
        raise Refusal("invalid_code")
    there.installed = True
    return {
        "access_token": there.token,
        "token_type": "bot",
        "scope": ",".join(there.scopes),
        "bot_user_id": there.bot["id"],
        "app_id": APP,
        "team": {"id": there.id, "name": there.name},
        "enterprise": None,
        "authed_user": {"id": next(iter(there.users))},
        "is_enterprise_install": False,
    }


@method("users.info", "users:read")
async def users_info(_: Double, there: Workspace, request: Request) -> Json:
    """Somebody."""
    user = there.users.get(request.body.get("user", ""))
    if user is None:
        raise Refusal("user_not_found")
    return {"user": user}


@method("conversations.open", "im:write")
async def conversations_open(_: Double, there: Workspace, request: Request) -> Json:
    """The direct messages with somebody."""
    user = str(request.body.get("users", ""))
    if user not in there.users:
        raise Refusal("user_not_found")
    return {"channel": {"id": there.dm(user)}}


def _seen(there: Workspace, request: Request) -> str:
    """The channel that a call wants to read."""
    channel = there.channels.get(request.body.get("channel", ""))
    if channel is None or (channel["is_private"] and not there.with_viva(channel["id"])):
        raise Refusal("channel_not_found")
    kind = "im" if channel.get("is_im") else "groups" if channel["is_private"] else "channels"
    needed = f"{kind}:{'read' if request.method in ('conversations.info', 'conversations.members') else 'history'}"
    if needed not in there.scopes:
        raise Refusal("missing_scope", needed=needed, provided=",".join(there.scopes))
    return channel["id"]


@method("conversations.info")
async def conversations_info(_: Double, there: Workspace, request: Request) -> Json:
    """A channel."""
    channel = _seen(there, request)
    return {"channel": there.channels[channel] | {"is_member": there.with_viva(channel)}}


@method("conversations.members")
async def conversations_members(_: Double, there: Workspace, request: Request) -> Json:
    """Who is in a channel."""
    return {"members": sorted(there.members[_seen(there, request)]), "response_metadata": {"next_cursor": ""}}


@method("conversations.history")
async def conversations_history(_: Double, there: Workspace, request: Request) -> Json:
    """What stands in a channel, threads left out, newest first."""
    channel = _seen(there, request)
    if not there.with_viva(channel):
        raise Refusal("not_in_channel")
    top = [m for m in there.messages[channel].values() if m.get("thread_ts", m["ts"]) == m["ts"]]
    return _page(list(reversed(top)), request)


@method("conversations.replies")
async def conversations_replies(_: Double, there: Workspace, request: Request) -> Json:
    """A thread: its root, then the replies from the oldest on."""
    channel = _seen(there, request)
    if not there.with_viva(channel):
        raise Refusal("not_in_channel")
    found = there.thread(channel, str(request.body.get("ts", "")))
    if not found:
        raise Refusal("thread_not_found")
    return _page(found, request)


def _page(messages: list[Json], request: Request) -> Json:
    """The messages that a call wants, from its cursor on."""
    body = request.body
    oldest, latest = float(body.get("oldest") or 0), float(body.get("latest") or "inf")
    inclusive = str(body.get("inclusive", "")) in ("1", "True", "true")
    wanted = [m for m in messages if oldest < float(m["ts"]) < latest
              or (inclusive and float(m["ts"]) in (oldest, latest))]  # fmt: skip
    begin, size = int(body.get("cursor") or 0), int(body.get("limit") or _PAGE)
    shown = [_without_metadata(m) if not body.get("include_all_metadata") else m for m in wanted[begin:][:size]]
    more = len(wanted) > begin + size
    cursor = str(begin + size) if more else ""
    return {"messages": shown, "has_more": more, "response_metadata": {"next_cursor": cursor}}


def _without_metadata(message: Json) -> Json:
    return {key: value for key, value in message.items() if key != "metadata"}


@method("reactions.add", "reactions:write")
async def reactions_add(slack: Double, there: Workspace, request: Request) -> Json:
    """A mark under a message."""
    message = there.messages[channel_of(there, request)].get(request.body.get("timestamp", ""))
    if message is None:
        raise Refusal("message_not_found")
    names = message.setdefault("reactions", [])
    if request.body["name"] in names:
        raise Refusal("already_reacted")
    names.append(request.body["name"])
    slack.changed.set()
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write")
async def suggested_prompts(slack: Double, there: Workspace, request: Request) -> Json:
    """What the agent's pane offers to say."""
    if request.body.get("thread_ts"):
        slack.complaints.append("an agent that says thread_ts to setSuggestedPrompts gets no prompts, and no error")
    if not 1 <= len(request.body.get("prompts") or ()) <= 4:
        raise Refusal("invalid_arguments")
    there.prompts[channel_of(there, request, "channel_id")] = request.body["prompts"]
    return {}


@method("assistant.threads.setStatus", "assistant:write")
async def thread_status(slack: Double, there: Workspace, request: Request) -> Json:
    """What Viva is at, for whoever waits; an empty status ends it."""
    return _status(slack, there, request)


@method("agents.sessions.setStatus", "chat:write", "assistant:write")
async def session_status(slack: Double, there: Workspace, request: Request) -> Json:
    """Whether Viva is at work in a thread."""
    if request.body.get("status") not in ("processing", "active", "suspended", "closed"):
        raise Refusal("invalid_arguments")
    return _status(slack, there, request)


def _status(slack: Double, there: Workspace, request: Request) -> Json:
    place = channel_of(there, request, "channel_id"), str(request.body.get("thread_ts", ""))
    there.statuses[place].append(request.body["status"])
    slack.changed.set()
    return {}


@method("assistant.threads.setTitle", "assistant:write")
@method("agents.sessions.rename", "chat:write", "assistant:write")
async def title(_: Double, there: Workspace, request: Request) -> Json:
    """What a thread is called in the agent's history."""
    place = channel_of(there, request, "channel_id"), str(request.body.get("thread_ts", ""))
    there.titles[place] = request.body["title"]
    return {}


async def _unknown(slack: Double, _: Workspace, request: Request) -> Json:
    slack.complaints.append(f"the double does not know {request.method}")
    raise Refusal("unknown_method")


UNKNOWN = Method(_unknown, by_bot=False)
