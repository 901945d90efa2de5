"""Find the notes that answer a question, or say that it is outside what the notes know.

Dense similarity (MiniLM over every searchable text, best text of a note counts) and BM25 over the
note's words are added; BM25 is squashed to [0, 1) because its scale depends on the query's length.
Whether a query is in scope is a logistic model of both, fitted by `python -m evals.fit_scope` on
`evals/cases/retrieval/` and kept in `scope.json` with the hash of what it was fitted on.
"""

import json
import math
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.index import Entry, Index
from knowledge.library import Library

SCOPE = Path(__file__).with_name("scope.json")

LEXICAL_WEIGHT = 0.3
_BM25_HALF = 8.0  # the BM25 score that counts half: about two rare words in common

_LEANING = re.compile(
    r"^(and|but|so|or|what about|how about|then)\b|\b(it|its|that|this|they|them|those|these|the other one)\b",
    re.IGNORECASE,
)
_SMALL_WORDS = frozenset(
    "a an and are as at be but by can could do does for from get give have how i if in into is it its me mean more "
    "much of on one or please say so some tell than that the their them then there these they this those to too us "
    "use was we what when where which who why will with would you your about explain again actually really exactly "
    "happen happens work works case example other same different thing".split()
)
_FEW_WORDS = 3

_threads = threading.local()


@dataclass(frozen=True)
class Hit:
    """A note that was found: fused score (about 0 to 1.3), cosine and squashed BM25 of its best text."""

    note_id: str
    score: float
    dense: float
    lexical: float
    entry: Entry


@dataclass(frozen=True)
class Findings:
    """What a search gives: hits best first, and the probability that the notes know about it."""

    query: str
    hits: tuple[Hit, ...]
    in_scope: float

    @property
    def outside(self) -> bool:
        """True when the question is more likely outside the notes than inside."""
        return self.in_scope < 0.5


class Search:
    """Dense and lexical search over a library's notes."""

    def __init__(self, library: Library, index: Index) -> None:
        self._library = library
        self._index = index
        self._note_ids = [note.id for note in library]

    @property
    def size(self) -> int:
        """How many texts are indexed."""
        return len(self._index.entries)

    @property
    def notes(self) -> int:
        """How many notes they belong to."""
        return len(self._note_ids)

    def find(self, query: str, *, context: str = "", k: int = 3) -> Findings:
        """The `k` best notes for `query`; `context` is the turn before, used when the query leans on it."""
        text = resolve(query, context)
        dense = self._dense(text)
        lexical = dict(zip(self._note_ids, self._lexical(text), strict=True))
        hits = [
            Hit(note_id, cosine + LEXICAL_WEIGHT * lexical[note_id], cosine, lexical[note_id], entry)
            for note_id, (entry, cosine) in dense.items()
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.note_id))
        return Findings(text, tuple(hits[:k]), _in_scope(hits))

    def _dense(self, text: str) -> dict[str, tuple[Entry, float]]:
        best: dict[str, tuple[Entry, float]] = {}
        for entry, cosine in self._index.search(text, self.size):
            best.setdefault(entry.note_id, (entry, cosine))
        return best

    def _lexical(self, text: str) -> NDArray[np.float64]:
        """Squashed BM25 score in [0, 1) for every note, in library order."""
        tokens = self._tokens([text])[0]
        known = [token for token in tokens if token in self._bm25.vocab_dict]
        if not known:
            return np.zeros(len(self._note_ids))
        scores = np.asarray(self._bm25.get_scores(known), dtype=np.float64)
        return scores / (scores + _BM25_HALF)

    def _tokens(self, texts: Sequence[str]) -> list[list[str]]:
        import bm25s

        untyped: Any = bm25s
        tokens: list[list[str]] = untyped.tokenize(
            list(texts), stopwords="en", stemmer=stemmer(), return_ids=False, show_progress=False
        )
        return tokens

    @cached_property
    def _bm25(self) -> Any:
        import bm25s

        documents = [
            " ".join((note.question, *note.asked_as, *note.passages, *(point.point for point in note.rubric)))
            for note in self._library
        ]
        bm25: Any = bm25s.BM25()
        bm25.index(self._tokens(documents), show_progress=False)
        return bm25


def stemmer() -> Any:
    """This thread's Snowball stemmer for English (one is not safe to share between threads)."""
    if not hasattr(_threads, "stemmer"):
        import Stemmer

        untyped: Any = Stemmer
        _threads.stemmer = untyped.Stemmer("english")
    return _threads.stemmer


def resolve(query: str, context: str) -> str:
    """The query as it stands, or with its context in front when it cannot stand alone.

    "and why is that?" leans on the turn before; "why does dropout scale by 1/(1-p)?" does not.
    """
    if not context:
        return query
    content = [word for word in re.findall(r"\w+", query.lower()) if word not in _SMALL_WORDS]
    leans = not content or (len(content) <= _FEW_WORDS and _LEANING.search(query))
    return f"{context} {query}" if leans else query


def scope_features(hits: Sequence[Hit]) -> list[float]:
    """What the scope model sees of a ranking: best cosine and best squashed BM25."""
    return [max(hit.dense for hit in hits), max(hit.lexical for hit in hits)] if hits else [0.0, 0.0]


def _in_scope(hits: Sequence[Hit]) -> float:
    model = _scope_model()
    logit = model["intercept"] + sum(w * x for w, x in zip(model["weights"], scope_features(hits), strict=True))
    return 1 / (1 + math.exp(-logit))


def _scope_model() -> dict[str, Any]:
    return json.loads(SCOPE.read_text())
