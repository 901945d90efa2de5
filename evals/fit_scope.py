"""Fit what counts as outside the notes: `python -m evals.fit_scope`.

A logistic model of the ranking's best cosine and best BM25, on `evals/cases/retrieval`. What is printed
is out-of-fold (five folds); recall needs no fitting.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# scikit-learn ships no complete types; this script only hands arrays in and out.

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from evals.cases import CASES, RetrievalCase, digest, retrieval
from knowledge.embedder import SentenceEmbedder
from knowledge.index import Index
from knowledge.library import load
from knowledge.search import SCOPE, Findings, Search, scope_features


def rankings(cases: Sequence[RetrievalCase]) -> list[Findings]:
    """What the search finds for every case, over all notes."""
    library = load()
    with tempfile.TemporaryDirectory() as folder:
        search = Search(library, Index.open(library, SentenceEmbedder(), Path(folder) / "index"))
        return [search.find(case.query, context=case.context, k=len(library)) for case in cases]


def recall(cases: Sequence[RetrievalCase], found: Sequence[Findings], k: int) -> float:
    """Share of the in-scope cases with an expected note among the first `k` hits."""
    hits = [
        any(hit.note_id in case.expect for hit in findings.hits[:k])
        for case, findings in zip(cases, found, strict=True)
        if case.expect
    ]
    return sum(hits) / len(hits)


def main() -> None:
    """Fit, say how well it does, and write the model."""
    cases = retrieval()
    found = rankings(cases)
    features = np.array([scope_features(findings.hits) for findings in found])
    inside = np.array([case.expect is not None for case in cases])
    model = LogisticRegression(C=10.0, class_weight="balanced")
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    unseen = np.asarray(cross_val_predict(model, features, inside, cv=folds, method="predict_proba"))[:, 1]
    missed = [case.query for case, p in zip(cases, unseen, strict=True) if case.expect and p < 0.5]
    let_in = [case.query for case, p in zip(cases, unseen, strict=True) if not case.expect and p >= 0.5]
    sys.stdout.write(
        f"recall@1 {recall(cases, found, 1):.3f}  recall@3 {recall(cases, found, 3):.3f}  "
        f"AUROC of scope {roc_auc_score(inside, unseen):.3f}\n"
        f"turned away although inside ({len(missed)}): {missed}\nlet in although outside ({len(let_in)}): {let_in}\n"
    )
    model.fit(features, inside)
    stored = {
        "intercept": round(float(np.asarray(model.intercept_)[0]), 4),
        "weights": np.asarray(model.coef_)[0].round(4).tolist(),
        "fitted_on": digest(list((CASES / "retrieval").glob("*.jsonl"))),
    }
    SCOPE.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
