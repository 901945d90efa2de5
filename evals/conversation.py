"""Does the interviewer behave? A scripted candidate, and what must and must not come back."""

import asyncio
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.coach.answers import Answerer
from bot.coach.coach import Coach
from bot.coach.events import Ask, CandidateEvent, Hint, Mode, Say, Skip, Start, Stop
from bot.coach.persona import Persona
from bot.coach.reply import DebriefReply, Delta, ExplanationReply, GradeReply, QuestionReply, Reply
from bot.errors import ModelError
from bot.grading.grade import Judge
from bot.store.store import Store
from evals import agreement
from evals.cases import Case
from evals.run import Outcome
from evals.summary import Summary, metrics, slices
from knowledge.library import Library
from knowledge.search import Findings, Search

NOW = datetime(2026, 1, 1, tzinfo=UTC)  # conversations are replayed; no clock comes in


class Expected(BaseModel):
    """Something among the replies to one turn: a kind of reply, words in it, a score's bounds. All given hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reply: str = ""
    says: str = ""
    score_at_least: Annotated[float, Field(ge=0, le=1)] | None = None
    score_at_most: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _readable(self) -> "Expected":
        try:
            re.compile(self.says)
        except re.error as error:
            raise ValueError(f"`says` is no regular expression ({error})") from None
        return self

    def fits(self, reply: Reply) -> bool:
        """True where one reply is what was expected."""
        score: float | None = getattr(reply, "score", None)
        return (
            (not self.reply or reply.kind == self.reply)
            and (not self.says or bool(re.search(self.says, _text(reply), re.IGNORECASE | re.DOTALL)))
            and (self.score_at_least is None or (score is not None and score >= self.score_at_least))
            and (self.score_at_most is None or (score is not None and score <= self.score_at_most))
        )


class ScriptedTurn(BaseModel):
    """What the candidate does, and what the replies to it must and must not hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Literal["say", "ask", "hint", "skip", "stop"] = "say"
    text: str = ""
    must: tuple[Expected, ...] = ()
    must_not: tuple[Expected, ...] = ()


class ConversationCase(Case):
    """A drill or interview over some notes, on a topic where code is to be asked for, and a candidate's turns."""

    kind: str = ""
    mode: Literal[Mode.DRILL, Mode.INTERVIEW] = Mode.DRILL
    notes: Annotated[tuple[str, ...], Field(min_length=1)]
    topic: str | None = None
    turns: Annotated[tuple[ScriptedTurn, ...], Field(min_length=1)]


class HeldOutcome(Outcome):
    """What went otherwise than it must, a sentence each, and what was said."""

    broken: tuple[str, ...] = ()
    checks: int = 0
    transcript: tuple[str, ...] = ()


class Conversation:
    """`viva eval conversation`: the production coach with a scripted candidate."""

    name = "conversation"
    outcome = HeldOutcome

    def __init__(self, cases: Sequence[ConversationCase], library: Library, search: Search, judge: Judge) -> None:
        self.cases = cases
        self._library, self._search, self._judge = library, search, judge
        self._opening = asyncio.Lock()  # migrations are for one store at a time
        self._libraries = {case.id: Library([library[note] for note in case.notes]) for case in cases}

    async def trial(self, case: ConversationCase) -> HeldOutcome:
        """One conversation from beginning to end, in a store of its own; where the judge fails, why."""
        try:
            return await self._held(case)
        except ModelError as error:
            return HeldOutcome(failed=f"The {self._judge.name} judge {error}.")

    async def _held(self, case: ConversationCase) -> HeldOutcome:
        broken: list[str] = []
        said: list[str] = []
        checks = 0
        watch = _Watch(self._libraries[case.id])
        with tempfile.TemporaryDirectory() as folder:
            async with self._opening:
                store = await Store.open(f"sqlite:///{folder}/store.sqlite3")
            try:
                coach = self._coach(case, store)
                session, asked = uuid4().hex, len(case.notes)
                start = Start(id="start", at=NOW, mode=case.mode, topic=case.topic, questions=asked)
                replies = [reply async for reply in coach.begin(session, "candidate", "eval", start)]
                said += _lines(replies)
                broken += watch.see(replies)
                for number, turn in enumerate(case.turns, 1):
                    replies = [r async for r in coach.handle(session, _event(turn, str(number)))]
                    said += [f"> {turn.text or '/' + turn.do}", *_lines(replies)]
                    broken += [
                        f"turn {number}: {wrong}" for wrong in [*_unfulfilled(turn, replies), *watch.see(replies)]
                    ]
                    checks += len(turn.must) + len(turn.must_not)
            finally:
                await store.close()
        return HeldOutcome(broken=tuple(broken), checks=checks, transcript=tuple(said))

    def _coach(self, case: ConversationCase, store: Store) -> Coach:
        async def find(query: str, context: str) -> Findings:
            return self._search.find(query, context=context)

        return Coach(self._libraries[case.id], store, self._judge, Persona(None, None), Answerer(self._library, find))

    def entry(self, case: ConversationCase, outcome: HeldOutcome) -> Summary:
        """A case as the JSON report lists it."""
        return {"id": case.id, "kind": case.kind, **outcome.shown}

    def summary(self, outcomes: Mapping[tuple[str, int], HeldOutcome]) -> Summary:
        """How many conversations went as they must, and what went wrong in the others."""
        rows = [(case, outcome) for (name, _), outcome in outcomes.items() for case in self.cases if case.id == name]
        rows = [(case, outcome) for case, outcome in rows if not outcome.failed]
        held = np.array([not outcome.broken for _, outcome in rows], dtype=np.float64)
        return {
            "metrics": metrics(
                {"conversations as they must be": lambda chosen: agreement.mean(held[chosen])},
                [case.id for case, _ in rows],
            ),
            "checks": sum(outcome.checks for _, outcome in rows),
            "broken": {case.id: list(outcome.broken) for case, outcome in rows if outcome.broken},
            "slices": slices(
                rows, {"kind": lambda row: row[0].kind}, {"held": lambda chosen: agreement.mean(held[chosen])}
            ),
            "worst": [case.id for case, outcome in rows if outcome.broken],
        }


