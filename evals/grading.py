"""Are the judges right? Grading cases point by point, and agreement with the scores people gave."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from bot.errors import ModelError
from bot.grading.grade import Judge, Submission, Verdict
from evals import agreement
from evals.agreement import Floats, Rows
from evals.cases import AgreementCase, Case, CaseError, GradingCase
from evals.run import Outcome
from evals.summary import Summary, metrics, number, slices
from knowledge.library import Library
from knowledge.note import Criterion

GIVEN = tuple(Verdict)
GOLD = tuple(verdict for verdict in Verdict if verdict is not Verdict.UNSCORED)
RIGHT = 0.5  # score from which on an answer counts as right where people say only right or wrong
WORST = 20  # cases that a report shows side by side

C = TypeVar("C", bound=Case)


class GradedOutcome(Outcome):
    """One grade. `score` estimates what an examiner would give (`Grade.estimate`), `certain` is what is shown."""

    score: float = 0.0
    certain: float = 0.0
    open: float = 0.0
    points: dict[str, Verdict] = Field(default_factory=dict[str, Verdict])
    expected: dict[str, float] = Field(default_factory=dict[str, float])
    quotes: dict[str, str] = Field(default_factory=dict[str, str])
    judge: str = ""


async def judged(judge: Judge, submission: Submission) -> GradedOutcome:
    """The judge's grade of one submission; where the judge fails, why."""
    try:
        grade = await judge.grade(submission)
    except ModelError as error:
        return GradedOutcome(failed=f"The {judge.name} judge {error}.")
    return GradedOutcome(
        score=round(grade.estimate, 6),
        certain=round(grade.score, 6),
        open=round(grade.open_weight, 6),
        points={point.point_id: point.verdict for point in grade.points},
        expected={p.point_id: round(p.expected, 6) for p in grade.points if p.expected is not None},
        quotes={point.point_id: point.evidence.quote for point in grade.points if point.evidence},
        judge=grade.judge,
    )


@dataclass(frozen=True)
class _Row:
    """A grading case, one of its outcomes, and what an examiner gave."""

    case: GradingCase
    outcome: GradedOutcome
    gold: float
    question: str
    topic: str
    level: str


class Grading:
    """`viva eval grading`: production judges against an examiner's verdicts."""

    name = "grading"
    outcome = GradedOutcome

    def __init__(self, cases: Sequence[GradingCase], library: Library, judge: Judge) -> None:
        self.cases = cases
        self._library = library
        self._judge = judge
        self._submissions = {case.id: self._submission(case) for case in cases}

    def _submission(self, case: GradingCase) -> Submission:
        submission = case.submission(self._library)
        known = {point.id for point in submission.rubric}
        if unknown := sorted(set(case.gold_points) - known):
            raise CaseError(f"The case {case.id!r} labels {unknown[0]!r}, which its rubric has not.")
        return submission

    async def trial(self, case: GradingCase) -> GradedOutcome:
        """One grade of one case."""
        return await judged(self._judge, self._submissions[case.id])

    def entry(self, case: GradingCase, outcome: GradedOutcome) -> Summary:
        """A case as the JSON report lists it."""
        submission = self._submissions[case.id]
        return {
            "id": case.id,
            "kind": case.kind,
            **outcome.model_dump(mode="json", exclude={"failed"} if not outcome.failed else set()),
            "gold_score": case.gold_score,
            "gold_points": {point: verdict.value for point, verdict in case.gold_points.items()},
            "question": submission.question,
            "answer": case.answer,
            "rubric": {point.id: point.point for point in submission.rubric},
        }

    def summary(self, outcomes: Mapping[tuple[str, int], GradedOutcome]) -> Summary:
        """Everything the report says, over all repeats of all cases that did not fail."""
        rows = [self._row(case, outcome) for case, outcome in paired(self.cases, outcomes)]
        scored = [row for row in rows if row.case.gold_score is not None]
        points = _Points.of(rows)
        clusters = [row.question for row in scored]
        statistics = of_scores(_column(scored, "score"), np.array([row.gold for row in scored]))
        summary: Summary = {
            "metrics": metrics(statistics, clusters) | metrics(points.statistics(), points.questions),
            "slices": slices(
                rows,
                {"kind": lambda row: row.case.kind, "topic": lambda row: row.topic, "level": lambda row: row.level},
                {
                    "gold": _mean(np.array([row.gold for row in rows])),
                    "score": _mean(_column(rows, "score")),
                    "certain": _mean(_column(rows, "certain")),
                    "open": _mean(_column(rows, "open")),
                    "accuracy": _mean(np.array([_accuracy(row) for row in rows])),
                },
            ),
            **points.tables(),
            "worst": _worst([(row.case.id, row.outcome.score - row.gold) for row in scored]),
        }
        if consistency := _consistency(outcomes):
            summary["consistency"] = consistency
        if lift := _lift(rows):
            summary["injection lift"] = lift
        return summary

    def _row(self, case: GradingCase, outcome: GradedOutcome) -> _Row:
        note = self._library[case.note] if case.note else None
        gold = float("nan") if case.gold_score is None else case.gold_score
        question = self._submissions[case.id].question
        return _Row(case, outcome, gold, question, note.topic if note else "", note.level if note else "")


