"""The decisions judge: one calibrated choice for each rubric point, all in one request."""

import json
from pathlib import Path
from typing import Any

from bot.errors import ModelMalformed, ModelRefused
from bot.grading.grade import Grade, PointGrade, Submission, Verdict
from bot.grading.matching import Matcher
from bot.llm import DecisionAnswer, ModelClient
from knowledge.note import Criterion
from prompts.render import render

THRESHOLDS = Path(__file__).with_name("decisions.json")

CHOICES = {
    Verdict.MET: "The answer states it, in whatever words.",
    Verdict.PARTIAL: "The answer states a substantive part of it and nothing incompatible with it.",
    Verdict.MISSED: "The answer does not state it; naming the topic is not stating it.",
    Verdict.CONTRADICTED: "The answer states something that cannot be true together with it.",
}

REFUSED = "The judge declined to decide this point."
UNREAD = "The judge's answer on this point cannot be read."
UNSURE = "The judge was not sure enough."
NO_WORDS = "No words of the answer could be found that say this."


class DecisionsJudge:
    """Asks a decision model; keeps its probabilities, and credits only what the answer has words for.

    The endpoint returns no quotes, so the evidence is the statement of the answer nearest to the
    point; where none is near, a granted point stays unscored.
    """

    def __init__(self, client: ModelClient, model: str, matcher: Matcher) -> None:
        self._client = client
        self._model = model
        self._matcher = matcher
        self._thresholds = {Verdict(k): float(v) for k, v in json.loads(THRESHOLDS.read_text())["thresholds"].items()}

    @property
    def name(self) -> str:
        """The judge and its model."""
        return f"decisions ({self._model})"

    async def grade(self, submission: Submission) -> Grade:
        """Grade every point in one request; raises ModelError when the reply cannot be used."""
        prompt = render("decide", question=submission.question, answer=submission.answer)
        answers = await self._client.decide(
            self._model, prompt, [_question(point) for point in submission.rubric], person=submission.person
        )
        if all(answer.type == "refusal" for answer in answers):
            raise ModelRefused("declined to grade")
        names = [answer.name or point.id for answer, point in zip(answers, submission.rubric, strict=True)]
        if names != [point.id for point in submission.rubric]:
            raise ModelMalformed("answered in another order than it was asked")
        if not any(_readable(answer) or answer.type == "refusal" for answer in answers):
            raise ModelMalformed("sent a reply that is not in the asked-for form")
        pairs = zip(submission.rubric, answers, strict=True)
        points = [await self._point(point, answer, submission) for point, answer in pairs]
        return Grade(judge=self.name, points=tuple(points))

    async def _point(self, point: Criterion, answer: DecisionAnswer, submission: Submission) -> PointGrade:
        def graded(verdict: Verdict, **details: Any) -> PointGrade:
            return PointGrade(point_id=point.id, weight=point.weight, verdict=verdict, **details)

        if not _readable(answer):
            return graded(Verdict.UNSCORED, reason=REFUSED if answer.type == "refusal" else UNREAD)
        verdict, probability = Verdict(str(answer.choice)), answer.probability or 0.0
        if verdict is not Verdict.MISSED:
            span = await self._matcher.evidence(point, submission, against=verdict is Verdict.CONTRADICTED)
            if span is None:
                return graded(Verdict.UNSCORED, reason=NO_WORDS, probability=probability, expected=0.0)
        else:
            span = None
        sure = {"probability": probability, "expected": _expected(answer)}
        if probability < self._thresholds[verdict]:
            return graded(Verdict.UNSCORED, reason=UNSURE, **sure)
        return graded(verdict, evidence=span, **sure)


def _expected(answer: DecisionAnswer) -> float:
    """The credit that the answer's distribution expects; that of its choice where it gives none."""
    shares = {p.value: p.probability for p in answer.probabilities} or {str(answer.choice): 1.0}
    return min(1.0, sum(Verdict(str(value)).credit * share for value, share in shares.items() if value in CHOICES))


def _readable(answer: DecisionAnswer) -> bool:
    """True for one of the choices on offer, with a probability."""
    return answer.type == "choice" and answer.choice in list(CHOICES) and answer.probability is not None


def _question(point: Criterion) -> dict[str, Any]:
    prompt = render("decide_point", point=point.point)
    return {
        "type": "choice",
        "name": point.id,
        "instructions": prompt.messages[0].content,
        "choices": [{"value": verdict.value, "description": text} for verdict, text in CHOICES.items()],
    }
