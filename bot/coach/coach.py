"""The one door: an event in, replies out. Stored before answered, answered once, resumable anywhere.

A turn: the event is stored; the session is replayed; an answer is graded and the grade stored; the
interviewer chooses, the persona words; outcomes and replies are stored together, then shown. What a
kill leaves behind is a candidate event without a `Replied`, and `recover` takes it up again.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from bot.coach.answers import Answerer
from bot.coach.debrief import card, debrief
from bot.coach.events import (
    EVENT,
    Ask,
    Asked,
    CandidateEvent,
    Closed,
    Finished,
    Graded,
    Hint,
    Hinted,
    Mark,
    Marked,
    Mode,
    Outcome,
    Pause,
    Probed,
    Replied,
    Resume,
    Say,
    Seat,
    Shown,
    Skip,
    Start,
    Stop,
    Vote,
)
from bot.coach.hearing import Heard, hear
from bot.coach.interviewer import Close, follow_up, hint, next_question, open_points, question
from bot.coach.jury import ballot, debriefed, waits
from bot.coach.persona import Persona, Spoken
from bot.coach.reply import Delta, ExplanationReply, HintReply, NoticeReply, ProbeReply, QuestionReply, Reply
from bot.coach.session import Exchange, Session, Status, replay
from bot.coach.turn import Turn
from bot.errors import UsageError
from bot.grading.grade import Grade, Judge, PointGrade, Submission, Verdict
from bot.store.store import Record, SessionRow, Store
from knowledge.errors import KnowledgeError
from knowledge.library import Library, spelt
from knowledge.note import Note, RubricPoint

RECENT = 12  # questions of earlier sessions that a new one keeps for last
MAX_ANSWER = 8_000  # characters; more than anyone says to one question

_OVER = "This session is over; /drill or /interview starts another."
_PANEL_FIRST = "That was it. The panel votes before the grades are shown; /stop shows them without waiting."
_LATE = "That question is over, so this changed nothing; the last one is open."
_TRY_FIRST = "I can't say more before you have tried: state your assumptions and answer, or use /hint or /skip."
_NOTHING_SAID = "That says nothing about the subject yet, so it earns nothing."
_HINT_COST = "a hinted point earns half"


@dataclass(frozen=True)
class TopicProgress:
    """How one person did on one topic: questions finished, mean score in [0, 1]."""

    topic: str
    questions: int
    score: float


class Coach:
    """Holds the conversation of any number of people; one turn at a time in each session."""

    def __init__(self, library: Library, store: Store, judge: Judge, persona: Persona, answerer: Answerer) -> None:
        self._library = library
        self._store = store
        self._judge = judge
        self._persona = persona
        self._answerer = answerer
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def begin(
        self, session_id: str, person: str, place: str, start: Start, server: str | None = None
    ) -> AsyncGenerator[Reply | Delta, None]:
        """Open a session and put its first question; raises as `checked` does before storing."""
        start = self.checked(start)
        await self._store.add_session(session_id, person, place, server)
        async for reply in self.handle(session_id, start):
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

    async def handle(self, session_id: str, event: CandidateEvent) -> AsyncGenerator[Reply | Delta, None]:
        """Take one event; the same event id delivered again gets the same replies."""
        # The lock before anything that waits: answers sent at once are taken in the order they came.
        async with self._locks[session_id]:
            row = await self._row(session_id)
            await self._store.append(row, [_record(event, event.id)])
            session = await self.session(session_id)
            if event.id in session.replies:
                async for reply in self._again(row, session, event):
                    yield reply
                return
            async for item in self._deal_with_pending(row, session):
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
            session = await self.session(session_id)
            if session.current:
                yield self._put(session, session.current)
                if session.current.last_prompt != session.current.text:
                    yield ProbeReply(text=session.current.last_prompt)

    async def session(self, session_id: str) -> Session:
        """Where a session stands."""
        return replay(EVENT.validate_json(record.body) for record in await self._store.events(session_id))

    async def unshown(self, session_id: str) -> list[CandidateEvent]:
        """Events whose replies have not been shown, oldest first; `handle` gives them again."""
        events = [EVENT.validate_json(record.body) for record in await self._store.events(session_id)]
        shown = {event.to for event in events if isinstance(event, Shown)}
        return [event for event in events if isinstance(event, CandidateEvent) and event.id not in shown]

    async def interrupted(self, places: str) -> list[SessionRow]:
        """Sessions at places that begin so with an event whose replies have not been shown, oldest first."""
        kinds = [kind.model_fields["kind"].default for kind in get_args(CandidateEvent)]
        return await self._store.lagging(places, kinds, "/shown")

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

    async def recent_notes(self, person: str) -> tuple[str, ...]:
        """Notes the person was asked about lately, newest first."""
        notes: dict[str, None] = {}
        for row in await self._store.sessions(person):
            session = await self.session(row.id)
            notes.update(dict.fromkeys(reversed(session.asked)))
            if len(notes) >= RECENT:
                break
        return tuple(notes)[:RECENT]

    async def progress(self, person: str) -> list[TopicProgress]:
        """Mean score by topic over everything the person was graded on, in topic order."""
        scores: defaultdict[str, list[float]] = defaultdict(list)
        for row in await self._store.sessions(person):
            for exchange in (await self.session(row.id)).history:
                if exchange.grade and exchange.ref.note_id in self._library:
                    scores[self._library[exchange.ref.note_id].topic].append(exchange.grade.score)
        return [TopicProgress(topic, len(s), sum(s) / len(s)) for topic, s in sorted(scores.items())]

    async def export(self, person: str) -> dict[str, Any]:
        """Everything kept about a person, ready for JSON; event bodies as objects."""
        tables = await self._store.export(person)
        for row in tables["events"]:
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
            raise UsageError(_OVER)
        return row

    async def _deal_with_pending(self, row: SessionRow, session: Session) -> AsyncGenerator[Reply | Delta, None]:
        for event in session.pending:
            turn = Turn(self._library, session, event)
            if isinstance(event, Say):
                graded = await self._grade(turn, event, row.person_id)
                if graded:
                    # Stored on its own: a kill between grading and replying must not grade again, and
                    # where another process graded first, its grade is the one that stands.
                    await self._store.append(row, [_record(graded, f"{event.id}/graded")])
                    turn = Turn(self._library, await self.session(row.id), event)
            ahead = 0
            async for delta in self._respond(turn, event, row.person_id):
                # What is decided by now stands before what is still being worded.
                for reply in turn.replies[ahead:]:
                    yield reply
                ahead = len(turn.replies)
                yield delta
            outcomes = [*turn.outcomes, Replied(to=event.id, replies=tuple(turn.replies))]
            records = [_record(o, f"{event.id}/{n}/{o.kind}") for n, o in enumerate(outcomes)]
            records[-1] = _record(outcomes[-1], f"{event.id}/replied")
            await self._store.append(row, records)
            session = await self.session(row.id)
            for reply in session.replies[event.id].replies[ahead:]:
                yield reply
            await self._shown(row, event)

    async def _again(self, row: SessionRow, session: Session, event: CandidateEvent) -> AsyncGenerator[Reply, None]:
        for reply in session.replies[event.id].replies:
            yield reply
        await self._shown(row, event)

    async def _shown(self, row: SessionRow, event: CandidateEvent) -> None:
        """Keep that the replies were shown: whoever shows them came back for more."""
        await self._store.append(row, [_record(Shown(to=event.id), f"{event.id}/shown")])

    async def _grade(self, turn: Turn, event: Say, person: str) -> Graded | None:
        """The grade of an answer to the open question, or None when there is nothing to grade."""
        exchange, rubric = turn.session.current, turn.rubric
        if exchange is None or rubric is None or turn.late or event.id in turn.session.graded:
            return None
        heard = hear(event.text, exchange.text, exchange.last_prompt)
        asked = tuple(open_points(exchange, rubric))
        if heard is Heard.QUESTION or not asked:
            return None
        if heard is not Heard.ANSWER:
            return Graded(to=event.id, grade=_missed(asked, heard))
        submission = Submission(
            question=exchange.last_prompt,
            rubric=asked,
            answer=event.text[:MAX_ANSWER],
            misconceptions=self._library[exchange.ref.note_id].misconceptions,
            person=person,
        )
        return Graded(to=event.id, grade=await self._judge.grade(submission))

    async def _respond(self, turn: Turn, event: CandidateEvent, person: str) -> AsyncGenerator[Delta, None]:
        match event:
            case _ if turn.late:
                turn.say(NoticeReply(text=_LATE))
            case Start():
                if event.mode is not Mode.ASK:
                    self._put_next(turn)
            case Say():
                async for delta in self._respond_to_answer(turn, event, person):
                    yield delta
            case Ask():
                async for delta in self._respond_to_ask(turn, event, person):
                    yield delta
            case Hint():
                self._give_hint(turn)
            case Skip():
                self._skip(turn)
            case Pause():
                turn.say(NoticeReply(text="Paused and kept; /resume goes on from here." if turn.running else _OVER))
            case Resume():
                self._show_again(turn)
            case Stop():
                self._close(turn)
            case Mark():
                self._mark(turn, event)
            case Seat():
                pass  # who is on the panel is told by whoever asked them
            case Vote():
                if turn.session.status is Status.CLOSED and not debriefed(turn.session) and not waits(turn.session):
                    self._report(turn)

    async def _respond_to_answer(self, turn: Turn, event: Say, person: str) -> AsyncGenerator[Delta, None]:
        exchange, rubric = turn.session.current, turn.rubric
        if exchange is None:
            turn.say(NoticeReply(text=_OVER))
            return
        if rubric is None:
            turn.say(NoticeReply(text="That question is no longer in the notes, so it is left out."))
            turn.decide(Finished(to=event.id))
            self._put_next(turn)
            return
        if event.id not in turn.session.graded:
            if hear(event.text, exchange.text, exchange.last_prompt) is Heard.QUESTION:
                turn.say(NoticeReply(text=_TRY_FIRST))
            else:
                self._finish(turn)  # the notes have lost what was still open
            return
        for notice in exchange.notices:
            turn.say(NoticeReply(text=notice))
        said_little = hear(event.text, exchange.text, exchange.answered_prompt)
        gave_up = said_little is not Heard.ANSWER and len(exchange.answers) > 1
        move = None if gave_up else follow_up(turn.session, rubric)
        if said_little is Heard.EMPTY and turn.session.mode is Mode.DRILL:
            turn.say(NoticeReply(text=_NOTHING_SAID))
        if move is None:
            self._finish(turn)
            return
        if turn.session.mode is Mode.DRILL and said_little is Heard.ANSWER and exchange.grade:
            turn.say(card(exchange, exchange.grade, self._library, final=False))
        hidden = open_points(exchange, rubric)
        plain = turn.session.plain
        async for item in self._persona.word(move, exchange, hidden, person, turn.session.said, plain=plain):
            if isinstance(item, Delta):
                yield item
                continue
            self._probe(turn, move.point.id, item)

    def _probe(self, turn: Turn, point_id: str, spoken: Spoken) -> None:
        if spoken.notice:
            turn.say(NoticeReply(text=spoken.notice))
        turn.decide(Probed(to=turn.event.id, point_id=point_id, text=spoken.text, authored=spoken.authored))
        turn.say(ProbeReply(text=spoken.text))

    async def _respond_to_ask(self, turn: Turn, event: Ask, person: str) -> AsyncGenerator[Delta, None]:
        session = turn.session
        if session.mode is Mode.INTERVIEW and turn.running:
            turn.say(NoticeReply(text="I answer questions after the debrief; /stop ends the interview here."))
            return
        closed = [session.current.ref.note_id] if session.current else []
        answer = self._answerer.answer(event.text, session.context, closed=closed, person=person, plain=session.plain)
        try:
            async for item in answer:
                if isinstance(item, Delta):
                    yield item
                else:
                    turn.say(item)
        except KnowledgeError as error:
            # Told and dealt with: left pending, it would be tried again before every later turn.
            turn.say(NoticeReply(text=str(error)))

    def _finish(self, turn: Turn, *, skipped: bool = False) -> None:
        """End the open question: in a drill show what it was worth and what a strong answer says."""
        exchange = turn.session.current
        if exchange is None:
            return
        if exchange.grade is None and turn.rubric:
            turn.decide(Graded(to=turn.event.id, grade=_missed(turn.rubric, None)))
            exchange = turn.session.current or exchange
        self._over(turn, skipped=skipped)
        if turn.session.mode is Mode.DRILL and exchange.grade:
            number = len(turn.session.history)
            turn.say(card(exchange, exchange.grade, self._library, final=True, number=number))
            lost = any(point.verdict is not Verdict.MET for point in exchange.grade.points)
            if lost and exchange.ref.rung == 0 and exchange.ref.note_id in self._library:
                note = self._library[exchange.ref.note_id]
                turn.say(ExplanationReply(note_id=note.id, text=note.short))
        self._put_next(turn)

    def _put_next(self, turn: Turn) -> None:
        move = next_question(turn.session, self._library)
        if isinstance(move, Close):
            self._close(turn)
            return
        found = question(self._library, move.ref)
        assert found  # noqa: S101  # the interviewer only picks questions that the library has
        number = turn.session.number if move.ref.rung else turn.session.number + 1
        turn.decide(Asked(to=turn.event.id, ref=move.ref, text=found[0], stage=move.stage, number=number))
        if turn.session.current:
            turn.say(self._put(turn.session, turn.session.current, move.bridge))

    def _put(self, session: Session, exchange: Exchange, bridge: str = "") -> QuestionReply:
        in_drill = session.start is not None and session.mode is Mode.DRILL
        return QuestionReply(
            text=exchange.text,
            note_id=exchange.ref.note_id,
            rung=exchange.ref.rung,
            number=exchange.number,
            of=session.start.questions if in_drill and session.start else None,
            stage="" if in_drill else exchange.stage,
            bridge=bridge,
        )

    def _close(self, turn: Turn) -> None:
        """Say how it went, once the panel has voted. An open question that got an answer counts, one without does not.

        Closed again, what the panel is still to say is not waited for.
        """
        if turn.session.status is Status.CLOSED:
            if not turn.session.panel or debriefed(turn.session):
                turn.say(NoticeReply(text=_OVER))
            else:
                self._report(turn)
            return
        if turn.session.current and turn.session.current.answers:
            self._over(turn)
        turn.decide(Closed(to=turn.event.id))
        if waits(turn.session):
            turn.say(NoticeReply(text=_PANEL_FIRST))
        else:
            self._report(turn)

    def _over(self, turn: Turn, *, skipped: bool = False) -> None:
        """End the open question; what it was worth is the panel's to say first."""
        turn.decide(Finished(to=turn.event.id, skipped=skipped))
        if found := ballot(turn.session, self._library):
            turn.say(found)

    def _report(self, turn: Turn) -> None:
        report = debrief(turn.session, self._library)
        turn.say(report or NoticeReply(text="Nothing was answered, so there is nothing to report."))

    def _give_hint(self, turn: Turn) -> None:
        found = hint(turn.session, turn.rubric) if turn.rubric else None
        if found is None:
            none_left = "There are no more hints for this question; /skip moves on."
            turn.say(NoticeReply(text=none_left if turn.session.current else _OVER))
            return
        point, text = found
        turn.decide(Hinted(to=turn.event.id, point_id=point.id, text=text))
        turn.say(HintReply(text=text, cost=_HINT_COST))

    def _skip(self, turn: Turn) -> None:
        if turn.session.current is None:
            turn.say(NoticeReply(text=_OVER))
            return
        self._finish(turn, skipped=True)

    def _show_again(self, turn: Turn) -> None:
        if turn.session.current is None or turn.session.status is Status.CLOSED:
            turn.say(NoticeReply(text=_OVER))
            return
        turn.say(self._put(turn.session, turn.session.current))
        if turn.session.current.last_prompt != turn.session.current.text:
            turn.say(ProbeReply(text=turn.session.current.last_prompt))

    def _mark(self, turn: Turn, event: Mark) -> None:
        session = turn.session
        hidden = session.mode is Mode.INTERVIEW and session.status is not Status.CLOSED
        index = (event.question or len(session.history)) - 1
        exchange = session.history[index] if 0 <= index < len(session.history) and not hidden else None
        points = list(exchange.points.values()) if exchange else []
        if exchange is None or event.point > len(points):
            turn.say(NoticeReply(text="There is no such point to mark; the numbers stand on the grade card."))
            return
        point = points[event.point - 1]
        if point.verdict is not Verdict.UNSCORED:
            turn.say(NoticeReply(text="Only points that could not be scored are yours to mark."))
            return
        turn.decide(Marked(to=event.id, exchange=index, point_id=point.point_id, verdict=event.verdict))
        marked = turn.session.history[index]
        if marked.grade:
            turn.say(card(marked, marked.grade, self._library, final=True, number=index + 1))


def _record(event: CandidateEvent | Outcome, event_id: str) -> Record:
    # What somebody of the panel says is theirs to take away again, whosoever session it is.
    person = event.who if isinstance(event, Seat | Vote) else None
    return Record(event_id, event.kind, event.model_dump_json(), person)


_REASONS = {
    Heard.DONT_KNOW: "You said that you don't know.",
    Heard.EMPTY: "Nothing was said about the subject.",
    None: "The question was skipped.",
}


def _missed(rubric: Sequence[RubricPoint], heard: Heard | None) -> Grade:
    """The grade of a reply that plainly states nothing; no judge is needed for it."""
    return Grade(
        judge="rule",
        points=tuple(
            PointGrade(point_id=p.id, weight=p.weight, verdict=Verdict.MISSED, reason=_REASONS.get(heard, ""))
            for p in rubric
        ),
    )
