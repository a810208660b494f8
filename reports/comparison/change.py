"""By how much throughput changed, with its interval: logarithms of TPS, their means, and Student's t.

What changes throughput does so by a factor, and noise is a share of it: so logarithms are compared, and a change is
the ratio of geometric means. Units are saved runs, each the mean of its rounds: two sessions of the same code differ by
more than their rounds do. Windows are never units: neighbouring ones resemble each other, and pooled into one test
they called identical runs different in 26–63 % of trials.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .student import quantile, tail

CONFIDENCE = 0.95
LEVEL = 0.05
"""In what share of comparisons any case may be called `faster` or `slower` of which nothing has changed."""
WELCH = "Welch's t-test with Satterthwaite's degrees of freedom (Welch 1947)"
"""B. L. Welch (1947), "The generalization of 'Student's' problem when several different population variances are
involved", Biometrika 34."""
POOLED = "Student's t-test, the single run taken to vary as those of the other side do (Student 1908)"
"""Student (1908), "The probable error of a mean", Biometrika 6."""


@dataclass(frozen=True)
class Change:
    """How the logarithms of TPS of two sides differ. Shares: 0.1 is a tenth more, -0.1 a tenth less."""

    log: float
    """Mean of the candidate's logarithms − mean of the base's."""
    error: float
    """Its standard error."""
    freedom: float
    """Degrees of freedom that the error rests on."""
    method: str

    @property
    def p(self) -> float:
        """Return how often, were there no change, one would be seen that is as large, of either sign."""
        return tail(self.log / self.error, self.freedom) if self.error else float(self.log == 0)

    @property
    def share(self) -> float:
        """Return by what share the candidate's TPS is above the base's."""
        return math.expm1(self.log)

    @property
    def interval(self) -> tuple[float, float]:
        """Return the shares between which the change lies with `CONFIDENCE`."""
        reach = quantile((1 + CONFIDENCE) / 2, self.freedom) * self.error
        return math.expm1(self.log - reach), factor(self.log + reach) - 1


def change(base: Sequence[float], candidate: Sequence[float]) -> Change | None:
    """Return how two sides differ; None where neither has two units.

    Args:
        base: natural logarithms of the TPS of its units, one at least.
        candidate: the same.
    """
    sizes = len(base), len(candidate)
    if max(sizes) == 1:
        return None
    log = statistics.fmean(candidate) - statistics.fmean(base)
    if min(sizes) == 1:
        several = max(base, candidate, key=len)
        error = statistics.stdev(several) * math.sqrt(1 / sizes[0] + 1 / sizes[1])
        return Change(log, error, len(several) - 1, POOLED)
    parts = [statistics.variance(side) / len(side) for side in (base, candidate)]
    return Change(log, math.sqrt(sum(parts)), _satterthwaite(parts, sizes), WELCH)


def around(logs: Sequence[float]) -> tuple[float, float] | None:
    """Return the TPS between which the geometric mean of one side lies with `CONFIDENCE`; None for a single unit."""
    if len(logs) < 2:  # noqa: PLR2004 – one tells nothing of its spread
        return None
    middle, error = statistics.fmean(logs), statistics.stdev(logs) / math.sqrt(len(logs))
    reach = quantile((1 + CONFIDENCE) / 2, len(logs) - 1) * error
    return math.exp(middle - reach), factor(middle + reach)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number, in their order.

    S. Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2):
    however the tests hang together, any of those below a level is wrong in no more than that share of comparisons.
    """
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = highest
    return corrected


def factor(log: float) -> float:
    """Return by what factor a difference of logarithms is; infinite where that is too large for a number."""
    try:
        return math.exp(log)
    except OverflowError:
        return math.inf


def _satterthwaite(parts: Sequence[float], sizes: Sequence[int]) -> float:
    """Return the degrees of freedom of a sum of variances, each a variance of so many units ÷ their number."""
    below = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    return sum(parts) ** 2 / below if below else float(sum(sizes) - 2)