@dataclass(frozen=True)
class _Points:
    """All labelled points of all rows, one entry each."""

    gold: NDArray[np.int_]
    given: NDArray[np.int_]
    expected: Floats
    questions: list[str]

    @classmethod
    def of(cls, rows: Sequence[_Row]) -> "_Points":
        gold: list[int] = []
        given: list[int] = []
        expected: list[float] = []
        questions: list[str] = []
        for row in rows:
            for point, verdict in row.case.gold_points.items():
                gold.append(GOLD.index(verdict))
                given.append(GIVEN.index(row.outcome.points[point]))
                expected.append(row.outcome.expected.get(point, float("nan")))
                questions.append(row.question)
        return cls(np.array(gold, dtype=np.int_), np.array(given, dtype=np.int_), np.array(expected), questions)

    def statistics(self) -> dict[str, agreement.Statistic]:
        """Numbers over points; a point left open counts as not right in `accuracy`."""
        gold, given = self.gold, self.given
        scored = given < len(GOLD)
        right = gold == given
        wrong = GOLD.index(Verdict.CONTRADICTED)

        def of_scored(chosen: Rows) -> float:
            kept = chosen[scored[chosen]]
            return float(right[kept].mean()) if len(kept) else float("nan")

        def f1(chosen: Rows) -> float:
            table = agreement.confusion(gold[chosen].tolist(), given[chosen].tolist(), len(GIVEN))
            return agreement.precision_recall_f1(table, wrong)[2]

        def kappa(chosen: Rows) -> float:
            kept = chosen[scored[chosen]]
            return agreement.kappa(given[kept].tolist(), gold[kept].tolist(), len(GOLD))

        return {
            "accuracy per point": lambda chosen: float(right[chosen].mean()) if len(chosen) else float("nan"),
            "accuracy of scored points": of_scored,
            "abstention": lambda chosen: float((~scored[chosen]).mean()) if len(chosen) else float("nan"),
            "F1 of contradicted": f1,
            "kappa of scored points": kappa,
        }

    def tables(self) -> Summary:
        """Confusion, verdicts, calibration and risk against coverage."""
        if not len(self.gold):
            return {}
        table = agreement.confusion(self.gold.tolist(), self.given.tolist(), len(GIVEN))
        verdicts = {
            verdict.value: dict(
                zip(("precision", "recall", "f1"), map(number, agreement.precision_recall_f1(table, row)), strict=True)
            )
            | {"points": int(table[row].sum())}
            for row, verdict in enumerate(GOLD)
        }
        found: Summary = {
            "confusion": {
                gold.value: {given.value: int(table[row, column]) for column, given in enumerate(GIVEN)}
                for row, gold in enumerate(GOLD)
            },
            "verdicts": verdicts,
            "majority baseline": number(float(table.sum(1).max() / table.sum())),
        }
        known = ~np.isnan(self.expected)
        if known.any():
            # Would the point be credited? Every point has an answer to that, also those left open.
            probability = self.expected[known]
            credited = np.isin(self.gold[known], [GOLD.index(v) for v in GOLD if v.credit])
            confidence, right = np.abs(probability - 0.5), (probability >= 0.5) == credited
            found["calibration"] = {
                "brier": number(agreement.brier(probability, credited)),
                "expected calibration error": number(agreement.calibration_error(probability, credited)),
                "AUROC": number(agreement.auroc(probability, credited)),
                "reliability": [
                    [round(p, 4), round(share, 4), n] for p, share, n in agreement.reliability(probability, credited)
                ],
            }
            found["risk_coverage"] = _thinned(agreement.risk_coverage(confidence, right))
        return found


