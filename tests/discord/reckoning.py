"""What people said, held against what is stored and against what stands in their threads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.coach.events import EVENT, CandidateEvent, Graded, Outcome, Replied, Say
from bot.coach.reply import GradeReply, ProbeReply, QuestionReply
from bot.coach.reply import Reply as ReplyKind
from bot.discord.cards import question
from bot.discord.text import MESSAGE, pieces
from bot.store.store import Store
from tests.discord.double import Double
from tests.discord.people import text_of
from tests.discord.rules import walk
from tests.shipped import Viva

_GRADES = ("### So far", "### Grade")


@dataclass
class Talk:
    """Who drills in which thread (thread -> user id), and how often they said what there."""

    discord: Double
    threads: dict[str, str] = field(default_factory=dict[str, str])
    answers: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter[str]))


async def lost_or_doubled(viva: Viva, talk: Talk) -> list[str]:
    """Every difference between what people said, what is stored and what stands in the threads; a line each."""
    found = list[str]()
    store = await Store.open(f"sqlite:///{viva.data / 'viva.sqlite3'}")
    for thread, user_id in talk.threads.items():
        rows = await store.sessions(f"discord:{user_id}")
        events = [EVENT.validate_json(record.body) for row in rows for record in await store.events(row.id)]
        found += [f"{thread}: {problem}" for problem in _problems(talk, thread, len(rows), events)]
    await store.close()
    return found


def _problems(talk: Talk, thread: str, sessions: int, events: list[CandidateEvent | Outcome]) -> Iterator[str]:
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
    yield from _shown(talk.discord, thread, events, [pieces(question(reply), MESSAGE)[-1] for reply in prompts])


def _shown(discord: Double, thread: str, events: list[CandidateEvent | Outcome], prompts: list[str]) -> Iterator[str]:
    messages = list(discord.said_in(thread))
    asked = [text_of(m) for m in messages if any(part.get("label") == "Answer" for part in walk(m["components"]))]
    for text in prompts:
        if (times := asked.count(text)) != 1:
            yield f"asked {times} times: {text}"
    if len(asked) != len(prompts):
        yield f"{len(asked)} questions stand there, {len(prompts)} were put"
    grades = sum(isinstance(reply, GradeReply) for reply in _replies(events))
    cards = sum(text_of(message).startswith(_GRADES) for message in messages)
    if cards != grades:
        yield f"{cards} cards stand there, {grades} grades were given"


def _replies(events: list[CandidateEvent | Outcome]) -> list[ReplyKind]:
    return [reply for event in events if isinstance(event, Replied) for reply in event.replies]
