"""Fit the head for the sentences of a model answer: `python -m training.reference FOLDER`.

FOLDER holds two human-graded sets, whose train splits are used. The cross-encoder was trained on those
splits, and is surer there than it will be elsewhere: a fit of every weight would leave everything to it.
So what it reads and how many words are found again weigh the same, and only the slope and the height of
the curve are fitted.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# scikit-learn ships no complete types; this script only hands arrays in and out.

import json
import random
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from bot.grading.embedded import REFERENCE
from bot.grading.features import FEATURES
from bot.grading.grade import Verdict
from bot.grading.matching import Matcher
from evals.cases import AgreementCase, read
from evals.grading import against_reference
from evals.thresholds import threshold
from knowledge.minilm import MiniLM

SETS = ("scientsbank", "beetle")
ANSWERS = 1_000  # of each set
WEIGHED = {"recall": 1.0, "nearness": 0.3, "says it": 0.3, "says it in all": 0.5}
PRECISION = 0.85  # nothing reaches more often: people who grade whole answers agree with themselves hardly better


def main() -> None:
    """Fit the head, say how well it does on questions left out, and write it."""
    matcher = Matcher(MiniLM())
    rows: list[list[float]] = []
    right: list[bool] = []
    questions: list[str] = []
    for name in SETS:
        cases = [c for c in read(AgreementCase, [Path(sys.argv[1]) / f"{name}.jsonl"]) if c.split == "train"]
        for case in random.Random(0).sample(cases, ANSWERS):  # noqa: S311  # which answers, not a secret
            for match in matcher.match(against_reference(case)):
                if match is not None:
                    rows.append([match.features[FEATURES.index(feature)] for feature in WEIGHED])
                    right.append(case.label2 == "correct")
                    questions.append(case.question_id)
    features, met = np.array(rows), np.array(right)
    mean, scale, weights = features.mean(0), features.std(0), np.array(list(WEIGHED.values()))
    score = ((features - mean) / scale @ weights)[:, None]
    apart = GroupKFold(10)
    found = cross_val_predict(LogisticRegression(), score, met, groups=questions, cv=apart, method="predict_proba")
    unseen = np.asarray(found)[:, 1]
    yes = unseen >= 0.5
    thresholds = {
        Verdict.MET: threshold(unseen[yes], met[yes], PRECISION),
        Verdict.MISSED: threshold(1 - unseen[~yes], ~met[~yes], PRECISION),
    }
    fit = LogisticRegression().fit(score, met)
    head = {
        "classes": (Verdict.MET, Verdict.MISSED),
        "features": list(WEIGHED),
        "mean": mean.round(5).tolist(),
        "scale": scale.round(5).tolist(),
        "weights": [(fit.coef_[0, 0] * weights).round(4).tolist(), [0.0] * len(weights)],
        "bias": [round(float(fit.intercept_[0]), 4), 0.0],
        "thresholds": thresholds,
    }
    sys.stdout.write(f"{len(met)} sentences, accuracy {(yes == met).mean():.3f}, {thresholds}\n")
    REFERENCE.write_text(json.dumps({"reference": head, "fitted_on": SETS}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
