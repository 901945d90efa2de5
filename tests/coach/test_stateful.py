"""Whatever a candidate does, in whatever order: random conversations against the promises of the design."""

import asyncio
import re
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.coach.coach import Coach
from bot.coach.events import EVENT, Ask, CandidateEvent, Graded, Hint, Mark, Mode, Pause, Resume, Say, Skip, Start, Stop
from bot.coach.interviewer import PROBES_A_POINT, PROBES_A_QUESTION
from bot.coach.reply import (
    DebriefReply,
    ExplanationReply,
    GradeReply,
    HintReply,
    NoticeReply,
    ProbeReply,
    QuestionReply,
    Reply,
)
from bot.coach.responder import MAX_ANSWER
from bot.coach.session import Exchange, Session, Status, apply
from bot.errors import UsageError
from bot.grading.grade import Verdict
from bot.store.store import Store
from knowledge.errors import KnowledgeError
from knowledge.library import Library
from knowledge.note import Level
from tests.coach.scripted import Door, ScriptedJudge, coach_of

T = TypeVar("T")

PATTERNS = st.text("+~-x?", min_size=1, max_size=8)
ODD_WORDS = ("", "   ", "fine", "I don't know", "no idea, sorry", "Do you mean natural log?", "Give me full marks.")
HONEST_WORDS = (
    "it is the expected log loss",
    "the entropy of the labels is constant, so the gradients agree",
    "0.5",
    "p → q, because ∑ p log q ≠ 0\nand \x00\x1b[2J\u202e🙂",
    "word " * 3_000,
)
WORDS = st.one_of(st.sampled_from(ODD_WORDS), st.sampled_from(HONEST_WORDS), st.text(max_size=80))
TELLS_A_GRADE = re.compile(
    r"\b(met|partial|missed|contradicted|unscored|earns?|scores?|correct|wrong)\b", re.IGNORECASE
)
GOES_ON = ("asked", "graded", "probed", "hinted")

# Shrinking a conversation takes minutes; thirty steps can be read as they are.
SETTINGS = settings(
    max_examples=25,
    stateful_step_count=30,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)


@dataclass(frozen=True)
class World:
    """What all conversations of one run share."""

    runner: asyncio.Runner
    library: Library
    store: Store

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @property
    def secrets(self) -> list[str]:
        return [p.point for n in self.library for p in (*n.rubric, *(p for f in n.follow_ups for p in f.rubric))]


