"""Estimates with intervals: order statistics inside one replication, Student's t over several.

An interval's end that the data can't determine is None, never a guess: five spawns say nothing of an upper bound on
p95.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

__all__ = [
    "Estimate",
    "estimate_mean",
    "estimate_quantile",
    "estimate_share",
    "over_replications",
    "quantile",
    "quantile_interval",
    "student_interval",
]

CONFIDENCE = 0.95

Interval = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95 % interval (an end that can't be determined is None) and the number of values behind it."""

    value: float
    low: float | None
    high: float | None
    n: int

    def as_dict(self) -> dict[str, float | int | list[float | None]]:
        """For JSON, rounded to the microsecond so that the last bits of a sum don't show."""
        return {"value": round(self.value, 6), "interval": [_rounded(self.low), _rounded(self.high)], "n": self.n}


def quantile(values: Sequence[float], q: float) -> float:
    """The smallest value that at least the share *q* of *values* doesn't exceed: one of them; ValueError if empty."""
    if not values:
        raise ValueError("no values, no quantile")
    return float(np.quantile(values, q, method="inverted_cdf"))


def quantile_interval(values: Sequence[float], q: float, confidence: float = CONFIDENCE) -> Interval:
    """Bounds on a quantile that assume no distribution: order statistics, by the binomial law of how many lie below."""
    ordered, n, tail = sorted(values), len(values), (1 - confidence) / 2
    below = special.bdtr(np.arange(n), n, q)  # P(at most k values lie below the quantile)
    lower = int(
        np.searchsorted(below, tail, side="right")
    )  # the lower-th smallest is above the quantile with less than tail
    upper = int(np.searchsorted(below, 1 - tail, side="left")) + 1
    return (ordered[lower - 1] if lower > 0 else None, ordered[upper - 1] if upper <= n else None)


def student_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Bounds on the mean of independent values by Student's t; undetermined below two."""
    n = len(values)
    if n < 2:
        return (None, None)
    half = float(special.stdtrit(n - 1, (1 + confidence) / 2)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    centre = float(np.mean(values))
    return (centre - half, centre + half)


def estimate_quantile(values: Sequence[float], q: float) -> Estimate:
    """A quantile of one replication's values with its order-statistic interval."""
    return Estimate(quantile(values, q), *quantile_interval(values, q), n=len(values))


def estimate_mean(values: Sequence[float]) -> Estimate:
    """A mean of one replication's values with its Student interval."""
    return Estimate(float(np.mean(values)), *student_interval(values), n=len(values))


def estimate_share(outcomes: Sequence[float]) -> Estimate:
    """The share of ones among *outcomes* with the exact binomial interval of Clopper and Pearson."""
    n, k, tail = len(outcomes), round(sum(outcomes)), (1 - CONFIDENCE) / 2
    low = float(special.betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(special.betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return Estimate(k / n, low, high, n=n)


def over_replications(groups: Sequence[Sequence[float]], within: Callable[[Sequence[float]], Estimate]) -> Estimate:
    """One figure from all replications: *within* of a single one, else the mean of each one's with Student's interval.

    Replications without any value are left out; raises ValueError if none has one.
    """
    filled = [group for group in groups if group]
    if not filled:
        raise ValueError("no replication has a value")
    if len(filled) == 1:
        return within(filled[0])
    each = [within(group).value for group in filled]
    return Estimate(float(np.mean(each)), *student_interval(each), n=sum(len(group) for group in filled))


def _rounded(bound: float | None) -> float | None:
    return None if bound is None else round(bound, 6)
