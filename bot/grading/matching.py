"""How near each statement of an answer comes to the rubric's points and to their contradictions.

Cosine similarity alone cannot grade: a wrong sentence on the topic is as near as a right one. Three
things separate them. The margin, of the same sentence, between what a point says and what contradicts
it. The competition: a sentence that is nearer to another point is not about this one. The voice: how
the rest of the answer does. All are taken on sentence vectors and aligned word vectors together.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from bot.grading.evidence import (
    POLAR,
    STOPWORDS,
    carries_content,
    content,
    is_word_salad,
    sentence_around,
    statements,
    states_something,
    turning,
    words,
)
from bot.grading.grade import Span, Submission
from knowledge.embedder import Embedder, Encoding, Vectors
from knowledge.note import Criterion
from knowledge.text import stem

Matrix = NDArray[np.float64]

_SPOKEN_OF = 0.55  # relevance from which on an answer says something about a point, right or wrong
_NEAR = 0.45  # fused similarity below which no words of an answer count as evidence for a point
_VERBATIM, _CLEAR = 0.97, 0.05  # fused similarity of the same sentence, and its distance from a wrong one
_REMEMBERED = 4_000  # encodings kept: the rubrics of about 80 notes


@dataclass(frozen=True)
class Match:
    """The statements of one answer against one point: fused similarities, one entry a statement.

    `support` is to the nearest of the point and its paraphrases, `opposition` to the nearest
    contradiction (0 where the point has none); both are in [-1, 1] and the mean of sentence cosine and
    word alignment.
    """

    statements: tuple[Span, ...]
    support: Matrix
    opposition: Matrix
    features: Matrix

    @property
    def relevance(self) -> float:
        """How near the nearest statement comes to the point or to what contradicts it."""
        return float(np.maximum(self.support, self.opposition).max())

    @property
    def verbatim(self) -> Span | None:
        """A statement that is one of the point's known wordings, nearly to the letter, or None."""
        best = int(self.support.argmax())
        known = self.support[best] >= _VERBATIM and self.support[best] - self.opposition[best] >= _CLEAR
        return self.statements[best] if known else None

    @property
    def supporting(self) -> Span:
        """The statement nearest to the point, counting the margin over its contradictions."""
        return self.statements[int(np.argmax(2 * self.support - self.opposition))]

    @property
    def opposing(self) -> Span:
        """The statement nearest to a contradiction, counting the margin over the point."""
        return self.statements[int(np.argmax(2 * self.opposition - self.support))]


FEATURES = (
    "margin",
    "aligned margin",
    "greatest margin",
    "least margin",
    "lead over other points",
    "ownership",
    "voice",
    "words of the point",
    "words of its contradictions",
    "twist",
    "order",
)


_AGAINST = [
    FEATURES.index(name)
    for name in FEATURES
    if "margin" in name or name in ("words of its contradictions", "twist", "order")
]


@dataclass(frozen=True)
class _Comparison:
    """Every statement against every text of one point: cosine and alignment, each (statements, texts)."""

    point: Criterion
    for_cosine: Matrix
    for_aligned: Matrix
    against_cosine: Matrix
    against_aligned: Matrix

    @cached_property
    def fused_for(self) -> Matrix:
        return (self.for_cosine + self.for_aligned) / 2

    @cached_property
    def fused_against(self) -> Matrix:
        return (self.against_cosine + self.against_aligned) / 2

    @cached_property
    def support(self) -> Matrix:
        return self.fused_for.max(1)

    @cached_property
    def opposition(self) -> Matrix:
        return self.fused_against.max(1, initial=0.0)

    @cached_property
    def relevance(self) -> Matrix:
        """How much each statement is about this point, right or wrong."""
        return np.maximum(self.support, self.opposition)

    @property
    def stance(self) -> float:
        """The margin of the statement that is most about this point."""
        most = int(self.relevance.argmax())
        return float(self.support[most] - self.opposition[most])


