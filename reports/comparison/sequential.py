"""A test that may be looked at after every pair: its false alarms keep their level whenever one stops.

Base and candidate are measured in turn, so that neighbours share what drifts: the difference of a pair's logarithms of
TPS is the unit. The evidence below compares a normal mixture over sizes of the change with no change at all. Where
nothing has changed it is a martingale of Student's t, whatever the noise, and so ever exceeds 1 ÷ level in no more
than that share of comparisons (J. Ville 1939): T. L. Lai (1976), "On confidence sequences", Annals of Statistics 4(2);
H. Wang & A. Ramdas (2023), "Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance",
arXiv 2310.03722. The p-value is the inverse of the most evidence that there was: R. Johari, P. Koomen, L. Pekelis &
D. Walsh (2022), "Always valid inference", Operations Research 70(3).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .change import LEVEL, factor
from .power import MOST

METHOD = "t-test on pairs that holds whenever one looks: normal mixture (Lai 1976; Wang & Ramdas 2023)"
MIXTURE = 4.0
"""Variance of the mixture, in units of a pair's: a change of 10 % is twice the noise of a pair where sessions differ by
3 % and rounds by 2.5 %. It decides how soon a change is found, not how often a false one is."""
FEWEST = 4
"""Pairs below which no change, however large, is evidence enough at the usual level."""
_NINE_OF_TEN, _CAUTION = 1.2816, 1.6449
"""Quantiles of the normal distribution for a change that is to be found in 90 % and, to plan by, in 95 %."""


@dataclass(frozen=True)
class PairedChange:
    """How the candidate differs from the base over pairs."""

    log: float
    """Mean of the differences of logarithms, candidate − base."""
    deviation: float
    """Standard deviation of a pair's difference."""
    pairs: int
    p: float
    method: str = METHOD

    @property
    def share(self) -> float:
        """Return by what share the candidate's TPS is above the base's."""
        return math.expm1(self.log)

    @property
    def interval(self) -> tuple[float, float]:
        """Return the shares between which the change lies; unbounded for few pairs."""
        return self.within(LEVEL)

    def within(self, level: float) -> tuple[float, float]:
        """Return the same with a confidence of 1 − level, which holds at whatever time one looks."""
        reach = radius(self.pairs, level)
        reach = reach * self.deviation if math.isfinite(reach) else reach
        return math.expm1(self.log - reach), factor(self.log + reach) - 1

    def smallest(self, level: float) -> float:
        """Return about the smallest change, as a share, that so many pairs would have found nine times of ten."""
        return _findable(self.pairs, self.deviation, level, _NINE_OF_TEN)


def paired_change(differences: Sequence[float]) -> PairedChange | None:
    """Return what pairs tell, in the order in which they were measured; None for fewer than two.

    Args:
        differences: of each pair, the natural logarithm of the candidate's TPS − that of the base's.
    """
    if len(differences) < 2:  # noqa: PLR2004 – one tells nothing of its spread
        return None
    lowest = min(_p(differences[:count]) for count in range(2, len(differences) + 1))
    return PairedChange(statistics.fmean(differences), statistics.stdev(differences), len(differences), lowest)


def evidence(pairs: int, t_squared: float) -> float:
    """Return how many times as likely Student's t is under the mixture of changes as under none.

    Args:
        pairs: n, from 2 on.
        t_squared: the square of Student's t of their differences.
    """
    scale, freedom = 1 + pairs * MIXTURE, pairs - 1
    ratio = (1 + t_squared / freedom) / (1 + t_squared / (freedom * scale))
    return factor((pairs * math.log(ratio) - math.log(scale)) / 2)


def radius(pairs: int, level: float) -> float:
    """Return how far from 0 a mean has to be, in standard deviations of a pair, for evidence of 1 ÷ level.

    Infinite where so few pairs cannot give it.
    """
    scale = 1 + pairs * MIXTURE
    bound = factor((math.log(scale) - 2 * math.log(level)) / pairs)
    if bound >= scale:
        return math.inf
    t_squared = (pairs - 1) * (bound - 1) / (1 - bound / scale)
    return math.sqrt(t_squared / pairs)


def pairs_needed(deviation: float, to_find: float, level: float) -> int:
    """Return about how many pairs a change takes to be found nine times of ten, `MOST` at most.

    Args:
        deviation: standard deviation of a pair's difference of logarithms.
        to_find: the change, as a share.
        level: of the test; divided by the number of cases where there are several.
    """
    enough = (pairs for pairs in range(FEWEST, MOST) if _findable(pairs, deviation, level, _CAUTION) <= to_find)
    return next(enough, MOST)


def _findable(pairs: int, deviation: float, level: float, quantile: float) -> float:
    reach = radius(pairs, level) + quantile / math.sqrt(pairs)
    return factor(reach * deviation) - 1 if math.isfinite(reach) else math.inf


def _p(differences: Sequence[float]) -> float:
    mean, deviation = statistics.fmean(differences), statistics.stdev(differences)
    if not deviation:
        return 0.0 if mean and len(differences) >= FEWEST else 1.0
    return min(1.0, 1 / evidence(len(differences), len(differences) * (mean / deviation) ** 2))
