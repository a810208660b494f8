"""What a comparison can find: the smallest change that it would have found, and how many runs a verdict takes."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from .change import LEVEL, Change, factor
from .student import multiple

POWER = 0.9
"""How often a change has to be found."""
CAUTION = 0.95
"""Power to plan by: what is known of the noise beforehand is itself uncertain, and `POWER` is to come of it."""
BETWEEN_SESSIONS = 0.03
"""Standard deviation of the TPS of sessions of the same code, as a share, to plan by where each side has one run."""
WITHIN_SESSIONS = 0.025
"""The same of the rounds of one session, where each has one round."""
PRIOR = 4
"""Runs for which these count beside those that were measured (G. K. Smyth 2004, "Linear models and empirical Bayes
methods", Stat. Appl. Genet. Mol. Biol. 3(1): moderated variances). Two runs a side now and then look alike by chance,
and alone would ask for too few."""
MOST = 1000
"""Runs a side beyond which nobody will measure."""


def smallest(found: Change, level: float = LEVEL) -> float:
    """Return the smallest change, as a share, that a comparison with this noise would have found in `POWER`.

    Args:
        found: what it brought.
        level: of its test; divided by the number of cases where there are several.
    """
    return factor(found.error * multiple(found.freedom, level, POWER)) - 1


def runs_needed(noise: float, to_find: float, level: float = LEVEL) -> int:
    """Return how many runs a side it takes for a change to be found, from 2 to `MOST`.

    Args:
        noise: standard deviation of a run's mean of logarithms of TPS, as `deviation` has it.
        to_find: the change, as a share.
        level: of the test; divided by the number of cases where there are several.
    """
    wanted = math.log1p(to_find)

    def enough(runs: int) -> bool:
        return multiple(2.0 * runs - 2, level, CAUTION) * noise * math.sqrt(2 / runs) <= wanted

    low, high = 2, 4
    while not enough(high) and high < MOST:
        low, high = high, min(2 * high, MOST)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def deviation(sides: Sequence[Sequence[Sequence[float]]]) -> float:
    """Return the standard deviation of a run's mean of logarithms: measured between runs, drawn towards what is usual.

    Args:
        sides: of each side, of each run, the natural logarithms of the TPS of its rounds.
    """
    runs = [rounds for side in sides for rounds in side]
    within = [statistics.variance(rounds) for rounds in runs if len(rounds) > 1]
    each = statistics.fmean(within) if within else WITHIN_SESSIONS**2
    usual = BETWEEN_SESSIONS**2 + each / statistics.fmean(map(len, runs))
    means = [[statistics.fmean(rounds) for rounds in side] for side in sides]
    squares = sum((len(side) - 1) * statistics.variance(side) for side in means if len(side) > 1)
    return math.sqrt((squares + PRIOR * usual) / (sum(len(side) - 1 for side in means) + PRIOR))
