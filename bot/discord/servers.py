"""What a server's managers chose: `/settings`, and who may hold a session where."""

from datetime import datetime
from typing import Any

import discord
from discord import ChannelType, TextChannel, app_commands
from discord.ui import (
    ActionRow,
    Button,
    ChannelSelect,
    Container,
    Item,
    Label,
    LayoutView,
    Modal,
    RoleSelect,
    Section,
    Select,
    TextDisplay,
    TextInput,
)

from bot.discord.places import PREFIX, person_of
from bot.discord.telling import telling
from bot.errors import UsageError
from bot.surface.servers import Servers, ServerSettings

_MANAGERS_ONLY = "Only those who may manage the server can change how Viva is on it."
_NOT_ENABLED = " (the operator of this Viva has not enabled it)"
_CHANNELS = [ChannelType.text, ChannelType.news, ChannelType.forum, ChannelType.category]
_MOST = 25  # Discord's limit for a select
_ON = "on"

Interaction = discord.Interaction[Any]


def server_of(interaction: Interaction) -> str | None:
    """The server that an interaction comes from, or None in DMs and where only the person installed Viva."""
    return f"{PREFIX}{interaction.guild_id}" if interaction.is_guild_integration() else None


async def allowed(servers: Servers, interaction: Interaction) -> str | None:
    """Why this person may hold no session here now, in one sentence, or None."""
    server, here = server_of(interaction), interaction.channel
    return await refusal(servers, server, interaction.user, here, interaction.created_at)


async def refusal(
    servers: Servers, server: str | None, person: discord.User | discord.Member, channel: Any, now: datetime
) -> str | None:
    """Why a person may hold no session in a channel of a server, in one sentence, or None."""
    around = [getattr(channel, name, None) for name in ("id", "parent_id", "category_id")]
    return await servers.refusal(
        server,
        person_of(person),
        channels=[str(name) for name in around if name],
        roles=[str(role.id) for role in getattr(person, "roles", ())],
        now=now,
    )


def settings_command(servers: Servers, *, free_chat: bool) -> app_commands.Command[Any, ..., None]:
    """The `/settings` command; `free_chat` says whether the operator has it enabled."""

    async def settings(interaction: Interaction) -> None:
        async with telling(interaction):
            server = _managed(interaction)
            await interaction.response.defer(ephemeral=True)
            card = SettingsCard(servers, await servers.settings(server), free_chat=free_chat)
            await interaction.followup.send(view=card.shown(), ephemeral=True)

    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name="settings",
        description="How Viva is on this server: where, for whom, how much and for how long.",
        callback=settings,
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
    )
    command.default_permissions = discord.Permissions(manage_guild=True)
    return command


def _managed(interaction: Interaction) -> str:
    """The server of the interaction; UsageError unless the person may manage it."""
    server = server_of(interaction)
    if server is None or not interaction.permissions.manage_guild:
        raise UsageError(_MANAGERS_ONLY)
    return server


class SettingsCard(LayoutView):
    """The card of `/settings`. One is added to the client and hears them all, also those of before a restart."""

    def __init__(self, servers: Servers, chosen: ServerSettings | None = None, *, free_chat: bool) -> None:
        super().__init__(timeout=None)
        chosen = chosen or ServerSettings()
        self.servers = servers
        self.free_chat = free_chat
        per_day = "no limit" if chosen.daily_questions is None else f"{chosen.daily_questions} a day"
        note = "" if free_chat else _NOT_ENABLED
        self.add_item(
            Container(
                TextDisplay("## Viva on this server\nWhat you choose counts at once."),
                TextDisplay("**Where** sessions may be held; with nothing chosen, everywhere"),
                ActionRow(_Channels(chosen)),
                TextDisplay("**Who** may hold them; with nothing chosen, everybody"),
                ActionRow(_Roles(chosen)),
                TextDisplay("**Language** of a model that words questions and answers"),
                ActionRow(_YesOrNo("plain", "Plain: short, everyday words", "As in an interview", chosen=chosen.plain)),
                TextDisplay(f"**Free chat** in the thread of a session{note}"),
                ActionRow(
                    _YesOrNo(
                        "free_chat",
                        "Read: whatever is said there is an answer",
                        "Not read: buttons, replies and mentions only",
                        chosen=chosen.free_chat,
                    )
                ),
                Section(
                    TextDisplay(f"**Questions** for each person: {per_day}\n**Kept** for {chosen.retention_days} days"),
                    accessory=_Limits(),
                ),
            )
        )

    def shown(self) -> "SettingsCard":
        """This card as something to send: what is done to it is heard by the one that the client holds."""
        self.stop()
        return self

    async def change(self, interaction: Interaction, **changes: Any) -> None:
        """Keep what was chosen and show the card as it is now."""
        async with telling(interaction):
            server = _managed(interaction)
            await interaction.response.defer()
            chosen = await self.servers.change(server, changes)
            card = SettingsCard(self.servers, chosen, free_chat=self.free_chat)
            await interaction.edit_original_response(view=card.shown())


