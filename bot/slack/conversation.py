"""Between Slack and the coach: clicks, forms and messages become events, replies become messages."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from hashlib import blake2b
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.coach.coach import Coach
from bot.coach.events import Appeal, Ask, CandidateEvent, Mark, Resume, Say, Seat, Start, Stop, Vote
from bot.coach.reply import BallotReply
from bot.errors import UsageError
from bot.slack import blocks, forms, kit
from bot.slack.call import Call
from bot.slack.deliver import status
from bot.slack.layout import Message, laid_out
from bot.slack.people import People
from bot.slack.places import Held, Place, Places, Where, person_of, who
from bot.slack.posting import Name, post
from bot.slack.showing import Showing
from bot.slack.telling import NOWHERE, TROUBLES, Whisper, code
from bot.slack.uploads import Uploads
from bot.store.store import Store
from bot.surface import conversation, words
from bot.surface.cards import Passage
from bot.surface.press import Press, Verb

log = logging.getLogger("viva.slack")

NOT_YOURS = "This session is somebody else's; /drill starts one of your own."
_PANEL_NEEDS_A_THREAD = "A panel needs a thread in a channel that I am in: invite me there and ask again."
_NO_PANEL = "Bots cannot sit on a panel, and nobody on their own."
_SHARED = "Shared, for all who read along."
_STOPPED = "Okay, I stopped."
_ARCHIVED = "This channel is archived, so it is in our direct messages."
_NOT_HERE = "I cannot post in this channel, so it is in our direct messages; to hold it here, invite me first."


class Conversation(conversation.Conversation[Call, Where]):
    """All sessions that this process takes part in."""

    nothing_open = "You have no open session; /drill or /interview starts one."
    old = "This button is of another version of Viva; /resume shows where you are."

    def __init__(
        self, coach: Coach, store: Store, places: Places, showing: Showing, people: People, uploads: Uploads
    ) -> None:
        super().__init__(coach, showing)
        self._store = store
        self._places = places
        self._slack = showing
        self._people = people
        self._uploads = uploads

    async def whisper(self, call: Call) -> Whisper:
        """What says something to whoever did this, alone."""
        return Whisper(await self._places.web_of(call.team), call.user, call.channel, call.thread, call.hook)

    # Clicks and forms

    async def pressed(self, call: Call, press: Press, question: str) -> None:
        """A session's button was clicked, under a message that says `question`."""
        if press.verb == Verb.VOTE:
            await self._hand_ballot(call, press)
            return
        await self._owned(call, press.session_id)
        if press.verb == Verb.ANSWER:
            begun, sure = await self.form(press.session_id, call.person, forms.MAX_ANSWER)
            await self._open(call, forms.answer(press, question, begun=begun, sure=sure))
        elif press.verb == Verb.APPEAL:
            await self._open(call, forms.appeal(press, await self.appealable(press)))
        elif press.verb == Verb.REVEAL:
            await call.ack()
            turn = await self._slack.turn(press.session_id, call.key, call)
            await turn.reply(await self.card(press))
        elif press.verb == Verb.SHARE:
            await self._share(call, press)
        else:
            await self.take(press.session_id, self.event(press, **call.event), call, call.ack)

    async def _open(self, call: Call, view: kit.Json) -> None:
        await call.ack()
        web = await self._places.web_of(call.team)
        await web("views.open", trigger_id=call.trigger, view=view)

    async def submitted(self, call: Call, press: Press, text: str, sure: int | None = None) -> None:
        """An answer was handed in by form; it is quoted for whoever reads along."""
        held = await self._owned(call, press.session_id)
        event = Say(**call.event, text=text, prompt=press.prompt, sure=sure)
        await self.take(press.session_id, event, call, partial(self._quote, call, held, press.session_id, text))

    async def _quote(self, call: Call, held: Held, session_id: str, text: str) -> None:
        await call.ack()
        if held.where and not held.whisper:
            for number, message in enumerate(blocks.said(text)):
                name = Name(session_id, f"{call.key}/quote", number)
                await post(held.where, name, message.text, message.rendered({}), again=call.again)

    async def marked(self, call: Call, session_id: str, event: Mark | Appeal) -> None:
        """The candidate gave a verdict of their own."""
        await self._owned(call, session_id)
        await self.take(session_id, event, call, call.ack)

    async def voted(self, call: Call, session_id: str, votes: Sequence[Vote]) -> None:
        """Somebody of the panel voted; with the last vote the debrief is shown, to all who read along."""
        await self.seated(session_id, call.person)
        for vote in votes:
            await self.take(session_id, vote, None, call.ack)

    async def _hand_ballot(self, call: Call, press: Press) -> None:
        """Show somebody of the panel what to vote on, with what they have said so far."""
        session = await self.seated(press.session_id, call.person)
        reply = await self.card(press)
        if isinstance(reply, BallotReply):
            said = {
                p: by[call.person] for (q, p), by in session.votes.items() if q == reply.number and call.person in by
            }
            await self._open(call, forms.ballot(reply, press.session_id, said))

    async def _owned(self, call: Call, session_id: str) -> Held:
        held = await self._places.held(session_id)
        if held.person != call.person:
            raise UsageError(NOT_YOURS)
        return held

    async def _share(self, call: Call, press: Press) -> None:
        """Show everybody what only the candidate has seen."""
        await call.ack()
        reply = await self.card(press)
        sharer = (await self._people.find(call.person)).name
        where = await self._places.at(call.place)
        cards = await asyncio.to_thread(blocks.messages, reply, session_id=press.session_id, sharer=sharer)
        for number, message in enumerate(cards):
            name = Name(press.session_id, call.key, number)

            async def show(files: Mapping[str, str], name: Name = name, message: Message = message) -> None:
                await post(where, name, message.text, message.rendered(files), again=call.again)

            await self._uploads.shown(where.web, call.team, [message], show)
        await (await self.whisper(call)).replace(_SHARED)

    # Sessions

    async def begin(self, call: Call, start: Start, panel: Sequence[str] = ()) -> None:
        """Open a session, in the thread that the call names, else in one of its own, with these people to vote."""
        start = self._coach.checked(start)
        if await self._store.session(call.session_id):
            await self._slack.catch_up(call.session_id)  # Slack tells of it again
            return
        where = await self._find(call, start)
        if panel and where.place.direct:
            raise UsageError(_PANEL_NEEDS_A_THREAD)
        session_id, place = call.session_id, where.place.name
        await self.make_room(call.person, place, call.key, call.at, call)
        await self._places.keep(session_id, call.person, where.place, private=start.private)
        replies = self._coach.begin(session_id, call.person, place, start, call.server, once=True)
        await self._slack.show(session_id, start.id, replies, call)
        await self._seat(call, where, panel)

    async def _find(self, call: Call, start: Start) -> Where:
        """Where to hold a session: there, or in a thread of its own, or in direct messages where neither can be."""
        if call.thread or call.place.direct:
            return await self._places.at(call.place)
        name = (await self._people.find(call.person)).name
        return await self._thread(call, f"{start.mode.capitalize()}: {start.topic or 'a mix'} · {name}")

    async def _thread(self, call: Call, title: str) -> Where:
        """The thread under a message of its own, or direct messages where that cannot be posted."""
        where = await self._places.at(call.place)
        (root,) = laid_out([Passage(blocks.SLACK.literal(title))])
        name = Name(call.session_id, call.key, 0)
        try:
            posted = await post(where, name, root.text, root.rendered({}), again=call.again)
        except SlackApiError as error:
            if code(error) not in NOWHERE:
                raise
            log.info("no thread in channel %s (%s)", call.channel, code(error))
            await (await self.whisper(call)).say(_ARCHIVED if code(error) == "is_archived" else _NOT_HERE)
            return await self._places.direct(call.person)
        return Where(where.web, Place(call.team, call.channel, posted.ts))

    async def checked_panel(self, call: Call, users: Sequence[str]) -> list[str]:
        """The people named for a panel, each once; UsageError for bots and for oneself."""
        panel = list(dict.fromkeys(person_of(call.team, user) for user in users))
        if call.person in panel or any([(await self._people.find(person)).is_bot for person in panel]):
            raise UsageError(_NO_PANEL)
        return panel

    async def _seat(self, call: Call, where: Where, panel: Sequence[str]) -> None:
        """Give people a vote, and tell them."""
        for number, person in enumerate(panel):
            await self.take(call.session_id, Seat(id=f"{call.key}/seat/{number}", at=call.at, who=person), call)
        if panel:
            names = words.listed([f"<@{who(person)[1]}>" for person in panel])
            told = f"On the panel: {names}. After each question they vote on its points."
            await post(where, Name(call.session_id, f"{call.key}/panel", 1), told, [kit.section(told)])

    async def resume(self, call: Call) -> None:
        """Go on with the person's session here, or with the latest one, wherever it is or was."""
        await self.drive(call, Resume(**call.event))

    async def drive(self, call: Call, event: CandidateEvent) -> None:
        """Have an event answered in the person's session, and say where that is."""
        session_id = await self.open(call.person, call.place.name)
        await self.take(session_id, event, call, call.ack)
        await self._point(call, await self._places.held(session_id))

    async def _point(self, call: Call, held: Held) -> None:
        """Say where a session is, unless that is where the person is."""
        if held.where is None or held.place == call.place:
            return
        there = "our direct messages" if held.place.direct else f"a thread in <#{held.place.channel}>"
        if held.place.thread:
            try:
                address = {"channel": held.place.channel, "message_ts": held.place.thread}
                there = f"<{(await held.where.web('chat.getPermalink', **address))['permalink']}|this thread>"
            except TROUBLES as error:
                log.debug("no address of a thread (%s)", type(error).__name__)
        told = f"It is in {there}."
        await (await self.whisper(call)).show(told, [kit.section(told)])

    async def open(self, person: str, here: str) -> str:
        """The person's session: the open one here, an open one in this channel, then as anywhere."""
        channel = Place.read(here).channel
        for row in await self._store.sessions(person, without="closed"):
            there = Place.read(row.place)
            if there.channel == channel and await self._coach.unfinished(person, row.place) == row.id:
                return row.id
        return await super().open(person, here)

    async def in_reach(self, person: str, place: Place) -> str | None:
        """The person's open session in a place; of direct messages all threads are one place."""
        found = await self._coach.unfinished(person, place.name)
        if found or not place.direct:
            return found
        for row in await self._store.sessions(person, without="closed"):
            here = Place.read(row.place).channel == place.channel
            if here and (found := await self._coach.unfinished(person, row.place)):
                return found
        return None

    async def inquire(self, call: Call, text: str) -> None:
        """Answer from the notes: where the call is, and in a channel in a thread under the question."""
        where = await self._places.at(call.place)
        if not (call.thread or call.place.direct):
            await call.ack()
            name = (await self._people.find(call.person)).name
            where = await self._thread(call, f"{name} asks: {text}")
        await self.ask(call.person, where.place.name, Ask(**call.event, text=text), where, call, call.ack)

    def beside(self, person: str, place: str, event: Ask) -> str:
        """One a day in each place: what Slack tells of twice belongs to the same."""
        return blake2b(f"{person}/{place}/{event.at.date()}".encode(), digest_size=16).hexdigest()

    async def stopped(self, call: Call) -> None:
        """Somebody stopped what is under way in a thread: their session ends there with how it went."""
        await call.ack()
        where = await self._places.at(call.place)
        session_id = await self._coach.unfinished(call.person, call.place.name)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(status, where, "active")
            if session_id:
                await self.take(session_id, Stop(**call.event), call)
            else:
                (told,) = blocks.told(_STOPPED)
                name = Name(call.session_id, call.key, 1)
                await post(where, name, told.text, told.rendered({}), again=call.again)


def message_text(body: Mapping[str, Any]) -> str:
    """What the message says under which somebody clicked, as mrkdwn; empty for one that only they saw."""
    message: Mapping[str, Any] = body.get("message") or {}
    return str(message.get("text", ""))
