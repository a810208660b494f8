"""What levels of load might have brought as well: the bootstrap over the rounds of every level.

B. Efron & R. Tibshirani (1993), "An introduction to the bootstrap": each level's rounds are drawn anew from themselves,
with replacement, and all that follows is worked out again. Rounds lie closer to their own mean than to the truth, so
their deviations are stretched by √(n / (n − 1)) (A. Davison & D. Hinkley 1997, "Bootstrap methods", 2.3).
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Iterator, Sequence

from .level import Level

SEED = 20190301
"""Where the draws start: the same levels give the same intervals, today and years later."""
CONFIDENCE = 0.95
OWN = 3
"""Rounds from which on a level is drawn from itself; with fewer, from the deviations of all levels."""


def can_tell(levels: Sequence[Level]) -> bool:
    """Whether there is a level with several rounds: single ones say nothing of noise."""
    return any(_deviations(one) for one in levels)


def resampled(levels: Sequence[Level], times: int, seed: int = SEED) -> Iterator[list[float]]:
    """Yield, so many times, the TPS that each level might have had: the medians of rounds drawn anew.

    Args:
        levels: in any order; `can_tell` must hold.
        times: how often.
        seed: of the draws.
    """
    rng = random.Random(seed)  # noqa: S311 – no secret hangs on it
    own = [_deviations(one) for one in levels]
    everybody = [value for values in own for value in values]
    pools = [values if len(values) >= OWN else everybody for values in own]
    for _ in range(times):
        yield [
            max(0.0, one.tps * (1 + statistics.median(rng.choices(pool, k=len(one.rounds)))))
            for one, pool in zip(levels, pools, strict=True)
        ]


def interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the percentile interval of what resamples gave, at least one; infinite values count as the largest."""
    ordered = sorted(values)
    cut = (1 - confidence) / 2
    last = len(ordered) - 1
    return ordered[math.floor(cut * last)], ordered[math.ceil((1 - cut) * last)]


def _deviations(level: Level) -> list[float]:
    """Return its rounds' deviations from their mean, as shares of it, stretched; of a single round there are none."""
    count, mean = len(level.rounds), statistics.fmean(level.rounds)
    if count == 1 or not mean:
        return []
    stretch = math.sqrt(count / (count - 1))
    return [stretch * (tps / mean - 1) for tps in level.rounds]
