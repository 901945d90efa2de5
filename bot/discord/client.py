"""The client: what Discord sends goes to whom it concerns, and the commands are told to Discord."""

import asyncio
import hashlib
import json
import logging
import sys
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

import discord
from discord import app_commands

from bot.compose import App
from bot.discord.appealing import appealed
from bot.discord.buttons import Button, submitted
from bot.discord.commands import add_commands
from bot.discord.conversation import Conversation
from bot.discord.goals import REMIND_SECONDS, remind
from bot.discord.listening import Listening
from bot.discord.marking import Marking
from bot.discord.panel import Voting
from bot.discord.places import PREFIX, Places
from bot.discord.privacy import Forgetting
from bot.discord.servers import SettingsCard
from bot.discord.showing import Showing
from bot.discord.telling import whisper
from bot.surface.beside import LOOK_SECONDS, left, repeatedly, until_done
from bot.surface.servers import Servers
from bot.unexpected import noted, told

log = logging.getLogger("viva.discord")

_RETRY_SECONDS = 10.0
_DAY = 86_400.0  # seconds
_STOP_SECONDS = 20.0  # what is under way at a stop has this long; the rest is taken up at the next start


class Viva(discord.AutoShardedClient):
    """The bot on Discord, over the parts that every surface has."""

    def __init__(self, app: App, *, sync: bool = False, shard_ids: Sequence[int] | None = None) -> None:
        settings = app.settings.discord
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        intents.message_content = settings.free_chat
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            shard_count=settings.shards,
        )
        if shard_ids is not None:
            self.shard_ids = list(shard_ids)
        self.app = app
        self.servers = Servers(app.store)
        self.places = Places(self, app)
        self.showing = Showing(app.coach, self.places)
        self.conversation = Conversation(app.coach, self.places, self.showing)
        self._listening = Listening(
            app.coach, self.places, self.conversation, self.servers, free_chat=settings.free_chat
        )
        self._sync = sync
        self._caught_up = False
        self._beside: list[asyncio.Task[None]] = []
        self.tree = Tree(self)
        add_commands(self.tree, self.servers, free_chat=settings.free_chat)

    async def setup_hook(self) -> None:
        """Before the gateway: buttons of any age are known, changed commands are told to Discord."""
        self.add_dynamic_items(Button, Marking, Voting)
        self.add_view(SettingsCard(self.servers, free_chat=self.app.settings.discord.free_chat))
        self.add_view(Forgetting(self.app.coach))
        await self._tell_commands()

    async def _tell_commands(self) -> None:
        """Sync the commands when asked to, or when they differ from those that were synced last."""
        commands = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(commands, sort_keys=True).encode()).hexdigest()
        now, file = f"{self.application_id} {digest}", self.app.settings.viva.data_dir / "discord-commands"
        if self._sync or not file.is_file() or file.read_text(encoding="ascii") != now:
            await self.tree.sync()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(now, encoding="ascii")

    async def on_ready(self) -> None:
        """Connected, the first time or again."""
        log.info("ready in %d servers", len(self.guilds))
        if not self._caught_up:
            self._caught_up = True
            self._beside = [asyncio.create_task(work) for work in self._work()]

    def _work(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What is done beside answering: where other processes may die, what they leave is looked for again."""
        look = until_done if self.app.leases is None else repeatedly
        yield look(LOOK_SECONDS, self._take_up, "taking up what was left")
        yield repeatedly(_RETRY_SECONDS, self.showing.catch_up_again, "showing what was not taken")
        yield repeatedly(REMIND_SECONDS, self._remind, "reminding people")
        yield repeatedly(_DAY, self._expire, "removing old sessions")

    async def _take_up(self) -> None:
        """Go on where a process was stopped or killed: this one before its start, or one beside it at any time.

        Whoever has the shard of a place is told what happens there; post there can any process.
        """
        sessions = await left(self.app.coach, self.app.leases, PREFIX)
        await self.showing.catch_up_with(session.id for session in sessions)

    async def _expire(self) -> None:
        gone = await self.servers.expire(discord.utils.utcnow())
        log.info("%d sessions were older than their server keeps them", gone)

    async def _remind(self) -> None:
        await remind(self, discord.utils.utcnow())

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """A form was handed in; everything else has its own way."""
        data: Any = interaction.data or {}
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        if form := submitted(data):
            await self.conversation.submitted(interaction, *form)
        elif appeal := appealed(data, id=str(interaction.id), at=interaction.created_at):
            await self.conversation.marked(interaction, *appeal)

    async def on_message(self, message: discord.Message) -> None:
        """Somebody said something."""
        if self.user:
            await self._listening.heard(message, self.user)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """A thread is gone; a session in it goes on with /resume."""
        log.info("thread %s was deleted", payload.thread_id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Viva was removed from a server; a session there goes on with /resume in a direct message."""
        log.info("removed from server %s", guild.id)

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        """What nobody foresaw in an event."""
        if error := sys.exc_info()[1]:
            log.error("%s failed (%s)", event_method, noted(error))

    def stop(self) -> None:
        """Begin to leave."""
        self._leaving = asyncio.ensure_future(self.leave())

    async def leave(self) -> None:
        """Finish what is under way, then close."""
        await self.showing.settled(_STOP_SECONDS)
        await self.close()

    async def close(self) -> None:
        """Leave Discord, and end what is done beside answering."""
        for task in self._beside:
            task.cancel()
        await super().close()


class Tree(app_commands.CommandTree[Viva]):
    """The commands, in servers and in direct messages, whoever installed Viva."""

    def __init__(self, client: Viva) -> None:
        super().__init__(
            client,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """What nobody foresaw in a command."""
        await whisper(interaction, told(error))
