"""From which probability on a verdict is given: as soon as it is right as often as is wanted."""

import numpy as np
from numpy.typing import NDArray

from bot.grading.grade import Verdict

PRECISION = {Verdict.MET: 0.92, Verdict.PARTIAL: 0.92, Verdict.CONTRADICTED: 0.94, Verdict.MISSED: 0.93}
"""How often each verdict has to be right: credit has to be dear."""

NEVER = 1.0
_LEAST = 0.4
_FEW = 20  # of the surest few, one mistake would decide for all


def threshold(probability: NDArray[np.float64], right: NDArray[np.bool_], precision: float) -> float:
    """The least probability given, 0.4 or more, from which on verdicts are right as often as is wanted; else NEVER.

    Probabilities (n,) of verdicts and whether each is right, most probable first: until the share of right ones,
    counted from the surest 20 on, first falls short.
    """
    order = np.argsort(-probability, kind="stable")
    surest, share = probability[order], np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    last_of_equals = np.append(surest[1:] < surest[:-1], True)[: len(surest)]
    ends = [row for row in np.flatnonzero(last_of_equals).tolist() if row >= _FEW - 1]
    short = next((place for place, row in enumerate(ends) if share[row] < precision), len(ends))
    return max(_LEAST, float(surest[ends[short - 1]])) if short else NEVER
