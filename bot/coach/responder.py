"""What one event leads to: an answer is graded, the interviewer chooses, the persona words. Stores nothing."""

from collections.abc import AsyncGenerator, Iterator

from bot.coach.answers import Answerer
from bot.coach.appeals import disputed
from bot.coach.coding import TRY_FIRST, Coding, Then, explained
from bot.coach.debrief import card, debrief
from bot.coach.events import (
    Appeal,
    Ask,
    Asked,
    Closed,
    Executed,
    Finished,
    Graded,
    Hint,
    Hinted,
    Mark,
    Marked,
    Mode,
    Pause,
    Probed,
    Resume,
    Say,
    Seat,
    Skip,
    Start,
    Stop,
    Vote,
)
from bot.coach.hearing import CUT, MAX_ANSWER, Heard, hear, missed
from bot.coach.interviewer import Close, exercise_of, follow_up, hint, next_question, open_points, question
from bot.coach.jury import ballot, debriefed, waits
from bot.coach.persona import Persona, Spoken
from bot.coach.reply import Delta, ExplanationReply, HintReply, NoticeReply, ProbeReply, QuestionReply
from bot.coach.session import Exchange, Session, Status
from bot.coach.turn import Turn
from bot.grading.grade import Judge, Submission, Verdict
from bot.sandbox.sandbox import Sandbox
from knowledge.library import Library

OVER = "This session is over; /drill or /interview starts another."

_PANEL_FIRST = "That was it. The panel votes before the grades are shown; /stop shows them without waiting."
_LATE = "That question is over, so this changed nothing; the last one is open."
_NOTHING_SAID = "That says nothing about the subject yet, so it earns nothing."
_HINT_COST = "a hinted point earns half"


