"""Fit the embedded judge's heads on the labelled answers to the dev notes: `python -m training.embedded`.

The dev notes, because the cross-encoder was trained on those of the train split and is surer there than it
will be on new notes; the head for points without contradictions also on the dev fields. Thresholds are the
least probabilities at which the out-of-question predictions (leave one note, or question, out) reach the
wanted precision: credit has to be dear.
"""

# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# scikit-learn ships no complete types; this script only hands arrays in and out.

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from bot.grading.embedded import HEADS
from bot.grading.features import AGAINST, FEATURES, OF_READING, OF_VECTORS
from bot.grading.grade import Submission, Verdict
from bot.grading.matching import Match, Matcher
from evals.cases import GradingCase, digest, grading, split_files
from evals.thresholds import threshold
from knowledge.library import Library, load
from knowledge.minilm import MiniLM
from knowledge.note import Criterion

SPLITS = ("dev", "plain-dev", "other-fields-dev")
CLASSES = (Verdict.CONTRADICTED, Verdict.MET, Verdict.MISSED)
# On answers written to a rubric these come out at .95 and more; on answers as people type them nothing
# does, and asking for it would leave most of such an answer open.
WANTED = {
    "opposed": {Verdict.MET: 0.9, Verdict.CONTRADICTED: 0.84, Verdict.MISSED: 0.84},
    "alone": {Verdict.MET: 0.87, Verdict.CONTRADICTED: 0.78, Verdict.MISSED: 0.82},  # there is less to go by
}
HEAD_FEATURES = {
    "opposed": FEATURES,
    "alone": (*OF_VECTORS, *OF_READING),
}
ABLATIONS = {
    "vectors": OF_VECTORS,
    "vectors and contradictions": (*OF_VECTORS, *AGAINST),
    "reading": OF_READING,
    "all": FEATURES,
}
_REGULARISATION = 0.3  # inverse strength; 0.03 to 1 gave the same AUC out of question within 0.01

Features = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Labelled points that an answer says something beside: features (n, d), relevance and class (n,), question."""

    features: Features
    relevance: Features
    classes: NDArray[np.int_]
    questions: list[str]

    def out_of_question(self, names: Sequence[str]) -> Features:
        """Probabilities (n, classes) from these features, each question predicted by a model that never saw it."""
        x, _, _ = _standardised(self.features, names)
        found = cross_val_predict(
            _model(), x, self.classes, groups=self.questions, cv=LeaveOneGroupOut(), method="predict_proba"
        )
        return np.asarray(found)


def table(cases: Sequence[GradingCase], library: Library, matcher: Matcher, head: str) -> Table:
    """Every point of every case whose answer makes a statement, as one of the heads sees it; partly met is met.

    A rubric without contradictions is for the head that does without, and for no other.
    """
    rows: list[tuple[Match, Verdict, str]] = []
    for case in cases:
        submission = case.submission(library)
        if head == "opposed" and not case.note:
            continue
        asked = submission if head == "opposed" else _bare(submission)
        for point, match in zip(asked.rubric, matcher.match(asked), strict=True):
            if match is not None:
                gold = case.gold_points[point.id]
                rows.append((match, Verdict.MET if gold.credit else gold, submission.question))
    return Table(
        features=np.array([match.features for match, _, _ in rows]),
        relevance=np.array([match.relevance for match, _, _ in rows]),
        classes=np.array([CLASSES.index(verdict) for _, verdict, _ in rows]),
        questions=[question for _, _, question in rows],
    )


def _bare(submission: Submission) -> Submission:
    """The submission with its points stripped to their sentence."""
    points = tuple(Criterion(id=p.id, point=p.point, weight=p.weight) for p in submission.rubric)
    return submission.model_copy(update={"rubric": points})


def _standardised(features: Features, names: Sequence[str]) -> tuple[Features, Features, Features]:
    chosen = features[:, [FEATURES.index(name) for name in names]]
    mean, scale = np.nanmean(chosen, axis=0), np.nanstd(chosen, axis=0)
    # An undefined feature counts as average, as the head has it.
    return np.nan_to_num((chosen - mean) / scale), mean, scale


def _model() -> LogisticRegression:
    return LogisticRegression(C=_REGULARISATION, max_iter=5_000)


def head(data: Table, names: Sequence[str], wanted: Mapping[Verdict, float]) -> dict[str, Any]:
    """One head as it is stored; says on the way how well it does on questions it has not seen."""
    unseen = data.out_of_question(names)
    thresholds: dict[str, float] = {}
    for column, verdict in enumerate(CLASSES):
        right, probability = data.classes == column, unseen[:, column]
        chosen = unseen.argmax(1) == column
        if verdict is Verdict.MISSED:
            # Points that nothing comes near are easy and many; the threshold has to hold for the nearer half.
            chosen &= data.relevance >= np.median(data.relevance[chosen])
        thresholds[verdict] = threshold(probability[chosen], right[chosen], wanted[verdict])
        given = (unseen.argmax(1) == column) & (probability >= thresholds[verdict])
        sys.stdout.write(
            f"  {verdict:13} AUC {roc_auc_score(right, probability):.3f}  threshold {thresholds[verdict]:.2f}  "
            f"precision {_share(right[given])}  recall {(right & given).sum() / right.sum():.3f}\n"
        )
    x, mean, scale = _standardised(data.features, names)
    model = _model().fit(x, data.classes)
    return {
        "classes": CLASSES,
        "features": names,
        "mean": mean.round(5).tolist(),
        "scale": scale.round(5).tolist(),
        "weights": np.asarray(model.coef_).round(4).tolist(),
        "bias": np.asarray(model.intercept_).round(4).tolist(),
        "thresholds": thresholds,
    }


def _share(flags: NDArray[np.bool_]) -> str:
    return f"{flags.mean():.3f}" if len(flags) else "none given"


def ablation(data: Table) -> None:
    """Say what each group of features adds, on questions that the head has not seen."""
    met, contradicted = data.classes == CLASSES.index(Verdict.MET), data.classes == CLASSES.index(Verdict.CONTRADICTED)
    said = met | contradicted
    for name, features in ABLATIONS.items():
        defined = [f for f in features if not np.isnan(data.features[:, FEATURES.index(f)]).all()]
        unseen = data.out_of_question(defined)
        probability = unseen[:, CLASSES.index(Verdict.MET)]
        right = (unseen.argmax(1) == data.classes).mean()
        sys.stdout.write(
            f"  {name:28} AUC met {roc_auc_score(met, probability):.3f}  met against contradicted "
            f"{roc_auc_score(met[said], probability[said]):.3f}  accuracy {right:.3f}\n"
        )


def main() -> None:
    """Fit the heads, say how well they do on questions they have not seen, and write them."""
    library, matcher = load(), Matcher(MiniLM())
    cases = [case for split in SPLITS for case in grading(split)]
    heads: dict[str, Any] = {}
    for name, features in HEAD_FEATURES.items():
        data = table(cases, library, matcher, name)
        sys.stdout.write(f"{name}: {len(data.questions)} points of {len(set(data.questions))} questions\n")
        heads[name] = head(data, features, WANTED[name])
        ablation(data)
    heads["fitted_on"] = digest([path for split in SPLITS for path in split_files(split)])
    HEADS.write_text(json.dumps(heads, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
