"""The decisions judge: one calibrated choice for each rubric point, all in one request."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ModelRefused
from bot.grading.grade import Grade, PointGrade, Submission, Verdict
from bot.grading.matching import Matcher
from bot.llm import ModelClient
from knowledge.note import RubricPoint
from prompts.render import render

if TYPE_CHECKING:
    from openai.types.decision import Answer

DEFAULT_MODEL = "gpt-6-luna"
THRESHOLDS = Path(__file__).with_name("decisions.json")

CHOICES = {
    Verdict.MET: "The answer states it, in whatever words.",
    Verdict.PARTIAL: "The answer states a substantive part of it and nothing incompatible with it.",
    Verdict.MISSED: "The answer does not state it; naming the topic is not stating it.",
    Verdict.CONTRADICTED: "The answer states something that cannot be true together with it.",
}

REFUSED = "The judge declined to decide this point."
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
        pairs = zip(submission.rubric, answers, strict=True)
        points = [await self._point(point, answer, submission) for point, answer in pairs]
        return Grade(judge=self.name, points=tuple(points))

    async def _point(self, point: RubricPoint, answer: "Answer", submission: Submission) -> PointGrade:
        def graded(verdict: Verdict, **details: Any) -> PointGrade:
            return PointGrade(point_id=point.id, weight=point.weight, verdict=verdict, **details)

        if answer.type != "choice" or answer.choice not in CHOICES:
            return graded(Verdict.UNSCORED, reason=REFUSED)
        verdict = Verdict(str(answer.choice))
        probability = next((p.probability for p in answer.probabilities if p.value == answer.choice), answer.confidence)
        probability = min(1.0, max(0.0, probability))
        if probability < self._thresholds[verdict]:
            return graded(Verdict.UNSCORED, reason=UNSURE, probability=probability)
        if verdict is Verdict.MISSED:
            return graded(verdict, probability=probability)
        span = await self._matcher.evidence(point, submission, against=verdict is Verdict.CONTRADICTED)
        if span is None:
            return graded(Verdict.UNSCORED, reason=NO_WORDS, probability=probability)
        return graded(verdict, probability=probability, evidence=span)


def _question(point: RubricPoint) -> dict[str, Any]:
    prompt = render("decide_point", point=point.point)
    return {
        "type": "choice",
        "name": point.id,
        "instructions": prompt.messages[0].content,
        "choices": [{"value": verdict.value, "description": text} for verdict, text in CHOICES.items()],
    }
