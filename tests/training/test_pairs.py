"""What the cross-encoder learns from: a judge's view of an answer, and nothing of the notes that measure it."""

import random
from itertools import product

import numpy as np

from bot.grading.evidence import content
from evals.cases import APART, GradingCase, grading, read
from knowledge.library import Library
from knowledge.minilm import MiniLM
from training.pairs import (
    ANSWERS,
    CLAIMS,
    CONTRADICTED,
    MET,
    MISSED,
    Claim,
    epoch,
    of_claims,
    of_plain,
    of_training,
    passage,
)

NOTE = "dropout"
ANSWER = "Hm, let me see. You zero units at random; the rest is scaled by 1/(1-p). Nothing is left to do in testing."


def labelled(library: Library) -> GradingCase:
    first, second, *rest = (point.id for point in library[NOTE].rubric)
    gold = {first: "met", second: "contradicted"} | dict.fromkeys(rest, "missed")
    said = {first: "You zero units at random", second: "Nothing is left to do in testing"}
    return GradingCase.model_validate({"note": NOTE, "answer": ANSWER, "gold_points": gold, "said": said})


def test_the_passage_about_a_point_holds_the_words_that_say_it(library: Library) -> None:
    for point in library[NOTE].rubric:
        assert passage(ANSWER, point, "Nothing is left", count=1) == "Nothing is left to do in testing."
        assert passage(ANSWER, point, count=9) == ANSWER.replace(";", "")


def test_a_label_stands_beside_the_words_that_earned_it_and_other_words_beside_other_points(library: Library) -> None:
    case = labelled(library)
    first, second, *rest = (point.point for point in library[NOTE].rubric)
    targets: dict[tuple[str, str], set[tuple[float, float, float]]] = {}
    for draw in range(40):
        for pair in of_plain([case], library, random.Random(draw)):
            targets.setdefault((pair.point, pair.said), set()).add(pair.target)
    assert targets[first, "You zero units at random"] == {MET}
    assert targets[second, "Nothing is left to do in testing"] == {CONTRADICTED}
    assert targets[first, "Nothing is left to do in testing"] == {MISSED}
    assert {target for (point, _), of in targets.items() if point in rest for target in of} == {MISSED}


def test_nothing_of_the_notes_that_measure_is_learned(library: Library) -> None:
    apart = {case.note for split in ("dev", "test", "plain", "plain-dev") for case in grading(split)}
    assert apart.isdisjoint(note.id for note in of_training(library))
    assert apart.isdisjoint(case.note for split in ANSWERS for case in grading(split))


def test_no_question_of_another_field_is_both_learned_and_measured(library: Library) -> None:
    asked: dict[str, dict[str, set[str]]] = {}
    for part in ("-train", "-dev", ""):
        asked[part] = {}
        for case in grading(f"other-fields{part}"):
            texts = [case.question, *(point.point for point in case.submission(library).rubric)]
            asked[part][case.question] = set(content(" ".join(texts)))
    for learned, measured in (("-train", "-dev"), ("-train", ""), ("-dev", "")):
        for (one, here), (other, there) in product(asked[learned].items(), asked[measured].items()):
            assert len(here & there) < 0.5 * min(len(here), len(there)), (one, other)


def test_no_field_is_both_learned_and_measured() -> None:
    fields = [{case.kind for case in grading(f"other-fields{part}")} for part in ("-train", "-dev", "")]
    assert sum(map(len, fields)) == len({field for of in fields for field in of}) > 3


def test_an_epoch_is_drawn_anew_and_the_same_when_drawn_again(library: Library) -> None:
    first, again = epoch(library, None, 0, 32), epoch(library, None, 0, 32)
    assert first == again
    assert list(of_plain([labelled(library)], library, random.Random(0))) != list(
        of_plain([labelled(library)], library, random.Random(1))
    )
    assert max(map(len, first)) == 32


def test_the_words_of_a_label_stand_in_the_answer(library: Library) -> None:
    for split in APART:
        for case in grading(split):
            assert {point: words for point, words in case.said.items() if words not in case.answer} == {}, case.id
            assert {point for point in case.said if case.gold_points[point] == "missed"} == set(), case.id


def test_a_claim_stands_beside_each_statement_as_it_is_labelled() -> None:
    claim = Claim(
        field="magnets",
        point="Like poles of magnets repel each other.",
        says=("North pushes north away.", "Same ends push apart."),
        denies=("North pulls north.", "Same ends pull together."),
        beside=("A magnet has two poles.",),
    )
    targets: dict[str, set[tuple[float, float, float]]] = {}
    for draw in range(40):
        for pair in of_claims([claim], random.Random(draw)):
            if pair.point == claim.point:
                targets.setdefault(pair.said, set()).add(pair.target)
    assert [targets[said] for said in claim.says] == [{MET}, {MET}]
    assert [targets[said] for said in claim.denies] == [{CONTRADICTED}, {CONTRADICTED}]
    assert targets["A magnet has two poles."] == {MISSED}
    assert {MET} == set().union(*(of for said, of in targets.items() if said.startswith("North pushes north away. ")))


# Seen by the weights that are shipped, and found afterwards; the card says so. To go with the next training.
KNOWN = {
    "Clipping by global norm rescales the",
    "Clipping by norm shrinks the gradient's",
    "Fish breathe with gills, which take",
    "Float16 overflows to infinity above about",
    "Glorot initialisation uses variance 2/(fan_in +",
    "If all weights of a layer",
    "If the gradient norm is below",
    "Near a saddle point the gradient",
    "On a GPU, threads of one",
    "Only some activations are stored and",
    "The Kalman gain is small when",
    "Without a nonlinear activation a stack",
    "bfloat16 has the same exponent range",
}


def test_nothing_is_learned_that_says_what_a_point_says_that_measures(library: Library, embedder: MiniLM) -> None:
    measured = {
        point.point
        for split in ("dev", "test", "plain-dev", "plain", "other-fields-dev", "other-fields")
        for case in grading(split)
        for point in case.submission(library).rubric
    }
    learned = {claim.point for claim in read(Claim, [CLAIMS])}
    learned |= {point.point for case in grading("other-fields-train") for point in case.rubric}
    one, other = (np.stack([e.sentence for e in embedder.encode(sorted(of))]) for of in (learned, measured))
    near = {text for text, likest in zip(sorted(learned), (one @ other.T).max(1), strict=True) if likest >= 0.7}
    assert {" ".join(text.split()[:6]) for text in near} == KNOWN
