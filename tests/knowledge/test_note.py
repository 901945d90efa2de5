from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from knowledge.note import FollowUp, Misconception, Note, Related, RubricPoint
from tests.knowledge.written import fields, note

Fields = dict[str, Any]
POINT: Fields = fields()["rubric"][0]


def test_a_note_knows_its_short_and_its_full_answer() -> None:
    written = note(sections={"In 30 seconds": "Briefly.", "In full": "At length.", "Worked example": "1 + 1 = 2"})
    assert (written.short, written.full) == ("Briefly.", "At length.")


def test_the_passages_of_a_note_are_the_paragraphs_of_all_its_sections_in_order() -> None:
    written = note(
        sections={"In 30 seconds": "One.", "In full": "Two\nlines.\n\n  \n\nThree.\n", "Worked example": "4"}
    )
    assert written.passages == ("One.", "Two\nlines.", "Three.", "4")


def test_a_note_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        note().question = "Another?"  # pyright: ignore[reportAttributeAccessIssue]  # meant


def test_text_is_stripped_of_the_white_space_around_it() -> None:
    assert note(question="  Why?\n").question == "Why?"


@pytest.mark.parametrize(
    ("part", "written"),
    [
        (Note, fields()),
        (RubricPoint, POINT),
        (Misconception, {"claim": "a", "correction": "b"}),
        (FollowUp, fields()["follow_ups"][0]),
        (Related, {"id": "dropout", "bridge": "And then?"}),
    ],
)
def test_no_part_of_a_note_takes_a_field_that_the_schema_does_not_have(part: type[Any], written: Fields) -> None:
    part.model_validate(written)
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        part.model_validate({**written, "contradiction": ["a misspelt field"]})


def weights(*shares: float) -> list[Fields]:
    return [{**POINT, "id": f"point-{number}", "weight": share} for number, share in enumerate(shares)]


@pytest.mark.parametrize("shares", [(0.5, 0.25, 0.25), (1 / 3, 1 / 3, 1 / 3), (0.333, 0.333, 0.334), (0.125,) * 8])
def test_weights_that_sum_to_one_up_to_rounding_make_a_rubric(shares: tuple[float, ...]) -> None:
    assert [point.weight for point in note(rubric=weights(*shares)).rubric] == list(shares)


@pytest.mark.parametrize(
    ("shares", "total"), [((0.5, 0.25, 0.2), "0.95"), ((0.5, 0.25, 0.252), "1.002"), ((0.5, 0.5, 0.5), "1.5")]
)
def test_weights_that_do_not_sum_to_one_are_refused_with_their_sum(shares: tuple[float, ...], total: str) -> None:
    rubric = weights(*shares)
    with pytest.raises(ValidationError, match=f"weights sum to {total}, not 1"):
        note(rubric=rubric)
    with pytest.raises(ValidationError, match=f"weights sum to {total}, not 1"):
        FollowUp.model_validate({"question": "And?", "rubric": rubric})


@pytest.mark.parametrize("weight", [0, -0.5, 1.5, float("nan"), float("inf")])
def test_a_weight_is_a_share_above_zero_and_at_most_one(weight: float) -> None:
    with pytest.raises(ValidationError, match="weight"):
        RubricPoint.model_validate({**POINT, "weight": weight})


def test_a_point_id_stands_once_in_a_rubric() -> None:
    twice = [{**POINT, "weight": 0.5}, {**POINT, "weight": 0.25}, {**POINT, "id": "other", "weight": 0.25}]
    with pytest.raises(ValidationError, match="point id 'divides' twice"):
        note(rubric=twice)


def test_a_rung_may_use_a_point_id_of_the_rubric_above_it() -> None:
    rung = {"question": "And?", "rubric": [{**POINT, "weight": 1}]}
    assert note(follow_ups=[rung]).follow_ups[0].rubric[0].id == note().rubric[0].id


@pytest.mark.parametrize("slug", ["Dropout", "drop out", "drop_out", "-dropout", "dropout-", "a--b", "", "é", "x" * 61])
def test_an_id_is_lower_case_words_joined_by_hyphens(slug: str) -> None:
    for build in (lambda: note(id=slug), lambda: note(topic=slug), lambda: Related(id=slug, bridge="And?")):
        refused(build)


@pytest.mark.parametrize(
    ("field", "fewest"),
    [("asked_as", 3), ("rubric", 3), ("misconceptions", 1), ("follow_ups", 1)],
    ids=lambda v: f"{v}",
)
def test_a_note_has_enough_of_everything(field: str, fewest: int) -> None:
    refused(lambda: note(**{field: fields()[field][: fewest - 1]}))


@pytest.mark.parametrize("field", ["paraphrases", "contradictions"])
def test_a_point_has_two_examples_of_each_kind(field: str) -> None:
    refused(lambda: RubricPoint.model_validate({**POINT, field: ["only one"]}))


@pytest.mark.parametrize("heading", ["In 30 seconds", "In full"])
@pytest.mark.parametrize("text", [None, ""])
def test_a_note_has_a_short_and_a_full_answer(heading: str, text: str | None) -> None:
    sections = {"In 30 seconds": "Briefly.", "In full": "At length.", heading: text}
    with pytest.raises(ValidationError, match=f"no text under '## {heading}'"):
        note(sections={title: words for title, words in sections.items() if words is not None})


@pytest.mark.parametrize("value", [42, True, None, 1.5, ["a"], "   "])
def test_a_question_is_text(value: object) -> None:
    refused(lambda: note(question=value))


def refused(build: Callable[[], object]) -> None:
    with pytest.raises(ValidationError):
        build()


def test_passages_are_paragraphs_and_a_block_of_code_is_one() -> None:
    full = "One\nline.\n\n\nTwo.\n\n```python\na = 1\n\nb = 2\n```\n\nIt prints:\n```text\n3\n```\nLast."
    assert note(sections={"In 30 seconds": "Briefly.", "In full": full}).passages == (
        "Briefly.",
        "One\nline.",
        "Two.",
        "```python\na = 1\n\nb = 2\n```",
        "It prints:",
        "```text\n3\n```",
        "Last.",
    )
