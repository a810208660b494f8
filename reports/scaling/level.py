"""One level of load and what it brought, and whether one brought more than another beyond the noise of both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

USUAL_NOISE = 0.05
"""Standard deviation of rounds of one case, as a share of their TPS, that is taken where no level has two rounds:
rounds differ by 7 % on a machine that does nothing else."""
_WEIGHT = 2
"""Degrees of freedom that the usual noise counts for beside what was found: a few rounds say little by themselves."""
MATTERS = 0.01
"""Growth up to this share is none, however quiet the machine was: a hundredth more is worth no search."""
LEVEL = 0.05
"""Of the one-sided test for growth: so often growth is seen where there is none."""


@dataclass(frozen=True)
class Level:
    """What one level of load brought.

    Args:
        load: how much was put on, such as a number of processes; more than 0.
        rounds: TPS of each round, at least one.
        limit: what stopped it from going faster, as `reports.limit` labels it; empty where that is not known.

    Raises:
        ValueError: no load, no rounds, or a TPS that is none.
    """

    load: float
    rounds: tuple[float, ...]
    limit: str = ""

    def __post_init__(self) -> None:
        if not self.load > 0 or not math.isfinite(self.load):
            raise ValueError(f"load {self.load!r}: expected more than 0")
        if not self.rounds or any(not math.isfinite(tps) or tps < 0 for tps in self.rounds):
            raise ValueError(f"rounds {self.rounds!r}: expected at least one TPS, none below 0")

    @property
    def tps(self) -> float:
        """Readings per second: the median over its rounds, as every table has it."""
        return statistics.median(self.rounds)


def in_order(levels: Sequence[Level]) -> list[Level]:
    """Return levels by load, from the smallest.

    Raises:
        ValueError: there is none, or one load comes twice.
    """
    found = sorted(levels, key=lambda one: one.load)
    if not found or len({one.load for one in found}) < len(found):
        raise ValueError("expected at least one level, and each load once")
    return found


@dataclass(frozen=True)
class Noise:
    """How much rounds of one level differ."""

    deviation: float
    """Standard deviation of a round's TPS, as a share of it."""
    freedom: int
    """Degrees of freedom that it rests on."""


def noise(levels: Sequence[Level], usual: float = USUAL_NOISE, weight: int = _WEIGHT) -> Noise:
    """Return the noise that levels have in common: pooled over them, and drawn towards what is usual.

    Variances are pooled as an analysis of variance does, and moderated by a prior of a few degrees of freedom as
    Smyth (2004) does, "Linear models and empirical Bayes methods", Stat. Appl. Genet. Mol. Biol. 3(1).

    Args:
        levels: any number.
        usual: standard deviation to expect, as a share.
        weight: degrees of freedom that it counts for.
    """
    squares, freedom = 0.0, 0
    for one in levels:
        if mean := statistics.fmean(one.rounds):
            squares += sum((tps / mean - 1) ** 2 for tps in one.rounds)
            freedom += len(one.rounds) - 1
    moderated = (squares + weight * usual**2) / (freedom + weight)
    return Noise(math.sqrt(moderated), freedom + weight)


@dataclass(frozen=True)
class Gain:
    """How much more one level brought than another."""

    share: float
    """Of the other's TPS: 0.1 is a tenth more; infinite where the other brought nothing."""
    noise: float
    """What noise alone exceeds in one of 20 comparisons, as a share."""

    @property
    def grew(self) -> bool:
        """Whether it is more, beyond noise."""
        return self.share > max(MATTERS, self.noise)

    @property
    def fell(self) -> bool:
        """Whether it is less, beyond noise."""
        return 1 + self.share < 1 / (1 + max(MATTERS, self.noise))


def gain(before: Level, after: Level, common: Noise) -> Gain:
    """Return how much more `after` brought than `before`: a one-sided test of the logarithms' difference.

    Args:
        before: what it is compared with.
        after: what is compared.
        common: of all levels.
    """
    error = common.deviation * math.hypot(_of_median(before), _of_median(after))
    reach = math.expm1(_student(common.freedom) * error)
    if not before.tps:
        return Gain(math.inf if after.tps else 0.0, reach)
    return Gain(after.tps / before.tps - 1, reach)


def _of_median(level: Level) -> float:
    """Return the standard error of a median, of values with deviation 1; of one or two it is their mean's."""
    count = len(level.rounds)
    return math.sqrt((math.pi / 2 if count > 2 else 1) / count)  # noqa: PLR2004 – one or two have no other middle


def _student(freedom: int) -> float:
    """Return the upper quantile of Student's t (Abramowitz & Stegun 1964, 26.7.5: its first two terms)."""
    normal = statistics.NormalDist().inv_cdf(1 - LEVEL)
    return (
        normal
        + (normal**3 + normal) / (4 * freedom)
        + (5 * normal**5 + 16 * normal**3 + 3 * normal) / (96 * freedom**2)
    )
