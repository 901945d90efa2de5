"""The chat judge: any OpenAI-compatible model with a JSON schema, its quotes checked in code."""

import json
import re
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bot.errors import ModelMalformed
from bot.grading.evidence import find_quote, without_asides
from bot.grading.grade import Grade, PointGrade, Submission, Verdict
from bot.llm import ModelClient
from knowledge.note import Criterion
from prompts.render import render

NOT_QUOTED = "The judge's quote is not in the answer."
INVENTED_QUOTE = "The judge quoted words that are not in your answer, so those points earn nothing until you mark them."
NOT_A_STATEMENT = "The quoted words say nothing about the point."


class _Point(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    verdict: Literal["met", "partial", "missed", "contradicted"]
    quote: str


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")

    points: list[_Point]


class ChatJudge:
    """Asks a chat model for a verdict and a verbatim quote for each point.

    A quote that does not stand in the answer, or that only repeats the question or talks to the
    grader, earns nothing: the point is unscored with the reason.
    """

    def __init__(self, client: ModelClient, model: str) -> None:
        self._client = client
        self._model = model

    @property
    def name(self) -> str:
        """The judge and its model."""
        return f"chat ({self._model})"

    async def grade(self, submission: Submission) -> Grade:
        """Grade every point in one request; raises ModelError when the reply cannot be used."""
        prompt = render("grade", question=submission.question, points=submission.rubric, answer=submission.answer)
        text = await self._client.chat(self._model, prompt, person=submission.person, schema=schema(submission.rubric))
        given = _parse(text).points
        verdicts = {point.id: point for point in given}
        if sorted(point.id for point in given) != sorted(point.id for point in submission.rubric):
            raise ModelMalformed("did not grade the rubric's points")
        points = tuple(_checked(point, verdicts[point.id], submission) for point in submission.rubric)
        invented = any(point.reason == NOT_QUOTED for point in points)
        return Grade(judge=self.name, points=points, notices=(INVENTED_QUOTE,) if invented else ())


def schema(rubric: tuple[Criterion, ...]) -> dict[str, Any]:
    """The reply's JSON schema, with the ids of this rubric as the only ones."""
    reply = _reply_schema()
    point = reply["$defs"]["_Point"]
    ids = {"type": "string", "enum": [point.id for point in rubric]}
    return {**reply, "$defs": {"_Point": {**point, "properties": {**point["properties"], "id": ids}}}}


@cache
def _reply_schema() -> dict[str, Any]:
    return _Reply.model_json_schema()


def _parse(text: str) -> _Reply:
    # Some servers wrap JSON in a code fence although a schema was asked for.
    unwrapped = re.sub(r"\A\s*```(?:json)?\s*|\s*```\s*\Z", "", text)
    try:
        return _Reply.model_validate(json.loads(unwrapped))
    except (ValueError, RecursionError) as error:
        raise ModelMalformed("sent a reply that is not in the asked-for form") from error


def _checked(point: Criterion, given: _Point, submission: Submission) -> PointGrade:
    verdict = Verdict(given.verdict)
    span = find_quote(given.quote, submission.answer)
    reason = ""
    if verdict is not Verdict.MISSED:
        if span is None:
            verdict, reason = Verdict.UNSCORED, NOT_QUOTED
        else:
            span = without_asides(span, submission.answer, submission.question)
            if span is None:
                verdict, reason = Verdict.UNSCORED, NOT_A_STATEMENT
    else:
        span = None
    return PointGrade(point_id=point.id, weight=point.weight, verdict=verdict, evidence=span, reason=reason)
