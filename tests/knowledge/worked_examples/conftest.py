"""Worked examples are checked against code: a number in a note must be the number computed here."""

from collections.abc import Callable

import pytest

from knowledge.library import load
from knowledge.note import EXAMPLE


@pytest.fixture(scope="session")
def worked_example() -> Callable[[str], str]:
    """note id -> the text of its worked example."""
    library = load()
    return lambda note_id: library[note_id].sections[EXAMPLE]
