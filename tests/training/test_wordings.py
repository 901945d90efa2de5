"""Wordings that mean the same keep what decides the meaning; wordings that mean the opposite change it."""

import random
import re

import pytest

from knowledge.library import Library
from training.wordings import ALIKE, OPPOSITE, hurried, nearest, shortened, turned, typed

DRAWS = 3
REPLACED = {word for phrase in ALIKE for word in phrase.split()}  # by words of the same meaning


def points(library: Library) -> list[str]:
    return [point.point for note in library for point in note.rubric]


def telling(text: str) -> set[str]:
    """The words of a text that turn it round when they are exchanged, and its numbers."""
    found = re.findall(r"[a-z']+|\d+(?:\.\d+)?", text.lower())
    return {word for word in found if word in OPPOSITE or word in ("not", "never", "no") or word[0].isdigit()}


def test_no_two_wordings_that_are_alike_are_opposites() -> None:
    assert {(a, b) for a, b in ALIKE.items() if OPPOSITE.get(a) == b} == set()


def test_in_a_hurry_the_words_that_decide_stay(library: Library) -> None:
    lead = re.compile(r"^[^,]{3,60}(?:,| that)\s")  # where it holds may be left out, as people do
    chance = random.Random(0)
    for text in points(library):
        for _ in range(DRAWS):
            lost = telling(lead.sub("", text)) - telling(hurried(text, chance))
            assert lost <= REPLACED, (text, lost)


def test_the_same_draw_gives_the_same_wording(library: Library) -> None:
    for text in points(library)[:50]:
        assert hurried(text, random.Random(3)) == hurried(text, random.Random(3))


def test_most_points_can_be_said_in_other_words(library: Library) -> None:
    chance = random.Random(0)
    texts = points(library)
    assert sum(hurried(text, chance) != text for text in texts) > 0.8 * len(texts)


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("The bias increases.", {"The bias decreases.", "The variance increases."}),
        ("It never overfits", {"It overfits", "It always overfits", "It never underfits"}),
        ("one two three", {"many two three"}),
        ("Zebras graze here", {None}),
    ],
)
def test_what_can_be_turned_round_is_turned_round(text: str, ways: set[str | None]) -> None:
    assert {turned(text, random.Random(n)) for n in range(40)} == ways


def test_what_is_typed_is_the_same_but_for_a_slip() -> None:
    text = "The gradient vanishes in deep networks."
    for n in range(200):
        assert abs(len(typed(text, random.Random(n))) - len(text)) <= 2


def test_the_nearest_wording_shares_most_words_and_is_another() -> None:
    wordings = ("bias falls with depth", "variance falls with width", "zebras graze")
    assert nearest("variance falls with depth and width", wordings) == "variance falls with width"
    assert nearest("bias falls with depth", wordings) != "bias falls with depth"


def test_the_two_sides_of_a_comparison_change_places() -> None:
    text = "Precision divides by predicted positives, recall by actual ones."
    assert "Recall divides by predicted positives, precision by actual ones.".lower() in {
        (turned(text, random.Random(n)) or "").lower() for n in range(20)
    }


def test_a_shortened_statement_is_its_beginning_and_ends_with_a_clause() -> None:
    text = "Dropout zeroes units at random, so that none relies on another, with a new mask each time."
    cuts = {shortened(text, random.Random(n)) for n in range(40)}
    assert cuts == {
        "Dropout zeroes units at random, so that none relies on another",
        "Dropout zeroes units at random, so that none relies on another,",
    }
    assert shortened("Zebras graze here.", random.Random(0)) is None
