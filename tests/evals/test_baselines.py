"""Baselines: likeness worked by hand, an estimate and never a verdict."""

from collections.abc import Sequence

import numpy as np
import pytest

from bot.grading.grade import Submission, Verdict
from evals.baselines import NAMES, OPEN, baseline
from evals.cases import CaseError
from knowledge.embedder import Encoding
from knowledge.note import Criterion

WORDS = ("the", "cat", "dog", "sat", "ran", "?")
NEAR = {("cat", "dog"): 0.6, ("sat", "ran"): 0.2}


class Embedder:
    """Words as pieces, with vectors whose cosines are those of NEAR; counts what it encodes."""

    fingerprint, words = "by hand", frozenset[str]()

    def __init__(self) -> None:
        alike = np.eye(len(WORDS))
        for (one, other), cosine in NEAR.items():
            alike[WORDS.index(one), WORDS.index(other)] = alike[WORDS.index(other), WORDS.index(one)] = cosine
        self._vectors = np.linalg.cholesky(alike).astype(np.float32)
        self.encoded: list[str] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        raise NotImplementedError

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.encoded += texts
        return [self._encoding(tuple(text.split())) for text in texts]

    def _encoding(self, pieces: tuple[str, ...]) -> Encoding:
        rows = self._vectors[[WORDS.index(piece) for piece in pieces]]
        total = rows.sum(0)
        return Encoding(total / (np.linalg.norm(total) or 1), pieces, rows)


def submission(answer: str, *references: str, question: str = "") -> Submission:
    first, *others = references
    point = Criterion(id="reference", point=first, weight=1.0, paraphrases=tuple(others))
    return Submission(question=question, rubric=(point,), answer=answer)


async def expected(name: str, asked: Submission, *others: Submission) -> float:
    (point,) = (await baseline(name, Embedder(), [asked, *others]).grade(asked)).points
    assert (point.verdict, point.evidence, point.reason) == (Verdict.UNSCORED, None, OPEN)
    assert point.expected is not None
    return point.expected


@pytest.mark.parametrize("name", NAMES)
async def test_the_same_words_are_all_that_a_baseline_wants(name: str) -> None:
    assert await expected(name, submission("cat sat", "cat sat")) == pytest.approx(1)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", ["", "?"])
async def test_an_answer_without_a_word_is_like_nothing(name: str, answer: str) -> None:
    assert await expected(name, submission(answer, "cat sat")) == 0


@pytest.mark.parametrize("name", NAMES)
async def test_of_several_references_the_likest_counts(name: str) -> None:
    assert await expected(name, submission("cat ran", "dog sat")) < 0.7
    assert await expected(name, submission("cat ran", "dog sat", "cat ran", "dog")) == pytest.approx(1)


async def test_the_cosine_is_of_whole_sentences() -> None:
    # (cat + sat).(dog + ran) / 2 with cat.dog = 0.6 and sat.ran = 0.2
    assert await expected("cosine", submission("dog ran", "cat sat")) == pytest.approx(0.4)


async def test_alignment_is_the_mean_over_the_references_content_words_of_the_likest_word_said() -> None:
    # cat finds dog (0.6), sat finds ran (0.2); "the" and "?" are no content, and words said beside do no harm
    assert await expected("align", submission("dog ran ?", "the cat sat ?")) == pytest.approx(0.4)
    assert await expected("align", submission("cat", "cat sat")) == pytest.approx(0.5)
    assert await expected("align", submission("cat sat dog ran", "cat sat")) == pytest.approx(1)


async def test_alignment_asks_for_no_word_that_the_question_gave_unless_there_is_no_other() -> None:
    assert await expected("align", submission("dog ran", "cat sat", question="the cat ?")) == pytest.approx(0.2)
    assert await expected("align", submission("dog ran", "cat sat", question="sat cat ?")) == pytest.approx(0.4)


async def test_words_that_everybody_says_count_little_in_tfidf() -> None:
    others = [submission("cat ran", "cat ran"), submission("cat", "cat")]
    common = await expected("tfidf", submission("cat", "cat sat"), *others)
    rare = await expected("tfidf", submission("sat", "cat sat"), *others)
    assert 0 < common < rare < 1


async def test_a_reference_is_encoded_once() -> None:
    embedder = Embedder()
    judge = baseline("align", embedder, [])
    for answer in ("cat", "dog", "cat ran"):
        await judge.grade(submission(answer, "cat sat", question="the ?"))
    assert embedder.encoded.count("cat sat") == embedder.encoded.count("the ?") == 1


@pytest.mark.parametrize("submissions", [[], [submission("?", "?")]], ids=["none", "no word in them"])
def test_without_a_word_to_count_tfidf_is_a_mistake(submissions: list[Submission]) -> None:
    with pytest.raises(CaseError, match="no word for tfidf"):
        baseline("tfidf", Embedder(), submissions)
