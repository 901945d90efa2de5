"""What the listeners on Slack work with, put together once."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.compose import App
from bot.errors import UsageError
from bot.slack.call import Call
from bot.slack.conversation import Conversation
from bot.slack.installing import Workspaces
from bot.slack.layout import Message
from bot.slack.people import People
from bot.slack.places import Places
from bot.slack.showing import Showing
from bot.slack.telling import Whisper
from bot.slack.uploads import Uploads
from bot.surface.servers import Servers


@dataclass(frozen=True)
class Parts:
    """Everything between Slack and the coach."""

    app: App
    workspaces: Workspaces
    servers: Servers
    places: Places
    people: People
    uploads: Uploads
    showing: Showing
    conversation: Conversation

    @classmethod
    def over(cls, app: App, workspaces: Workspaces) -> "Parts":
        """The parts over those that every surface has."""
        places, people, uploads = Places(app, workspaces.web), People(workspaces.web), Uploads()
        showing = Showing(app.coach, places, uploads)
        conversation = Conversation(app.coach, app.store, places, showing, people, uploads)
        return cls(app, workspaces, Servers(app.store), places, people, uploads, showing, conversation)

    async def whisper(self, call: Call) -> Whisper:
        """What says something to whoever did this, alone."""
        return await self.conversation.whisper(call)

    async def whispered(self, call: Call, messages: list[Message]) -> None:
        """Show messages to whoever did this, alone."""
        whisper, web = await self.whisper(call), await self.workspaces.web(call.team)
        for message in messages:

            async def show(files: Mapping[str, str], message: Message = message) -> None:
                await whisper.show(message.text, message.rendered(files))

            await self.uploads.shown(web, call.team, [message], show)

    async def admit(self, call: Call) -> None:
        """Raises UsageError with the reason why this person may hold no session here now."""
        channels = [call.channel] if call.channel else []
        refused = await self.servers.refusal(call.server, call.person, channels=channels, roles=[], now=call.at)
        if refused:
            raise UsageError(refused)
