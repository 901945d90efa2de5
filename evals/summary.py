"""What a summary is made of."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from evals import agreement

Summary = dict[str, Any]
"""What a report prints and a gate looks into: plain JSON values.

`metrics` maps a name to {value, low, high}; `slices` maps a property of the cases to its values, and
those to numbers; tables and curves are lists. What cannot be computed is None.
"""

R = TypeVar("R")


def number(value: float) -> float | None:
    """A number as JSON has it: nan is None."""
    return None if np.isnan(value) else round(float(value), 4)


def metrics(statistics: Mapping[str, agreement.Statistic], clusters: Sequence[str]) -> Summary:
    """Each statistic of all cases with its bootstrap interval over clusters."""
    everything = np.arange(len(clusters))
    found: Summary = {}
    for name, statistic in statistics.items():
        low, high = agreement.bootstrap(statistic, clusters)
        found[name] = {"value": number(statistic(everything)), "low": number(low), "high": number(high)}
    return found


def slices(
    rows: Sequence[R], by: Mapping[str, Callable[[R], str]], columns: Mapping[str, agreement.Statistic]
) -> Summary:
    """For every property and each of its values: how many rows, and the columns' numbers over them."""
    found: Summary = {}
    for name, of in by.items():
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for index, row in enumerate(rows):
            groups[of(row)].append(index)
        if set(groups) - {""}:
            found[name] = {
                value: {"n": len(chosen)} | {c: number(f(np.array(chosen))) for c, f in columns.items()}
                for value, chosen in sorted(groups.items())
            }
    return found
