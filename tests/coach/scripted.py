"""A judge that follows a script, a store that can be killed, and a hand on the coach's one door."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.coach.answers import Answerer, Find
from bot.coach.coach import Coach
from bot.coach.events import Ask, CandidateEvent, Hint, Mark, Mode, Pause, Resume, Say, Skip, Start, Stop
from bot.coach.persona import Persona
from bot.coach.reply import Delta, Reply
from bot.coach.session import Session
from bot.grading.grade import Grade, Judge, Submission, Verdict
from bot.store.concepts import Revision
from bot.store.store import Record, Store
from knowledge.index import Entry, Field
from knowledge.library import Library
from knowledge.search import Findings, Hit, resolve
from tests.coach.notes import CONTRADICTED, MET, MISSED, PARTIAL, UNSCORED, grade, note

LIBRARY = Library([note("kl"), note("dropout"), note("bayes", topic="probability")])
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SIGNS = {"+": MET, "~": PARTIAL, "-": MISSED, "x": CONTRADICTED, "?": UNSCORED}


class ScriptedJudge:
    """Grades by a script: one pattern an answer, one sign a point, the last sign for all that are left.

    `by_answer` has patterns for answers that may come any number of times, `always` one for whatever is
    left. `asked` is what it was given.
    """

    name = "scripted"

    def __init__(
        self,
        *patterns: str,
        by_answer: Mapping[str, str] | None = None,
        always: str = "",
        notices: Sequence[str] = (),
    ) -> None:
        self.script = list(patterns)
        self.by_answer = by_answer or {}
        self.always = always
        self.asked: list[Submission] = []
        self._notices = notices

    async def grade(self, submission: Submission) -> Grade:
        self.asked.append(submission)
        pattern = self.by_answer.get(submission.answer) or (self.script.pop(0) if self.script else self.always)
        if not pattern:
            pytest.fail(f"the script ran out at {submission.answer!r}")
        verdicts = [SIGNS[sign] for sign in pattern]
        graded = grade(submission.rubric, *verdicts, judge=self.name, quote=submission.answer)
        return graded.noting(*self._notices)


class Killed(BaseException):
    """The process ends here, and nobody catches that."""


class MortalStore(Store):
    """Is killed at its write number `last`, before or after it is done; 0 lives for ever."""

    last, done_first, writes = 0, False, 0

    async def _write(self) -> bool:
        self.writes += 1
        if self.writes == self.last and not self.done_first:
            raise Killed
        return self.writes == self.last

    async def add_session(self, session_id: str, person_id: str, place: str, server: str | None = None) -> None:
        dies = await self._write()
        await super().add_session(session_id, person_id, place, server)
        if dies:
            raise Killed

    async def append(self, session_id: str, records: Sequence[Record], revision: Revision | None = None) -> bool:
        dies = await self._write()
        added = await super().append(session_id, records, revision)
        if dies:
            raise Killed
        return added


def find_named(library: Library) -> Find:
    """A search that finds the note named last in the query, or says that it is outside."""

    async def find(query: str, context: str) -> Findings:
        query = resolve(query, context)
        best = max(library, key=lambda n: query.rfind(n.id))
        hit = Hit(best.id, 1.0, 1.0, 0.0, Entry(best.id, Field.QUESTION, best.question))
        return Findings(query, (hit,), 0.9 if best.id in query else 0.1)

    return find


def coach_of(library: Library, store: Store, judge: Judge | None = None, persona: Persona | None = None) -> Coach:
    """A coach with a search that needs no model."""
    return Coach(library, store, judge or ScriptedJudge(), persona or Persona(), Answerer(library, find_named(library)))


class Door:
    """One person's session at a coach: sends an event, gives back the replies."""

    def __init__(self, coach: Coach, session_id: str = "s1", person: str = "ada", place: str = "terminal") -> None:
        self.coach = coach
        self.session_id = session_id
        self.person = person
        self.place = place
        self.minute = 0.0
        self.sent = 0
        self.deltas: list[str] = []

    async def session(self) -> Session:
        return await self.coach.session(self.session_id)

    async def gather(self, items: AsyncIterator[Reply | Delta]) -> list[Reply]:
        replies: list[Reply] = []
        async for item in items:
            if isinstance(item, Delta):
                self.deltas.append(item.text)
            else:
                replies.append(item)
        return replies

    def next(self) -> dict[str, Any]:
        """The id and time of the next event."""
        self.sent += 1
        return {"id": f"{self.session_id}-{self.sent}", "at": NOON + timedelta(minutes=self.minute)}

    async def start(self, mode: Mode = Mode.DRILL, **wishes: Any) -> list[Reply]:
        return await self.begin(Start(**self.next(), mode=mode, **wishes))

    async def begin(self, start: Start) -> list[Reply]:
        return await self.gather(self.coach.begin(self.session_id, self.person, self.place, start))

    async def send(self, event: CandidateEvent) -> list[Reply]:
        return await self.gather(self.coach.handle(self.session_id, event))

    async def recover(self) -> list[Reply]:
        return await self.gather(self.coach.recover(self.session_id))

    async def say(self, text: str = "it is the expected log loss") -> list[Reply]:
        return await self.send(Say(**self.next(), text=text))

    async def ask(self, text: str) -> list[Reply]:
        return await self.send(Ask(**self.next(), text=text))

    async def hint(self) -> list[Reply]:
        return await self.send(Hint(**self.next()))

    async def skip(self) -> list[Reply]:
        return await self.send(Skip(**self.next()))

    async def pause(self) -> list[Reply]:
        return await self.send(Pause(**self.next()))

    async def resume(self) -> list[Reply]:
        return await self.send(Resume(**self.next()))

    async def stop(self) -> list[Reply]:
        return await self.send(Stop(**self.next()))

    async def mark(self, point: int, verdict: Verdict = MET, question: int | None = None) -> list[Reply]:
        return await self.send(
            Mark.model_validate({**self.next(), "point": point, "verdict": verdict, "question": question})
        )


def kinds(replies: Sequence[Reply]) -> list[str]:
    """What sort of reply each is, in order."""
    return [reply.kind for reply in replies]


async def kept(door: Door, store: Store) -> list[str]:
    """The kinds of the stored events, in order."""
    return [record.kind for record in await store.events(door.session_id)]


def of(kind: type[Reply], replies: list[Reply]) -> Any:
    """The one reply of a kind."""
    (found,) = [reply for reply in replies if isinstance(reply, kind)]
    return found


Send = Callable[[Door], Awaitable[list[Reply]]]

TYPED: dict[str, Send] = {
    "say": lambda ada: ada.say(),
    "empty": lambda ada: ada.say(""),
    "don't know": lambda ada: ada.say("I don't know"),
    "hint": lambda ada: ada.hint(),
    "skip": lambda ada: ada.skip(),
    "pause": lambda ada: ada.pause(),
    "resume": lambda ada: ada.resume(),
    "stop": lambda ada: ada.stop(),
}
