"""Whether a series drifts: Kendall's test and Sen's slope over several blocks, with allowance for autocorrelation.

A block is one round: its values are compared with each other, never with those of another round. That is the seasonal
Kendall test and slope of Hirsch, Slack & Smith (1982), "Techniques of trend analysis for monthly water quality data",
Water Resources Research 18(1), with rounds for seasons; the test itself is Mann's (1945, Econometrica 13) and Kendall's
(1975, "Rank correlation methods"), the slope and its interval Sen's (1968, J. Am. Stat. Assoc. 63). Ranks alone count,
so a window in which everything stood still weighs no more than any other.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .autocorrelation import autocorrelation, inflation

Block = Sequence[tuple[float, float]]
"""Position from 0 (the start of the round) to 1 (its end), and value; in order of position."""

_EXACT = 40
"""Up to so many values the exact distribution is asked, too: the normal one is off by less than 1 % beyond."""


@dataclass(frozen=True)
class Trend:
    """What drift several blocks have in common."""

    p: float
    """Probability of so strong a trend, in either direction, where there is none."""
    slope: float
    """Change of the value from the start of a block to its end, in the value's unit."""
    low: float
    high: float
    """The slope's interval at the confidence that was asked for; infinite where there are too few values."""
    autocorrelation: float
    """Of neighbouring values, with the trend taken out."""


def trend(blocks: Sequence[Block], confidence: float, correlation: float | None = None) -> Trend:
    """Return the trend within the blocks.

    Args:
        blocks: each at least one value.
        confidence: of the slope's interval, such as 0.9.
        correlation: of neighbouring values, where it is known; else it is estimated.
    """
    values = [[value for _, value in block] for block in blocks]
    correlation = autocorrelation(values) if correlation is None else correlation
    score = sum(_score(one) for one in values)
    deviation = math.sqrt(sum(_variance(one) * inflation(len(one), correlation) for one in values))
    slopes = sorted(slope for block in blocks for slope in _slopes(block))
    low, high = _interval(slopes, deviation * statistics.NormalDist().inv_cdf((1 + confidence) / 2))
    return Trend(
        p=_probability(score, deviation, tuple(sorted(len(one) for one in values)), independent=not correlation),
        slope=statistics.median(slopes) if slopes else 0.0,
        low=low,
        high=high,
        autocorrelation=correlation,
    )


def _probability(score: int, deviation: float, sizes: tuple[int, ...], *, independent: bool) -> float:
    if not deviation:
        return 1.0
    p = math.erfc(max(0, abs(score) - 1) / deviation / math.sqrt(2))
    if sum(sizes) > _EXACT:
        return p
    exact = exact_probability(score, sizes)
    return exact if independent else max(p, exact)


def _score(values: Sequence[float]) -> int:
    """Return Kendall's S: pairs in rising order less pairs in falling order."""
    return sum((later > value) - (later < value) for index, value in enumerate(values) for later in values[index + 1 :])


def _variance(values: Sequence[float]) -> float:
    """Return the variance of S where there is no trend, ties allowed for (Kendall 1975)."""
    ties = [values.count(value) for value in set(values)]
    return sum(sign * n * (n - 1) * (2 * n + 5) for sign, n in [(1, len(values)), *((-1, n) for n in ties)]) / 18


def _slopes(block: Block) -> list[float]:
    return [
        (later - value) / (then - at) for index, (at, value) in enumerate(block) for then, later in block[index + 1 :]
    ]


def _interval(slopes: Sequence[float], reach: float) -> tuple[float, float]:
    """Return the slopes at the ranks that S may be from 0 (Sen 1968; Gilbert 1987, "Statistical methods", 16.4.2)."""
    rank = math.floor((len(slopes) - reach) / 2)
    return (slopes[rank - 1], slopes[-rank]) if rank > 0 else (-math.inf, math.inf)


@lru_cache(maxsize=64)
def exact_probability(score: int, sizes: tuple[int, ...]) -> float:
    """Return how probable it is that S, summed over blocks of these sizes without ties, is so far from 0 or farther.

    By the number of orderings with so many pairs out of order (Kendall 1975), one value added at a time.
    """
    ways = [1]
    for length in (length for size in sizes for length in range(2, size + 1)):
        grown = [0] * (len(ways) + length - 1)
        for pairs, count in enumerate(ways):
            for more in range(length):
                grown[pairs + more] += count
        ways = grown
    most = len(ways) - 1
    return sum(count for pairs, count in enumerate(ways) if abs(most - 2 * pairs) >= abs(score)) / sum(ways)