class _Watch:
    """What must hold in every conversation: no question twice, and no point told before its question is over."""

    def __init__(self, library: Library) -> None:
        self._points = {
            note.id: [
                point.point for rubric in (note.rubric, *(rung.rubric for rung in note.follow_ups)) for point in rubric
            ]
            for note in library
        }
        self._asked: list[str] = []
        self._open = ""

    def see(self, replies: Sequence[Reply | Delta]) -> Iterator[str]:
        """What is wrong with some replies, given all before them."""
        for reply in replies:
            if isinstance(reply, Delta):
                continue
            over = isinstance(reply, ExplanationReply | DebriefReply) or (isinstance(reply, GradeReply) and reply.final)
            if over:
                self._open = ""
            if isinstance(reply, GradeReply):  # what was earned may be shown
                reply = reply.model_copy(update={"points": tuple(p for p in reply.points if not p.verdict.credit)})
            told = _text(reply)
            yield from (f"gave away {point!r}" for point in self._points.get(self._open, ()) if point in told)
            if isinstance(reply, QuestionReply):
                if reply.text in self._asked:
                    yield f"asked {reply.text!r} again"
                self._asked.append(reply.text)
                self._open = reply.note_id


def _unfulfilled(turn: ScriptedTurn, replies: Sequence[Reply | Delta]) -> Iterator[str]:
    whole = [reply for reply in replies if not isinstance(reply, Delta)]
    for expected in turn.must:
        if not any(expected.fits(reply) for reply in whole):
            yield f"nothing was {_told(expected)}"
    for expected in turn.must_not:
        if any(expected.fits(reply) for reply in whole):
            yield f"something was {_told(expected)}"


def _told(expected: Expected) -> str:
    return str(expected.model_dump(exclude_none=True, exclude_defaults=True))


def _event(turn: ScriptedTurn, name: str) -> CandidateEvent:
    match turn.do:
        case "say":
            return Say(id=name, at=NOW, text=turn.text)
        case "ask":
            return Ask(id=name, at=NOW, text=turn.text)
        case "hint":
            return Hint(id=name, at=NOW)
        case "skip":
            return Skip(id=name, at=NOW)
        case "stop":
            return Stop(id=name, at=NOW)


def _lines(replies: Sequence[Reply | Delta]) -> list[str]:
    return [f"[{reply.kind}] {_text(reply)}" for reply in replies if not isinstance(reply, Delta)]


def _text(reply: Reply) -> str:
    """Everything a candidate can read in a reply."""
    return "\n".join(_strings(reply.model_dump(mode="json", exclude={"kind", "note_id", "note_ids"})))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, float):
        yield f"{value:.0%}"
    elif isinstance(value, Mapping):
        for part in value.values():  # pyright: ignore[reportUnknownVariableType]  # JSON
            yield from _strings(part)
    elif isinstance(value, Sequence):
        for part in value:  # pyright: ignore[reportUnknownVariableType]  # JSON
            yield from _strings(part)
