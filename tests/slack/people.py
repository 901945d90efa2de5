"""People on the double: they type commands, write, click, fill in forms and look at what there is."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from typing import Any

from tests.slack.delivery import ACK_SECONDS, COMMAND, INTERACTIVE, Delivery
from tests.slack.double import Double
from tests.slack.shown import called, filled, missing, options_of, parts, text_of
from tests.slack.world import APP, Json, Workspace, content_of


@dataclass
class Act:
    """Something that somebody did, and what came of it.

    `message` or `view` is where it was done; `modal` the form that it brought up, `responses` what was said to this
    person by its acknowledgement or its response_url.
    """

    person: Person
    channel: str
    message: Json | None = None
    view: Json | None = None
    responses: list[Json] = field(default_factory=list[Json])
    modal: Json | None = None
    delivery: Delivery = field(default_factory=lambda: Delivery("", {}))

    @property
    def acknowledged(self) -> float | None:
        """After how many seconds, or None."""
        return self.delivery.acknowledged

    @property
    def told(self) -> str:
        """What was said by way of an answer, to this person alone."""
        return "\n".join(text_of(message) for message in self.responses)


@dataclass
class Person:
    """Somebody in a workspace: the forms before them, the topmost last, and what they alone were told."""

    slack: Double
    workspace: Workspace
    user: Json
    modals: list[Json] = field(default_factory=list[Json])
    whispers: list[Json] = field(default_factory=list[Json])

    @property
    def id(self) -> str:
        """Their id in the workspace."""
        return self.user["id"]

    @property
    def name(self) -> str:
        """What others see."""
        return self.user["real_name"]

    @property
    def dm(self) -> str:
        """The direct messages with Viva."""
        return self.workspace.dm(self.id)

    @property
    def home(self) -> Json:
        """What stands in the Home tab."""
        return self.workspace.homes[self.id]

    @property
    def told(self) -> str:
        """All that was said to this person alone and still stands there."""
        return "\n".join(text_of(message) for message in self.whispers)

    def sees(self, channel: str, thread: str = "") -> list[Json]:
        """What stands in a channel or a thread for this person, oldest first."""
        public = self.workspace.thread(channel, thread) if thread else self.workspace.messages[channel].values()
        alone = [m for m in self.whispers if m["channel"] == channel and m.get("thread_ts", "") == thread]
        return sorted([*public, *alone], key=lambda message: float(message["ts"]))

    def everything(self, channel: str) -> list[Json]:
        """What stands in a channel and in all its threads for this person."""
        alone = [m for m in self.whispers if m["channel"] == channel]
        return [*self.workspace.messages[channel].values(), *alone]

    # What they do

    async def slash(self, channel: str, text: str, command: str = "/viva") -> Act:
        """Type a command, which nobody can in a thread, and wait until it is acknowledged."""
        assert command in self.slack.manifest.commands, f"there is no {command}"
        act = Act(self, channel)
        named = self.workspace.channels[channel].get("name", "directmessage")
        payload: Json = {
            "token": "verification",
            "team_id": self.workspace.id,
            "team_domain": self.workspace.name.lower(),
            "channel_id": channel,
            "channel_name": named,
            "user_id": self.id,
            "user_name": self.user["name"],
            "command": command,
            "text": self._escaped(text),
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.slack.hook(act),
            "trigger_id": self.slack.trigger(act),
        }
        return await self._do(act, COMMAND, payload)

    def _escaped(self, text: str) -> str:
        """What somebody typed as the app gets it; people who are named by @ come with their ids."""
        escaped = html.escape(text, quote=False)
        for user in self.workspace.users.values():
            escaped = escaped.replace(f"@{user['real_name']}", f"<@{user['id']}|{user['name']}>")
        return escaped

    async def say(
        self, channel: str, text: str, *, thread: str = "", mention: bool = False, files: list[Json] | None = None
    ) -> Json:
        """Write a message, into a thread or not; the app is told of it, twice where it is mentioned."""
        there = self.workspace
        words = f"<@{there.bot['id']}> {html.escape(text, quote=False)}" if mention else html.escape(text, quote=False)
        message = there.message({"user": self.id, "team": there.id, "client_msg_id": self.slack.clock.id("m"),
                                 "text": words, "blocks": _rich(words)})  # fmt: skip
        message |= ({"thread_ts": thread} if thread else {}) | (
            {"files": files, "subtype": "file_share"} if files else {}
        )
        self.slack.posted(there, channel, message)
        if mention and there.with_viva(channel) and not there.channels[channel].get("is_im"):
            self.slack.event(there, {**message, "type": "app_mention", "channel": channel})
        return message

    async def click(self, where: Json, label: str) -> Act:
        """Click a button by what it says, in a message, a form or the Home tab."""
        found = [part for part in parts(where) if part.get("type") == "button" and called(part.get("text")) == label]
        assert found, f"no button {label!r} in {text_of(where)!r}"
        button = found[0]
        return await self._act(where, {key: button[key] for key in ("action_id", "value", "text") if key in button}
                               | {"type": "button"})  # fmt: skip

    async def choose(self, where: Json, label: str, action_id: str = "") -> Act:
        """Choose an option by what it says, in a select, radio buttons or an overflow menu."""
        for part in parts(where):
            if action_id in ("", part.get("action_id")):
                for option in options_of(part):
                    if called(option["text"]) == label:
                        action = {"action_id": part["action_id"], "type": part["type"], "selected_option": option}
                        return await self._act(where, action)
        raise AssertionError(f"nothing to choose called {label!r} in {text_of(where)!r}")

    async def type_in(self, view: Json, action_id: str, text: str) -> Act:
        """Type into a field that the app is told of at once, and press Enter."""
        return await self._act(view, {"action_id": action_id, "type": "plain_text_input", "value": text})

    async def submit(self, view: Json, **values: Any) -> Act:
        """Fill in a form and hand it in; what is not named stays as it stands there."""
        assert view in self.modals, "nobody has that form before them any more"
        state = filled(view, values)
        assert not (empty := missing(view, state)), f"nobody can hand that in without {empty}"
        view["state"] = {"values": state}
        act = Act(self, "", view=view)
        payload = self._envelope("view_submission") | {"view": view, "trigger_id": self.slack.trigger(act)}
        await self._do(act, INTERACTIVE, payload)
        if act.acknowledged is not None:
            self._closed(act, view, act.delivery.answer or {})
        return act

    async def choose_shortcut(self, channel: str, message: Json, callback_id: str) -> Act:
        """The menu of a message: a shortcut by its callback_id."""
        assert callback_id in self.slack.manifest.shortcuts, f"there is no shortcut {callback_id!r}"
        act = Act(self, channel, message=message)
        payload = self._envelope("message_action") | {
            "callback_id": callback_id,
            "trigger_id": self.slack.trigger(act),
            "response_url": self.slack.hook(act),
            "message_ts": message["ts"],
            "message": message,
            "channel": self._channel(channel),
            "action_ts": self.slack.clock.ts(),
        }
        return await self._do(act, INTERACTIVE, payload)

    async def open_app(self, tab: str = "home") -> Delivery | None:
        """Look at Viva's `home` or `messages` tab; the app is told of it."""
        event: Json = {"type": "app_home_opened", "user": self.id, "channel": self.dm, "tab": tab}
        standing = self.workspace.homes.get(self.id)
        return self.slack.event(self.workspace, event | ({"view": standing} if standing and tab == "home" else {}))

    async def stop(self, channel: str, thread: str = "") -> Delivery | None:
        """Click the stop button that stands there while Viva is at work."""
        growing = [m for m in self.workspace.messages[channel].values() if m.get("streaming")]
        for message in growing:
            del message["streaming"]
        event = {"type": "agent_session_stopped", "user": self.id, "channel": channel, "thread_ts": thread}
        return self.slack.event(self.workspace, event | {"streaming_message_ts": [m["ts"] for m in growing]})

    # How the app is told of it

    def _envelope(self, kind: str) -> Json:
        there = self.workspace
        return {
            "type": kind,
            "token": "verification",
            "api_app_id": APP,
            "team": {"id": there.id, "domain": there.name.lower()},
            "enterprise": None,
            "is_enterprise_install": False,
            "user": {"id": self.id, "username": self.user["name"], "name": self.user["name"], "team_id": there.id},
        }

    def _channel(self, channel: str) -> Json:
        return {"id": channel, "name": self.workspace.channels[channel].get("name", "directmessage")}

    async def _act(self, where: Json, action: Json) -> Act:
        """A click or a choice, in a message or a view."""
        block = next(b for b in where["blocks"] if any(p.get("action_id") == action["action_id"] for p in parts(b)))
        action |= {"block_id": block["block_id"], "action_ts": self.slack.clock.ts()}
        payload = self._envelope("block_actions") | {"actions": [action]}
        if "ts" in where:
            act = Act(self, self._place(where), message=where)
            payload |= self._in_message(act, where)
        else:
            act = Act(self, "", view=where)
            container = {"type": "view", "view_id": where["id"]}
            payload |= {"container": container, "view": {**where, "state": {"values": filled(where, {})}}}
        payload["trigger_id"] = self.slack.trigger(act)
        return await self._do(act, INTERACTIVE, payload)

    def _place(self, message: Json) -> str:
        """The channel that a message stands in."""
        if "channel" in message:
            return message["channel"]
        return next(name for name, all_ in self.workspace.messages.items() if message["ts"] in all_)

    def _in_message(self, act: Act, message: Json) -> Json:
        ephemeral = bool(message.get("is_ephemeral"))
        container = {"type": "message", "message_ts": message["ts"], "channel_id": act.channel}
        container |= {"is_ephemeral": ephemeral}
        if "thread_ts" in message:
            container["thread_ts"] = message["thread_ts"]
        return {
            "container": container,
            "channel": self._channel(act.channel),
            "response_url": self.slack.hook(act),
            # Slack does not send along what only one person sees.
            **({} if ephemeral else {"message": message}),
            "state": {"values": {}},
        }

    async def _do(self, act: Act, kind: str, payload: Json) -> Act:
        """Tell the app, and wait until it has acknowledged that, or let it pass."""
        from tests.slack.hooks import answered

        act.delivery = self.slack.post.tell(Delivery(kind, json.loads(json.dumps(payload))))
        await self.slack.until(lambda: act.delivery.over, ACK_SECONDS + 2)
        answer = act.delivery.answer or {}
        if kind == COMMAND and (answer.get("text") or answer.get("blocks")):
            self.slack.check("chat.postMessage", {"channel": act.channel, **content_of(answer)})
            answered(self.slack, act, answer)
        return act

    def _closed(self, act: Act, view: Json, answer: Json) -> None:
        """What becomes of a form that was handed in."""
        from tests.slack.views import pushed, replaced

        match answer.get("response_action"):
            case None:
                self.modals.remove(view)
            case "clear":
                self.modals.clear()
            case "errors":
                view["errors"] = answer["errors"]
            case "update":
                self.slack.check("views.update", {"view_id": view["id"], "view": answer["view"]})
                replaced(self.slack, self.workspace, view, answer["view"])
            case "push":
                self.slack.check("views.update", {"view_id": view["id"], "view": answer["view"]})
                pushed(self.slack, act, answer["view"])
            case other:
                self.slack.complaints.append(f"a form was answered by {other!r}")


def _rich(text: str) -> list[Json]:
    """The blocks that Slack makes of what somebody types."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": html.unescape(text)}]}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}]
