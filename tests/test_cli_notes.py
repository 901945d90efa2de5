"""`viva notes`: each mistake in a note is a line, a new note passes, and all of them are counted and shown."""

from __future__ import annotations

import re

import pytest

from knowledge.library import Library
from tests.knowledge.written import ANOTHER, NOTE, write
from tests.shipped import Viva, one_line


@pytest.mark.parametrize(
    ("right", "wrong", "line", "names"),
    [
        pytest.param("---\nid", "id", 1, "front matter", id="no front matter"),
        pytest.param("kind: concept", "kind: @concept", 10, "YAML", id="not YAML"),
        pytest.param("level: core\n", "", 2, "`level` is missing", id="missing field"),
        pytest.param("level: core", "level: easy", 9, "'core', 'advanced' or 'research'", id="unknown level"),
        pytest.param("level: core", "level: core\nlevels: core", 10, "unknown field `levels`", id="unknown field"),
        pytest.param("weight: 0.5", "weight: 0.6", 11, "sum to 1.1", id="weights"),
        pytest.param("First paragraph.\n\nSecond paragraph.\n", "", 66, "'## In full'", id="empty section"),
        pytest.param("id: temperature", "id: heat", 2, "'temperature'", id="id is not the file's name"),
    ],
)
def test_a_broken_note_is_one_line_with_file_and_line(
    viva: Viva, right: str, wrong: str, line: int, names: str
) -> None:
    path = write(viva.root / "notes", NOTE.replace(right, wrong, 1))
    result = viva("notes", "lint", "notes")
    mistake = one_line(result.stderr)
    assert f"notes/{path.parent.name}/{path.name}:{line}: " in mistake
    assert names in mistake
    assert result.returncode == 1
    assert result.stdout == ""


def test_bytes_that_are_no_text_are_a_mistake_in_a_note_like_any_other(viva: Viva) -> None:
    write(viva.root / "notes").write_bytes(b"---\nid: \xff\xfe\n---\n")
    result = viva("notes", "lint", "notes")
    assert "notes/decoding/temperature.md:2: " in one_line(result.stderr)
    assert result.returncode == 1


def test_lint_lists_a_line_for_each_mistake_in_each_note(viva: Viva) -> None:
    write(viva.root / "notes", NOTE.replace("level: core", "level: easy").replace("kind: concept", "kind: odd"))
    write(viva.root / "notes", ANOTHER.replace("topic: decoding", "topic: heat"), note_id="nucleus-sampling")
    result = viva("notes", "lint", "notes")
    places = re.findall(r"notes/decoding/([a-z-]+)\.md:(\d+): ", result.stderr)
    assert places == [("nucleus-sampling", "8"), ("temperature", "9"), ("temperature", "10")]
    assert len(result.stderr.splitlines()) == 3


def test_notes_without_a_mistake_pass(viva: Viva) -> None:
    write(viva.root / "notes")
    result = viva("notes", "lint", "notes", "--quick")
    assert (result.stdout, result.stderr, result.returncode) == ("1 notes, nothing wrong.\n", "", 0)


def test_a_formula_that_cannot_be_drawn_is_a_mistake(viva: Viva) -> None:
    write(viva.root / "notes", NOTE.replace("First paragraph.", r"First $\frac{1}$ paragraph."))
    result = viva("notes", "lint", "notes")
    assert "temperature.md:68: " in one_line(result.stderr)
    assert (result.stdout, result.returncode) == ("", 1)


def test_a_new_note_passes_and_lint_says_what_is_still_to_do(viva: Viva) -> None:
    assert viva("notes", "new", "losses/hinge-loss", "--folder", "notes").returncode == 0
    result = viva("notes", "lint", "notes")
    assert result.returncode == 0
    assert result.stderr == ""
    assert "hinge-loss.md:3: " in result.stdout
    assert "still to be written" in result.stdout


def test_coverage_counts_every_note_once_by_level_and_once_by_kind(viva: Viva, library: Library) -> None:
    *_, total = viva("notes", "coverage").stdout.splitlines()
    name, notes, *counts = total.replace("·", "0").split()
    assert (name, int(notes)) == ("all", len(library))
    assert sum(map(int, counts[:3])) == sum(map(int, counts[3:])) == len(library)


def test_a_note_is_shown_with_its_rubric_and_without_raw_latex(viva: Viva, library: Library) -> None:
    page = " ".join(viva("notes", "show", "cross-entropy-and-kl").stdout.split())
    note = library["cross-entropy-and-kl"]
    assert note.question in page
    assert all(" ".join(point.point.split()) in page for point in note.rubric)
    assert "H(p,q) = H(p) + KL(p‖q)" in page
    assert "\\" not in page
