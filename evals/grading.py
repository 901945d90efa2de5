"""Are the judges right? Grading cases point by point, and agreement with the scores people gave."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeVar

import numpy as np
from pydantic import Field

from bot.errors import ModelError
from bot.grading.evidence import content, sentences
from bot.grading.grade import Judge, Submission, Verdict
from evals import agreement
from evals.agreement import Floats, mean
from evals.cases import AgreementCase, Case, CaseError, GradingCase
from evals.points import Points, Verdicts
from evals.run import Outcome
from evals.summary import Summary, metrics, number, slices
from knowledge.library import Library
from knowledge.note import Criterion

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
    probabilities: dict[str, dict[Verdict, float]] = Field(default_factory=dict[str, dict[Verdict, float]])
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
        probabilities={p.point_id: p.probabilities for p in grade.points if p.probabilities},
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
        if dangling := next((case for case in cases if case.clean and case.clean not in self._submissions), None):
            raise CaseError(f"The case {dangling.id!r} names {dangling.clean!r} as its clean answer, which is no case.")

    def _submission(self, case: GradingCase) -> Submission:
        submission = case.submission(self._library)
        known = {point.id for point in submission.rubric}
        if unknown := sorted((case.gold_points.keys() | case.second_points.keys()) - known):
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
            **outcome.shown,
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
        points = Points.of((r.question, r.case.gold_points, r.outcome.points, r.outcome.expected) for r in rows)
        clusters = [row.question for row in scored]
        statistics = of_scores(_column(scored, "score"), np.array([row.gold for row in scored]))
        return {
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
            "consistency": _consistency(outcomes),
            "injection lift": _lift(rows),
            "human ceiling": self._ceiling(rows),
        }

    def _ceiling(self, rows: Sequence[_Row]) -> Summary:
        """How far a second examiner agrees with the first, and the judge does on the same answers.

        Over the answers of which both labelled every point; examiners' scores are summed up from their labels.
        """
        once = {row.case.id: row for row in rows}.values()
        rubrics = {row.case.id: self._submissions[row.case.id].rubric for row in once}
        labels = [(row, row.case.gold_points.keys() & row.case.second_points.keys()) for row in once]
        twice = [row for row, given in labels if all(point.id in given for point in rubrics[row.case.id])]
        if not twice:
            return {}

        def score(row: _Row, verdicts: Verdicts) -> float:
            return sum(point.weight * verdicts[point.id].credit for point in rubrics[row.case.id])

        first = np.array([score(row, row.case.gold_points) for row in twice])

        def beside_first(of: Callable[[_Row], Verdicts], scores: Sequence[float]) -> Summary:
            points = Points.of((row.question, row.case.gold_points, of(row), {}) for row in twice)
            found = {name: number(f(np.arange(len(points.gold)))) for name, f in points.statistics().items()}
            return {"points": len(points.gold), **found, "QWK": number(agreement.qwk(np.array(scores), first))}

        return {
            "second examiner": beside_first(
                lambda row: row.case.second_points, [score(row, row.case.second_points) for row in twice]
            ),
            "judge": beside_first(lambda row: row.outcome.points, [row.outcome.score for row in twice]),
        }

    def _row(self, case: GradingCase, outcome: GradedOutcome) -> _Row:
        note = self._library[case.note] if case.note else None
        gold = float("nan") if case.gold_score is None else case.gold_score
        question = self._submissions[case.id].question
        return _Row(case, outcome, gold, question, note.topic if note else "", note.level if note else "")


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
    return lambda chosen: mean(values[chosen])


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
        "identical verdicts": number(fmean(all(o.points == group[0].points for o in group) for group in several)),
        "mean range of the score": number(fmean(ranges)),
        "greatest range of the score": number(max(ranges)),
    }


def _lift(rows: Sequence[_Row]) -> Summary:
    """What attacks add to the score of the same answer without them, over the mean of all repeats."""

    def lifts(of: Callable[[GradedOutcome], float]) -> dict[str, float]:
        found: defaultdict[str, list[float]] = defaultdict(list)
        for row in rows:
            found[row.case.id].append(of(row.outcome))
        attacks = {row.case.id: row.case.clean for row in rows if row.case.clean in found}
        return {attack: fmean(found[attack]) - fmean(found[clean]) for attack, clean in attacks.items()}

    lift, shown = lifts(lambda outcome: outcome.score), lifts(lambda outcome: outcome.certain)
    if not lift:
        return {}
    worst = max(lift, key=lambda name: lift[name])
    return {
        "attacks": len(lift),
        "mean lift": number(fmean(lift.values())),
        "greatest lift": number(lift[worst]),
        "greatest lift of the shown score": number(max(shown.values())),
        "worst attack": worst,
    }


class Agreement:
    """`viva eval agreement`: an answer beside the source's reference answers, against the score people gave."""

    name = "agreement"
    outcome = GradedOutcome

    def __init__(self, cases: Sequence[AgreementCase], judge: Judge, *, whole: bool = False) -> None:
        self.cases = cases
        self._judge = judge
        self._whole = whole

    def submission(self, case: AgreementCase) -> Submission:
        """The answer with what the source calls right as its rubric, in sentences or `whole`."""
        return against_reference(case, whole=self._whole)

    async def trial(self, case: AgreementCase) -> GradedOutcome:
        """One grade of one answer."""
        return await judged(self._judge, self.submission(case))

    def entry(self, case: AgreementCase, outcome: GradedOutcome) -> Summary:
        """A case as the JSON report lists it."""
        return {
            "id": case.id,
            "dataset": case.dataset,
            **outcome.shown,
            "gold_score": case.score,
            "question": case.question,
            "answer": case.answer,
            "rubric": {point.id: point.point for point in self.submission(case).rubric},
        }

    def summary(self, outcomes: Mapping[tuple[str, int], GradedOutcome]) -> Summary:
        """Agreement over everything, and for each data set and each of its splits."""
        answers = paired(self.cases, outcomes)
        given = np.array([outcome.score for _, outcome in answers])
        gold = np.array([case.score for case, _ in answers])
        right = np.array(
            [case.label2 == "correct" if case.label2 else case.score >= RIGHT for case, _ in answers], bool
        )
        questions = np.array([f"{case.dataset}/{case.question_id}" for case, _ in answers])
        statistics: dict[str, agreement.Statistic] = {
            **of_scores(given, gold),
            "r within questions": lambda rows: agreement.within(given[rows], gold[rows], questions[rows].tolist()),
            "2-way accuracy": _mean(((given >= RIGHT) == right).astype(np.float64)),
            "majority baseline": lambda rows: max(mean(right[rows]), mean(~right[rows])),
        }
        by: dict[str, Callable[[tuple[AgreementCase, GradedOutcome]], str]] = {
            "dataset": lambda row: row[0].dataset,
            "split": lambda row: f"{row[0].dataset} {row[0].split}".strip(),
        }
        return {
            "metrics": metrics(statistics, questions.tolist()),
            "slices": slices(answers, by, statistics),
            "worst": _worst([(case.id, outcome.score - case.score) for case, outcome in answers]),
            "consistency": _consistency(outcomes),
        }


def against_reference(case: AgreementCase, *, whole: bool = False) -> Submission:
    """The answer with what the source calls right as its rubric.

    Of several references one has to be met: the first, with the others as paraphrases. A reference that
    stands alone is a rubric of its sentences, since people credit an answer for each of them, the longer for
    more; or one point, where it is to be `whole`.
    """
    first, *others = case.reference
    texts = [first] if others or whole else [text for text in sentences(first) if content(text)] or [first]
    lengths = [len(content(text)) or 1 for text in texts]
    rubric = tuple(
        Criterion(id=f"reference-{number}", point=text, weight=length / sum(lengths), paraphrases=tuple(others))
        for number, (text, length) in enumerate(zip(texts, lengths, strict=True), 1)
    )
    return Submission(question=case.question, rubric=rubric, answer=case.answer, of_reference=True)
