"""The door to what is remembered of people across sessions: how they do, what to ask them next, what they asked for.

What is remembered follows from events and is kept beside them, revised in the transaction that adds them. Where it is
missing or was kept by another version it is worked out again by whoever reads first.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.coach.agenda import planned
from bot.coach.concepts import VERSION, Change, Concept, Diary, changes, lived, noted, recalled, remembered
from bot.coach.events import EVENT, Start
from bot.coach.goals import Wishes, reached
from bot.coach.progress import Progress, progress
from bot.coach.session import Session
from bot.store.concepts import WHOLE, Bodies, Concepts, Revision
from bot.store.store import Store
from bot.store.wishes import WishBook
from knowledge.library import Library

_NOT_REPLAYED = ("replied", "shown")  # long, and nothing follows from them


@dataclass(frozen=True)
class Remembered:
    """What is remembered of one person."""

    concepts: Mapping[str, Concept]
    diary: Diary


class Memory:
    """What is remembered of everybody."""

    def __init__(self, library: Library, store: Store) -> None:
        self._library = library
        self._concepts = Concepts(store.database)
        self._wishes = WishBook(store.database)

    async def of(self, person: str) -> Remembered:
        """What is remembered of a person."""
        bodies = await self._concepts.of(person)
        if not _whole(bodies):
            bodies = await self._concepts.rebuild(person, _worked_out, _NOT_REPLAYED)
        concepts = {note_id: Concept.model_validate_json(body) for note_id, body in bodies.items() if note_id != WHOLE}
        return Remembered(concepts, Diary.model_validate_json(bodies[WHOLE]))

    async def drop(self) -> None:
        """Have what is remembered of everybody worked out anew."""
        await self._concepts.drop()

    async def progress(self, person: str, now: datetime | None = None) -> Progress:
        """How a person does."""
        known, wishes = await self.of(person), await self.wishes(person)
        return progress(known.concepts, known.diary, wishes, self._library, now or datetime.now(UTC))

    async def planned(self, person: str, start: Start) -> Start:
        """A start with what to ask first and what to keep for last; raises as `agenda.planned` does."""
        return planned((await self.of(person)).concepts, self._library, start)

    async def wishes(self, person: str) -> Wishes:
        """What a person asked for."""
        body = await self._wishes.of(person)
        return Wishes.model_validate_json(body) if body else Wishes()

    async def wish(self, person: str, wishes: Wishes, now: datetime) -> None:
        """Keep what a person asks for from now on; an hour that has passed means from tomorrow on."""
        passed = now.date().isoformat() if wishes.hour is not None and wishes.hour <= now.hour else ""
        await self._wishes.keep(person, wishes.model_dump_json(), wishes.hour, passed)

    async def standing(self, person: str, now: datetime) -> str:
        """How the day stands for a person with a goal, in a sentence; empty for others."""
        return (await self.progress(person, now)).standing if (await self.wishes(person)).goal else ""

    async def reminders(self, people: str, now: datetime) -> AsyncIterator[tuple[str, str]]:
        """Whom to remind now, of those whose names begin so, and in which words.

        Each once a day at the most, whichever process asks; nobody whose goal is reached.
        """
        day = now.date().isoformat()
        for person in await self._wishes.waiting(people, now.hour, day):
            if not await self._wishes.claim(person, day):
                continue
            if not reached((await self.of(person)).diary, await self.wishes(person), now):
                yield person, f"{await self.standing(person, now)} /drill starts, /goal off ends these reminders."


def revision(session_id: str, before: Session, after: Session) -> Revision | None:
    """How to keep what is remembered of a person in step with a turn; None where the turn changes nothing of it."""
    found = list(changes(session_id, before, after))
    if not found:
        return None
    return Revision({change.note_id for change in found}, lambda bodies: _revised(bodies, found))


def _revised(bodies: Bodies, found: list[Change]) -> Bodies:
    if not _whole(bodies):
        return {}
    concepts = {note_id: Concept.model_validate_json(body) for note_id, body in bodies.items() if note_id != WHOLE}
    diary = Diary.model_validate_json(bodies[WHOLE])
    for change in found:
        concepts[change.note_id] = remembered(concepts.get(change.note_id), change)
        diary = noted(diary, change)
    return _bodies(concepts, diary)


async def _worked_out(sessions: AsyncIterator[tuple[str, list[str]]]) -> Bodies:
    found: list[Change] = []
    async for session_id, bodies in sessions:
        found += lived(session_id, map(EVENT.validate_json, bodies))
    return _bodies(*recalled(found))


def _bodies(concepts: Mapping[str, Concept], diary: Diary) -> Bodies:
    return {WHOLE: diary.model_dump_json()} | {name: concept.model_dump_json() for name, concept in concepts.items()}


def _whole(bodies: Bodies) -> bool:
    return WHOLE in bodies and json.loads(bodies[WHOLE]).get("version") == VERSION
