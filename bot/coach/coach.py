"""The one door: an event in, replies out. Stored before answered, answered once, resumable anywhere.

A turn: the event is stored; the session is replayed; an answer is graded and the grade stored; the
interviewer chooses, the persona words; outcomes and replies are stored together, then shown. What a
kill leaves behind is a candidate event without a `Replied`, and `recover` takes it up again; what breaks
on the way to its replies ends in a notice instead of them.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, get_args
from weakref import WeakValueDictionary

from bot.coach.answers import Answerer
from bot.coach.events import EVENT, CandidateEvent, Outcome, Replied, Seat, Shown, Start, Vote
from bot.coach.history import Past, past
from bot.coach.memory import Memory, revision
from bot.coach.persona import Persona
from bot.coach.progress import TopicProgress
from bot.coach.reply import Delta, Reply
from bot.coach.responder import OVER, Responder, prompts
from bot.coach.session import Session, Status, replay
from bot.coach.turn import Turn
from bot.errors import USER_ERRORS, StoreError, UsageError
from bot.grading.grade import Judge
from bot.sandbox.sandbox import Sandbox
from bot.store.store import NoSession, Record, SessionRow, Store
from bot.unexpected import told
from knowledge.library import Library, spelt
from knowledge.note import Note


class Locks(Protocol):
    """One lock a session."""

    def __getitem__(self, session_id: str, /) -> AbstractAsyncContextManager[Any]:
        """Held while inside, by one at a time."""
        ...


class Here:
    """Locks of this process alone, each kept only while somebody holds it or waits for it; `len` counts those."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __getitem__(self, session_id: str, /) -> asyncio.Lock:
        return self._locks.setdefault(session_id, asyncio.Lock())

    def __len__(self) -> int:
        return len(self._locks)


