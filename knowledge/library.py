"""Load every note and check it; every mistake is reported with its file and line, all at once."""

import gc
import re
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from knowledge.errors import LibraryError, Problem, UnknownNote, UnknownTopic
from knowledge.note import Note
from knowledge.source import Location, Source, brief, check, parse

NOTES = Path(__file__).parent / "notes"


class Library:
    """All notes, by id, in a fixed order (topic, then id)."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = {note.id: note for note in sorted(notes, key=lambda n: (n.topic, n.id))}

    def __iter__(self) -> Iterator[Note]:
        return iter(self._notes.values())

    def __len__(self) -> int:
        return len(self._notes)

    def __contains__(self, note_id: object) -> bool:
        return note_id in self._notes

    def __getitem__(self, note_id: str) -> Note:
        """The note with this id; raises UnknownNote with near ids."""
        try:
            return self._notes[note_id]
        except KeyError:
            raise UnknownNote(note_id, list(self._notes)) from None

    @cached_property
    def topics(self) -> Mapping[str, tuple[Note, ...]]:
        """Topic name -> its notes, both in order."""
        topics: defaultdict[str, list[Note]] = defaultdict(list)
        for note in self:
            topics[note.topic].append(note)
        return {topic: tuple(notes) for topic, notes in topics.items()}

    def about(self, name: str) -> tuple[Note, ...]:
        """The notes of a topic, or the one note with that id, in any spelling; none where there is none."""
        slug = spelt(name)
        return self.topics.get(slug) or ((self._notes[slug],) if slug in self._notes else ())

    def topic(self, name: str) -> tuple[Note, ...]:
        """As `about`; raises UnknownTopic where there is nothing."""
        found = self.about(name)
        if not found:
            raise UnknownTopic(name, [*self.topics, *self._notes])
        return found


def spelt(name: str) -> str:
    """The name of a topic or note as the library spells it: lower-case words joined by hyphens."""
    return "-".join(name.lower().replace("-", " ").split())


def load(root: Path = NOTES) -> Library:
    """The notes under `root`; raises LibraryError as `read` does."""
    return Library([note for _, note in read(root)])


def read(root: Path = NOTES) -> list[tuple[Source, Note]]:
    """Every `<topic>/<id>.md` under `root` with the file it came from.

    Raises LibraryError with every mistake in every file, not only the first.
    """
    paths = sorted(root.glob("*/*.md"))
    if not paths:
        raise LibraryError([Problem(root, 1, "there are no notes here", "<topic>/<id>.md files")])
    problems: list[Problem] = []
    found: list[tuple[Source, Note]] = []
    with _nothing_collected():
        for path in paths:
            source = parse(path)
            if isinstance(source, Problem):
                problems.append(source)
                continue
            note, mistakes = check(source)
            problems += mistakes
            if note:
                found.append((source, note))
    problems += [*_repeated_ids(found), *_dead_links(found, {path.stem for path in paths}), *_repeated_questions(found)]
    if problems:
        raise LibraryError(sorted(problems, key=lambda p: (str(p.path), p.line)))
    return found


@contextmanager
def _nothing_collected() -> Generator[None]:
    """A start makes half a million YAML nodes and no garbage: looking for some took nearly half of its reading."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _repeated_ids(read: Sequence[tuple[Source, Note]]) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for source, note in read:
        if note.id in first:
            yield source.problem(("id",), f"id {note.id!r} is already used by {first[note.id]}", "an id of its own")
        first.setdefault(note.id, source.path)


def _dead_links(read: Sequence[tuple[Source, Note]], known: set[str]) -> Iterator[Problem]:
    """Links to notes that do not exist; a note that exists but is broken is not a dead link."""
    for source, note in read:
        for number, related in enumerate(note.related):
            if related.id not in known:
                wrong = f"related note {related.id!r} does not exist"
                yield source.problem(("related", number, "id"), wrong, "the id of a note")


def _repeated_questions(read: Sequence[tuple[Source, Note]]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for source, note in read:
        for location, question in _questions(note):
            key = " ".join(re.findall(r"\w+", question.lower()))
            if key in seen:
                wrong = f"the question {brief(question)} also stands in {seen[key]}"
                yield source.problem(location, wrong, "a question of its own")
            seen.setdefault(key, note.id)


def _questions(note: Note) -> Iterator[tuple[Location, str]]:
    yield ("question",), note.question
    for number, rung in enumerate(note.follow_ups):
        yield ("follow_ups", number, "question"), rung.question
