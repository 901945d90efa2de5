"""Find the notes that answer a question, or say that it is outside what the notes know.

Dense similarity (MiniLM, the nearest text of a note and the mean of its three nearest) and BM25 over all
of a note's words are added; BM25 is squashed to [0, 1) because its scale depends on the query's length.
Words that nobody spells are corrected first. A question that leans on the turn before ("and why is
that?") is searched together with it, as far as a logistic model of the question says that it leans.
Whether a question is in scope is a logistic model as well. Both are fitted by `python -m training.search`
on `evals/cases/retrieval/` and kept in `search.json` with the hash of what they were fitted on.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.index import Entry, Index
from knowledge.library import Library
from knowledge.note import Note
from knowledge.spelling import Speller
from knowledge.text import stemmer

MODELS = Path(__file__).with_name("search.json")

Scores = NDArray[np.float64]

LEXICAL_WEIGHT = 1.0
_NEAREST = 3  # texts of a note whose mean cosine counts besides the best
_BM25_HALF = 8.0  # the BM25 score that counts half: about two rare words in common
_MOST_CONTEXT = 0.85  # weight of the turn before for a question that surely leans on it
_COVERERS = 5  # best notes of which one should have a question's words

_OPENING = re.compile(r"^(and|but|so|or|what about|how about|then|ok|okay|right)\b", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(it|its|that|this|they|them|those|these|one|there|such|same|else|instead|then|both|either|other|case)\b",
    re.IGNORECASE,
)
_SMALL_WORDS = frozenset(
    "a an and are as at be but by can could do does for from get give have how i if in into is it its me mean more "
    "much of on one or please say so some tell than that the their them then there these they this those to too us "
    "use was we what when where which who why will with would you your about explain again actually really exactly "
    "happen happens work works case example other same different thing".split()
)
_FEW_WORDS, _MANY_WORDS = 3, 8


@dataclass(frozen=True)
class Hit:
    """A note that was found: fused score (about 0 to 2), cosine and squashed BM25, and its nearest text."""

    note_id: str
    score: float
    dense: float
    lexical: float
    entry: Entry


@dataclass(frozen=True)
class Findings:
    """What a search gives: the query with what it leans on, hits best first, how likely the notes know."""

    query: str
    hits: tuple[Hit, ...]
    in_scope: float

    @property
    def outside(self) -> bool:
        """True when the question is more likely outside the notes than inside."""
        return self.in_scope < 0.5


@dataclass(frozen=True)
class _Ranking:
    """All notes for one text, in library order: scores (n,), the row of each note's nearest entry.

    `covered` is the share of the text's words, by their rarity, that one of the best notes has.
    """

    best: Scores
    soft: Scores
    lexical: Scores
    nearest: NDArray[np.intp]
    covered: float

    @property
    def score(self) -> Scores:
        return self.soft + LEXICAL_WEIGHT * self.lexical

    @property
    def scope_features(self) -> list[float]:
        return [float(self.best.max()), float(self.lexical.max()), self.covered]

    def mixed(self, other: "_Ranking", weight: float) -> "_Ranking":
        """This ranking and `weight` in [0, 1] of another; the entries of whichever weighs more."""

        def mix(mine: Scores, its: Scores) -> Scores:
            return (1 - weight) * mine + weight * its

        return _Ranking(
            mix(self.best, other.best),
            mix(self.soft, other.soft),
            mix(self.lexical, other.lexical),
            other.nearest if weight > 0.5 else self.nearest,
            (1 - weight) * self.covered + weight * other.covered,
        )


class Search:
    """Dense and lexical search over a library's notes."""

    def __init__(self, library: Library, index: Index) -> None:
        self._library = library
        self._index = index
        self._note_ids = [note.id for note in library]
        places = {note_id: place for place, note_id in enumerate(self._note_ids)}
        owners = np.array([places[entry.note_id] for entry in index.entries])
        self._rows = [np.flatnonzero(owners == place) for place in range(len(places))]

    @property
    def size(self) -> int:
        """How many texts are indexed."""
        return len(self._index.entries)

    @property
    def notes(self) -> int:
        """How many notes they belong to."""
        return len(self._note_ids)

    def find(self, query: str, *, context: str = "", k: int = 3) -> Findings:
        """The `k` best notes for `query`; `context` is the turn before, which a leaning query is read with."""
        text = self._speller.correct(query)
        ranking = self._ranking(text)
        if context:
            leaning = _probability("leaning", _leaning_features(text, ranking))
            together = f"{context} {text}"
            ranking = ranking.mixed(self._ranking(together), _MOST_CONTEXT * leaning)
            text = together if leaning >= 0.5 else text
        order = sorted(range(len(self._note_ids)), key=lambda place: (-ranking.score[place], self._note_ids[place]))
        hits = tuple(
            Hit(
                self._note_ids[place],
                float(ranking.score[place]),
                float(ranking.best[place]),
                float(ranking.lexical[place]),
                self._index.entries[int(ranking.nearest[place])],
            )
            for place in order[:k]
        )
        return Findings(text, hits, _probability("scope", ranking.scope_features))

    def features(self, query: str) -> tuple[list[float], list[float]]:
        """What the models of scope and of leaning see of a query by itself; they are fitted on this."""
        text = self._speller.correct(query)
        ranking = self._ranking(text)
        return ranking.scope_features, _leaning_features(text, ranking)

    def _ranking(self, text: str) -> _Ranking:
        cosines = self._index.cosines(text)
        ordered = [rows[np.argsort(-cosines[rows], kind="stable")[:_NEAREST]] for rows in self._rows]
        nearest = np.array([rows[0] for rows in ordered])
        best = cosines[nearest].astype(np.float64)
        mean = np.array([float(cosines[rows].sum()) / _NEAREST for rows in ordered])
        lexical, weights = self._lexical(text)
        ranking = _Ranking(best, (best + mean) / 2, lexical, nearest, 0.0)
        likely = np.argsort(-ranking.score, kind="stable")[:_COVERERS]
        shares = [sum(w for t, w in weights.items() if t in self._vocabularies[place]) for place in likely.tolist()]
        total = sum(weights.values())
        return _Ranking(best, ranking.soft, lexical, nearest, max(shares) / total if total else 0.0)

    def _lexical(self, text: str) -> tuple[Scores, dict[str, float]]:
        """Squashed BM25 in [0, 1) for every note, and the rarity (idf) of each of the text's words."""
        tokens = self._tokens([text])[0]
        weights = {token: self._rarity(token) for token in tokens}
        known = [token for token in tokens if token in self._bm25.vocab_dict]
        if not known:
            return np.zeros(len(self._note_ids)), weights
        scores = np.asarray(self._bm25.get_scores(known), dtype=np.float64)
        return scores / (scores + _BM25_HALF), weights

    def _rarity(self, token: str) -> float:
        having = sum(token in vocabulary for vocabulary in self._vocabularies)
        return math.log(1 + (len(self._vocabularies) - having + 0.5) / (having + 0.5))

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        import bm25s

        untyped: Any = bm25s
        tokens: list[list[str]] = untyped.tokenize(
            list(texts), stopwords="en", stemmer=stemmer(), return_ids=False, show_progress=False
        )
        return tokens

    @cached_property
    def _documents(self) -> list[list[str]]:
        return self._tokens([" ".join((*_clean(note), *_said(note))) for note in self._library])

    @cached_property
    def _vocabularies(self) -> list[set[str]]:
        return [set(tokens) for tokens in self._documents]

    @cached_property
    def _bm25(self) -> Any:
        import bm25s

        bm25: Any = bm25s.BM25()
        bm25.index(self._documents, show_progress=False)
        return bm25

    @cached_property
    def _speller(self) -> Speller:
        names = re.findall(r"[a-z]+", " ".join(r for note in self._library for r in note.references).lower())
        return Speller(
            (text for note in self._library for text in _clean(note)), self._index.embedder.words.union(names)
        )