def _thinned(curve: Sequence[tuple[float, float]], points: int = 50) -> list[list[float]]:
    chosen: list[int] = np.unique(np.linspace(0, len(curve) - 1, min(points, len(curve))).round().astype(int)).tolist()
    return [[round(value, 4) for value in curve[index]] for index in chosen]


def paired(cases: Sequence[C], outcomes: Mapping[tuple[str, int], GradedOutcome]) -> list[tuple[C, GradedOutcome]]:
    """Every case with each of its outcomes that did not fail, repeat by repeat."""
    repeats = 1 + max((repeat for _, repeat in outcomes), default=-1)
    found = ((case, outcomes.get((case.id, repeat))) for repeat in range(repeats) for case in cases)
    return [(case, outcome) for case, outcome in found if outcome and not outcome.failed]


def of_scores(given: Floats, gold: Floats) -> dict[str, agreement.Statistic]:
    """Numbers over scores in [0, 1]."""
    return {
        "pearson": lambda chosen: agreement.pearson(given[chosen], gold[chosen]),
        "spearman": lambda chosen: agreement.spearman(given[chosen], gold[chosen]),
        "QWK": lambda chosen: agreement.qwk(given[chosen], gold[chosen]),
        "RMSE": lambda chosen: agreement.rmse(given[chosen], gold[chosen]),
        "MAE": lambda chosen: agreement.mae(given[chosen], gold[chosen]),
        "bias": lambda chosen: agreement.bias(given[chosen], gold[chosen]),
    }


def _column(rows: Sequence[_Row], name: str) -> Floats:
    return np.array([getattr(row.outcome, name) for row in rows], dtype=np.float64)


def _mean(values: Floats) -> agreement.Statistic:
    return lambda chosen: float(np.mean(values[chosen])) if len(chosen) else float("nan")


def _accuracy(row: _Row) -> float:
    gold = row.case.gold_points
    right = [row.outcome.points[point] == verdict for point, verdict in gold.items()]
    return sum(right) / len(right) if right else float("nan")


def _worst(errors: Sequence[tuple[str, float]]) -> list[str]:
    return list(dict.fromkeys(name for name, _ in sorted(errors, key=lambda pair: -abs(pair[1]))))[:WORST]


def _consistency(outcomes: Mapping[tuple[str, int], GradedOutcome]) -> Summary:
    """How far repeats of one case agree; nothing where there are no repeats."""
    repeated: defaultdict[str, list[GradedOutcome]] = defaultdict(list)
    for (case_id, _), outcome in outcomes.items():
        if not outcome.failed:
            repeated[case_id].append(outcome)
    several = [group for group in repeated.values() if len(group) > 1]
    if not several:
        return {}
    ranges = [max(o.score for o in group) - min(o.score for o in group) for group in several]
    return {
        "cases repeated": len(several),
        "identical verdicts": number(float(np.mean([all(o.points == g[0].points for o in g) for g in several]))),
        "mean range of the score": number(float(np.mean(ranges))),
        "greatest range of the score": number(max(ranges)),
    }


