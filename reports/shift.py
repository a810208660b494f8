"""Whether a series changed its level somewhere: the difference of medians before and after the place that fits best.

It is the maximally selected two-sample statistic of Hawkins (1977), "Testing a sequence of observations for a shift in
location", J. Am. Stat. Assoc. 72, with medians for means and least absolute for least squared deviations, so that
stalls do not count, and with allowance for autocorrelation. A test of ranks, as that for a trend is, cannot tell a
shift by half from one by a tenth.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .autocorrelation import TYPICAL, autocorrelation, clipped

FEWEST = 12
"""Values below which the deviation of what is left cannot be told."""
EDGE = 0.15
"""Share of the series at either end in which no shift is looked for: it would rest on few values (Andrews 1993)."""
_OF_MEDIAN = math.pi / 2
"""By what the variance of a median is larger than that of a mean, of normal values."""


@dataclass(frozen=True)
class Shift:
    """The most pronounced shift of level in a series."""

    p: float
    """Probability of one so pronounced where there is none."""
    at: int
    """How many values lie before it."""
    change: float
    """By how much the median after it is higher than that before it."""


def shift(values: Sequence[float]) -> Shift | None:
    """Return the most pronounced shift of level; None for series too short to tell."""
    count = len(values)
    if count < FEWEST:
        return None
    edge = max(2, math.ceil(EDGE * count))
    at = min(range(edge, count - edge + 1), key=lambda place: sum(map(abs, _rest(values, place))))
    change = _change(values, at)
    if not change:
        return Shift(1.0, at, change)
    deviation = _deviation(values, at) * _scale(at, count)
    return Shift(_probability(abs(change) / deviation if deviation else math.inf), at, change)


def _rest(values: Sequence[float], at: int) -> list[float]:
    before, after = statistics.median(values[:at]), statistics.median(values[at:])
    return [value - (before if index < at else after) for index, value in enumerate(values)]


def _change(values: Sequence[float], at: int) -> float:
    return statistics.median(values[at:]) - statistics.median(values[:at])


def _scale(at: int, count: int) -> float:
    return math.sqrt(_OF_MEDIAN * (1 / at + 1 / (count - at)))


def _deviation(values: Sequence[float], at: int) -> float:
    """Return the standard deviation that independent values would need for medians to vary as these do."""
    rest = _rest(values, at)
    like = max(TYPICAL, autocorrelation([values]))
    # Two levels and the place of the shift were fitted.
    spread = math.sqrt(sum(value * value for value in clipped(rest)) / (len(rest) - 3))
    return spread * math.sqrt((1 + like) / (1 - like))


def _probability(height: float) -> float:
    """Return how probable so high a maximum is (James, James & Siegmund 1987, "Tests for a change-point", Biometrika).

    For long series; at 2.97 and 3.51 it gives the 5 % and 1 % of Andrews (1993), Econometrica 61, table I.
    """
    if height < 1.5:  # noqa: PLR2004 – the formula is one for small probabilities
        return 1.0
    if height > 30:  # noqa: PLR2004 – beyond what a float can tell from nothing
        return 0.0
    width = 2 * math.log((1 - EDGE) / EDGE)
    density = math.exp(-height * height / 2) / math.sqrt(2 * math.pi)
    return min(1.0, height * density * ((1 - 1 / height**2) * width + 4 / height**2))
