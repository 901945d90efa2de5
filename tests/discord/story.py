"""People on the double, with the judge that needs no key: what each of them does and sees, in order.

A story is told over the wire by the client that is shipped; nothing in it depends on ids or the time.
"""

from __future__ import annotations

import asyncio
import html
import random
import re
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.compose import Settings, opened
from bot.discord.client import Viva
from bot.settings import DiscordSettings, OpenAISettings, SlackSettings, StoreSettings, VivaSettings
from tests.discord.double import TOKEN, Double
from tests.discord.people import Click, Person, text_of
from tests.discord.preview import Message, inline, with_files
from tests.discord.rules import Json, walk
from tests.discord.world import EPHEMERAL
from tests.transcript import Did, Seen, transcript, wrapped

SEED = 12  # of the order of questions
_AT_WORK = ("discord.py: on_", "CommandTree", "discord-ui-view-dispatch", "discord-ui-dynamic", "discord-ui-modal")
_IN_LINE = re.compile(r"<([@#])!?&?(\d+)>")


Script = Callable[["Story"], Awaitable[None]]


@dataclass
class Story:
    """What has happened so far on one server, whose first channel is #general."""

    discord: Double
    events: list[Did | Seen] = field(default_factory=list[Did | Seen])
    _told: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.guild = self.discord.world.add_guild("Lab")
        self.general: str = self.discord.world.add_channel(self.guild["id"], "general")["id"]

    @property
    def thread(self) -> str:
        """The thread that was opened last."""
        return self.discord.world.threads(self.guild["id"])[-1]["id"]

    def person(self, name: str) -> Person:
        """Somebody on the server."""
        return self.discord.person(name, self.guild)

    async def types(self, person: Person, channel: str, command: str, **options: Any) -> None:
        """A command."""
        shown = {key: f"@{self._name(value)}" if value in self.discord.world.users else value
                 for key, value in options.items()}  # fmt: skip
        self._did(person, f"types /{' '.join([command, *(f'{k}:{v}' for k, v in shown.items())])}", channel)
        await self._then(person.slash(channel, command, **options))

    async def clicks(self, person: Person, label: str, under: Json | None = None) -> Click:
        """A button, of the newest message that has it."""
        message = under or self.newest(label)
        self._did(person, f"clicks [{label}]", message["channel_id"])
        return await self._then(person.click(message, label))

    async def answers(self, person: Person, text: str) -> None:
        """What stands open, by its form."""
        shown = await person.click(self.newest("Answer"), "Answer")
        assert shown.modal
        self._did(person, "clicks [Answer] and fills in the form", shown.payload["channel_id"])
        await self._then(person.submit(shown, answer=text))

    async def replies(self, person: Person, text: str) -> None:
        """To the message that asks."""
        prompt = self.newest("Answer")
        self._did(person, f"replies to it: {text}", prompt["channel_id"])
        await self._said(person, prompt["channel_id"], text, reply_to=prompt)

    async def says(self, person: Person, channel: str, text: str) -> Json:
        """A message that is not for Viva."""
        self._did(person, f"writes: {text}", channel)
        return await person.say(channel, text)

    async def chooses(self, person: Person, message: Json, *options: str) -> None:
        """An option of each select of a message, in order."""
        selects = [part for part in walk(message["components"]) if part["type"] == 3]
        self._did(person, f"chooses {', '.join(f'“{option}”' for option in options)}", message["channel_id"])
        for select, option in zip(selects, options, strict=True):
            (value,) = [each["value"] for each in select["options"] if each["label"] == option]
            await self._then(person.select(message, select["custom_id"], value))

    async def picks(self, person: Person, message: Json, command: str) -> Click:
        """A command on a message, by right-clicking it."""
        self._did(person, f"right-clicks the message: Apps, {command}", message["channel_id"])
        return await self._then(person.choose(message, command))

    def newest(self, label: str) -> Json:
        """The last message with something to use that is called so."""
        for event in reversed(self.events):
            if isinstance(event, Seen) and any(_asked(part) == label for part in walk(event.message["components"])):
                return self._now(event.message)
        raise AssertionError(f"nothing is called {label!r}")

    def _now(self, message: Json) -> Json:
        """The message as it is by now."""
        stands = self.discord.world.messages[message["channel_id"]].get(message["id"])
        return stands or next(m for _, m in self._whispered() if m["id"] == message["id"])

    async def _then(self, act: Any) -> Any:
        """Do it, and wait until Viva has done what follows from it."""
        click = await act
        await self._settled()
        return click

    async def _said(self, person: Person, channel: str, text: str, **how: Any) -> None:
        before = len(self.discord.requests)
        await person.say(channel, text, **how)
        await self.discord.until(lambda: len(self.discord.requests) > before)
        await self._settled()

    async def _settled(self) -> None:
        while tasks := [task for task in asyncio.all_tasks() if task.get_name().startswith(_AT_WORK)]:
            await asyncio.wait(tasks)
        self._look()

    def _look(self) -> None:
        """Write down what has come since."""
        bot = self.discord.world.bot["id"]
        here = [name for name, c in self.discord.world.channels.items() if c.get("guild_id") == self.guild["id"]]
        public = [("", message) for name in here for message in self.discord.world.messages[name].values()]
        whispered = [(only, message) for only, message in self._whispered() if message["channel_id"] in here]
        for only, message in sorted([*public, *whispered], key=lambda pair: int(pair[1]["id"])):
            if message["id"] not in self._told and message["author"]["id"] == bot:
                self.events.append(Seen(deepcopy(message), self._place(message["channel_id"]), only))
            self._told.add(message["id"])

    def _whispered(self) -> Iterator[tuple[str, Json]]:
        for click in self.discord.clicks.values():
            for message in click.responses:
                if message["flags"] & EPHEMERAL:
                    yield click.person.user["global_name"], message

    def messages(self, *parts: str) -> list[Message]:
        """The first messages of Viva's that have these texts in them, with the pictures that they show."""
        seen = [event.message for event in self.events if isinstance(event, Seen)]
        return [self._illustrated(next(m for m in seen if part in text_of(m))) for part in parts]

    def _illustrated(self, message: Json) -> Message:
        files = ((file["filename"], self.discord.file(file["id"])) for file in message["attachments"])
        return with_files(message, files)

    def _did(self, person: Person, what: str, channel: str) -> None:
        self.events.append(Did(f"{person.user['global_name']} {what}", self._place(channel)))

    def _place(self, channel: str) -> str:
        return self.discord.world.channels[channel].get("name", "direct messages")

    def _name(self, id_: str) -> str:
        return self.discord.world.users[id_]["global_name"]

    def transcript(self) -> str:
        """The story as it reads from above to below."""
        return transcript(self.events, self._shown)

    def _shown(self, message: Json) -> Iterator[str]:
        yield from self._text(message["content"], "  ")
        yield from self._parts(message["components"], "  ")

    def _parts(self, parts: Iterable[Json], indent: str) -> Iterator[str]:
        for part in parts:
            match part["type"]:
                case 1:
                    yield indent + " ".join(f"[{_asked(each)}]" for each in part["components"])
                case 10:
                    yield from self._text(part["content"], indent)
                case 12:
                    for item in part["items"]:
                        yield from wrapped(f"[picture: {item['description']}]", indent, indent + " ")
                case 13:
                    yield f"{indent}[file {part['file']['url'].removeprefix('attachment://')}]"
                case 17:
                    yield from self._parts(part["components"], f"{indent}┃ ")
                case other:
                    raise ValueError(f"no story has a component of type {other} yet")

    def _text(self, markdown: str, indent: str) -> Iterator[str]:
        """Text as it is read, its markup gone."""
        quoted = False
        for line in markdown.split("\n") if markdown else ():
            quoted = quoted or line.startswith(">>> ")
            mark, _, rest = line.partition(" ")
            text = rest if mark in ("#", "##", "###", "-#", ">", ">>>") else line
            lead = "│ " if quoted or mark == ">" else "- " if mark == "-" else ""
            text = text.removeprefix("- ") if mark == "-" else text
            named = _IN_LINE.sub(self._mentioned, text.replace("\u2060", ""))
            plain = html.unescape(re.sub(r"<[^>]+>", "", inline(named)))
            yield from wrapped(plain, indent + lead, indent + (lead if lead == "│ " else " " * len(lead)))

    def _mentioned(self, match: re.Match[str]) -> str:
        kind, id_ = match.groups()
        return f"@{self._name(id_)}" if kind == "@" else f"#{self._place(id_)}"


