"""Baselines that any judge has to beat: how like a reference an answer is, with nothing fitted on a grade.

They give no verdict (every point stays open) and an estimate in [0, 1]; of several references the likest counts.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from bot.grading.evidence import STOPWORDS
from bot.grading.grade import Grade, PointGrade, Submission, Verdict
from evals.cases import CaseError
from knowledge.embedder import Embedder, Encoding

NAMES = ("cosine", "tfidf", "align")
OPEN = "A baseline compares wordings and judges nothing."

Likeness = Callable[[str, str, str], float]
"""How like a reference an answer to a question is: (reference, answer, question), about 0 to 1."""

_REMEMBERED = 2_000  # encodings: questions and references come again


class Baseline:
    """A judge that expects every point to be worth its likeness to the answer."""

    def __init__(self, name: str, likeness: Likeness) -> None:
        self.name = name
        self._likeness = likeness

    async def grade(self, submission: Submission) -> Grade:
        """Every point unscored, with what is expected of it."""

        def expected(references: Sequence[str]) -> float:
            return max(self._likeness(text, submission.answer, submission.question) for text in references)

        points = tuple(
            PointGrade(
                point_id=point.id,
                weight=point.weight,
                verdict=Verdict.UNSCORED,
                expected=min(1.0, max(0.0, expected((point.point, *point.paraphrases)))),
                reason=OPEN,
            )
            for point in submission.rubric
        )
        return Grade(judge=self.name, points=points)


def baseline(name: str, embedder: Embedder, submissions: Sequence[Submission]) -> Baseline:
    """The baseline of that name, one of NAMES; `submissions` are what tfidf counts words in.

    Raises CaseError where tfidf has none to count.
    """
    if name == "tfidf":
        return Baseline(name, _tfidf(submissions))

    @lru_cache(_REMEMBERED)
    def encode(text: str) -> Encoding:
        return embedder.encode([text])[0]

    return Baseline(name, {"cosine": _cosine, "align": _align}[name](encode))


def _cosine(encode: Callable[[str], Encoding]) -> Likeness:
    """The cosine of the two sentence vectors."""
    return lambda reference, answer, _: float(encode(reference).sentence @ encode(answer).sentence)


def _align(encode: Callable[[str], Encoding]) -> Likeness:
    """Token-alignment recall: how near each content word piece of the reference comes to one of the answer, on average.

    Pieces are compared by their contextual vectors. What the question already says is left out, unless the
    reference says nothing else.
    """

    def likeness(reference: str, answer: str, question: str) -> float:
        wanted, said = encode(reference), encode(answer)
        content = _content(wanted)
        asked = (content - _content(encode(question))) or content
        rows = [row for row, piece in enumerate(wanted.pieces) if piece in asked]
        if not rows or not said.pieces:
            return 0.0
        return float((wanted.tokens[rows] @ said.tokens.T).max(axis=1).mean())

    return likeness


def _content(encoding: Encoding) -> set[str]:
    return {piece for piece in encoding.pieces if piece not in STOPWORDS and re.search(r"\w", piece)}


def _tfidf(submissions: Sequence[Submission]) -> Likeness:
    """The cosine of word counts, each weighed by how rare its word is in all answers and references."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second, and only this baseline needs it

    texts = {s.answer for s in submissions} | {
        text for s in submissions for point in s.rubric for text in (point.point, *point.paraphrases)
    }
    vectorizer: Any = TfidfVectorizer()
    try:
        vectorizer.fit(texts)
    except ValueError as error:
        raise CaseError("There is no word for tfidf to count; choose another judge for these cases.") from error

    def likeness(reference: str, answer: str, _: str) -> float:
        one, other = vectorizer.transform([reference, answer])
        return float(one.multiply(other).sum())

    return likeness
