"""What the embedded judge's head sees of one rubric point: numbers that tell saying from naming and from denying.

Cosine similarity alone cannot grade: a wrong sentence on the topic is as near as a right one. Four
things separate them. The reading of the cross-encoder. The margin, of the same sentence, between what
a point says and what contradicts it. The competition: a sentence that is nearer to another point is
not about this one. The voice: how the rest of the answer does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.grading.evidence import content, turning, words
from bot.grading.grade import Span
from knowledge.note import Criterion
from knowledge.text import stem

Matrix = NDArray[np.float64]

SAYS, DENIES = 0, 1  # classes of the cross-encoder; the third is neither
_SPOKEN_OF = 0.55  # relevance from which on an answer says something about a point, right or wrong
_NEARLY = 0.1  # relevance by which a statement may be less about a point than the nearest one
_SURE = 6.0  # log-odds beyond which a reading is as sure as it can be

OF_VECTORS = ("lead over other points", "ownership", "voice", "words of the point", "nearness", "recall")
OF_READING = (
    "says it",
    "denies it",
    "says rather than denies",
    "says it in all",
    "denies it in all",
    "voice as read",
)
AGAINST = (
    "margin",
    "aligned margin",
    "greatest margin",
    "least margin",
    "words of its contradictions",
    "twist",
    "order",
)
FEATURES = (*OF_VECTORS, *OF_READING, *AGAINST)


@dataclass(frozen=True)
class Comparison:
    """Every statement against every text of one point: cosine and alignment, each (statements, texts).

    `recall` is how well the words of the point are found in the sentences about it, in [-1, 1]; beside a model
    answer, in all that state something.
    """

    point: Criterion
    for_cosine: Matrix
    for_aligned: Matrix
    against_cosine: Matrix
    against_aligned: Matrix
    recall: float

    @cached_property
    def fused_for(self) -> Matrix:
        """Mean of cosine and alignment with the point and its paraphrases."""
        return (self.for_cosine + self.for_aligned) / 2

    @cached_property
    def fused_against(self) -> Matrix:
        """Mean of cosine and alignment with the contradictions."""
        return (self.against_cosine + self.against_aligned) / 2

    @cached_property
    def support(self) -> Matrix:
        """How near each statement comes to the point."""
        return self.fused_for.max(1)

    @cached_property
    def opposition(self) -> Matrix:
        """How near each statement comes to what contradicts the point; 0 where nothing is known to."""
        return self.fused_against.max(1, initial=0.0)

    @cached_property
    def relevance(self) -> Matrix:
        """How much each statement is about this point, right or wrong."""
        return np.maximum(self.support, self.opposition)

    def wording(self, statement: int) -> str:
        """Of the point and its paraphrases, the one nearest to a statement."""
        return (self.point.point, *self.point.paraphrases)[int(self.fused_for[statement].argmax())]

    @property
    def stance(self) -> float:
        """The margin of the statement that is most about this point."""
        most = int(self.relevance.argmax())
        return float(self.support[most] - self.opposition[most])


@dataclass(frozen=True)
class Reading:
    """What the cross-encoder made of one point: log probabilities (3,) of saying, denying and neither.

    `statement` is the row of the nearest statement, `apart` the reading of it, `together` that of the
    passage in which the nearest statements stand.
    """

    statement: int
    apart: Matrix
    together: Matrix

    @property
    def stance(self) -> float:
        """How much more the nearest statement says the point than denies it, in nats."""
        return float(self.apart[SAYS] - self.apart[DENIES])


def features(spans: Sequence[Span], compared: Sequence[Comparison], readings: Sequence[Reading], index: int) -> Matrix:
    """One number for each of FEATURES; nan where it is undefined."""
    values = {
        **_of_vectors(spans, compared, index),
        **_of_reading(spans, compared, readings, index),
        **_against(spans, compared[index]),
    }
    return np.array([values.get(name, np.nan) for name in FEATURES], dtype=np.float64)


def _of_vectors(spans: Sequence[Span], compared: Sequence[Comparison], index: int) -> dict[str, float]:
    this, others = compared[index], [c for i, c in enumerate(compared) if i != index]
    best, about = int(this.support.argmax()), int(this.relevance.argmax())
    own = {word for text in (this.point.point, *this.point.paraphrases) for word in content(text)}
    wrong = {word for text in this.point.contradictions for word in content(text)}
    values = {
        "words of the point": len(set(content(spans[about].quote)) & (own - wrong)),
        "nearness": this.support[best],
        "recall": this.recall,
    }
    if others:
        values["lead over other points"] = this.support[best] - max(other.support[best] for other in others)
        # Of any statement at all, talk beside the matter could make a point its own.
        near = this.relevance >= this.relevance[about] - _NEARLY
        values["ownership"] = (this.relevance - np.max([other.relevance for other in others], axis=0))[near].max()
    stances = [other.stance for other in others if other.relevance.max() >= _SPOKEN_OF]
    if stances:
        values["voice"] = float(np.mean(stances))
    return values


def _of_reading(
    spans: Sequence[Span], compared: Sequence[Comparison], readings: Sequence[Reading], index: int
) -> dict[str, float]:
    this = readings[index]
    # The rest of the answer: a statement about this point says nothing of how the others were said, and no more
    # does one that is about none.
    own = spans[this.statement]
    spoken_of = [r for r, c in zip(readings, compared, strict=False) if c.relevance[r.statement] >= _SPOKEN_OF]
    others = [r for r in spoken_of if not own.overlaps(spans[r.statement])]
    values = {
        "says it": float(_odds(this.apart[SAYS])),
        "denies it": float(_odds(this.apart[DENIES])),
        "says rather than denies": this.stance,
        "says it in all": float(_odds(this.together[SAYS])),
        "denies it in all": float(_odds(this.together[DENIES])),
    }
    if others:
        values["voice as read"] = float(np.mean([other.stance for other in others]))
    return values


def _odds(log_probability: Matrix) -> Matrix:
    """Log-odds of a log probability, cut off where they are sure."""
    with np.errstate(divide="ignore"):  # a certain reading has infinite odds, and is cut off
        odds = log_probability - np.log1p(-np.exp(np.minimum(log_probability, 0.0)))
    return np.clip(odds, -_SURE, _SURE)


def _against(spans: Sequence[Span], this: Comparison) -> dict[str, float]:
    """What needs contradictions to hold a statement against; nothing where the point has none."""
    if not this.point.contradictions:
        return {}
    margin = this.support - this.opposition
    aligned = this.for_aligned.max(1)
    nearest = int(aligned.argmax())
    # What is said beside the matter must not count, or padding an answer would change its grade.
    spoken_of = this.relevance >= min(_SPOKEN_OF, this.relevance.max())
    # Where the answer is most about the point, the texts nearest to it are often a minimal pair.
    about = int(this.relevance.argmax())
    wrong = this.point.contradictions
    right_text, wrong_text = this.wording(about), wrong[int(this.fused_against[about].argmax())]
    quote = spans[about].quote
    own_words = {word for text in (this.point.point, *this.point.paraphrases) for word in content(text)}
    wrong_words = {word for text in wrong for word in content(text)}
    return {
        "margin": margin[int(this.support.argmax())],
        "aligned margin": aligned[nearest] - this.against_aligned.max(1)[nearest],
        "greatest margin": margin[spoken_of].max(),
        "least margin": margin[spoken_of].min(),
        "words of its contradictions": len(set(content(quote)) & (wrong_words - own_words)),
        "twist": _twist(quote, right_text, wrong_text),
        "order": _order(quote, right_text) - _order(quote, wrong_text),
    }


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
