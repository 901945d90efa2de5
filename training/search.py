"""Fit what counts as outside the notes, and as leaning on the turn before: `python -m training.search`.

Two logistic models, fitted on `evals/cases/retrieval`. What is printed is out-of-fold (five folds); how
well the notes are found needs no fitting, `viva eval retrieval` says it.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# scikit-learn ships no complete types; this script only hands arrays in and out.

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from evals.cases import HELD_OUT, digest, files, retrieval
from knowledge.index import Index
from knowledge.library import load
from knowledge.minilm import MiniLM
from knowledge.search import MODELS, Search


def fit(name: str, features: NDArray[np.float64], wanted: NDArray[np.bool_]) -> dict[str, Any]:
    """A logistic model as it is stored; prints its AUROC and accuracy out of fold."""
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1_000)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    unseen = np.asarray(cross_val_predict(model, features, wanted, cv=folds, method="predict_proba"))[:, 1]
    right = (unseen >= 0.5) == wanted
    sys.stdout.write(
        f"{name:8} AUROC {roc_auc_score(wanted, unseen):.3f}, right about {right[wanted].mean():.3f} that are "
        f"and {right[~wanted].mean():.3f} that are not\n"
    )
    model.fit(features, wanted)
    return {
        "intercept": round(float(np.asarray(model.intercept_)[0]), 4),
        "weights": np.asarray(model.coef_)[0].round(4).tolist(),
    }


def main() -> None:
    """Fit both, say how well they do, and write them."""
    library, cases = load(), retrieval(held_out=False)
    with tempfile.TemporaryDirectory() as folder:
        search = Search(library, Index.open(library, MiniLM(), Path(folder) / "index"))
        features = [search.features(case.query) for case in cases]
    alone = np.array([not case.context for case in cases])
    inside = np.array([case.expect is not None for case in cases])
    scope, leaning = (np.array(column) for column in zip(*features, strict=True))
    models = {
        "scope": fit("scope", scope[alone], inside[alone]),
        "leaning": fit("leaning", leaning[inside], ~alone[inside]),
        "fitted_on": digest([path for path in files("retrieval") if path != HELD_OUT]),
    }
    MODELS.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
