"""How much neighbouring values of a series resemble each other, which makes trends appear where there are none."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

TYPICAL = 0.5
"""Taken where there are too few values to tell: windows of one second had 0.55 here (SQLite, a COMMIT for each
reading, 40 s on a quiet two-core machine, 0.28 and 0.09 at two and three seconds, as an AR(1) process has)."""

_WEIGHT = 10
"""Values that the typical one counts for beside those found: a few values say little by themselves."""
_FEWEST = 4
"""Values of a block below which it says nothing of autocorrelation."""
_OUTLIER = 3.0
"""Deviations beyond so many robust standard deviations count as so many: a stall hides what its neighbours say."""
_HIGHEST = 0.95


def autocorrelation(blocks: Sequence[Sequence[float]]) -> float:
    """Return the lag-one autocorrelation that the blocks have in common, from 0 to 0.95, with a drift taken out.

    The estimate from a short series is too small; Marriott & Pope (1954, "Bias in the estimation of autocorrelations",
    Biometrika 41) give (1 + 4ρ)/n as what has to be added.
    """
    told = [list(block) for block in blocks if len(block) >= _FEWEST]
    if not told:
        return TYPICAL
    products = squares = 0.0
    for block in told:
        rest = clipped(_without_drift(block))
        products += sum(one * other for one, other in pairwise(rest))
        squares += sum(value * value for value in rest)
    if not squares:
        return 0.0
    found = products / squares
    found += (1 + 4 * found) / statistics.fmean(map(len, told))
    count = sum(map(len, told))
    return min(_HIGHEST, max(0.0, (found * count + TYPICAL * _WEIGHT) / (count + _WEIGHT)))


def inflation(length: int, correlation: float) -> float:
    """Return by what autocorrelation multiplies the variance of Kendall's S.

    It is values ÷ effective sample size, for an AR(1) process: Yue & Wang (2004), "The Mann-Kendall test modified by
    effective sample size to detect trend in serially correlated hydrological series", Water Resources Management 18.
    """
    return 1 + 2 * sum((1 - lag / length) * correlation**lag for lag in range(1, length))


def _without_drift(values: Sequence[float]) -> list[float]:
    """Return what is left when the better of a line and a shift of level is taken away.

    A drift left in would be taken for autocorrelation, and so hide itself.
    """
    count = len(values)
    slope = statistics.median((values[j] - values[i]) / (j - i) for i in range(count) for j in range(i + 1, count))
    line = _about_median([value - slope * index for index, value in enumerate(values)])
    shifts = [_about_median(values[:at]) + _about_median(values[at:]) for at in range(2, count - 1)]
    return min([line, *shifts], key=lambda rest: sum(map(abs, rest)))


def _about_median(values: Sequence[float]) -> list[float]:
    middle = statistics.median(values)
    return [value - middle for value in values]


def clipped(rest: Sequence[float]) -> list[float]:
    """Return deviations with those beyond three robust standard deviations cut to so many."""
    # 1.4826 makes the median absolute deviation of a normal distribution its standard deviation.
    reach = _OUTLIER * 1.4826 * statistics.median(map(abs, rest))
    return [max(-reach, min(reach, value)) for value in rest] if reach else list(rest)