def _clean(note: Note) -> list[str]:
    """Everything that is right in a note, as its writer spells it."""
    rubrics = (note.rubric, *(rung.rubric for rung in note.follow_ups))
    return [
        note.question,
        *note.passages,
        *(rung.question for rung in note.follow_ups),
        *(point.point for rubric in rubrics for point in rubric),
        *(text for mistake in note.misconceptions for text in (mistake.claim, mistake.correction)),
    ]


def _said(note: Note) -> list[str]:
    """What people type about a note and get right, in their spelling."""
    rubrics = (note.rubric, *(rung.rubric for rung in note.follow_ups))
    return [*note.asked_as, *(text for rubric in rubrics for point in rubric for text in point.paraphrases)]


def resolve(query: str, context: str) -> str:
    """The query as it stands, or behind its context where it says too little by itself."""
    words = [word for word in re.findall(r"\w+", query.lower()) if word not in _SMALL_WORDS]
    pointing = _OPENING.search(query) or _POINTING.search(query)
    leans = not words or (len(words) <= _FEW_WORDS and pointing)
    return f"{context} {query}" if context and leans else query


def _leaning_features(text: str, ranking: _Ranking) -> list[float]:
    words = [word for word in re.findall(r"\w+", text.lower()) if word not in _SMALL_WORDS]
    return [
        float(bool(_OPENING.search(text))),
        float(bool(_POINTING.search(text))),
        float(min(len(words), _MANY_WORDS)),
        *ranking.scope_features[:2],
    ]


def _probability(name: str, features: Sequence[float]) -> float:
    model: dict[str, Any] = _models()[name]
    logit = model["intercept"] + sum(w * x for w, x in zip(model["weights"], features, strict=True))
    return 1 / (1 + math.exp(-logit))


def _models() -> dict[str, Any]:
    return json.loads(MODELS.read_text())
