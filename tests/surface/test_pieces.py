import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.surface.pieces import closed, pieces

SENTENCE = "A sentence of eight words that says something. "
PARAGRAPH = (SENTENCE * 3).strip()


def test_what_fits_is_one_piece() -> None:
    assert pieces("Short.\n\nAnd two.", 50) == ["Short.\n\nAnd two."]


def test_nothing_is_no_piece() -> None:
    assert pieces(" \n\n ", 50) == []


def test_a_text_is_parted_at_paragraph_ends() -> None:
    assert pieces(f"{PARAGRAPH}\n\n{PARAGRAPH}\n\n{PARAGRAPH}", 300) == [f"{PARAGRAPH}\n\n{PARAGRAPH}", PARAGRAPH]


def test_what_ends_exactly_at_the_limit_stays_whole() -> None:
    assert pieces(f"{'a' * 60}\n\n{'b' * 60}", 60) == ["a" * 60, "b" * 60]
    assert pieces(f"{'a' * 24} {'b' * 25} c", 50) == [f"{'a' * 24} {'b' * 25}", "c"]


def test_a_long_paragraph_is_parted_at_line_ends() -> None:
    lines = [f"- item {number} of a list of things" for number in range(6)]
    assert pieces("\n".join(lines), 70) == ["\n".join(lines[n : n + 2]) for n in (0, 2, 4)]


@pytest.mark.parametrize("end", [".", "!", "?", "…", ".”", '."', ".)", ".*"])
def test_a_long_line_is_parted_at_sentence_ends(end: str) -> None:
    sentence = f"Eight words are in here, and so on{end}"
    parted = pieces(" ".join([sentence] * 4), 80)
    assert parted == [f"{sentence} {sentence}"] * 2


def test_a_long_sentence_is_parted_between_words() -> None:
    words = [f"word{number}" for number in range(40)]
    parted = pieces(" ".join(words), 50)
    assert max(map(len, parted)) <= 50
    assert [word for piece in parted for word in piece.split(" ")] == words


def test_only_a_word_longer_than_a_piece_is_cut() -> None:
    assert pieces("x" * 120, 50) == ["x" * 50, "x" * 50, "x" * 20]


def test_an_escaped_character_keeps_its_backslash() -> None:
    assert pieces("x" * 49 + r"\*" + "y" * 9, 50) == ["x" * 49, r"\*" + "y" * 9]
    assert pieces("x" * 48 + "\\\\" + "*" + "y" * 9, 50)[0] == "x" * 48 + "\\\\"


def test_code_that_fits_is_not_opened_up() -> None:
    code = "```python\n\n" + "x = 1\n\ny = 2\n" * 3 + "```"
    assert pieces(f"{PARAGRAPH}\n\n{code}\n\n{PARAGRAPH}", 180) == [PARAGRAPH, code, PARAGRAPH]


def test_code_that_is_too_long_is_closed_and_opened_again() -> None:
    code = [f"line_{number} = {number}" for number in range(12)]
    parted = pieces("```python\n" + "\n".join(code) + "\n```", 70)
    assert len(parted) > 2
    assert all(piece.startswith("```python\n") and piece.endswith("\n```") for piece in parted)
    assert [line for piece in parted for line in piece.split("\n")[1:-1]] == code


def test_code_that_was_never_closed_is_code_to_the_end() -> None:
    parted = pieces("```\n" + "\n".join("some more code" for _ in range(9)), 60)
    assert all(piece.startswith("```\n") for piece in parted)
    assert all(piece.endswith("\n```") for piece in parted[:-1])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("so", "so"),
        ("so\n``", "so"),
        ("so\n```py", "so\n"),
        ("so\n```py\n", "so\n"),
        ("so\n```py\nx = 1", "so\n```py\nx = 1\n```"),
        ("so\n```py\nx = 1\n", "so\n```py\nx = 1\n```"),
        ("so\n```py\nx = 1\n``", "so\n```py\nx = 1\n```"),
        ("so\n```py\nx = 1\n```", "so\n```py\nx = 1\n```"),
        ("```\nx\n```\nso `a` and ``", "```\nx\n```\nso `a` and ``"),
    ],
)
def test_code_that_is_being_written_is_closed(written: str, shown: str) -> None:
    assert closed(written) == shown


def test_a_piece_too_small_for_code_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 50"):
        pieces("text", 49)


PARTS = ["word ", "a_very_long_word_" * 5, ". ", "\n", "\n\n", "  ", "\n```py\n", "\n```\n", "`", "\\", "*", "é𝔼"]


def texts(*parts: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(parts), max_size=60).map("".join)


def letters(text: str) -> str:
    """What is said, without space and fences."""
    return re.sub(r"\s|```(?:py)?", "", text)


@given(texts(*PARTS), st.integers(50, 90))
@settings(max_examples=60, deadline=None)
def test_whatever_the_text_nothing_is_lost(text: str, limit: int) -> None:
    assert letters("\n".join(pieces(text, limit))) == letters(text)


@given(texts(*PARTS, "```", "```py"), st.integers(50, 90))
@settings(max_examples=60, deadline=None)
def test_whatever_the_text_every_piece_fits_and_says_something(text: str, limit: int) -> None:
    assert all(piece.strip() and len(piece) <= limit for piece in pieces(text, limit))


@pytest.mark.parametrize("shift", range(6))
def test_an_entity_is_not_cut(shift: int) -> None:
    text = "x" * shift + "&amp;" * 40
    parts = pieces(text, 50)
    assert "".join(parts) == text
    assert [part for part in parts if not part.endswith(";") or not part.startswith(("&", "x"))] == []
