"""A server with a channel and people in it, and what they do there."""

from collections.abc import Iterator
from typing import Any

import discord
import simcord
from simcord import ChannelHandle, GuildHandle, InteractionResult, MemberActor, UserHandle
from simcord.results import ResponseMessage

ANSWER = "it is the expected log loss"

Somebody = MemberActor | UserHandle
Message = discord.Message | ResponseMessage


class Scene:
    """A server with one channel; people come as they are named."""

    def __init__(self, env: simcord.Env) -> None:
        self.env = env
        self.guild: GuildHandle = env.create_guild()
        self.channel: ChannelHandle = self.guild.create_text_channel("general")

    @property
    def me(self) -> str:
        """The mention of Viva."""
        assert self.env.bot.user
        return self.env.bot.user.mention

    def lacking(self, **permissions: bool) -> None:
        """Go on in a channel where Viva lacks these permissions."""
        assert self.env.bot.user
        overwrites: Any = {self.env.bot.user: discord.PermissionOverwrite(**permissions)}
        self.channel = self.guild.create_text_channel("strict", overwrites=overwrites)

    def person(self, name: str, **options: Any) -> MemberActor:
        return self.guild.add_member(self.env.create_user(name), **options)

    async def drill(self, person: MemberActor, topic: str = "kl", **options: Any) -> ChannelHandle:
        """A drill that has begun; the thread it is held in."""
        await person.slash(self.channel, "drill", topic=topic, **options)
        return self.channel.threads[-1]

    def thread(self, place: ChannelHandle) -> discord.Thread:
        """A thread as Viva knows it."""
        found = self.env.bot.get_channel(place.id)
        assert isinstance(found, discord.Thread)
        return found

    async def deliver_again(self, event: str, author: int | None = None, **changes: Any) -> None:
        """The last event of this kind, or the last of this author's, comes once more, or one that is like it."""
        payload = self.payload(event, author)
        self.env.backend.emit(event, {**payload, **changes})
        await self.env.settle()

    def payload(self, event: str, author: int | None = None) -> Any:
        """What came with the last event of this kind, or with this author's last one."""
        return next(
            payload
            for kind, name, payload in reversed(self.env.backend.transcript)
            if (kind, name) == ("GATEWAY", event) and author in (None, int(payload.get("author", {}).get("id", 0)))
        )

    def sent(self, method: str, path: str) -> list[Any]:
        """The bodies of what Viva sent to paths that end so."""
        return [r.json for r in self.env.http_requests if r.method == method and r.path.endswith(path)]


async def answer(person: Somebody, place: ChannelHandle, text: str = ANSWER, **more: Any) -> InteractionResult:
    """Answer what stands open there for this person, in the form."""
    form = await person.click(prompt(place, person), label="Answer")
    return await person.submit_modal(form, {"answer": text, **more})


def prompt(place: ChannelHandle, viewer: Any = None) -> discord.Message:
    """The one question there that can still be answered."""
    (found,) = [m for m in place.history(viewer=viewer) if any(b.label == "Answer" for b in live_buttons(m))]
    return found


def live_buttons(message: discord.Message) -> list[Any]:
    """The buttons of a message that can be clicked."""
    return [part for part in walk(message.components) if getattr(part, "label", None) and not part.disabled]


def walk(parts: Any) -> Iterator[Any]:
    for part in parts:
        yield part
        yield from walk(getattr(part, "children", []))


def text(message: Message | None) -> str:
    """Everything that a message says, its components included."""
    assert message
    components = message.message.components if isinstance(message, ResponseMessage) else message.components
    said = [str(part.content) for part in walk(components) if hasattr(part, "content")]
    return "\n".join([message.content, *said])


def said(place: ChannelHandle, viewer: Any = None) -> str:
    """Everything that is said in a channel, as everybody or as one person sees it."""
    return "\n".join(text(m) for m in place.history(viewer=viewer) if viewer or not m.flags.ephemeral)


def told(result: InteractionResult) -> str:
    """What one person alone was told."""
    messages = [m for m in (result.response, *result.followups) if m]
    assert all(m.ephemeral for m in messages), "others saw it"
    return "\n".join(text(m) for m in messages)
