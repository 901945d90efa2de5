import re

import pytest

from knowledge.library import Library
from tests.readme import DOCS, README, SECTIONS, TRANSCRIPTS, section


@pytest.mark.parametrize("name", SECTIONS)
def test_the_readme_says_what_runs(name: str) -> None:
    written = section(name, README.read_text(encoding="utf-8"))
    assert written == SECTIONS[name]().strip(), f"README.md differs from what runs: python -m tests.readme ({name})"


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_asks_what_the_notes_ask(name: str, library: Library) -> None:
    text = " ".join((DOCS / f"{name}.md").read_text(encoding="utf-8").split())
    asked = [note.id for note in library if note.question in text]
    assert len(asked) == len(re.findall(r"Question \d+ (?:of|·)", text)) > 0