def _asked(part: Json) -> str:
    """What a button or a select says."""
    return part.get("label") or (f"{part['placeholder']} ▾" if part.get("placeholder") else "")


async def tell(scripts: Mapping[str, Script], index: Path | None = None) -> dict[str, Story]:
    """Tell every story on a server of its own, where nobody has used Viva; with an `index` none need be built."""
    with TemporaryDirectory() as folder:
        if index:
            shutil.copyfile(index, Path(folder) / "notes.index")
        async with Double() as double, opened(_settings(Path(folder))) as app, Viva(app) as viva:
            with (
                patch.object(Route, "BASE", double.environment["VIVA_DISCORD_API"]),
                patch.object(DiscordWebSocket, "DEFAULT_GATEWAY", URL(double.gateway.address)),
                patch.object(random, "randrange", return_value=SEED),
            ):
                stories = {name: Story(double) for name in scripts}
                running = asyncio.create_task(viva.start(TOKEN))
                await double.ready()
                await viva.wait_until_ready()
                for name, script in scripts.items():
                    await script(stories[name])
                await viva.close()
                await running
    return stories


def _settings(folder: Path) -> Settings:
    """Nothing but what is shipped: no key, no model server."""
    return Settings(
        VivaSettings.model_construct(data_dir=folder),
        OpenAISettings.model_construct(),
        StoreSettings.model_construct(),
        DiscordSettings.model_construct(shards=1),
        SlackSettings.model_construct(),
    )
