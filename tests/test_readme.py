import re
from pathlib import Path

import pytest

from knowledge.library import Library
from tests.discord import page as discord_page
from tests.markdown import section
from tests.readme import DOCS, README, SECTIONS, TRANSCRIPTS
from tests.slack import page as slack_page

DISCORD, SLACK = DOCS / "discord.md", DOCS / "slack.md"
MADE = {README: SECTIONS, DISCORD: discord_page.SECTIONS, SLACK: slack_page.SECTIONS}
PAGES = [(path, name) for path, sections in MADE.items() for name in sections]


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("path", "name"), PAGES, ids=lambda given: getattr(given, "stem", given))
def test_a_page_says_what_runs(path: Path, name: str) -> None:
    made = MADE[path][name]
    assert section(name, text(path)) == made().strip(), f"{path.name} differs from what runs: python -m tests.readme"


def test_what_people_see_is_as_it_is_told(notes_index: Path) -> None:
    """Two stories of each platform: each costs seconds, and these two have all that a drill shows."""
    for path, page in ((DISCORD, discord_page), (SLACK, slack_page)):
        for name, told in page.transcripts("drill", "graded", index=notes_index).items():
            assert section(name, text(path)) == told(), f"{path.name} differs from what runs: python -m tests.readme"


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_asks_what_the_notes_ask(name: str, library: Library) -> None:
    assert_asks_what_the_notes_ask(text(DOCS / f"{name}.md"), library)


@pytest.mark.parametrize("name", ["interview", "panel"])
def test_an_interview_on_discord_asks_what_the_notes_ask(name: str, library: Library) -> None:
    shown = re.sub(r"[┃│]", "", section(name, text(DISCORD)))
    assert_asks_what_the_notes_ask(shown, library)
    assert shown.count("[Answer] [Hint] [Skip] [Pause]") > shown.count("Ada clicks [Answer]") > 1
    assert "Debrief" in shown.partition("/stop")[2]
    assert "Debrief" not in shown.partition("/stop")[0]


def assert_asks_what_the_notes_ask(shown: str, library: Library) -> None:
    flat = " ".join(shown.split())
    asked = [note.id for note in library if note.question in flat]
    assert len(asked) == len(re.findall(r"Question \d+ (?:of|·)", flat)) > 0


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.stem)
def test_every_picture_and_page_that_is_linked_to_is_there(path: Path) -> None:
    linked = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(path))
    assert linked
    assert [name for name in linked if not (path.parent / name).exists()] == []
