"""What was fitted for a model: its probabilities are calibrated, and its verdicts held to thresholds of its own."""

import math
from pathlib import Path
from typing import Any

import pytest

from bot.grading.decisions import CHOICES, DecisionsJudge, Fit, Fits
from bot.grading.grade import Grade
from bot.grading.matching import Matcher
from tests.fakes import HashingEmbedder
from tests.grading.examples import CONTRADICTED, MET, MISSED, PARTIAL, UNSCORED, submission, verdicts
from tests.loopback import ScriptedServer
from tests.model_client import MODEL, connected

CURVE = (0.5, -1.0)


async def fitted(server: ScriptedServer, folder: Path, **fit: Any) -> Grade:
    """The grade of a model for which this was fitted; the server says what the model gives."""
    default = Fit(thresholds=dict.fromkeys(CHOICES, 0.5))
    fits = Fits(default=default, models={MODEL: default.model_copy(update=fit)})
    (folder / "fits.json").write_text(fits.model_dump_json(), encoding="utf-8")
    async with connected(server) as client:
        return await DecisionsJudge(client, MODEL, Matcher(HashingEmbedder()), folder / "fits.json").grade(submission())


async def test_a_models_probabilities_are_calibrated_as_was_fitted_for_it(
    server: ScriptedServer, tmp_path: Path
) -> None:
    server.decide(
        [{"met": 0.6, "partial": 0.3, "missed": 0.1}, {"met": 0.1, "missed": 0.6, "contradicted": 0.3}, "met"]
    )
    grade = await fitted(server, tmp_path, calibration=CURVE, thresholds=dict.fromkeys(CHOICES, 0.0))
    likely = 1 / (1 + math.exp(-(0.5 * math.log(0.9 / 0.1) - 1)))  # Platt's curve at the log-odds of credit
    first, second, third = grade.points
    assert first.verdict is MISSED
    assert first.probability == pytest.approx(1 - likely, abs=0.01)
    assert first.expected == pytest.approx(likely * (2 / 3 + 1 / 6), abs=0.01)
    assert (second.verdict, second.probability) == (MISSED, pytest.approx(2 / 3 * 0.89, abs=0.01))
    assert third.expected == pytest.approx(0.963, abs=0.001)  # not even a model that is certain is believed entirely
    assert [point.probabilities[MET] for point in grade.points] == [0.6, 0.1, 1.0]  # kept as they were given


async def test_the_verdict_is_the_likeliest_after_calibration(server: ScriptedServer, tmp_path: Path) -> None:
    server.decide([{"met": 0.6, "missed": 0.4}] * 3)
    grade = await fitted(server, tmp_path, calibration=(1.0, -2.0))
    assert verdicts(grade) == [MISSED] * 3


async def test_the_thresholds_are_those_fitted_for_the_model(server: ScriptedServer, tmp_path: Path) -> None:
    server.decide([{"met": 0.8, "missed": 0.2}, {"missed": 0.8, "met": 0.2}, {"contradicted": 0.8, "met": 0.2}])
    thresholds = {MET: 0.81, PARTIAL: 0.5, MISSED: 0.79, CONTRADICTED: 0.81}
    assert verdicts(await fitted(server, tmp_path, thresholds=thresholds)) == [UNSCORED, MISSED, UNSCORED]


async def test_what_was_fitted_for_one_model_is_nothing_to_another(server: ScriptedServer, tmp_path: Path) -> None:
    server.decide([{"met": 0.8, "missed": 0.2}, "missed", "missed"])
    fits = Fits.read().model_copy(update={"models": {"another": Fit(thresholds=dict.fromkeys(CHOICES, 1.0))}})
    (tmp_path / "fits.json").write_text(fits.model_dump_json(), encoding="utf-8")
    async with connected(server) as client:
        judge = DecisionsJudge(client, MODEL, Matcher(HashingEmbedder()), tmp_path / "fits.json")
        assert verdicts(await judge.grade(submission())) == [MET, MISSED, MISSED]


def test_what_ships_has_a_threshold_for_every_verdict_and_says_what_each_fit_rests_on() -> None:
    fits = Fits.read()
    assert [set(fit.thresholds) for fit in (fits.default, *fits.models.values())] == [
        set(CHOICES) for _ in range(1 + len(fits.models))
    ]
    assert fits.default.calibration is None
    assert all(fit.fitted_on for fit in fits.models.values())
