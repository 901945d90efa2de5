"""100,000 stored answers of one person: how long their progress takes, and their next question."""

import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.coach.coach import Coach
from bot.coach.events import (
    Asked,
    CandidateEvent,
    Closed,
    Finished,
    Graded,
    Mode,
    Outcome,
    QuestionRef,
    Replied,
    Say,
    Shown,
    Skip,
    Stage,
    Start,
)
from bot.coach.reply import NoticeReply
from bot.grading.grade import Verdict
from bot.store.schema import events, sessions
from bot.store.store import Store
from knowledge.library import Library, load
from tests.coach.notes import grade
from tests.coach.scripted import coach_of

Report = Callable[[str, float, str, str], None]

ANSWERS, A_SESSION = 100_000, 5
_PERSON, _PLACE = "terminal:local", "terminal"
_BEGUN = datetime(2020, 1, 1, tzinfo=UTC)
_VERDICTS = list(Verdict)


def told(library: Library, number: int) -> list[dict[str, str]]:
    """One drill of five questions, each answered once, as rows; all of it in the first moment of all."""
    notes, found = list(library), list[tuple[str, CandidateEvent | Outcome]]()
    found.append(("b", Start(id="b", at=_BEGUN, mode=Mode.DRILL)))
    for turn in range(A_SESSION):
        note, to = notes[(number * A_SESSION + turn) % len(notes)], f"a{turn}"
        ref, verdict = QuestionRef(note_id=note.id), _VERDICTS[(number + turn) % len(_VERDICTS)]
        found += [
            (f"{to}/asked", Asked(to="b", ref=ref, text=note.question, stage=Stage.DRILL, number=turn + 1)),
            (to, Say(id=to, at=_BEGUN, text="it is the expected log loss " * 8)),
            (f"{to}/graded", Graded(to=to, grade=grade(note.rubric, verdict))),
            (f"{to}/finished", Finished(to=to)),
            (f"{to}/replied", Replied(to=to, replies=(NoticeReply(text="so it was " * 40),))),
            (f"{to}/shown", Shown(to=to)),
        ]
    found.append(("c", Closed(to="b")))
    return [{"event_id": name, "kind": event.kind, "body": event.model_dump_json()} for name, event in found]


async def fill(store: Store, library: Library) -> None:
    """Store the answers as they would have been, without the coach; the same drills come again and again."""
    drills = [told(library, number) for number in range(len(library) * len(_VERDICTS))]
    for first in range(0, ANSWERS // A_SESSION, 500):
        begun, rows = list[dict[str, Any]](), list[dict[str, Any]]()
        for number in range(first, first + 500):
            at, name = _BEGUN + timedelta(hours=number / 10), f"{number:032x}"
            begun.append({"id": name, "person_id": _PERSON, "place": _PLACE, "created_at": at})
            for sequence, row in enumerate(drills[number % len(drills)], 1):
                body = row["body"].replace("2020-01-01T00:00:00Z", at.isoformat())
                rows.append({**row, "body": body, "session_id": name, "sequence": sequence, "person_id": _PERSON})
        async with store.database.begin() as connection:
            await connection.execute(insert(sessions), begun)
            await connection.execute(insert(events), rows)


async def measured(work: Callable[[], Awaitable[object]], times: int = 15) -> float:
    """The least of several, in milliseconds: what else runs on the machine only adds."""
    taken: list[float] = []
    for _ in range(times):
        begun = time.perf_counter()
        await work()
        taken.append(1_000 * (time.perf_counter() - begun))
    return min(taken)


async def measure(report: Report) -> None:
    """Fill a database, work out what is remembered, and look how long reading it takes."""
    library = load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "viva.sqlite3"
        store = await Store.open(f"sqlite:///{path}")
        try:
            await fill(store, library)
            await _read(coach_of(library, store), report)
        finally:
            await store.close()


async def _read(coach: Coach, report: Report) -> None:
    begun = time.perf_counter()
    await coach.memory.of(_PERSON)
    report(f"{ANSWERS:,} stored answers: worked out from events", time.perf_counter() - begun, "s", "")
    report("  progress", await measured(lambda: coach.memory.progress(_PERSON)), "ms", "under 200")
    turns = iter(range(1_000))

    async def begin() -> None:
        start = Start(id=f"s{next(turns)}", at=datetime.now(UTC), mode=Mode.DRILL, questions=50)
        await coach.unfinished(_PERSON, _PLACE)
        start = await coach.memory.planned(_PERSON, start)
        session = f"{next(turns) + (1 << 60):032x}"
        assert [reply.kind async for reply in coach.begin(session, _PERSON, _PLACE, start)] == ["question"]
        async for _ in coach.handle(session, Skip(id=f"k{next(turns)}", at=datetime.now(UTC))):
            pass

    report("  a drill planned and begun, its first question skipped", await measured(begin), "ms", "")
    opened = f"{1 << 61:032x}"
    start = await coach.memory.planned(_PERSON, Start(id="s", at=datetime.now(UTC), mode=Mode.DRILL, questions=50))
    async for _ in coach.begin(opened, _PERSON, _PLACE, start):
        pass

    async def skip() -> None:
        event = Skip(id=f"o{next(turns)}", at=datetime.now(UTC))
        assert "question" in [reply.kind async for reply in coach.handle(opened, event)]

    report("  next question", await measured(skip), "ms", "under 50")