class Coach:
    """Holds the conversation of any number of people; one turn at a time in each session.

    `locks` see to that where other processes hold the same sessions. Without a `sandbox` no code is run.
    """

    def __init__(
        self,
        library: Library,
        store: Store,
        judge: Judge,
        persona: Persona,
        answerer: Answerer,
        locks: Locks | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self._library = library
        self._store = store
        self.memory = Memory(library, store)
        self._responder = Responder(library, judge, persona, answerer, sandbox)
        self._arriving = Here()
        self._locks: Locks = Here() if locks is None else locks

    async def begin(
        self, session_id: str, person: str, place: str, start: Start, server: str | None = None, *, once: bool = False
    ) -> AsyncGenerator[Reply | Delta, None]:
        """Open a session and put its first question; raises as `checked` does before storing. `once` as in `handle`."""
        start = self.checked(start)
        await self._store.add_session(session_id, person, place, server)
        async for reply in self.handle(session_id, start, once=once):
            yield reply

    def checked(self, start: Start) -> Start:
        """The start with its topic as the library spells it; UnknownTopic or UsageError with nothing to ask."""
        notes: Iterable[Note] = self._library
        if start.topic:
            notes = self._library.topic(start.topic)
            start = start.model_copy(update={"topic": spelt(start.topic)})
        if start.level and not any(note.level is start.level for note in notes):
            raise UsageError(
                f"There is no {start.level} question on {start.topic or 'any topic'}; leave the level out."
            )
        return start

    async def keep(self, session_id: str, event: CandidateEvent) -> None:
        """Store an event that is to be handled, however long those before it still take."""
        # The lock before anything that waits: answers sent at once are taken in the order they came.
        async with self._arriving[session_id]:
            try:
                await self._store.append(session_id, [_record(event, event.id)])
            except NoSession:
                raise UsageError(OVER) from None

    async def handle(
        self, session_id: str, event: CandidateEvent, *, once: bool = False, kept: bool = False
    ) -> AsyncGenerator[Reply | Delta, None]:
        """Take one event, which may be `kept` already; the same event id delivered again gets the same replies.

        With `once` it gets none where they have been shown already: another process may have taken the event up
        while this one waited for its turn.
        """
        if not kept:
            await self.keep(session_id, event)
        row = await self._row(session_id)
        async with self._locks[session_id]:
            session = await self.session(session_id)
            if event.id in session.replies:
                if once and await self.was_shown(session_id, event.id):
                    return
                async for reply in self._again(row, session, event):
                    yield reply
                return
            async for item in self._deal_with_pending(row, session, event.id, once=once):
                yield item

    async def recover(self, session_id: str) -> AsyncGenerator[Reply | Delta, None]:
        """Show what was not shown, answer what was not answered, then show again what stands open."""
        async with self._locks[session_id]:
            row = await self._row(session_id)
            session = await self.session(session_id)
            for event in await self.unshown(session_id):
                if event.id in session.replies:
                    async for reply in self._again(row, session, event):
                        yield reply
            async for item in self._deal_with_pending(row, session):
                yield item
            for reply in prompts(await self.session(session_id)):
                yield reply

    async def session(self, session_id: str) -> Session:
        """Where a session stands."""
        return replay(await self.events(session_id))

    async def events(self, session_id: str) -> list[CandidateEvent | Outcome]:
        """Everything that happened in a session, in order."""
        return [EVENT.validate_json(record.body) for record in await self._store.events(session_id)]

    async def sessions(self, name: str = "", person: str | None = None) -> list[tuple[SessionRow, Session]]:
        """The sessions whose id begins so, newest first: one person's, or everybody's."""
        rows = [row for row in await self._store.named(name) if person in (None, row.person_id)]
        return [(row, await self.session(row.id)) for row in rows]

    async def unshown(self, session_id: str) -> list[CandidateEvent]:
        """Events whose replies have not been shown, oldest first; `handle` gives them again."""
        events = await self.events(session_id)
        shown = {event.to for event in events if isinstance(event, Shown)}
        return [event for event in events if isinstance(event, CandidateEvent) and event.id not in shown]

    async def was_shown(self, session_id: str, event_id: str) -> bool:
        """Whether the replies to an event have been shown, by whichever process."""
        return any(record.event_id == _shown_id(event_id) for record in await self._store.events(session_id))

    async def interrupted(self, places: str) -> list[SessionRow]:
        """Sessions at places that begin so with an event whose replies have not been shown, oldest first."""
        kinds = [kind.model_fields["kind"].default for kind in get_args(CandidateEvent)]
        return await self._store.lagging(places, kinds, _shown_id(""))

    async def unfinished(self, person: str, place: str | None = None) -> str | None:
        """The id of the person's latest session there (anywhere without a place) that has not ended, or None."""
        for row in await self._store.sessions(person, place=place, without="closed"):
            session = await self.session(row.id)
            if session.status is not Status.CLOSED and (session.current or session.pending):
                return row.id
        return None

    async def latest(self, person: str, place: str) -> str | None:
        """The id of the person's latest session there that asked them something, over or not, or None."""
        for row in await self._store.sessions(person, place=place):
            if (await self.session(row.id)).exchanges:
                return row.id
        return None

    async def progress(self, person: str) -> list[TopicProgress]:
        """Mastery by topic over everything the person was graded on, in topic order."""
        return list((await self.memory.progress(person)).topics)

    async def history(self, person: str, most: int) -> list[Past]:
        """The person's latest sessions in which something was graded, newest first, at most so many."""
        found: list[Past] = []
        for row in await self._store.sessions(person):
            if one := past(row.created_at, await self.session(row.id), self._library):
                found.append(one)
            if len(found) == most:
                break
        return found

    async def disputed(self) -> list[Session]:
        """Every session in which somebody disputes a grade, oldest first, without saying whose it is."""
        return [await self.session(row.id) for row in await self._store.having("disputed")]

    async def export(self, person: str) -> dict[str, Any]:
        """Everything kept about a person, ready for JSON; event bodies as objects."""
        tables = await self._store.export(person)
        for row in (*tables["events"], *tables["concepts"], *tables["wishes"]):
            row["body"] = json.loads(row["body"])
        for row in tables["sessions"]:
            row["created_at"] = row["created_at"].isoformat()
        return tables

    async def forget(self, person: str) -> int:
        """Remove everything kept about a person; the number of rows that went."""
        return await self._store.forget(person)

    async def _row(self, session_id: str) -> SessionRow:
        row = await self._store.session(session_id)
        if row is None:
            raise UsageError(OVER)
        return row

    async def _deal_with_pending(
        self, row: SessionRow, session: Session, last: str | None = None, *, once: bool = False
    ) -> AsyncGenerator[Reply | Delta, None]:
        """Answer what has no reply yet, up to an event: those after it are answered to whoever sent them.

        With `once` nothing is given of what another process has answered meanwhile: it shows that.
        """
        for event in session.pending:
            turn, ahead = Turn(self._library, session, event), 0
            try:
                async for delta in self._work(row, turn):
                    # What is decided by now stands before what is still being worded.
                    for reply in turn.replies[ahead:]:
                        yield reply
                    ahead = len(turn.replies)
                    yield delta
            except StoreError:
                raise  # what cannot be stored now can be later
            except Exception as error:  # left pending, it would be tried again before every later turn
                turn.break_off(str(error) if isinstance(error, USER_ERRORS) else told(error), said=ahead)
            outcomes = [*turn.outcomes, Replied(to=event.id, replies=tuple(turn.replies))]
            records = [_record(o, f"{event.id}/{n}/{o.kind}") for n, o in enumerate(outcomes)]
            records[-1] = _record(outcomes[-1], f"{event.id}/replied")
            ours = await self._store.append(row.id, records, revision(row.id, session, turn.session))
            session = await self.session(row.id)
            if ours or not once:
                for reply in session.replies[event.id].replies[ahead:]:
                    yield reply
                await self._shown(row, event)
            if event.id == last:
                return

    async def _work(self, row: SessionRow, turn: Turn) -> AsyncGenerator[Delta, None]:
        """Run the code of an answer and grade it, then decide what follows."""
        if executed := await self._responder.execute(turn):
            # As below: what ran is not run again, nor does it count as two tries.
            await self._store.append(row.id, [_record(executed, f"{turn.event.id}/executed")])
            turn.session = await self.session(row.id)
        if graded := await self._responder.grade(turn, row.person_id):
            # Stored on its own: a kill between grading and replying must not grade again, and
            # where another process graded first, its grade is the one that stands.
            await self._store.append(row.id, [_record(graded, f"{turn.event.id}/graded")])
            turn.session = await self.session(row.id)
        async for delta in self._responder.respond(turn, row.person_id):
            yield delta

    async def _again(self, row: SessionRow, session: Session, event: CandidateEvent) -> AsyncGenerator[Reply, None]:
        for reply in session.replies[event.id].replies:
            yield reply
        await self._shown(row, event)

    async def _shown(self, row: SessionRow, event: CandidateEvent) -> None:
        """Keep that the replies were shown: whoever shows them came back for more."""
        await self._store.append(row.id, [_record(Shown(to=event.id), _shown_id(event.id))])


def _shown_id(event_id: str) -> str:
    return f"{event_id}/shown"


def _record(event: CandidateEvent | Outcome, event_id: str) -> Record:
    # What somebody of the panel says is theirs to take away again, whosoever session it is.
    person = event.who if isinstance(event, Seat | Vote) else None
    return Record(event_id, event.kind, event.model_dump_json(), person)
