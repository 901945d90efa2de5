"""What somebody did on Slack, read from what Slack tells of it. Pure but for the clock."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from bot.slack.places import Place, person_of, server_of

Body = Mapping[str, Any]
Ack = Callable[..., Coroutine[Any, Any, Any]]
"""Tells Slack that something has arrived, of a form also what is wrong with it; the first time counts."""


@dataclass(frozen=True)
class Call:
    """A command, a click, a form or a message.

    `key` names it and nothing else, also where Slack tells of it twice (`again`: it does so now). It comes from
    `thread` of `channel`, both empty for a form. `trigger` lets a form be shown within three seconds, `hook` is
    where an answer to this person alone can be posted for half an hour.
    """

    key: str
    at: datetime
    team: str
    user: str
    ack: Ack
    channel: str = ""
    thread: str = ""
    trigger: str = ""
    hook: str = ""
    again: bool = False

    @property
    def person(self) -> str:
        """Who, as the coach calls them."""
        return person_of(self.team, self.user)

    @property
    def server(self) -> str:
        """The workspace, as the coach calls it."""
        return server_of(self.team)

    @property
    def place(self) -> Place:
        """Where it was done."""
        return Place(self.team, self.channel, self.thread)

    @property
    def session_id(self) -> str:
        """The session that it begins, the same each time that Slack tells of it."""
        return blake2b(f"{self.team}/{self.key}".encode(), digest_size=16).hexdigest()

    @property
    def event(self) -> dict[str, Any]:
        """What every event made of it has."""
        return {"id": self.key, "at": self.at}


def of_command(body: Body, ack: Ack, *, again: bool) -> Call:
    """A slash command; none can be typed in a thread."""
    return _call(
        body["trigger_id"], body["team_id"], body["user_id"], ack, again, channel=body["channel_id"], **_reach(body)
    )


def of_message(body: Body, team: str, ack: Ack, *, again: bool) -> Call:
    """A message or a mention; the same message has the same key, whichever event tells of it."""
    event = body["event"]
    key = f"{event['channel']}/{event['ts']}"
    return _call(key, team, event["user"], ack, again, channel=event["channel"], thread=event.get("thread_ts", ""))


def of_event(body: Body, team: str, ack: Ack, *, again: bool) -> Call:
    """Something else that happened."""
    event = body["event"]
    where = {"channel": event.get("channel", ""), "thread": event.get("thread_ts", "")}
    return _call(body["event_id"], team, event.get("user", ""), ack, again, **where)


def of_action(body: Body, ack: Ack, *, again: bool) -> Call:
    """A click or a choice, in a message or a view; or a shortcut of a message."""
    action: Body = (body.get("actions") or [body])[0]
    container: Body = body.get("container") or {}
    message: Body = body.get("message") or {}
    named: Body = body.get("channel") or {}
    channel = named.get("id") or container.get("channel_id", "")
    thread = message.get("thread_ts") or container.get("thread_ts") or ""
    key = f"{body['user']['id']}/{action['action_ts']}"
    return _call(key, _team(body), body["user"]["id"], ack, again, channel=channel, thread=thread, **_reach(body))


def of_form(body: Body, ack: Ack, *, again: bool) -> Call:
    """A form that was handed in."""
    key = body.get("trigger_id") or f"{body['view']['id']}/{body['view'].get('hash', '')}"
    return _call(key, _team(body), body["user"]["id"], ack, again, **_reach(body))


def _reach(body: Body) -> dict[str, str]:
    return {"trigger": body.get("trigger_id") or "", "hook": body.get("response_url") or ""}


def _team(body: Body) -> str:
    """The workspace that Viva is installed in, which with a shared channel need not be the person's."""
    view: Body = body.get("view") or {}
    team: Body = body.get("team") or {}
    return view.get("app_installed_team_id") or team.get("id") or body["user"]["team_id"]


def _call(key: str, team: str, user: str, ack: Ack, again: bool, **more: str) -> Call:
    return Call(key, datetime.now(UTC), team, user, ack, again=again, **more)