class Responder:
    """Decides what a candidate's event leads to, in a turn; the coach stores and shows it."""

    def __init__(
        self, library: Library, judge: Judge, persona: Persona, answerer: Answerer, sandbox: Sandbox | None = None
    ) -> None:
        self._library = library
        self._judge = judge
        self._persona = persona
        self._answerer = answerer
        self._coding = Coding(library, judge, sandbox)

    async def execute(self, turn: Turn) -> Executed | None:
        """How the code of an answer runs, or None where there is nothing to run."""
        return await self._coding.execute(turn)

    async def grade(self, turn: Turn, person: str) -> Graded | None:
        """The grade of an answer to the open question, or None when there is nothing to grade."""
        event, exchange, rubric = turn.event, turn.session.current, turn.rubric
        if not isinstance(event, Say) or exchange is None or rubric is None:
            return None
        if turn.late or event.id in turn.session.graded:
            return None
        if exercise := turn.exercise:
            return await self._coding.grade(turn, event, exercise, person)
        heard = hear(event.text, exchange.text, exchange.last_prompt)
        asked = tuple(open_points(exchange, rubric))
        if heard is Heard.QUESTION or not asked:
            return None
        if heard is not Heard.ANSWER:
            return Graded(to=event.id, grade=missed(asked, heard))
        submission = Submission(
            question=exchange.last_prompt,
            rubric=asked,
            answer=event.text[:MAX_ANSWER],
            beside=tuple(point for point in rubric if point not in asked),
            misconceptions=self._library[exchange.ref.note_id].misconceptions,
            person=person,
        )
        grade = await self._judge.grade(submission)
        return Graded(to=event.id, grade=grade.noting(CUT) if len(event.text) > MAX_ANSWER else grade)

    async def respond(self, turn: Turn, person: str) -> AsyncGenerator[Delta, None]:
        """Decide outcomes and replies, into the turn; gives the pieces of what is being worded meanwhile."""
        event = turn.event
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
                turn.say(NoticeReply(text="Paused and kept; /resume goes on from here." if turn.running else OVER))
            case Resume():
                self._show_again(turn)
            case Stop():
                self._close(turn)
            case Mark():
                self._mark(turn, event)
            case Appeal():
                self._appeal(turn, event)
            case Seat():
                pass  # who is on the panel is told by whoever asked them
            case Vote():
                if turn.session.status is Status.CLOSED and not debriefed(turn.session) and not waits(turn.session):
                    self._report(turn)

    async def _respond_to_answer(self, turn: Turn, event: Say, person: str) -> AsyncGenerator[Delta, None]:
        exchange, rubric = turn.session.current, turn.rubric
        if exchange is None:
            turn.say(NoticeReply(text=OVER))
            return
        if rubric is None:
            turn.say(NoticeReply(text="That question is no longer in the notes, so it is left out."))
            turn.decide(Finished(to=event.id))
            self._put_next(turn)
            return
        if exercise := turn.exercise:
            then = self._coding.respond(turn, event, exercise)
            if then is Then.FINISH:
                self._finish(turn)
            if then is not Then.AS_EVER:
                return
        if event.id not in turn.session.graded:
            if hear(event.text, exchange.text, exchange.last_prompt) is Heard.QUESTION:
                turn.say(NoticeReply(text=TRY_FIRST))
            else:
                self._finish(turn)  # the notes have lost what was still open
            return
        for notice in exchange.notices:
            turn.say(NoticeReply(text=notice))
        if _goes_on(turn, exchange):
            return  # a probe now would be answered by what was said before anybody read it
        said_little = hear(event.text, exchange.text, exchange.answered_prompt)
        gave_up = said_little is not Heard.ANSWER and bool(exchange.probes)
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
        worded = {"text": spoken.text, "authored": spoken.authored, "model": spoken.model, "prompt": spoken.prompt}
        turn.decide(Probed.model_validate({"to": turn.event.id, "point_id": point_id, **worded}))
        turn.say(ProbeReply(text=spoken.text))

    async def _respond_to_ask(self, turn: Turn, event: Ask, person: str) -> AsyncGenerator[Delta, None]:
        session = turn.session
        if session.mode is Mode.INTERVIEW and turn.running:
            turn.say(NoticeReply(text="I answer questions after the debrief; /stop ends the interview here."))
            return
        closed = [session.current.ref.note_id] if session.current else []
        answer = self._answerer.answer(event.text, session.context, closed=closed, person=person, plain=session.plain)
        async for item in answer:
            if isinstance(item, Delta):
                yield item
            else:
                turn.say(item)

    def _finish(self, turn: Turn, *, skipped: bool = False) -> None:
        """End the open question: in a drill show what it was worth and what a strong answer says."""
        exchange = turn.session.current
        if exchange is None:
            return
        if exchange.grade is None and turn.rubric:
            turn.decide(Graded(to=turn.event.id, grade=missed(turn.rubric, None)))
            exchange = turn.session.current or exchange
        self._over(turn, skipped=skipped)
        if turn.session.mode is Mode.DRILL and exchange.grade:
            number = len(turn.session.history)
            turn.say(card(exchange, exchange.grade, self._library, final=True, number=number))
            lost = any(point.verdict is not Verdict.MET for point in exchange.grade.points)
            if lost and exchange.ref.rung == 0 and exchange.ref.note_id in self._library:
                note = self._library[exchange.ref.note_id]
                turn.say(ExplanationReply(note_id=note.id, text=explained(note)))
        self._put_next(turn)

    def _put_next(self, turn: Turn) -> None:
        move = next_question(turn.session, self._library)
        if isinstance(move, Close):
            self._close(turn)
            return
        found = question(self._library, move.ref)
        assert found  # noqa: S101  # the interviewer only picks questions that the library has
        number = turn.session.number if move.deeper else turn.session.number + 1
        exercise = exercise_of(self._library, move.ref)
        starter, text = exercise.starter if exercise else "", move.text or found[0]
        asked = Asked(to=turn.event.id, ref=move.ref, text=text, stage=move.stage, number=number, starter=starter)
        turn.decide(asked)
        if turn.session.current:
            turn.say(_put(turn.session, turn.session.current, move.bridge, move.why))

    def _close(self, turn: Turn) -> None:
        """Say how it went, once the panel has voted. An open question that got an answer counts, one without does not.

        Closed again, what the panel is still to say is not waited for.
        """
        if turn.session.status is Status.CLOSED:
            if not turn.session.panel or debriefed(turn.session):
                turn.say(NoticeReply(text=OVER))
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
        found = self._coding.hint(turn) or _nudge(turn)
        if found is None:
            none_left = "There are no more hints for this question; /skip moves on."
            turn.say(NoticeReply(text=none_left if turn.session.current else OVER))
            return
        point_id, text = found
        turn.decide(Hinted(to=turn.event.id, point_id=point_id, text=text))
        turn.say(HintReply(text=text, cost=_HINT_COST))

    def _skip(self, turn: Turn) -> None:
        if turn.session.current is None:
            turn.say(NoticeReply(text=OVER))
            return
        self._finish(turn, skipped=True)

    def _show_again(self, turn: Turn) -> None:
        if turn.session.current is None or turn.session.status is Status.CLOSED:
            turn.say(NoticeReply(text=OVER))
            return
        for reply in prompts(turn.session):
            turn.say(reply)

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
        self._show_card(turn, index)

    def _appeal(self, turn: Turn, event: Appeal) -> None:
        found = disputed(turn.session, event)
        if isinstance(found, str):
            turn.say(NoticeReply(text=found))
            return
        turn.decide(found)
        self._show_card(turn, found.exchange)

    def _show_card(self, turn: Turn, index: int) -> None:
        """The card of a finished question, as it is now."""
        exchange = turn.session.history[index]
        if exchange.grade:
            turn.say(card(exchange, exchange.grade, self._library, final=True, number=index + 1))


def _goes_on(turn: Turn, exchange: Exchange) -> bool:
    """Whether more of an answer has come meanwhile, in messages of their own; what follows comes after the last."""
    behind = [e for e in turn.session.pending if isinstance(e, Say) and e.prompt is None and e.id != turn.event.id]
    return any(hear(e.text, exchange.text, exchange.last_prompt) is not Heard.QUESTION for e in behind)


def _nudge(turn: Turn) -> tuple[str, str] | None:
    found = hint(turn.session, turn.rubric) if turn.rubric else None
    return (found[0].id, found[1]) if found else None


def prompts(session: Session) -> Iterator[QuestionReply | ProbeReply]:
    """The open question again, and the probe that stands open on it; nothing without an open question."""
    if exchange := session.current:
        yield _put(session, exchange)
        if exchange.last_prompt != exchange.text:
            yield ProbeReply(text=exchange.last_prompt)


def _put(session: Session, exchange: Exchange, bridge: str = "", why: str = "") -> QuestionReply:
    in_drill = session.start is not None and session.mode is Mode.DRILL
    return QuestionReply(
        text=exchange.text,
        note_id=exchange.ref.note_id,
        rung=exchange.ref.rung,
        number=exchange.number,
        of=session.start.questions if in_drill and session.start else None,
        stage="" if in_drill else exchange.stage,
        bridge=bridge,
        why=why,
        starter=exchange.starter,
    )
