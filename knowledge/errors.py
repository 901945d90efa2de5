"""What can go wrong with notes and their index.

KnowledgeError              the message is one sentence (or a list of them) for the user
├── LibraryError            notes that break the schema; carries every Problem at once
├── UnknownNote             no note with that id
├── UnknownTopic            no topic with that name
└── EmbedderError           weights missing, altered or not loadable
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


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


def _suggest(kind: str, name: str, known: Sequence[str], where: str, alike: float = 0.5) -> str:
    close = get_close_matches(name, known, n=3, cutoff=alike)
    hint = f"did you mean {' or '.join(close)}?" if close else f"{where} lists them."
    return f"There is no {kind} {name!r}; {hint}"


class UnknownNote(KnowledgeError):
    """No note has this id; the message suggests near ones."""

    def __init__(self, note_id: str, known: Sequence[str]) -> None:
        super().__init__(_suggest("note", note_id, known, "`viva topics`"))


class UnknownTopic(KnowledgeError):
    """No topic and no note has this name; the message suggests near ones."""

    def __init__(self, topic: str, known: Sequence[str]) -> None:
        super().__init__(_suggest("topic", topic, known, "`viva topics`", alike=0.7))


class EmbedderError(KnowledgeError):
    """The embedding model cannot be used; the message says what to do."""