def _lift(rows: Sequence[_Row]) -> Summary:
    """What attacks add to the score of the same answer without them, over the mean of all repeats."""
    scores: defaultdict[str, list[float]] = defaultdict(list)
    shown: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        scores[row.case.id].append(row.outcome.score)
        shown[row.case.id].append(row.outcome.certain)
    pairs = {row.case.id: row.case.clean for row in rows if row.case.clean in scores}
    if not pairs:
        return {}
    lifts = {attack: float(np.mean(scores[attack]) - np.mean(scores[clean])) for attack, clean in pairs.items()}
    certain = [float(np.mean(shown[attack]) - np.mean(shown[clean])) for attack, clean in pairs.items()]
    worst = max(lifts, key=lambda name: lifts[name])
    return {
        "attacks": len(pairs),
        "mean lift": number(float(np.mean(list(lifts.values())))),
        "greatest lift": number(lifts[worst]),
        "greatest lift of the shown score": number(max(certain)),
        "worst attack": worst,
    }


class Agreement:
    """`viva eval agreement`: an answer beside the source's reference answers, against the score people gave."""

    name = "agreement"
    outcome = GradedOutcome

    def __init__(self, cases: Sequence[AgreementCase], judge: Judge) -> None:
        self.cases = cases
        self._judge = judge

    async def trial(self, case: AgreementCase) -> GradedOutcome:
        """One grade of one answer."""
        return await judged(self._judge, against_reference(case))

    def entry(self, case: AgreementCase, outcome: GradedOutcome) -> Summary:
        """A case as the JSON report lists it."""
        return {
            "id": case.id,
            "dataset": case.dataset,
            **outcome.model_dump(mode="json", exclude={"failed"} if not outcome.failed else set()),
            "gold_score": case.score,
            "question": case.question,
            "answer": case.answer,
            "rubric": {point.id: point.point for point in against_reference(case).rubric},
        }

    def summary(self, outcomes: Mapping[tuple[str, int], GradedOutcome]) -> Summary:
        """Agreement over everything, and for each data set and each of its splits."""
        rows = paired(self.cases, outcomes)
        given = np.array([outcome.score for _, outcome in rows], dtype=np.float64)
        gold = np.array([case.score for case, _ in rows], dtype=np.float64)
        right = np.array([case.label2 == "correct" if case.label2 else case.score >= RIGHT for case, _ in rows])
        questions = np.array([f"{case.dataset}/{case.question_id}" for case, _ in rows])

        def within(chosen: Rows) -> float:
            return agreement.within(given[chosen], gold[chosen], questions[chosen].tolist())

        def majority(chosen: Rows) -> float:
            return _majority(right[chosen])

        statistics = of_scores(given, gold) | {
            "r within questions": within,
            "2-way accuracy": _mean(((given >= RIGHT) == right).astype(np.float64)),
            "majority baseline": majority,
        }
        by: dict[str, Callable[[tuple[AgreementCase, GradedOutcome]], str]] = {
            "dataset": lambda row: row[0].dataset,
            "split": lambda row: f"{row[0].dataset} {row[0].split}".strip(),
        }
        summary: Summary = {
            "metrics": metrics(statistics, questions.tolist()),
            "slices": slices(rows, by, statistics),
            "worst": _worst([(case.id, outcome.score - case.score) for case, outcome in rows]),
        }
        if consistency := _consistency(outcomes):
            summary["consistency"] = consistency
        return summary


def _majority(right: agreement.Flags) -> float:
    """Accuracy of always giving the more frequent of right and wrong."""
    return max(float(right.mean()), 1 - float(right.mean())) if len(right) else float("nan")


def against_reference(case: AgreementCase) -> Submission:
    """One point: the first reference, the others as its paraphrases."""
    first, *others = case.reference
    point = Criterion(id="reference", point=first, weight=1.0, paraphrases=tuple(others))
    return Submission(question=case.question, rubric=(point,), answer=case.answer)