class Matcher:
    """Compares answers with rubric points; remembers encodings, since rubrics come again."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._encodings: dict[str, Encoding] = {}
        self._lock = Lock()

    async def evidence(self, point: Criterion, submission: Submission, *, against: bool = False) -> Span | None:
        """The words of the answer that say (or contradict) the point, or None where none come near."""
        return await asyncio.to_thread(self._evidence, point, submission, against)

    def _evidence(self, point: Criterion, submission: Submission, against: bool) -> Span | None:
        spans = _spans(submission)
        if not spans:
            return None
        comparison = self._compare(self._encode([span.quote for span in spans]), point)
        similarity = comparison.opposition if against else comparison.support
        best = int(np.argmax(similarity))
        return spans[best] if similarity[best] >= _NEAR else None

    def match(self, submission: Submission) -> list[Match | None]:
        """One match for each point to grade; None for all where nothing is stated about the subject."""
        spans = _spans(submission)
        if not spans:
            return [None] * len(submission.rubric)
        said = self._encode([span.quote for span in spans])
        compared = [self._compare(said, point) for point in (*submission.rubric, *submission.beside)]
        return [
            Match(spans, compared[i].support, compared[i].opposition, _features(spans, compared, i))
            for i in range(len(submission.rubric))
        ]

    def _compare(self, said: Sequence[Encoding], point: Criterion) -> _Comparison:
        supporting = _similarities(said, self._encode((point.point, *point.paraphrases)))
        return _Comparison(point, *supporting, *_similarities(said, self._encode(point.contradictions)))

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if text not in self._encodings]
            if len(self._encodings) + len(missing) > _REMEMBERED:
                self._encodings.clear()
                missing = list(dict.fromkeys(texts))
            fresh = self._embedder.encode(missing)
            self._encodings.update({text: _content(e) for text, e in zip(missing, fresh, strict=True)})
            return [self._encodings[text] for text in texts]


def _spans(submission: Submission) -> tuple[Span, ...]:
    """The statements of an answer that say something about the subject; none where it is word salad."""
    answer = submission.answer
    texts = [text for point in (*submission.rubric, *submission.beside) for text in _texts(point)]
    if is_word_salad(answer, texts):
        return ()
    return tuple(
        span
        for span in statements(answer)
        if carries_content(span.quote, submission.question)
        and states_something(span.quote)
        and states_something(sentence_around(span, answer))
        and not is_word_salad(sentence_around(span, answer), texts)
    )


def _texts(point: Criterion) -> tuple[str, ...]:
    return (point.point, *point.paraphrases, *point.contradictions)


def _features(spans: Sequence[Span], compared: Sequence[_Comparison], index: int) -> Matrix:
    """What the judge's head sees of one point, in the order of FEATURES; nan where undefined.

    All are comparisons. How near a statement is by itself is left out on purpose: fluent wrong answers
    use the standard wording more than right ones in odd words, and a head that learns so is useless.
    """
    this, others = compared[index], [c for i, c in enumerate(compared) if i != index]
    margin = this.support - this.opposition
    best = int(this.support.argmax())
    aligned = this.for_aligned.max(1)
    aligned_best = int(aligned.argmax())
    # What is said beside the matter must not count, or padding an answer would change its grade.
    spoken_of = this.relevance >= min(_SPOKEN_OF, this.relevance.max())
    # Where the answer is most about the point, the texts nearest to it are often a minimal pair.
    about = int(this.relevance.argmax())
    texts = (this.point.point, *this.point.paraphrases)
    nearest = texts[int(this.fused_for[about].argmax())]
    wrong = this.point.contradictions
    nearest_wrong = wrong[int(this.fused_against[about].argmax())] if wrong else ""
    quote = spans[about].quote
    lead, ownership = np.nan, np.nan
    if others:
        lead = this.support[best] - max(other.support[best] for other in others)
        ownership = (this.relevance - np.max([other.relevance for other in others], axis=0)).max()
    stances = [other.stance for other in others if other.relevance.max() >= _SPOKEN_OF]
    own_words = {word for text in texts for word in content(text)}
    wrong_words = {word for text in this.point.contradictions for word in content(text)}
    said = set(content(quote))
    values = {
        "margin": margin[best],
        "aligned margin": aligned[aligned_best] - this.against_aligned.max(1, initial=0.0)[aligned_best],
        "greatest margin": margin[spoken_of].max(),
        "least margin": margin[spoken_of].min(),
        "lead over other points": lead,
        "ownership": ownership,
        "voice": np.mean(stances) if stances else np.nan,
        "words of the point": len(said & (own_words - wrong_words)),
        "words of its contradictions": len(said & (wrong_words - own_words)),
        "twist": _twist(quote, nearest, nearest_wrong),
        "order": _order(quote, nearest) - _order(quote, nearest_wrong),
    }
    features = np.array([values[name] for name in FEATURES], dtype=np.float64)
    if not wrong:  # nothing to hold the statement against
        features[_AGAINST] = np.nan
    return features


def _twist(quote: str, right: str, wrong: str) -> float:
    """Of the words in which a right and a wrong text differ, the share found on the right side, less the wrong.

    In [-1, 1]; "same" against "different" decides what the words in common cannot.
    """
    said, for_it, against_it = turning(quote), turning(right), turning(wrong)
    gained, lost = for_it - against_it, against_it - for_it
    return len(said & gained) / max(1, len(gained)) - len(said & lost) / max(1, len(lost))


def _order(quote: str, text: str) -> float:
    """How far two texts have the same words in the same order, in [0, 1] (Ratcliff and Obershelp)."""
    return SequenceMatcher(
        None, [stem(w) for w in words(quote)], [stem(w) for w in words(text)], autojunk=False
    ).ratio()


def _content(encoding: Encoding) -> Encoding:
    """The encoding with the word pieces that carry meaning; all of them where none does."""
    kept = [row for row, piece in enumerate(encoding.pieces) if _carries(piece) and re.search(r"\w", piece)]
    if not kept:
        return encoding
    return Encoding(encoding.sentence, tuple(encoding.pieces[row] for row in kept), encoding.tokens[kept])


def _carries(piece: str) -> bool:
    return piece not in STOPWORDS or piece in POLAR


def _similarities(said: Sequence[Encoding], texts: Sequence[Encoding]) -> tuple[Matrix, Matrix]:
    """Sentence cosine and word alignment of every statement with every text, each (statements, texts)."""
    if not texts:
        return np.zeros((len(said), 0)), np.zeros((len(said), 0))
    cosine = np.stack([s.sentence for s in said]) @ np.stack([t.sentence for t in texts]).T
    aligned = np.array([[_alignment(s.tokens, t.tokens) for t in texts] for s in said])
    return cosine.astype(np.float64), aligned


def _alignment(a: Vectors, b: Vectors) -> float:
    """Mean over both directions of how well each word finds its like in the other text."""
    if not len(a) or not len(b):
        return 0.0
    similarity = a @ b.T
    return float((similarity.max(0).mean() + similarity.max(1).mean()) / 2)
