"""People on the double, with the judge that needs no key: what each of them does and sees, in order.

A story is told over the wire by the app that is shipped; nothing in it depends on ids or the time.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.slack.double import Double
from tests.slack.drilling import asked_for_form, handed_in
from tests.slack.people import Person
from tests.slack.reading import unmarked
from tests.slack.settling import Settling
from tests.slack.shown import called, lines_of, text_of
from tests.slack.world import Json
from tests.transcript import Did, Seen, transcript, wrapped

_NAMED = re.compile(r"<([@#])(\w+)(?:\|[^>]*)?>")


@dataclass
class Story:
    """What has happened so far in one workspace, whose first channel is #general."""

    slack: Double
    settling: Settling
    events: list[Did | Seen] = field(default_factory=list[Did | Seen])
    _told: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.there = self.slack.lab
        self.general = self.there.add_channel("general")
        self._people: list[Person] = []

    def person(self, name: str) -> Person:
        """Somebody in the workspace."""
        self._people.append(person := self.slack.person(name))
        return person

    async def types(self, person: Person, channel: str, text: str) -> None:
        """A command."""
        self._did(person, f"types /viva {text}", self._place(channel, ""))
        await self._then(person.slash(channel, text))

    async def clicks(self, person: Person, label: str, under: str = "") -> None:
        """A button, of the newest message that has it and says this."""
        message = self.newest(person, label, under)
        self._did(person, f"clicks [{label}]", self._where(message))
        await self._then(person.click(message, label))

    async def answers(self, person: Person, text: str) -> None:
        """What stands open, by its form."""
        message = self.newest(person, "Answer")
        form = await asked_for_form(person, message)
        self._did(person, "clicks [Answer] and fills in the form", self._where(message))
        await self._then(handed_in(form, text))

    async def replies(self, person: Person, text: str) -> None:
        """In the thread of what stands open."""
        message = self.newest(person, "Answer")
        self._did(person, f"replies: {text}", self._where(message))
        channel = self._channel(message)
        await self._then(person.say(channel, text, thread=message["thread_ts"]))

    async def says(self, person: Person, channel: str, text: str) -> Json:
        """A message that is not for Viva."""
        self._did(person, f"writes: {text}", self._place(channel, ""))
        return await person.say(channel, text)

    async def chooses(self, person: Person, placeholder: str, label: str) -> None:
        """An option of a select, of the newest message that has it."""
        message = self.newest(person, f"{placeholder} ▾")
        self._did(person, f"chooses “{label}”", self._where(message))
        await self._then(person.choose(message, label))

    async def grades(self, person: Person, channel: str, message: Json, question: str) -> None:
        """A message by its menu: the shortcut, and in its form the question that it answers."""
        self._did(person, "opens the menu of the message: Grade this answer", self._place(channel, ""))
        act = await self._then(person.choose_shortcut(channel, message, "grade_this_answer"))
        assert act.modal, "no form came up"
        name = next(block["block_id"] for block in act.modal["blocks"] if _menu(block))
        self._did(person, f"chooses “{question}” in the form", self._place(channel, ""))
        await self._then(person.submit(act.modal, **{name: question}))

    def newest(self, person: Person, label: str, said: str = "") -> Json:
        """The last message before somebody that says this, with something to use that is called so."""
        before_them = [m for channel in (self.general, person.dm) for m in person.everything(channel)]
        for message in sorted(before_them, key=lambda m: float(m["ts"]), reverse=True):
            if label in _usable(message) and said in text_of(message):
                return message
        raise AssertionError(f"nothing is called {label!r}")

    async def _then(self, act: Awaitable[Any]) -> Any:
        """Do it, and wait until Viva has done what follows from it."""
        done = await act
        await self.settling.settled()
        self._look()
        return done

    def _look(self) -> None:
        """Write down what has come since."""
        channels = [self.general, *(person.dm for person in self._people)]
        public = [("", m) for channel in channels for m in self.there.said(channel)]
        alone = [(person.name, message) for person in self._people for message in person.whispers]
        for only, message in sorted([*public, *alone], key=lambda pair: float(pair[1]["ts"])):
            if message["ts"] not in self._told:
                self.events.append(Seen(deepcopy(message), self._where(message), only))
            self._told.add(message["ts"])

    def _did(self, person: Person, what: str, where: str) -> None:
        self.events.append(Did(f"{person.name} {what}", where))

    def _channel(self, message: Json) -> str:
        if "channel" in message:
            return message["channel"]
        return next(name for name, all_ in self.there.messages.items() if message["ts"] in all_)

    def _where(self, message: Json) -> str:
        return self._place(self._channel(message), message.get("thread_ts", ""), message["ts"])

    def _place(self, channel: str, thread: str, ts: str = "") -> str:
        named = self.there.channels[channel]
        name = f"#{named['name']}" if "name" in named else "direct messages"
        return f"{name}, in the thread" if thread not in ("", ts) else name

    def transcript(self) -> str:
        """The story as it reads from above to below."""
        return transcript(self.events, self._shown)

    def _shown(self, message: Json) -> Iterator[str]:
        blocks: list[Json] = message.get("blocks") or []
        if message["text"] and not blocks:
            blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": message["text"]}}]
        for block in blocks:
            yield from self._block(block)
        for file in message.get("files", ()):
            yield f"  [file {file['name']}]"

    def _block(self, block: Json) -> Iterator[str]:
        if block["type"] == "image":
            yield from wrapped(f"[picture: {block['alt_text']}]", "  ", "   ")
        elif block["type"] == "actions":
            yield "  " + " ".join(f"[{name}]" for name in _usable({"blocks": [block]}))
        for line in lines_of(block, self._read):
            lead = "  │ " if line.startswith("> ") else "  "
            yield from wrapped(line.removeprefix("> "), lead, lead)

    def _read(self, mrkdwn: str) -> str:
        """What is read of mrkdwn."""
        return unmarked(_NAMED.sub(self._mentioned, mrkdwn))

    def _mentioned(self, match: re.Match[str]) -> str:
        kind, id_ = match.groups()
        return f"@{self.there.users[id_]['real_name']}" if kind == "@" else f"#{self.there.channels[id_]['name']}"


def _usable(message: Json) -> list[str]:
    """What the buttons and selects of a message are called."""
    rows = [block for block in message.get("blocks") or () if block["type"] in ("actions", "section")]
    elements = [each for row in rows for each in (row.get("elements") or [row.get("accessory")]) if each]
    return [f"{called(each['placeholder'])} ▾" if "placeholder" in each else called(each["text"]) for each in elements]


def _menu(block: Json) -> bool:
    return block["type"] == "input" and block["element"]["type"] == "static_select"


Script = Callable[[Story], Awaitable[None]]
