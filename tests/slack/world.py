"""What there is on the double's Slack: workspaces with people, channels, messages and files."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar, TypeAlias

Json: TypeAlias = dict[str, Any]
APP = "A0000VIVA"


class Refusal(Exception):
    """How Slack says no: `ok: false` with a word for it, and more where the word has more to say."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.body: Json = {"ok": False, "error": error, **more}


class Clock:
    """Ids and timestamps, no two the same; a `ts` is unique in its channel and is the message's only name."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._micros = 0

    def id(self, kind: str) -> str:
        """An id as Slack's look: a letter that says of what, then letters and digits."""
        return f"{kind}{next(self._numbers):09X}"

    def ts(self) -> str:
        """A later one than any before."""
        self._micros = max(self._micros + 1, time.time_ns() // 1_000)
        return f"{self._micros // 1_000_000}.{self._micros % 1_000_000:06d}"


@dataclass
class Workspace:
    """One team, with Viva installed in it by `token` unless that was revoked."""

    clock: Clock
    name: str
    scopes: tuple[str, ...]
    token: str = ""

    _tokens: ClassVar = count(4711)

    def __post_init__(self) -> None:
        self.id = self.clock.id("T")
        self.token = self.token or f"xoxb-s3cret-{next(self._tokens)}"  # it opens nothing
        self.installed = True
        self.users: dict[str, Json] = {}
        self.channels: dict[str, Json] = {}
        self.members: defaultdict[str, set[str]] = defaultdict(set)
        self.messages: defaultdict[str, dict[str, Json]] = defaultdict(dict)
        self.threads: defaultdict[tuple[str, str], dict[str, Json]] = defaultdict(dict)  # (channel, root) -> replies
        self.files: dict[str, Json] = {}
        self.homes: dict[str, Json] = {}  # user -> the view that stands in their Home tab
        self.views: dict[str, Json] = {}
        self.prompts: dict[str, list[Json]] = {}  # channel -> what the agent's pane suggests
        self.statuses: defaultdict[tuple[str, str], list[str]] = defaultdict(list)  # (channel, thread) -> in order
        self.titles: dict[tuple[str, str], str] = {}
        self.bot = self.add_user("viva", is_bot=True)
        self.bot_id = self.clock.id("B")

    def add_user(self, name: str, *, is_bot: bool = False, is_admin: bool = False) -> Json:
        """Somebody in the workspace."""
        user: Json = {
            "id": self.clock.id("U"),
            "team_id": self.id,
            "name": name.lower().replace(" ", "."),
            "real_name": name,
            "profile": {"real_name": name, "display_name": name, "team": self.id},
            "is_bot": is_bot,
            "is_admin": is_admin,
            "is_owner": False,
            "deleted": False,
            "tz": "Europe/London",
        }
        self.users[user["id"]] = user
        return user

    def add_channel(self, name: str, *, private: bool = False, viva: bool = True) -> str:
        """A channel that everybody is in, and Viva too unless it is not; its id."""
        channel: Json = {"id": self.clock.id("C"), "name": name, "is_channel": True, "is_private": private}
        self._keep(channel, set(self.users) - (set() if viva else {self.bot["id"]}))
        return channel["id"]

    def dm(self, user_id: str) -> str:
        """The direct messages of somebody with Viva."""
        for channel in self.channels.values():
            if channel.get("user") == user_id:
                return channel["id"]
        channel: Json = {"id": self.clock.id("D"), "is_im": True, "user": user_id, "is_private": True}
        self._keep(channel, {user_id, self.bot["id"]})
        return channel["id"]

    def _keep(self, channel: Json, members: set[str]) -> None:
        channel |= {"is_archived": False, "context_team_id": self.id, "created": 1_700_000_000}
        self.channels[channel["id"]] = channel
        self.members[channel["id"]] |= members

    def join(self, user_id: str) -> None:
        """Somebody comes into every channel that is not a direct message."""
        for channel_id, channel in self.channels.items():
            if not channel.get("is_im"):
                self.members[channel_id].add(user_id)

    def with_viva(self, channel_id: str) -> bool:
        """Whether Viva is in a channel."""
        return self.bot["id"] in self.members[channel_id]

    def by_viva(self, body: Json, files: list[Json] | None = None) -> Json:
        """A message of Viva's that is not yet anywhere."""
        author = {"user": self.bot["id"], "bot_id": self.bot_id, "app_id": APP, "team": self.id}
        return self.message(author | content_of(body) | ({"files": files} if files else {}))

    def message(self, body: Json) -> Json:
        """A message with a `ts` of its own."""
        return {"type": "message", "text": "", **body, "ts": self.clock.ts()}

    def put(self, channel_id: str, message: Json) -> None:
        """Put a message into its channel, and count it where it is a reply."""
        self.messages[channel_id][message["ts"]] = message
        if root := self.messages[channel_id].get(message.get("thread_ts", "")):
            replies = self.threads[channel_id, root["ts"]]
            replies[message["ts"]] = message
            root |= {"thread_ts": root["ts"], "reply_count": len(replies)}
            message["parent_user_id"] = root["user"]

    def take_away(self, channel_id: str, ts: str) -> Json:
        """Remove a message; replies to it stay."""
        message = self.messages[channel_id].pop(ts)
        self.threads[channel_id, message.get("thread_ts", "")].pop(ts, None)
        return message

    def thread(self, channel_id: str, thread_ts: str) -> list[Json]:
        """The root, where it still is, and the replies of a thread, oldest first."""
        root = self.messages[channel_id].get(thread_ts)
        return [*([root] if root else []), *self.threads[channel_id, thread_ts].values()]

    def said(self, channel_id: str) -> Iterator[Json]:
        """What Viva posted in a channel, oldest first."""
        return (message for message in self.messages[channel_id].values() if message.get("bot_id") == self.bot_id)


_CONTENT = ("text", "blocks", "metadata", "thread_ts", "subtype", "markdown_text")


def content_of(body: Json) -> Json:
    """What a request says that a message is to have; blocks come back with an id each."""
    kept = {key: deepcopy(body[key]) for key in _CONTENT if body.get(key) is not None}
    for number, block in enumerate(kept.get("blocks", ())):
        block.setdefault("block_id", f"b{number}")
    return kept
