"""Worked examples are checked against code: a number in a note must be the number computed here."""

from collections.abc import Callable
from typing import Any

import pytest

from knowledge.library import NOTES
from knowledge.note import EXAMPLE
from knowledge.source import Source, parse


@pytest.fixture(scope="session")
def worked_example() -> Callable[[str], str]:
    """note id -> the text of its worked example."""

    def text(note_id: str) -> str:
        (path,) = NOTES.glob(f"*/{note_id}.md")
        source = parse(path)
        assert isinstance(source, Source), source
        return next(section.text for section in source.sections if section.heading == EXAMPLE)

    return text


@pytest.fixture(scope="session")
def solution() -> Callable[[str], dict[str, Any]]:
    """note id -> the names that the reference solution of its exercise defines."""

    def names(note_id: str) -> dict[str, Any]:
        (path,) = NOTES.glob(f"*/{note_id}.md")
        source = parse(path)
        assert isinstance(source, Source), source
        defined: dict[str, Any] = {}
        exec(source.fields["exercise"]["solution"], defined)
        return defined

    return names
