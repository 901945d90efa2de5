"""Does the search find the note, and does it know what it does not know?"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from pydantic import Field

from evals import agreement
from evals.agreement import Rows
from evals.cases import CaseError, RetrievalCase
from evals.run import Outcome
from evals.summary import Summary, metrics, slices
from knowledge.library import Library
from knowledge.search import Hit, Search

RANKERS: Mapping[str, Callable[[Hit], float]] = {
    "dense": lambda hit: hit.dense,
    "BM25": lambda hit: hit.lexical,
    "fused": lambda hit: hit.score,
}


class FoundOutcome(Outcome):
    """Rank (from 1) of the first expected note by each ranker, None outside; its best score; the search's own scope."""

    ranks: dict[str, int | None] = Field(default_factory=dict[str, int | None])
    best: dict[str, float] = Field(default_factory=dict[str, float])
    in_scope: float = 0.0
    hits: tuple[str, ...] = ()


class Retrieval:
    """`viva eval retrieval`: the production search on labelled queries."""

    name = "retrieval"
    outcome = FoundOutcome

    def __init__(self, cases: Sequence[RetrievalCase], library: Library, search: Search) -> None:
        self.cases = cases
        self._library = library
        self._search = search
        for case in cases:
            for note_id in case.expect or ():
                if note_id not in library:
                    raise CaseError(f"The case {case.id!r} expects {note_id!r}, which no note is.")

    async def trial(self, case: RetrievalCase) -> FoundOutcome:
        """All notes ranked for one query."""
        findings = self._search.find(case.query, context=case.context, k=len(self._library))
        return FoundOutcome(
            ranks={name: _rank(findings.hits, by, case.expect) for name, by in RANKERS.items()} if case.expect else {},
            best={name: round(max(map(by, findings.hits)), 4) for name, by in RANKERS.items()},
            in_scope=round(findings.in_scope, 4),
            hits=tuple(hit.note_id for hit in findings.hits[:3]),
        )

    def entry(self, case: RetrievalCase, outcome: FoundOutcome) -> Summary:
        """A case as the JSON report lists it."""
        return {**case.model_dump(), **outcome.shown}

    def summary(self, outcomes: Mapping[tuple[str, int], FoundOutcome]) -> Summary:
        """Recall and reciprocal rank inside the notes, and how well inside is told from outside."""
        cases = [case for case in self.cases if (case.id, 0) in outcomes]
        found = [outcomes[case.id, 0] for case in cases]
        asked = [index for index, case in enumerate(cases) if case.expect]
        statistics: dict[str, agreement.Statistic] = {}
        for name in RANKERS:
            ranks = np.array([found[index].ranks[name] or np.inf for index in asked])
            statistics |= {f"{name} {measure}": f for measure, f in _of_ranks(ranks).items()}
        inside = np.array([case.expect is not None for case in cases])
        scope = np.array([outcome.in_scope for outcome in found])
        fused = np.full(len(cases), np.nan)
        fused[asked] = [found[index].ranks["fused"] or np.inf for index in asked]
        within = _of_ranks(fused)
        summary: Summary = {
            "metrics": metrics(statistics, [_cluster(cases[index]) for index in asked])
            | metrics(
                {
                    **{f"AUROC of {name}": _telling(found, name, inside) for name in RANKERS},
                    "AUROC of scope": lambda chosen: agreement.auroc(scope[chosen], inside[chosen]),
                    "inside, let in": lambda chosen: agreement.mean(scope[chosen][inside[chosen]] >= 0.5),
                    "outside, turned away": lambda chosen: agreement.mean(scope[chosen][~inside[chosen]] < 0.5),
                },
                [_cluster(case) for case in cases],
            ),
            "slices": slices(
                cases,
                {
                    "file": lambda case: case.id.rpartition(":")[0],
                    "kind": lambda case: case.kind if case.expect else f"outside: {case.kind}",
                    "topic": lambda case: self._library[case.expect[0]].topic if case.expect else "",
                },
                {
                    "recall@1": lambda rows: within["recall@1"](rows[inside[rows]]),
                    "recall@3": lambda rows: within["recall@3"](rows[inside[rows]]),
                    "in scope": lambda rows: float(scope[rows].mean()),
                },
            ),
            "worst": [
                case.id
                for case, outcome in zip(cases, found, strict=True)
                if (outcome.in_scope >= 0.5) != (case.expect is not None)
                or (case.expect and (outcome.ranks["fused"] or np.inf) > 3)
            ],
        }
        return summary


def _rank(hits: Sequence[Hit], by: Callable[[Hit], float], expect: Sequence[str]) -> int | None:
    ordered = sorted(hits, key=lambda hit: (-by(hit), hit.note_id))
    return next((rank for rank, hit in enumerate(ordered, 1) if hit.note_id in expect and by(hit) > 0), None)


def _of_ranks(ranks: agreement.Floats) -> dict[str, agreement.Statistic]:
    def recall(k: int) -> agreement.Statistic:
        return lambda chosen: agreement.mean(ranks[chosen] <= k)

    def reciprocal(chosen: Rows) -> float:
        return float((1 / ranks[chosen]).mean()) if len(chosen) else float("nan")

    return {"recall@1": recall(1), "recall@3": recall(3), "MRR": reciprocal}


def _telling(found: Sequence[FoundOutcome], ranker: str, inside: agreement.Flags) -> agreement.Statistic:
    """How well a ranker's best score alone tells inside from outside."""
    best = np.array([outcome.best[ranker] for outcome in found])
    return lambda chosen: agreement.auroc(best[chosen], inside[chosen])


def _cluster(case: RetrievalCase) -> str:
    """Queries for one note are alike; those outside stand for themselves."""
    return ",".join(case.expect) if case.expect else case.id
