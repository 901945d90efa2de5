"""Where sessions are held: in the thread under a message of Viva's, in that of a mention, or in a direct message."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from slack_sdk.errors import SlackApiError

from bot.compose import App
from bot.errors import UsageError
from bot.slack import blocks
from bot.slack.telling import code, passing
from bot.slack.web import Web

log = logging.getLogger("viva.slack")

PREFIX = "slack:"
_REMEMBERED = 10_000  # sessions
_GONE = "This session is no longer kept; /drill or /interview starts another."
_MOVED = "Nothing can be posted any more where this session was held, so it goes on here."

WebOf = Callable[[str], Awaitable[Web]]
"""What speaks for Viva in a workspace; raises `NotInstalled` where Viva is not."""


@dataclass(frozen=True)
class Place:
    """A thread of a channel, or with `thread` empty a direct message as a whole."""

    team: str
    channel: str
    thread: str = ""

    @classmethod
    def read(cls, name: str) -> "Place":
        """The place that the coach has a name for."""
        return cls(*name[name.index(PREFIX) + len(PREFIX) :].split(":"))

    @property
    def name(self) -> str:
        """What the coach calls it."""
        return f"{PREFIX}{self.team}:{self.channel}:{self.thread}"

    @property
    def direct(self) -> bool:
        """Whether nobody else reads along."""
        return self.channel.startswith("D")


@dataclass(frozen=True)
class Where:
    """A place, and who speaks for Viva there."""

    web: Web
    place: Place


@dataclass(frozen=True)
class Held:
    """Whose a session is and where it is held; `whisper`: cards are for the person alone, though others read along.

    `where` is None where nothing can be posted.
    """

    person: str
    place: Place
    where: Where | None
    whisper: bool


class Places:
    """Where every session is held, remembered so that most turns need not look it up."""

    def __init__(self, app: App, web_of: WebOf) -> None:
        self._app = app
        self.web_of = web_of
        self._held: OrderedDict[str, Held] = OrderedDict()

    async def held(self, session_id: str) -> Held:
        """Where a session is held; raises UsageError when it is no longer kept."""
        if found := self._held.get(session_id):
            return found
        row = await self._app.store.session(session_id)
        if row is None:
            raise UsageError(_GONE)
        private = await self._private(session_id)
        return await self.keep(session_id, row.person_id, Place.read(row.place), private=private)

    async def _private(self, session_id: str) -> bool:
        start = (await self._app.coach.session(session_id)).start
        return start is not None and start.private

    async def keep(self, session_id: str, person: str, place: Place, *, private: bool) -> Held:
        """Remember where a session is held."""
        return self._remember(session_id, Held(person, place, await self.at(place), private and not place.direct))

    def _remember(self, session_id: str, held: Held) -> Held:
        self._held[session_id] = held
        self._held.move_to_end(session_id)
        while len(self._held) > _REMEMBERED:
            self._held.popitem(last=False)
        return held

    async def at(self, place: Place) -> Where:
        """A place to post to."""
        return Where(await self.web_of(place.team), place)

    def forget(self, team: str) -> None:
        """Look up anew what is held in a workspace: its token is another, or gone."""
        for session_id in [name for name, held in self._held.items() if held.place.team == team]:
            del self._held[session_id]

    async def direct(self, person: str) -> Where:
        """The direct messages with somebody."""
        team, user = who(person)
        web = await self.web_of(team)
        opened = await web("conversations.open", users=user)
        return Where(web, Place(team, opened["channel"]["id"]))

    async def move(self, session_id: str, place: Place) -> Held:
        """Hold a session elsewhere from now on."""
        held = await self.held(session_id)
        await self._app.store.move_session(session_id, place.name)
        return await self.keep(session_id, held.person, place, private=await self._private(session_id))

    async def to_direct_message(self, session_id: str) -> Held:
        """Go on in a direct message, now that nothing can be posted where the session was held."""
        held = await self.held(session_id)
        try:
            where = await self.direct(held.person)
            if where.place != held.place:
                (moved,) = blocks.told(_MOVED)
                blocks_ = moved.rendered({})
                await where.web("chat.postMessage", channel=where.place.channel, text=moved.text, blocks=blocks_)
                log.warning("session %s goes on in a direct message", session_id)
                return await self.move(session_id, where.place)
        except SlackApiError as error:
            if passing(error):
                raise
            log.info("no direct message either (%s)", code(error))
        log.warning("session %s can be held nowhere", session_id)
        return self._remember(session_id, replace(held, where=None))


def person_of(team: str, user: str) -> str:
    """The coach's name for somebody on Slack."""
    return f"{PREFIX}{team}:{user}"


def server_of(team: str) -> str:
    """The coach's name for a workspace."""
    return f"{PREFIX}{team}"


def who(person: str) -> tuple[str, str]:
    """Workspace and user that a name of the coach's stands for."""
    team, user = person.removeprefix(PREFIX).split(":")
    return team, user
