"""How well something is known, from what was earned on it and how long ago. Pure.

The mean is weighted by recency: an observation made `age` ago weighs 2 ** (-age / HALF_LIFE), the forgetting factor of
Jøsang and Ismail (The Beta Reputation System, 2002). With earned shares x_i in [0, 1], weights w_i and the evidence
n = sum(w_i), the mean is p = sum(w_i x_i) / n. Time alone leaves it where it is and takes evidence away.

The interval is Wilson's score interval (JASA 22, 1927) for p and n at 95 %: it always holds p, and widens as n shrinks.
A share earned in part varies less than a coin of the same p, so that the interval is never too narrow for it.

A share is credit times aid: what took a probe counts three quarters, what took a hint counts half.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict

HALF_LIFE = timedelta(days=30)
_Z = 1.959964  # standard deviations to either side of 95 % of a normal distribution


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval, in [0, 1], and the evidence for it: a fresh question counts 1."""

    mean: float
    low: float
    high: float
    evidence: float


class Tally(BaseModel):
    """What was earned of how much evidence, both as they weigh at a moment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime
    earned: float = 0.0
    evidence: float = 0.0

    def plus(self, earned: float, evidence: float, at: datetime) -> Self:
        """With an observation of another moment, earlier or later; negative ones take it out again."""
        newest = max(self.at, at)
        kept, added = _weight(newest - self.at), _weight(newest - at)
        return self.model_copy(
            update={
                "at": newest,
                "earned": self.earned * kept + earned * added,
                "evidence": self.evidence * kept + evidence * added,
            }
        )

    def estimate(self, now: datetime) -> Estimate | None:
        """What is known at a moment, or None without evidence."""
        if self.evidence < _NOTHING:
            return None
        mean = min(1.0, max(0.0, self.earned / self.evidence))
        evidence = self.evidence * _weight(max(timedelta(), now - self.at))
        return Estimate(mean, *_wilson(mean, evidence), evidence)


_NOTHING = 1e-9  # what rounding leaves of an observation that was taken out again


def _weight(age: timedelta) -> float:
    return 2.0 ** (-age / HALF_LIFE)


def _wilson(mean: float, evidence: float) -> tuple[float, float]:
    centre = (mean + _Z**2 / (2 * evidence)) / (1 + _Z**2 / evidence)
    half = _Z * math.sqrt(mean * (1 - mean) / evidence + (_Z / (2 * evidence)) ** 2) / (1 + _Z**2 / evidence)
    return min(mean, max(0.0, centre - half)), max(mean, min(1.0, centre + half))


def together(parts: Sequence[Estimate]) -> Estimate:
    """The mean of at least one estimate, each counting the same, with the evidence of all.

    Else what is asked again because it is weak would pull the whole down.
    """
    mean, evidence = math.fsum(part.mean for part in parts) / len(parts), math.fsum(part.evidence for part in parts)
    return Estimate(mean, *_wilson(mean, evidence), evidence)
