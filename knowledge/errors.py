"""What can go wrong with notes and their index.

KnowledgeError              the message is one sentence (or a list of them) for the user
├── LibraryError            notes that break the schema; carries every Problem at once
├── UnknownNote             no note with that id
├── UnknownTopic            no topic with that name
└── EmbedderError           weights missing, altered or not loadable
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

_WORD, _ALIKE = 4, 0.8  # letters of a word that a name is known by, and how alike two spellings of it are


class KnowledgeError(Exception):
    """Base of all knowledge errors; `str(error)` can be shown to a user as it is."""


@dataclass(frozen=True)
class Problem:
    """One mistake in one note: where it is, what is wrong, what is expected."""

    path: Path
    line: int
    wrong: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.wrong}, expected {self.expected}"


class LibraryError(KnowledgeError):
    """Notes that cannot be used; `problems` holds every mistake found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def _suggest(kind: str, name: str, known: Sequence[str], alike: float = 0.5) -> str:
    close = [*get_close_matches(name, known, cutoff=alike), *_with_words_of(name, known, 1.0)]
    close = list(dict.fromkeys(close or _with_words_of(name, known, _ALIKE)))[:3]
    hint = f"did you mean {' or '.join(close)}?" if close else "the command `topics` lists them."
    return f"There is no {kind} {name!r}; {hint}"


def _with_words_of(name: str, known: Sequence[str], alike: float) -> list[str]:
    """The known names that have a word of this one, or one spelt as much alike; those with most of them first."""
    asked = [word for word in re.split(r"[\W_]+", name.lower()) if len(word) >= _WORD]
    shared = {one: sum(bool(get_close_matches(word, one.split("-"), cutoff=alike)) for word in asked) for one in known}
    return sorted((one for one in known if shared[one]), key=lambda one: -shared[one])


class UnknownNote(KnowledgeError):
    """No note has this id; the message suggests near ones."""

    def __init__(self, note_id: str, known: Sequence[str]) -> None:
        super().__init__(_suggest("note", note_id, known))


class UnknownTopic(KnowledgeError):
    """No topic and no note has this name; the message suggests near ones."""

    def __init__(self, topic: str, known: Sequence[str]) -> None:
        super().__init__(_suggest("topic", topic, known, alike=0.7))


class EmbedderError(KnowledgeError):
    """The embedding model cannot be used; the message says what to do."""