class _Channels(ChannelSelect[SettingsCard]):
    def __init__(self, chosen: ServerSettings) -> None:
        super().__init__(
            custom_id="viva:settings:channels",
            placeholder="Everywhere",
            min_values=0,
            max_values=_MOST,
            channel_types=_CHANNELS,
            default_values=[discord.Object(int(name), type=TextChannel) for name in chosen.channels],
        )

    async def callback(self, interaction: Interaction) -> None:
        await _card(self).change(interaction, channels=[str(channel.id) for channel in self.values])


class _Roles(RoleSelect[SettingsCard]):
    def __init__(self, chosen: ServerSettings) -> None:
        super().__init__(
            custom_id="viva:settings:roles",
            placeholder="Everybody",
            min_values=0,
            max_values=_MOST,
            default_values=[discord.Object(int(name), type=discord.Role) for name in chosen.roles],
        )

    async def callback(self, interaction: Interaction) -> None:
        await _card(self).change(interaction, roles=[str(role.id) for role in self.values])


class _YesOrNo(Select[SettingsCard]):
    """A choice of two for a setting that is on or off."""

    def __init__(self, name: str, on: str, off: str, *, chosen: bool) -> None:
        super().__init__(
            custom_id=f"viva:settings:{name}",
            options=[
                discord.SelectOption(label=on, value=_ON, default=chosen),
                discord.SelectOption(label=off, value="off", default=not chosen),
            ],
        )
        self._name = name

    async def callback(self, interaction: Interaction) -> None:
        await _card(self).change(interaction, **{self._name: self.values == [_ON]})


class _Limits(Button[SettingsCard]):
    def __init__(self) -> None:
        super().__init__(label="Change", custom_id="viva:settings:limits")

    async def callback(self, interaction: Interaction) -> None:
        async with telling(interaction):
            card = _card(self)
            await interaction.response.send_modal(_LimitsForm(card, await card.servers.settings(_managed(interaction))))


class _LimitsForm(Modal):
    def __init__(self, card: SettingsCard, chosen: ServerSettings) -> None:
        # Whoever closes the form changes nothing, so it is forgotten after a while.
        super().__init__(title="Limits on this server", custom_id="viva:settings:limits", timeout=3600)
        self._card = card
        questions, days = chosen.daily_questions, chosen.retention_days
        self._questions = TextInput[Any](
            custom_id="questions", required=False, max_length=4, default=str(questions) if questions else None
        )
        self._days = TextInput[Any](custom_id="days", max_length=4, default=str(days))
        self.add_item(
            Label(text="Questions a day", description="For each person; empty: any.", component=self._questions)
        )
        self.add_item(Label(text="Days that sessions are kept", component=self._days))

    async def on_submit(self, interaction: Interaction) -> None:
        """Keep both numbers, or say what is wrong with them."""
        questions = self._questions.value.strip() or None
        await self._card.change(interaction, daily_questions=questions, retention_days=self._days.value.strip())


def _card(item: Item[SettingsCard]) -> SettingsCard:
    assert item.view  # noqa: S101  # an item is only clicked in its view
    return item.view
