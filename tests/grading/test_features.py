"""What the head sees of a point: defined where it can be, and undefined where nothing is known."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.grading.features import AGAINST, FEATURES
from bot.grading.grade import Submission
from bot.grading.matching import Match, Matcher
from knowledge.note import Criterion
from tests.fakes import HashingEmbedder

FALLS, GROWS = "The variance falls with n.", "The variance grows with n."
OPPOSED = Criterion(id="variance", point=FALLS, weight=0.5, contradictions=(GROWS,))
ALONE = Criterion(id="bias", point="The bias stays the same for every estimator.", weight=0.5)


class Scripted:
    """A reader that finds what it was told to, and remembers what it read."""

    def __init__(self, says: str = "", denies: str = "") -> None:
        self._says, self._denies = says, denies
        self.pairs: list[tuple[str, str]] = []

    def read(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        self.pairs += pairs
        return np.log([self._shares(text) for _, text in pairs])

    def _shares(self, text: str) -> tuple[float, float, float]:
        if self._says and self._says in text:
            return (0.9, 0.05, 0.05)
        return (0.05, 0.9, 0.05) if self._denies and self._denies in text else (0.1, 0.1, 0.8)


def matched(answer: str, *rubric: Criterion, reader: Scripted | None = None) -> list[Match]:
    submission = Submission(question="What happens?", rubric=rubric, answer=answer)
    return [match for match in Matcher(HashingEmbedder(), reader or Scripted()).match(submission) if match]


def value(match: Match, name: str) -> float:
    return float(match.features[FEATURES.index(name)])


def undefined(match: Match) -> set[str]:
    return {name for name, number in zip(FEATURES, match.features, strict=True) if np.isnan(number)}


def test_every_feature_has_a_name_of_its_own() -> None:
    assert len(set(FEATURES)) == len(FEATURES) == len(matched(FALLS, OPPOSED)[0].features)


def test_what_needs_contradictions_is_undefined_where_the_point_has_none() -> None:
    opposed, alone = matched(f"{FALLS} The bias of an estimator stays.", OPPOSED, ALONE)
    assert undefined(opposed) <= {"voice"}
    assert undefined(alone) - {"voice"} == set(AGAINST)


def test_what_needs_other_points_is_undefined_where_there_are_none() -> None:
    (only,) = matched(FALLS, OPPOSED)
    assert undefined(only) == {"lead over other points", "ownership", "voice", "voice as read"}


def test_the_right_and_the_wrong_wording_stand_on_different_sides() -> None:
    (right,), (wrong,) = matched(FALLS, OPPOSED), matched(GROWS, OPPOSED)
    for name in ("margin", "aligned margin", "greatest margin", "least margin", "twist", "order"):
        assert value(right, name) > 0 > value(wrong, name), name


def test_what_the_cross_encoder_reads_is_what_the_head_sees() -> None:
    (right,) = matched(f"We looked at the variance of many estimators. {FALLS}", OPPOSED, reader=Scripted(says="falls"))
    (wrong,) = matched(
        f"We looked at the variance of many estimators. {GROWS}", OPPOSED, reader=Scripted(denies="grows")
    )
    for match, sign in ((right, 1), (wrong, -1)):
        for name in ("says it", "says it in all", "says rather than denies"):
            assert value(match, name) * sign > 2, name
        for name in ("denies it", "denies it in all"):
            assert value(match, name) * sign < -2, name


def test_the_evidence_is_what_comes_nearest_on_its_side() -> None:
    (match,) = matched(f"We looked at the variance of many estimators. {FALLS} {GROWS}", OPPOSED)
    assert match.supporting.quote == FALLS
    assert match.opposing.quote == GROWS
    (match,) = matched(f"We looked at the variance. {FALLS}", OPPOSED.model_copy(update={"contradictions": ()}))
    assert match.opposing == match.supporting


def test_how_the_other_points_were_said_is_heard() -> None:
    answer = f"{FALLS} The bias stays the same for an estimator."
    for reader, sign in ((Scripted(says="bias"), 1), (Scripted(denies="bias"), -1)):
        variance, _ = matched(answer, OPPOSED, ALONE, reader=reader)
        assert value(variance, "voice as read") * sign > 2


def test_a_long_answer_is_read_where_it_is_about_the_point() -> None:
    padding = "Opera houses rehearse their seasons every autumn. " * 30
    alone, padded = Scripted(), Scripted()
    matched(f"{FALLS} {GROWS} The variance of n is what falls.", OPPOSED, reader=alone)
    matched(f"{padding}{FALLS} {GROWS} {padding}The variance of n is what falls.", OPPOSED, reader=padded)
    assert padded.pairs == alone.pairs


def test_an_answer_of_one_sentence_is_read_once() -> None:
    reader = Scripted()
    matched(FALLS, OPPOSED, reader=reader)
    assert reader.pairs == [(FALLS, FALLS)]


def test_beside_a_model_answer_the_questions_own_words_can_be_right_and_all_that_is_said_is_looked_at() -> None:
    rubric = (Criterion(id="reference-1", point="The motor will run.", weight=1),)
    asked = Submission(question="What makes the motor run, and will it?", rubric=rubric, answer="The motor will run.")
    matcher = Matcher(HashingEmbedder(), Scripted())
    assert matcher.match(asked) == [None]
    of_reference = asked.model_copy(update={"of_reference": True})
    (match,) = matcher.match(of_reference)
    assert match
    assert value(match, "recall") == pytest.approx(1)
    (strange,) = matcher.match(of_reference.model_copy(update={"answer": "Opera houses rehearse in autumn."}))
    assert strange
    assert value(strange, "recall") < 0.5


@pytest.mark.parametrize(
    "answer", ["Will the bulb light or the motor run?", "motor run light bulb motor run light bulb"]
)
def test_the_question_and_its_words_in_a_heap_are_nothing_beside_a_model_answer_either(answer: str) -> None:
    rubric = (Criterion(id="reference-1", point="The motor will run.", weight=1),)
    asked = Submission(
        question="Will the bulb light or the motor run?", rubric=rubric, answer=answer, of_reference=True
    )
    assert Matcher(HashingEmbedder(), Scripted()).match(asked) == [None]


def test_a_known_wording_counts_to_the_letter_and_not_where_the_answer_denies_it() -> None:
    (known,) = matched("We looked at many estimators. the variance  falls with n", OPPOSED, reader=Scripted(says="n"))
    assert known.verbatim
    assert known.verbatim.quote == "the variance  falls with n"
    (near,) = matched("The variance never falls with n.", OPPOSED, reader=Scripted(says="n"))
    assert near.verbatim is None
    (both,) = matched(f"{FALLS} No, that is wrong: {GROWS}", OPPOSED, reader=Scripted(denies="grows"))
    assert both.verbatim is None
