"""Where sessions are held: a thread of their own, else a direct message, else wherever they were asked for."""

import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Protocol

import discord
from discord import ChannelType

from bot.compose import App
from bot.errors import UsageError

log = logging.getLogger("viva.discord")

PREFIX = "discord:"
_NAME = 100  # characters of a thread's name
_A_DAY = 1440  # minutes until an idle thread is put away; whoever writes into it opens it again
_REMEMBERED = 10_000  # sessions
_GONE = "This session is no longer kept; /drill or /interview starts another."
_MOVED = "Nothing can be posted any more where this session was held, so it goes on here."


class Channel(Protocol):
    """What messages are posted to: a thread, a direct message, or the answer to an interaction."""

    async def send(self, *args: Any, **kwargs: Any) -> discord.Message:
        """Post a message."""
        ...

    def typing(self) -> Any:
        """Awaited: show for ten seconds that something is coming."""
        ...


@dataclass(frozen=True)
class Held:
    """Whose a session is and where it is held.

    `channel` is None where nothing can be posted: then all is whispered by way of the person's clicks.
    `whisper`: cards are for the person alone, though others read along.
    """

    person: str
    channel_id: int
    channel: Channel | None
    whisper: bool


class Places:
    """Where every session is held, remembered so that most turns need not look it up."""

    def __init__(self, client: discord.Client, app: App) -> None:
        self._client = client
        self._app = app
        self._held: OrderedDict[str, Held] = OrderedDict()

    async def held(self, session_id: str, here: Any = None) -> Held:
        """Where a session is held; raises UsageError when it is no longer kept.

        Discord is asked for the channel only if it is neither `here` nor known, for that takes time.
        """
        if found := self._held.get(session_id):
            return found
        row = await self._app.store.session(session_id)
        if row is None:
            raise UsageError(_GONE)
        channel_id = channel_id_of(row.place)
        channel = here if here and here.id == channel_id else await self._channel(channel_id)
        channel = channel or self._client.get_partial_messageable(channel_id)
        return self.keep(session_id, row.person_id, channel, private=await self._is_private(session_id))

    async def _is_private(self, session_id: str) -> bool:
        start = (await self._app.coach.session(session_id)).start
        return start is not None and start.private

    async def _channel(self, channel_id: int) -> Any:
        """A channel that is there for us, or None."""
        try:
            return self._client.get_channel(channel_id) or await self._client.fetch_channel(channel_id)
        except (discord.NotFound, discord.Forbidden):
            return None

    def keep(self, session_id: str, person: str, channel: Any, *, private: bool) -> Held:
        """Remember where a session is held."""
        return self._remember(session_id, Held(person, channel.id, channel, private and _is_public(channel)))

    def _remember(self, session_id: str, held: Held) -> Held:
        self._held[session_id] = held
        self._held.move_to_end(session_id)
        while len(self._held) > _REMEMBERED:
            self._held.popitem(last=False)
        return held

    async def move(self, session_id: str, channel: Any) -> Held:
        """Hold a session elsewhere from now on."""
        held = await self.held(session_id)
        await self._app.store.move_session(session_id, place_of(channel.id))
        return self.keep(session_id, held.person, channel, private=await self._is_private(session_id))

    async def to_direct_message(self, session_id: str) -> Held:
        """Go on in a direct message, now that nothing can be posted where the session was held."""
        held = await self.held(session_id)
        try:
            channel = await self._client.create_dm(discord.Object(channel_id_of(held.person)))
            if channel.id != held.channel_id:
                await channel.send(_MOVED)
                log.warning("session %s goes on in a direct message", session_id)
                return await self.move(session_id, channel)
        except (discord.Forbidden, discord.NotFound) as error:
            log.info("no direct message either (%s)", error.code)
        log.warning("session %s can be held nowhere, so only clicks are answered", session_id)
        return self._remember(session_id, replace(held, channel=None))

    async def usable(self, channel_id: int) -> bool:
        """Whether a channel is still there for us; a thread that was put away is, unless it is locked."""
        channel = await self._channel(channel_id)
        return channel is not None and not (isinstance(channel, discord.Thread) and channel.locked)


def person_of(user: discord.abc.Snowflake) -> str:
    """The coach's name for somebody on Discord."""
    return f"{PREFIX}{user.id}"


def place_of(channel_id: int) -> str:
    """The coach's name for a channel, thread or direct message."""
    return f"{PREFIX}{channel_id}"


def channel_id_of(name: str) -> int:
    """The channel or the person that a name of the coach's stands for."""
    return int(name.rpartition(":")[2])


async def find(interaction: discord.Interaction[Any], name: str, *, private: bool) -> Any:
    """Where to hold a new session: a thread, a direct message, or the channel of the interaction."""
    here = interaction.channel
    if isinstance(here, discord.DMChannel) and interaction.context.dm_channel:
        return here
    if interaction.is_guild_integration() and (thread := await _thread(interaction, name, private=private)):
        return thread
    try:
        return await interaction.user.create_dm()
    except discord.HTTPException as error:
        log.info("no direct message to a person (%s), so by interaction alone", error.code)
        return here


async def _thread(interaction: discord.Interaction[Any], name: str, *, private: bool) -> discord.Thread | None:
    here, may = interaction.channel, interaction.app_permissions
    if isinstance(here, discord.Thread) and may.send_messages_in_threads and (here.is_private() or not private):
        return here
    channel = here.parent if isinstance(here, discord.Thread) else here
    kind = _kind(may, private=private)
    if not isinstance(channel, discord.TextChannel) or kind is None:
        return None
    if channel.is_news():
        kind = ChannelType.news_thread
    try:
        thread = await channel.create_thread(name=name[:_NAME], type=kind, auto_archive_duration=_A_DAY)
        await thread.add_user(interaction.user)
    except discord.HTTPException as error:
        log.info("no thread in channel %s (%s), so a direct message", channel.id, error.code)
        return None
    return thread


def _kind(may: discord.Permissions, *, private: bool) -> Any:
    """The sort of thread that is asked for and allowed; None where none is."""
    if not may.send_messages_in_threads:
        return None
    if private and may.create_private_threads:
        return ChannelType.private_thread
    return ChannelType.public_thread if may.create_public_threads else None


def _is_public(channel: Any) -> bool:
    """Whether others than the candidate read along; of a channel that is not known that is assumed."""
    if isinstance(channel, discord.Thread):
        return not channel.is_private()
    return not isinstance(channel, discord.DMChannel)
