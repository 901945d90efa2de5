"""A session as it went, and all that is kept about a person, as Markdown to read. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.coach.debrief import card
from bot.coach.events import (
    EVENT,
    Ask,
    Asked,
    CandidateEvent,
    Closed,
    Disputed,
    Finished,
    Graded,
    Hinted,
    Marked,
    Mode,
    Outcome,
    Pause,
    Probed,
    Replied,
    Resume,
    Say,
    Skip,
    Start,
    Vote,
)
from bot.coach.reply import AnswerReply
from bot.coach.session import Session, apply
from bot.surface import words
from bot.surface.report import plain, point_lines
from bot.surface.words import percent
from knowledge.library import Library

Event = CandidateEvent | Outcome


def transcript(events: Iterable[Event], library: Library) -> str:
    """Everything that was asked, said, graded and answered, in order, and by which model and prompt."""
    session, told = Session(), list[str]()
    for event in events:
        session = apply(session, event)
        told += _told(session, event, library)
    return "\n\n".join(told)


def _told(session: Session, event: Event, library: Library) -> Iterator[str]:
    """What there is to say of an event, now that the session is as it is after it."""
    match event:
        case Start():
            yield f"{_title(event)}, begun {event.at:%Y-%m-%d %H:%M} UTC."
        case Asked():
            yield f"### {words.place_of(event.number, event.ref.rung)}: {plain(event.text)}"
        case Say() | Ask():
            yield f"{'Asked' if isinstance(event, Ask) else 'Said'} at {event.at:%H:%M}:\n\n{_quoted(event.text)}"
        case Graded() if session.current:
            points = card(session.current, event.grade, library, final=True).points
            lines = "\n".join(line for point in points for line in point_lines(point))
            yield f"Graded by {_by(event.grade.judge, *event.grade.prompts)}:\n\n{lines}"
        case Probed():
            yield f"Probe{_worded(event)}: {plain(event.text)}"
        case Hinted():
            yield f"Hint: {plain(event.text)}"
        case Replied():
            for reply in event.replies:
                if isinstance(reply, AnswerReply):
                    yield f"Answered from {', '.join(reply.note_ids)}{_worded(reply)}: {plain(reply.text)}"
        case _:
            yield from _in_short(session, event)


def _in_short(session: Session, event: Event) -> Iterator[str]:
    match event:
        case Skip() | Pause() | Resume():
            yield f"{event.kind.capitalize()} at {event.at:%H:%M}."
        case Marked():
            yield f"Marked by you in question {event.exchange + 1}: {event.point_id}, {words.NAME[event.verdict]}."
        case Disputed():
            said = plain(event.evidence.quote)
            yield f"Disputed by you in question {event.exchange + 1}: {event.point_id}, “{said}”."
        case Vote():
            yield f"A vote of the panel on {event.question}.{event.point}: {words.NAME[event.verdict]}."
        case Finished() if grade := session.history[-1].grade:
            yield f"**{percent(grade.score)}**" + (f", {percent(grade.open_weight)} open" if grade.open_weight else "")
        case Closed():
            yield "The end."
        case _:
            return


def title(session: Session) -> str:
    """What sort of session it is, and on what."""
    return _title(session.start) if session.start else "Questions to the notes"


def _title(start: Start) -> str:
    if start.mode is Mode.ASK:
        return "Questions to the notes"
    return f"{start.mode.capitalize()} on {start.topic or 'a mix'}"


def _by(judge: str, *prompts: str) -> str:
    asked = f" (prompt {', '.join(prompts)})" if prompts else ""
    return ("a plain rule" if judge == "rule" else f"the {judge} judge") + asked


def _worded(by: Probed | AnswerReply) -> str:
    return f" (worded by {by.model}, prompt {by.prompt})" if by.model else ""


def _quoted(text: str) -> str:
    return "\n".join(f"> {plain(line)}" for line in words.printable(text).splitlines() or [""])


def kept(tables: Mapping[str, Sequence[Mapping[str, Any]]], library: Library) -> str:
    """All that is kept about a person; `tables` is what `Coach.export` gives."""
    return "\n\n".join(["# What Viva keeps about you", *_kept(tables, library)]) + "\n"


def _kept(tables: Mapping[str, Sequence[Mapping[str, Any]]], library: Library) -> Iterator[str]:
    events: defaultdict[str, list[Event]] = defaultdict(list)
    for row in sorted(tables["events"], key=lambda row: row["sequence"]):
        events[row["session_id"]].append(EVENT.validate_python(row["body"]))
    for row in tables["sessions"]:
        server = f", on {row['server']}" if row["server"] else ""
        yield f"## Session {row['id']}\n\nHeld as {row['person_id']} in {row['place']}{server}."
        yield transcript(events.pop(row["id"], []), library)
    if events:
        yield "## On panels of others"
        yield from (line for theirs in events.values() for event in theirs for line in _told(Session(), event, library))
    for name, rows in tables.items():
        if name not in ("sessions", "events") and rows:
            yield f"## {name.capitalize()}"
            yield "\n".join(f"- {', '.join(f'{key}: {plain(str(v))}' for key, v in row.items())}" for row in rows)
