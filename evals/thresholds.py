"""From which probability on a verdict is given: as soon as it is right as often as is wanted."""

import numpy as np
from numpy.typing import NDArray

from bot.grading.grade import Verdict

PRECISION = {Verdict.MET: 0.92, Verdict.PARTIAL: 0.92, Verdict.CONTRADICTED: 0.94, Verdict.MISSED: 0.93}
"""How often each verdict has to be right: credit has to be dear."""

NEVER = 1.0


def threshold(probability: NDArray[np.float64], right: NDArray[np.bool_], precision: float) -> float:
    """The least threshold, 0.4 to 0.95, from which on the precision never falls below what is wanted; else NEVER."""
    least = NEVER
    for step in np.arange(0.4, 0.96, 0.01)[::-1]:
        given = right[probability >= step]
        if len(given) and given.mean() < precision:
            break
        if len(given):
            least = round(float(step), 2)
    return least
