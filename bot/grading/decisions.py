"""The decisions judge: a calibrated choice for each rubric point and a predicate for each misconception.

How a model's probabilities are read is data, `decisions.json`, fitted for one model at a time by
`python -m training.decisions`; a model that nothing was fitted for has the default thresholds.
"""

import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.errors import ModelMalformed, ModelRefused
from bot.grading.grade import Grade, PointGrade, Submission, Verdict, WrongBelief
from bot.grading.matching import Matcher
from bot.grading.overuse import without_overuse
from bot.llm import DecisionAnswer, ModelClient
from knowledge.note import Criterion, Misconception
from prompts.render import Prompt, edition, render

FITS = Path(__file__).with_name("decisions.json")

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

_AT_ONCE = 400  # questions that one request may ask
_TOLD = 0.8  # probability from which on a misconception is told; no labelled cases say where it should be
_LEAST = 1e-4  # share below which a model's numbers are not told apart, so that no odds are infinite
_WORDS_A_POINT = 3  # telling words that a statement needs for each point it is credited with

Shares = Mapping[Verdict, float]


class Fit(BaseModel):
    """How one model's probabilities are read.

    `calibration` is slope and intercept of Platt's logistic curve over the log-odds that a point earns
    credit (None: as the model gives them), `thresholds` the least calibrated probability at which each
    verdict is given rather than left open, `fitted_on` the digests of what they were fitted on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    thresholds: dict[Verdict, float]
    calibration: tuple[float, float] | None = None
    fitted_on: dict[str, str] = {}

    def calibrated(self, shares: Shares) -> dict[Verdict, float]:
        """Probabilities of the verdicts: those with and those without credit keep their proportions."""
        if self.calibration is None:
            return dict(shares)
        slope, intercept = self.calibration
        credit = 1 / (1 + math.exp(-(slope * log_odds(shares) + intercept)))
        with_credit, without = _masses(shares)
        return {
            verdict: _share(shares, verdict) * (credit / with_credit if verdict.credit else (1 - credit) / without)
            for verdict in CHOICES
        }


class Fits(BaseModel):
    """The contents of `decisions.json`: what was fitted for each model, and what holds for all others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: Fit
    models: dict[str, Fit] = {}

    @classmethod
    def read(cls, path: Path = FITS) -> "Fits":
        """What is stored at `path`."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))


def log_odds(shares: Shares) -> float:
    """The log-odds that a point earns credit, by a model's probabilities; finite for any."""
    with_credit, without = _masses(shares)
    return math.log(with_credit / without)


def _masses(shares: Shares) -> tuple[float, float]:
    """The probabilities of credit and of no credit; they sum to about 1."""
    credit = {verdict: _share(shares, verdict) for verdict in CHOICES if verdict.credit}
    return sum(credit.values()), sum(_share(shares, verdict) for verdict in CHOICES if verdict not in credit)


def _share(shares: Shares, verdict: Verdict) -> float:
    return max(shares.get(verdict, 0.0), _LEAST)


