"""What people said, held against what is stored and against what stands in their threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

from bot.coach.events import EVENT, CandidateEvent, Graded, Outcome, Replied, Say
from bot.coach.reply import GradeReply, ProbeReply, QuestionReply, Reply
from bot.store.store import Store
from tests.drills import Drills, Talk


async def lost_or_doubled(data: Path, talk: Talk[Any, Any]) -> list[str]:
    """Every difference between what people said, what is stored in that folder and what stands in the threads."""
    found = list[str]()
    store = await Store.open(f"sqlite:///{data / 'viva.sqlite3'}")
    for thread, person in talk.threads.items():
        rows = await store.sessions(talk.drills.id_of(person))
        events = [EVENT.validate_json(record.body) for row in rows for record in await store.events(row.id)]
        found += [f"{thread}: {problem}" for problem in _problems(talk, thread, len(rows), events)]
    await store.close()
    return found


def _problems(
    talk: Talk[Any, Any], thread: Hashable, sessions: int, events: list[CandidateEvent | Outcome]
) -> Iterator[str]:
    if sessions != 1:
        yield f"{sessions} sessions"
    stored = Counter(event.text for event in events if isinstance(event, Say))
    said = talk.answers[thread]
    for text in stored | said:
        if not 1 <= stored[text] <= said[text]:
            yield f"said {said[text]} times, stored {stored[text]} times: {text}"
    prompts = [reply for reply in _replies(events) if isinstance(reply, QuestionReply | ProbeReply)]
    graded = sum(isinstance(event, Graded) for event in events)
    if graded != len(prompts) - 1:
        yield f"{len(prompts)} prompts, all but the last answered, and {graded} grades"
    grades = sum(isinstance(reply, GradeReply) for reply in _replies(events))
    yield from _shown(talk.drills, thread, prompts, grades)


def _shown(
    drills: Drills[Any, Any], thread: Hashable, prompts: list[QuestionReply | ProbeReply], grades: int
) -> Iterator[str]:
    asked, wordings = drills.asked(thread, prompts)
    for text in wordings:
        if (times := asked.count(text)) != 1:
            yield f"asked {times} times: {text}"
    if len(asked) != len(prompts):
        yield f"{len(asked)} questions stand there, {len(prompts)} were put"
    if (cards := drills.cards(thread)) != grades:
        yield f"{cards} cards stand there, {grades} grades were given"


def _replies(events: list[CandidateEvent | Outcome]) -> list[Reply]:
    return [reply for event in events if isinstance(event, Replied) for reply in event.replies]
