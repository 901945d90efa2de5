"""Which statements of an answer are about which rubric point, and how the two stand to each other.

Vectors choose, for each point, the statements that come nearest; the cross-encoder reads those
beside the point. `features.py` makes numbers of both.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from bot.grading.cross_encoder import CrossEncoder, Reader
from bot.grading.evidence import POLAR, STOPWORDS, content, sentence_around, statements_about, words
from bot.grading.features import DENIES, SAYS, Comparison, Matrix, Reading, features
from bot.grading.grade import Span, Submission
from knowledge.embedder import Embedder, Encoding, Vectors
from knowledge.note import Criterion

Counts = NDArray[np.int64]

_NEAR = 0.3  # fused similarity below which a statement is not about a point
_SHARED = 2  # telling words that a statement about a point and one wording of it have in common
_REMEMBERED = 4_000  # encodings kept: the rubrics of about 80 notes
_ENDLESS = 60  # words; people who type fast end no sentence
_PASSAGE = 3  # statements whose sentences make the passage that the cross-encoder reads beside a point


@dataclass(frozen=True)
class Match:
    """The statements of one answer against one point, one entry a statement.

    `support` is how near each comes to the nearest of the point and its paraphrases, `opposition` to the
    nearest contradiction (0 where the point has none): means of sentence cosine and word alignment, in
    [-1, 1]. `features` are those of FEATURES, nan where undefined. `verbatim` is a statement that is one of
    the point's known wordings to the letter, in an answer that does not deny it elsewhere, or None.
    """

    statements: tuple[Span, ...]
    support: Matrix
    opposition: Matrix
    features: Matrix
    verbatim: Span | None = None

    @property
    def relevance(self) -> float:
        """How near the nearest statement comes to the point or to what contradicts it."""
        return float(np.maximum(self.support, self.opposition).max())

    @property
    def supporting(self) -> Span:
        """The statement nearest to the point."""
        return self.statements[int(self.support.argmax())]

    @property
    def opposing(self) -> Span:
        """The statement nearest to what contradicts the point; to the point, where nothing is known to."""
        return self.statements[int(self.opposition.argmax())] if self.opposition.any() else self.supporting


class Matcher:
    """Compares answers with rubric points; remembers encodings, since rubrics come again."""

    def __init__(self, embedder: Embedder, reader: Reader | None = None) -> None:
        self._embedder = embedder
        self._reader = reader or CrossEncoder()
        self._encodings: dict[str, _Encoded] = {}
        self._lock = Lock()

    async def evidence(self, point: Criterion, submission: Submission, *, against: bool = False) -> Span | None:
        """The words of the answer that say (or contradict) the point, or None where none come near."""
        return await asyncio.to_thread(self._evidence, point, submission, against)

    def _evidence(self, point: Criterion, submission: Submission, against: bool) -> Span | None:
        spans = _spans(submission)
        if not spans:
            return None
        comparison = self._compare(self._said(spans, submission.answer), spans, point, submission)
        similarity = comparison.opposition if against else comparison.support
        best = int(np.argmax(similarity))
        return spans[best] if similarity[best] >= _NEAR else None

    async def about(self, quoted: Sequence[tuple[Criterion, Span]], submission: Submission) -> list[bool]:
        """For each quotation from the answer: whether a statement that it is of is about its point, for or against."""
        spans = _spans(submission) if quoted else ()
        said = [[span for span in spans if span.overlaps(quote)] for _, quote in quoted]
        asked = content(submission.question)
        # Words in common settle most of it, and cost nothing beside vectors.
        return [
            _shares_words(point, of, asked) or await asyncio.to_thread(self._is_near, point, of, submission.answer)
            for (point, _), of in zip(quoted, said, strict=True)
        ]

    def _is_near(self, point: Criterion, spans: Sequence[Span], answer: str) -> bool:
        said = self._said(spans, answer)
        texts = self._encode((point.point, *point.paraphrases, *point.contradictions))
        return bool(said) and bool(np.mean(_similarities(said, texts), axis=0).max() >= _NEAR)

    def match(self, submission: Submission) -> list[Match | None]:
        """One match for each point to grade; None for all where nothing is stated about the subject."""
        spans = _spans(submission)
        if not spans:
            return [None] * len(submission.rubric)
        rubric = (*submission.rubric, *submission.beside)
        compared = self._compared(spans, rubric, submission)
        # What is beside the matter must not be heard at all, or padding an answer would change its grade.
        nearest = np.max([comparison.relevance for comparison in compared], axis=0)
        least = -np.inf if submission.of_reference else _NEAR
        about = tuple(span for span, relevance in zip(spans, nearest, strict=True) if relevance >= least)
        if not about:
            return [None] * len(submission.rubric)
        if len(about) < len(spans):
            spans, compared = about, self._compared(about, rubric, submission)
        readings = self._readings(spans, compared[: len(submission.rubric)], submission.answer)
        return [
            Match(
                spans,
                this.support,
                this.opposition,
                features(spans, compared, readings, i),
                _verbatim(spans, this.point, readings[i]),
            )
            for i, this in enumerate(compared[: len(submission.rubric)])
        ]

    def _compared(self, spans: Sequence[Span], rubric: Sequence[Criterion], submission: Submission) -> list[Comparison]:
        said = self._said(spans, submission.answer)
        return [self._compare(said, spans, point, submission) for point in rubric]

    def _said(self, spans: Sequence[Span], answer: str) -> list["_Encoded"]:
        """The statements of an answer, a clause as it reads in its sentence: what is encoded anyway, once."""
        around = [sentence_around(span, answer) for span in spans]
        wholes = self._encode([sentence.quote for sentence in around])
        return [
            whole if span == sentence else self._part(span, sentence, whole)
            for span, sentence, whole in zip(spans, around, wholes, strict=True)
        ]

    def _part(self, span: Span, sentence: Span, whole: "_Encoded") -> "_Encoded":
        part = whole.whole.part(span.start - sentence.start, span.end - sentence.start)
        # A sentence can be longer than the model reads; what comes after is encoded by itself.
        return _Encoded(part, _content(part)) if part else self._encode([span.quote])[0]

    def _compare(
        self, said: Sequence["_Encoded"], spans: Sequence[Span], point: Criterion, submission: Submission
    ) -> Comparison:
        texts = self._encode((point.point, *point.paraphrases))
        supporting = _similarities(said, texts)
        opposing = _similarities(said, self._encode(point.contradictions))
        count = len(spans) if submission.of_reference else _PASSAGE
        passage = self._encode(_passage(submission.answer, [spans[r] for r in _nearest(supporting[0].max(1), count)]))
        question = set(self._encode([submission.question])[0].whole.pieces)
        return Comparison(point, *supporting, *opposing, max(_recall(text, passage, question) for text in texts))

    def _readings(self, spans: Sequence[Span], compared: Sequence[Comparison], answer: str) -> list[Reading]:
        """Read every point beside the statement nearest to it and the passage about it, all in one go."""
        pairs: list[tuple[str, str]] = []
        for comparison in compared:
            nearest = [spans[row] for row in _nearest(comparison.relevance, _PASSAGE)]
            wording = comparison.wording(int(comparison.relevance.argmax()))
            # Beside two wordings: of one that it nearly repeats, the reader takes each word that differs for a denial.
            pairs += [(wording, nearest[0].quote), (comparison.point.point, " ".join(_passage(answer, nearest)))]
        different = list(dict.fromkeys(pairs))
        found = dict(zip(different, self._reader.read(different), strict=True))
        read = [found[pair] for pair in pairs]
        return [
            Reading(int(comparison.relevance.argmax()), apart, together)
            for comparison, apart, together in zip(compared, read[::2], read[1::2], strict=True)
        ]

    def _encode(self, texts: Sequence[str]) -> list["_Encoded"]:
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if text not in self._encodings]
            if len(self._encodings) + len(missing) > _REMEMBERED:
                self._encodings.clear()
                missing = list(dict.fromkeys(texts))
            fresh = self._embedder.encode(missing)
            self._encodings.update({text: _Encoded(e, _content(e)) for text, e in zip(missing, fresh, strict=True)})
            return [self._encodings[text] for text in texts]


def _spans(submission: Submission) -> tuple[Span, ...]:
    """The statements of an answer that say something about the subject."""
    criteria = (*submission.rubric, *submission.beside)
    given_away = "" if submission.of_reference else submission.question  # "the motor will run" may be the answer
    wordings = [text for point in criteria for text in (*point.paraphrases, *point.contradictions)]
    return statements_about(submission.answer, given_away, [point.point for point in criteria], wordings)


def _shares_words(point: Criterion, spans: Sequence[Span], asked: Sequence[str]) -> bool:
    """Whether a statement has words of one wording of a point that its question does not give away."""
    wordings = [set(content(text)) for text in (point.point, *point.paraphrases, *point.contradictions)]
    said = [set(content(span.quote)) - set(asked) for span in spans]
    return any(len(mine & theirs) >= _SHARED for mine in said for theirs in wordings)


def _verbatim(spans: Sequence[Span], point: Criterion, reading: Reading) -> Span | None:
    """A statement that is a wording of the point, unless what is said about the point denies it on the whole."""
    if reading.together[DENIES] >= reading.together[SAYS]:
        return None
    known = {_same(text) for text in (point.point, *point.paraphrases)}
    return next((span for span in spans if _same(span.quote) in known), None)


def _same(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" .!")


def _nearest(similarity: Matrix, count: int) -> list[int]:
    """The rows of the greatest similarities, greatest first."""
    return np.argsort(-similarity, kind="stable")[:count].tolist()


def _passage(answer: str, spans: Sequence[Span]) -> list[str]:
    """The sentences that the statements are part of, in the order of the answer; said twice is said once.

    Of a sentence without end, the statements alone: the rest of it would crowd them out.
    """
    different: dict[tuple[str, ...], str] = {}
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        sentence = sentence_around(span, answer).quote
        text = sentence if len(words(sentence)) <= _ENDLESS else span.quote
        different.setdefault(words(text), text)
    return list(different.values())


def _recall(text: "_Encoded", passage: Sequence["_Encoded"], question: set[str]) -> float:
    """How well the words of a text that its question does not give away are found in sentences, in [-1, 1].

    Every content word piece is matched to the most similar piece of any sentence; the mean of the best.
    """
    content = [row for row, piece in enumerate(text.whole.pieces) if piece not in STOPWORDS and re.search(r"\w", piece)]
    rows = [row for row in content if text.whole.pieces[row] not in question] or content
    tokens = np.concatenate([encoded.whole.tokens for encoded in passage])
    return float((text.whole.tokens[rows] @ tokens.T).max(1).mean()) if rows and len(tokens) else 0.0


@dataclass(frozen=True)
class _Encoded:
    """An encoding, whole and with only the word pieces that carry meaning."""

    whole: Encoding
    content: Encoding


def _content(encoding: Encoding) -> Encoding:
    """The encoding with the word pieces that carry meaning; all of them where none does."""
    kept = [row for row, piece in enumerate(encoding.pieces) if _carries(piece) and re.search(r"\w", piece)]
    if not encoding.pieces:  # characters that the model does not know: a vector that is like nothing
        return Encoding(encoding.sentence, (), np.zeros((1, encoding.tokens.shape[1]), dtype=np.float32))
    if not kept:
        return encoding
    return Encoding(encoding.sentence, tuple(encoding.pieces[row] for row in kept), encoding.tokens[kept])


def _carries(piece: str) -> bool:
    return piece not in STOPWORDS or piece in POLAR


def _similarities(said: Sequence[_Encoded], texts: Sequence[_Encoded]) -> tuple[Matrix, Matrix]:
    """Sentence cosine and word alignment of every statement with every text, each (statements, texts)."""
    if not texts:
        return np.zeros((len(said), 0)), np.zeros((len(said), 0))
    cosine = np.stack([s.whole.sentence for s in said]) @ np.stack([t.whole.sentence for t in texts]).T
    return cosine.astype(np.float64), _alignment([s.content.tokens for s in said], [t.content.tokens for t in texts])


def _alignment(said: Sequence[Vectors], texts: Sequence[Vectors]) -> Matrix:
    """Mean over both directions of how well each word finds its like in the other text, (statements, texts)."""
    similarity = np.concatenate(said) @ np.concatenate(texts).T
    (rows, heights), (columns, widths) = _extents(said), _extents(texts)
    # Whole blocks at once: a loop over the pairs takes a tenth of the judge's time.
    of_said = np.add.reduceat(np.maximum.reduceat(similarity, columns, axis=1), rows, axis=0) / heights[:, None]
    of_texts = np.add.reduceat(np.maximum.reduceat(similarity, rows, axis=0), columns, axis=1) / widths
    return (of_said + of_texts) / 2


def _extents(blocks: Sequence[Vectors]) -> tuple[Counts, Counts]:
    """Where each block begins once they are stacked, and how many rows it has."""
    lengths = np.array([len(block) for block in blocks])
    return np.cumsum(lengths) - lengths, lengths
