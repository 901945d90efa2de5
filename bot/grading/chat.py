"""The chat judge: any OpenAI-compatible model with a JSON schema, its quotes checked in code."""

import asyncio
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import ModelError, ModelMalformed
from bot.grading.evidence import find_quote, without_asides
from bot.grading.grade import Grade, PointGrade, Span, Submission, Verdict
from bot.grading.matching import Matcher
from bot.grading.overuse import without_overuse
from bot.grading.votes import agreed
from bot.llm import ModelClient
from knowledge.note import Criterion
from prompts.render import edition, render

NOT_QUOTED = "The judge's quote is not in the answer."
INVENTED_QUOTE = "The judge quoted words that are not in your answer, so those points earn nothing until you mark them."
NOT_A_STATEMENT = "The quoted words say nothing about the point."
DISAGREED = "Asked several times, the model gave different verdicts."

_WORDS_A_POINT = 3  # telling words that a quotation needs for each point it is credited with

Points = tuple[PointGrade, ...]


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

    A quote that does not stand in the answer, that only repeats the question or talks to the grader, or
    that is not about the point, earns nothing: the point is unscored with the reason. Of several
    `samples`, asked for at once, the verdict of more than half stands, and the share that agrees is its
    probability.
    """

    def __init__(self, client: ModelClient, model: str, matcher: Matcher, samples: int = 1) -> None:
        self._client = client
        self._model = model
        self._matcher = matcher
        self._samples = samples

    @property
    def name(self) -> str:
        """The judge, its model, and how many samples it takes where it takes several."""
        return f"chat ({self._model}" + (f", {self._samples} samples)" if self._samples > 1 else ")")

    async def grade(self, submission: Submission) -> Grade:
        """Grade every point; raises ModelError when half of the replies or more cannot be used."""
        results = await asyncio.gather(*(self._sample(submission, number) for number in range(self._samples)))
        samples = [result for result in results if not isinstance(result, ModelError)]
        if 2 * len(samples) <= self._samples:
            raise next(result for result in results if isinstance(result, ModelError))
        points = samples[0]
        if self._samples > 1:
            points = tuple(agreed(votes, self._samples, DISAGREED) for votes in zip(*samples, strict=True))
        points = tuple(without_overuse(points, _WORDS_A_POINT))
        invented = any(point.reason == NOT_QUOTED for point in points)
        notices = (INVENTED_QUOTE,) if invented else ()
        return Grade(judge=self.name, points=points, notices=notices, prompts=(edition("grade"),))

    async def _sample(self, submission: Submission, number: int) -> Points | ModelError:
        try:
            async with self._client.one_limit():
                verdicts = await self._ask(submission, number or None)
        except ModelError as error:
            return error
        return await self._checked([verdicts[point.id] for point in submission.rubric], submission)

    async def _ask(self, submission: Submission, seed: int | None, mistake: str = "") -> dict[str, _Point]:
        """The model's verdict on each point; what is malformed is asked for once more, its mistake told."""
        prompt = render(
            "grade", question=submission.question, points=submission.rubric, answer=submission.answer, mistake=mistake
        )
        form = schema(submission.rubric)
        try:
            text = await self._client.chat(self._model, prompt, person=submission.person, schema=form, seed=seed)
            return _read(text, submission.rubric)
        except ModelMalformed as error:
            if mistake:
                raise
            return await self._ask(submission, seed, mistake=str(error))

    async def _checked(self, given: list[_Point], submission: Submission) -> Points:
        """The verdicts with their evidence; what has none is unscored."""
        found = [_evidence(point, submission) for point in given]
        quoted = [(p, span) for p, (span, _) in zip(submission.rubric, found, strict=True) if span]
        # A model that was talked into it quotes the talk: whether it is about the point is asked apart from it.
        about = iter(await self._matcher.about(quoted, submission))
        points: list[PointGrade] = []
        for point, said, (span, reason) in zip(submission.rubric, given, found, strict=True):
            span, reason = (None, NOT_A_STATEMENT) if span and not next(about) else (span, reason)
            verdict = Verdict.UNSCORED if reason else Verdict(said.verdict)
            points.append(
                PointGrade(point_id=point.id, weight=point.weight, verdict=verdict, evidence=span, reason=reason)
            )
        return tuple(points)


def _evidence(point: _Point, submission: Submission) -> tuple[Span | None, str]:
    """Where the quotation of a verdict that needs one stands in the answer, or why it is no evidence."""
    if point.verdict == Verdict.MISSED:
        return None, ""
    quoted = find_quote(point.quote, submission.answer)
    if quoted is None:
        return None, NOT_QUOTED
    span = without_asides(quoted, submission.answer, submission.question)
    return (span, "") if span else (None, NOT_A_STATEMENT)


def schema(rubric: tuple[Criterion, ...]) -> dict[str, Any]:
    """The reply's JSON schema, with the ids of this rubric as the only ones."""
    reply = _reply_schema()
    point = reply["$defs"]["_Point"]
    ids = {"type": "string", "enum": [point.id for point in rubric]}
    return {**reply, "$defs": {"_Point": {**point, "properties": {**point["properties"], "id": ids}}}}


@cache
def _reply_schema() -> dict[str, Any]:
    return _Reply.model_json_schema()


def _read(text: str, rubric: tuple[Criterion, ...]) -> dict[str, _Point]:
    """The verdicts, by point, of the last object in a reply that has the asked-for form."""
    mistake = "sent a reply that is not in the asked-for form"
    for found in reversed(list(_objects(text))):
        try:
            points = _Reply.model_validate(found).points
        except ValidationError:
            continue
        if sorted(point.id for point in points) == sorted(point.id for point in rubric):
            return {point.id: point for point in points}
        mistake = "did not grade the rubric's points"
    raise ModelMalformed(mistake)


def _objects(text: str) -> Iterator[object]:
    """Every JSON object in a text that stands in no other, in order, whatever is written around them."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
            yield found
        except ValueError:
            end = at + 1
        except RecursionError:  # no reply nests so deep; trying every level of it would take seconds
            return
        at = text.find("{", end)