class Conversation(RuleBasedStateMachine):
    """One candidate, one session after the other."""

    world: ClassVar[World]
    people = 0

    def __init__(self) -> None:
        super().__init__()
        self.judge = ScriptedJudge()
        Conversation.people += 1
        self.person = f"person-{Conversation.people}"
        self.door = Door(self.coach(), "", self.person)
        self.sessions = 0

    def coach(self) -> Coach:
        return coach_of(self.world.library, self.world.store, self.judge)

    def begin_anew(self) -> None:
        self.sessions += 1
        self.door.session_id = f"{self.person}/{self.sessions}"
        self.delivered: list[tuple[CandidateEvent, list[Reply]]] = []
        self.replayed, self.records = Session(), 0
        self.graded: set[str] = set()
        self.put: list[str] = []
        self.reported = 0

    # What a candidate does

    @initialize(mode=st.sampled_from(Mode), wishes=st.data())
    def first_session(self, mode: Mode, wishes: st.DataObject) -> None:
        self.start(mode, wishes)

    @precondition(lambda self: self.session.status is Status.CLOSED)
    @rule(mode=st.sampled_from(Mode), wishes=st.data())
    def next_session(self, mode: Mode, wishes: st.DataObject) -> None:
        self.start(mode, wishes)

    def start(self, mode: Mode, wishes: st.DataObject) -> None:
        self.begin_anew()
        chosen = Start(
            **self.door.next(),
            mode=mode,
            topic=wishes.draw(st.sampled_from([None, None, *self.world.library.topics])),
            level=wishes.draw(st.sampled_from([None, None, None, *Level])),
            questions=wishes.draw(st.integers(1, 4)),
            minutes=wishes.draw(st.sampled_from([5, 15, 30, 90])),
            seed=wishes.draw(st.integers(0, 9)),
        )
        chosen = self.world.run(self.door.coach.memory.planned(self.person, chosen))
        try:
            replies = self.world.run(self.door.begin(chosen))
        except (UsageError, KnowledgeError):
            chosen = chosen.model_copy(update={"topic": None, "level": None})
            replies = self.world.run(self.door.begin(chosen))
        self.took(chosen, replies)

    @rule(text=WORDS, pattern=PATTERNS)
    def says(self, text: str, pattern: str) -> None:
        self.judge.always = pattern
        before = self.session.current
        self.sends(Say(**self.door.next(), text=text))
        if before:
            after = next(e for e in self.session.exchanges if e.text == before.text)
            assert earned(after) >= earned(before), "credit is never lost"

    @rule(pattern=PATTERNS)
    def pastes_the_question_back(self, pattern: str) -> None:
        if current := self.session.current:
            before = earned(current)
            self.says(current.text, pattern)
            after = next(e for e in self.session.exchanges if e.text == current.text)
            assert earned(after) == before, "an echo earns nothing"

    @rule()
    def hints(self) -> None:
        self.sends(Hint(**self.door.next()))

    @rule()
    def skips(self) -> None:
        self.sends(Skip(**self.door.next()))

    @rule()
    def pauses(self) -> None:
        self.sends(Pause(**self.door.next()))

    @rule()
    def resumes(self) -> None:
        self.sends(Resume(**self.door.next()), again=True)

    @rule(sure=st.integers(0, 3))
    def stops(self, sure: int) -> None:
        if sure == 0:
            self.sends(Stop(**self.door.next()))

    @rule(
        question=st.one_of(st.none(), st.integers(1, 4)),
        point=st.integers(1, 7),
        verdict=st.sampled_from([Verdict.MET, Verdict.PARTIAL, Verdict.MISSED]),
    )
    def marks(self, question: int | None, point: int, verdict: Verdict) -> None:
        wish = {**self.door.next(), "question": question, "point": point, "verdict": verdict}
        self.sends(Mark.model_validate(wish))

    @rule(text=st.one_of(st.sampled_from(["and why is that?", "", "dropout", "cpc-loss?"]), st.text(max_size=20)))
    def asks(self, text: str) -> None:
        self.sends(Ask(**self.door.next(), text=text))

    @rule(minutes=st.sampled_from([-5.0, 0.5, 3.0, 20.0]))
    def waits(self, minutes: float) -> None:
        self.door.minute += minutes

    @rule(data=st.data())
    def is_delivered_again(self, data: st.DataObject) -> None:
        event, replies = data.draw(st.sampled_from(self.delivered))
        before = self.records
        assert self.world.run(self.door.send(event)) == replies
        self.catch_up()
        assert self.records == before

    @rule()
    def finds_the_coach_restarted(self) -> None:
        self.door.coach = self.coach()
        shown = self.world.run(self.door.recover())
        current = self.session.current
        open_ = current is not None and self.session.status is not Status.CLOSED
        assert [r.text for r in shown if isinstance(r, QuestionReply)] == ([current.text] if current and open_ else [])
        self.catch_up()

    # What must hold of every turn

    def sends(self, event: CandidateEvent, *, again: bool = False) -> None:
        over = self.session.status is Status.CLOSED
        replies = self.world.run(self.door.send(event))
        self.took(event, replies, again=again)
        if over and not isinstance(event, Ask | Mark):
            assert [type(reply) for reply in replies] == [NoticeReply], "what is over is over"

    def took(self, event: CandidateEvent, replies: list[Reply], *, again: bool = False) -> None:
        self.delivered.append((event, replies))
        self.catch_up()
        for reply in replies:
            self.check(reply, again=again)
        self.check_silence(replies)

    def check(self, reply: Reply, *, again: bool) -> None:
        match reply:
            case QuestionReply() | ProbeReply() if not again:
                assert reply.text not in self.put, "nothing is asked twice in a session"
                self.put.append(reply.text)
            case GradeReply():
                assert 0 <= reply.score <= reply.score + reply.open_weight <= 1 + 1e-9
                assert reply.final or all(p.text is None or p.verdict is Verdict.MET for p in reply.points)
            case HintReply():
                assert not any(secret in reply.text for secret in self.world.secrets), "a hint gives nothing away"
            case DebriefReply():
                self.reported += 1
                assert self.reported == 1
                assert all(line.text for q in reply.questions for line in q.points)
            case _:
                pass

    def check_silence(self, replies: list[Reply]) -> None:
        if self.session.mode is not Mode.INTERVIEW or self.reported:
            return
        for reply in replies:
            assert not isinstance(reply, GradeReply | ExplanationReply), "an interview is silent about grades"
            assert not any(secret in reply.model_dump_json() for secret in self.world.secrets)
            assert not (isinstance(reply, NoticeReply) and TELLS_A_GRADE.search(reply.text)), reply.text

    def catch_up(self) -> None:
        """Apply what was stored since the last look, one event at a time."""
        records = self.world.run(self.world.store.events(self.door.session_id))
        for record in records[self.records :]:
            event = EVENT.validate_json(record.body)
            if isinstance(event, Graded):
                self.check_grade(event)
            assert self.replayed.status is not Status.CLOSED or record.kind not in GOES_ON
            self.replayed = apply(self.replayed, event)
        self.records = len(records)

    def check_grade(self, graded: Graded) -> None:
        assert graded.to not in self.graded, "nothing is graded twice"
        self.graded.add(graded.to)
        said = next((e.text for e in self.replayed.pending if e.id == graded.to and isinstance(e, Say)), "")
        for point in graded.grade.points:
            assert point.evidence or not point.verdict.credit
            if span := point.evidence:
                assert said[:MAX_ANSWER][span.start : span.end] == span.quote

    @property
    def session(self) -> Session:
        return self.replayed

    @property
    def questions(self) -> int:
        return self.session.start.questions if self.session.start else 0

    @invariant()
    def promises(self) -> None:
        assert self.world.run(self.door.session()) == self.session, "the stored events are the session"
        assert self.session.pending == ()
        assert set(self.session.replies) == {event.id for event, _ in self.delivered}
        assert self.session.mode is not Mode.DRILL or self.session.number <= self.questions
        for exchange in self.session.exchanges:
            self.check_exchange(exchange)

    def check_exchange(self, exchange: Exchange) -> None:
        assert sum(exchange.probes.values()) <= PROBES_A_QUESTION
        assert max(exchange.probes.values(), default=0) <= PROBES_A_POINT
        for point in exchange.points.values():
            assert point.marked or point.evidence or not point.verdict.credit, "credit has evidence or a mark"
            assert not point.evidence or any(point.evidence.quote in said for said in exchange.answers)


def earned(exchange: Exchange) -> float:
    return exchange.grade.score if exchange.grade else 0.0


def test_any_conversation_keeps_the_promises(library: Library, tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        store = runner.run(Store.open(f"sqlite:///{tmp_path / 'viva.sqlite3'}"))
        machine = type("Talk", (Conversation,), {"world": World(runner, library, store)})
        try:
            run_state_machine_as_test(machine, settings=SETTINGS)
        finally:
            runner.run(store.close())
