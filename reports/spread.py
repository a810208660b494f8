"""Median and spread of what was measured several times."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Spread:
    """Where several values lie; shares are of the median, and 0 where that is 0."""

    count: int
    median: float
    low: float
    high: float
    below: float
    """Share by which the lowest is below the median; 0 or negative."""
    above: float
    """Share by which the highest is above it."""
    variation: float
    """Coefficient of variation: the sample's standard deviation ÷ the mean; 0 for a single value."""
    course: int
    """1 where every value is higher than the one before it, -1 where every one is lower, else 0."""

    def in_words(self) -> str:
        """Return how far the lowest and the highest are from the median: `-2% +5%`."""
        if self.count == 1:
            return "1 round"
        return f"{self.below:+.0%} {self.above:+.0%}" if self.median else "–"


def spread(values: Sequence[float]) -> Spread:
    """Return where values lie, in the order they were measured; none at all count as a single 0."""
    values = list(values) or [0.0]
    median, low, high, mean = statistics.median(values), min(values), max(values), statistics.fmean(values)
    signs = {(later > value) - (later < value) for value, later in pairwise(values)}
    return Spread(
        count=len(values),
        median=median,
        low=low,
        high=high,
        below=low / median - 1 if median else 0.0,
        above=high / median - 1 if median else 0.0,
        variation=statistics.stdev(values) / mean if len(values) > 1 and mean else 0.0,
        course=signs.pop() if len(signs) == 1 else 0,
    )
