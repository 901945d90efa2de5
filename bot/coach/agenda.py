"""What a drill asks first: what is due, then what is weak; and in which words, and why. Pure.

A note comes back in other words than the last time: its own question or one of `asked_as` that is a question, in turn;
where there is none of those, its next rung. One that wants code comes back as a rung too, unless its topic was named.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.coach.concepts import Concept
from bot.coach.events import Mode, Planned, QuestionRef, Start
from bot.errors import UsageError
from knowledge.library import Library
from knowledge.note import Note

DUE = "due"
"""The topic of a drill of what is due."""
RECENT = 12
"""How many notes of earlier sessions a new one keeps for last."""
WEAK = 0.5
"""Below which mastery a note is weak."""

_RESTS = timedelta(days=1)  # between two questions on what is weak
_WEEK = timedelta(days=7)
_WORDS = 5  # of a question that somebody would put
_TIMES = ("", "once", "twice", "three times")
_NOTHING_DUE = "Nothing is due yet; /drill asks something new."
Concepts = Mapping[str, Concept]


def due(concepts: Concepts, library: Library, now: datetime) -> list[str]:
    """The notes that are due, the one that is most likely still recalled first.

    Where there is no time for all, that keeps what can be kept; what is lost costs no more tomorrow. The other way
    round a few that never stick crowd out the rest (evals/retention.py measures it).
    """
    found = [
        (-recall.probability(now), note_id)
        for note_id, recall in ((note_id, concept.recall) for note_id, concept in concepts.items())
        if recall and recall.due <= now and _drilled(note_id, library)
    ]
    return [note_id for _, note_id in sorted(found)]


def weak(concepts: Concepts, library: Library, now: datetime) -> list[str]:
    """The notes that are weak though not due, the weakest first; none that was asked within a day."""
    found: list[tuple[float, str]] = []
    for note_id, concept in concepts.items():
        known = concept.tally.estimate(now)
        waiting = concept.recall is None or concept.recall.due > now
        rested = now - concept.asked >= _RESTS
        if known and known.mean < WEAK and waiting and rested and _drilled(note_id, library):
            found.append((known.mean, note_id))
    return [note_id for _, note_id in sorted(found)]


def planned(concepts: Concepts, library: Library, start: Start) -> Start:
    """A start with what a drill is to ask first, and what any session keeps for last.

    The topic `DUE` asks what is due and nothing else; raises UsageError where nothing is, and as `Library.topic` does.
    """
    drill = start.mode is Mode.DRILL
    only_due = drill and start.topic == DUE
    topic = None if only_due else start.topic
    notes = library.topic(topic) if topic else library
    wanted = {note.id for note in notes if start.level in (None, note.level)}
    found = due(concepts, library, start.at) + ([] if only_due else weak(concepts, library, start.at))
    first = [note_id for note_id in found if note_id in wanted][: start.questions] if drill else []
    if only_due and not first:
        raise UsageError(_NOTHING_DUE)
    before = recent(concepts)
    changed = {
        "topic": topic,
        "agenda": tuple(
            reworded(library[name], concepts[name], why(concepts[name], start.at), code=topic is not None)
            for name in first
        ),
        "avoid": before if drill and topic is None else before[:RECENT],
        "questions": len(first) if only_due else start.questions,
    }
    return start.model_copy(update=changed)


def recent(concepts: Concepts) -> tuple[str, ...]:
    """The notes that were asked, the latest first."""
    return tuple(sorted(concepts, key=lambda note_id: concepts[note_id].asked))[::-1]


def reworded(note: Note, concept: Concept, why: str = "", *, code: bool = False) -> Planned:
    """A question on a note in other words than the last one; with `code` one that wants code in its own."""
    if note.exercise and code:
        return Planned(ref=QuestionRef(note_id=note.id), text=note.question, why=why)
    wordings = [note.question, *(_capital(text) for text in note.asked_as if _reads_well(text))]
    if note.exercise or wordings == [concept.wording]:
        rung = min(concept.rung + 1, len(note.follow_ups)) or 1
        return Planned(ref=QuestionRef(note_id=note.id, rung=rung), text=note.follow_ups[rung - 1].question, why=why)
    last = wordings.index(concept.wording) if concept.wording in wordings else -1
    text = wordings[(last + 1) % len(wordings)]
    return Planned(ref=QuestionRef(note_id=note.id), text=text, why=why)


def why(concept: Concept, now: datetime) -> str:
    """Why a note comes back, in a sentence: what went wrong within a week, else how long ago it was, or how it went."""
    wrong = sum(review.wrong and now - review.at < _WEEK for review in concept.reviews)
    if wrong:
        return f"You mixed this up {_TIMES[wrong] if wrong < len(_TIMES) else f'{wrong} times'} in the last seven days."
    if concept.recall and concept.recall.due <= now:
        return f"You were last asked this {_ago(now - concept.asked)}; it is due again."
    return "This is one of your weaker subjects so far."


def _ago(passed: timedelta) -> str:
    return "earlier today" if passed.days < 1 else "yesterday" if passed.days == 1 else f"{passed.days} days ago"


def _drilled(note_id: str, library: Library) -> bool:
    """A candidate's own story is for interviews; and the notes may have lost what was asked."""
    return note_id in library and not library[note_id].kind.personal


def _reads_well(text: str) -> bool:
    """Of the ways to ask, some are what people type into a search box."""
    return text.endswith("?") and len(re.findall(r"\w+", text)) >= _WORDS


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