class DecisionsJudge:
    """Asks a decision model; keeps its probabilities, and credits only what the answer has words for.

    The endpoint returns no quotes, so the evidence is the statement of the answer nearest to the
    point; where none is near, a granted point stays unscored and a misconception is not told.
    """

    def __init__(self, client: ModelClient, model: str, matcher: Matcher, fits: Path = FITS) -> None:
        self._client = client
        self._model = model
        self._matcher = matcher
        self._fits = fits

    @cached_property
    def _fit(self) -> Fit:
        fits = Fits.read(self._fits)
        return fits.models.get(self._model, fits.default)

    @property
    def name(self) -> str:
        """The judge and its model."""
        return f"decisions ({self._model})"

    async def grade(self, submission: Submission) -> Grade:
        """Grade every point in one request (of 400 questions); raises ModelError when the reply cannot be used."""
        answers = await self._answers(submission)
        on_points, on_beliefs = answers[: len(submission.rubric)], answers[len(submission.rubric) :]
        if all(answer.type == "refusal" for answer in on_points):
            raise ModelRefused("declined to grade")
        if not any(_readable(answer) or answer.type == "refusal" for answer in on_points):
            raise ModelMalformed("sent a reply that is not in the asked-for form")
        points = [await self._point(*pair, submission) for pair in zip(submission.rubric, on_points, strict=True)]
        beliefs = [
            await self._belief(*pair, submission) for pair in zip(submission.misconceptions, on_beliefs, strict=True)
        ]
        told = tuple(belief for belief in beliefs if belief)
        asked_by = ("decide", "decide_point", *(["decide_misconception"] if submission.misconceptions else []))
        return Grade(
            judge=self.name,
            points=tuple(without_overuse(points, _WORDS_A_POINT)),
            misconceptions=told,
            prompts=tuple(map(edition, asked_by)),
        )

    async def _answers(self, submission: Submission) -> list[DecisionAnswer]:
        """An answer on each point, then on each misconception."""
        prompt = render("decide", question=submission.question, answer=submission.answer)
        questions = [_about_point(point) for point in submission.rubric]
        questions += [_about_belief(belief, n) for n, belief in enumerate(submission.misconceptions, 1)]
        answers: list[DecisionAnswer] = []
        for start in range(0, len(questions), _AT_ONCE):
            asked = questions[start : start + _AT_ONCE]
            answers += await self._client.decide(self._model, prompt, asked, person=submission.person)
        if any(answer.name not in (None, asked["name"]) for answer, asked in zip(answers, questions, strict=True)):
            raise ModelMalformed("answered in another order than it was asked")
        return answers

    async def _point(self, point: Criterion, answer: DecisionAnswer, submission: Submission) -> PointGrade:
        def graded(verdict: Verdict, **details: Any) -> PointGrade:
            return PointGrade(point_id=point.id, weight=point.weight, verdict=verdict, **details)

        if not _readable(answer):
            return graded(Verdict.UNSCORED, reason=REFUSED if answer.type == "refusal" else UNREAD)
        given = _shares(answer)
        shares = self._fit.calibrated(given)
        verdict, probability = max(shares.items(), key=lambda share: share[1])
        expected = min(1.0, sum(choice.credit * share for choice, share in shares.items()))
        details: dict[str, Any] = {"probability": probability, "probabilities": given}
        span = None
        if verdict is not Verdict.MISSED:
            span = await self._matcher.evidence(point, submission, against=verdict is Verdict.CONTRADICTED)
            if span is None:
                return graded(Verdict.UNSCORED, reason=NO_WORDS, expected=0.0, **details)
        if probability < self._fit.thresholds[verdict]:
            return graded(Verdict.UNSCORED, reason=UNSURE, expected=expected, **details)
        return graded(verdict, evidence=span, expected=expected, **details)

    async def _belief(
        self, misconception: Misconception, answer: DecisionAnswer, submission: Submission
    ) -> WrongBelief | None:
        """The misconception with the words that state it, where the model is sure and words are found."""
        if answer.type != "predicate" or (answer.probability or 0.0) < _TOLD:
            return None
        claim = Criterion(id="claim", point=misconception.claim, weight=1.0)
        span = await self._matcher.evidence(claim, submission)
        return WrongBelief(claim=claim.point, correction=misconception.correction, evidence=span) if span else None


def _shares(answer: DecisionAnswer) -> dict[Verdict, float]:
    """The probabilities of the verdicts; where the answer has only a confidence, the others share the rest."""
    if answer.probabilities:
        known = {share.value: share.probability for share in answer.probabilities}
        return {verdict: known.get(verdict.value, 0.0) for verdict in CHOICES}
    sure = answer.probability or 0.0
    return {v: sure if v == answer.choice else (1 - sure) / (len(CHOICES) - 1) for v in CHOICES}


def _readable(answer: DecisionAnswer) -> bool:
    """True for one of the choices on offer, with a probability."""
    return answer.type == "choice" and answer.choice in list(CHOICES) and answer.probability is not None


def _about_point(point: Criterion) -> dict[str, Any]:
    choices = [{"value": verdict.value, "description": text} for verdict, text in CHOICES.items()]
    return _question("choice", point.id, render("decide_point", point=point.point)) | {"choices": choices}


def _about_belief(misconception: Misconception, number: int) -> dict[str, Any]:
    # No point is called so: an id of a note has no blanks.
    return _question("predicate", f"misconception {number}", render("decide_misconception", claim=misconception.claim))


def _question(kind: str, name: str, prompt: Prompt) -> dict[str, Any]:
    return {"type": kind, "name": name, "instructions": prompt.messages[0].content}
