"""The Universal Scalability Law, fitted to levels of load: X(N) = λN / (1 + σ(N − 1) + κN(N − 1)).

N. J. Gunther (2007), "Guerrilla capacity planning", chapter 5; (1993), "A simple capacity model of massively parallel
transaction systems", CMG. λ is what one brings, σ what is done one after the other (contention), κ what each costs all
others (coherency). Throughput is highest at N* = √((1 − σ) / κ).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from collectors.errors import UsageError

from ..limits.suspect import percent
from .law import Fitted, fit
from .level import Level, in_order, noise
from .resampling import CONFIDENCE, can_tell, interval, resampled

FEWEST = 6
"""Levels below which nothing is fitted: three parameters would follow the noise."""
RESAMPLES = 400
_SHARED = 6
"""Degrees of freedom that the noise of all levels counts for beside that of one level's own rounds."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval."""

    value: float
    low: float | None
    high: float | None
    """None: there is no interval, or that end lies beyond what was measured."""


@dataclass(frozen=True)
class Scalability:
    """What the law makes of the levels; it says nothing of loads outside of them."""

    throughput_of_one: Estimate
    """λ, in TPS."""
    contention: Estimate
    """σ, 0 to 1."""
    coherency: Estimate
    """κ, 0 or more."""
    peak_load: Estimate | None
    """N*; None where it lies outside of what was measured."""
    peak_tps: Estimate | None
    """X(N*); in resamples whose N* lies outside, the largest within what was measured."""
    peak: str
    """Where it lies: `measured`, `beyond` the largest load, or `before` the smallest."""
    r_squared: float | None
    """Share of the variance of the levels' TPS that the law explains; None where they do not differ."""
    farthest: float
    """Share by which the level farthest from the law differs from it."""
    noise: float
    """Standard deviation of a round, as a share of its TPS, for comparison."""
    smallest: float
    largest: float
    """Loads between which it holds."""
    levels: int
    confidence: float

    def at(self, load: float) -> float:
        """Return the TPS of the law at a load.

        Raises:
            UsageError: the load lies outside of what was measured: a law fitted elsewhere proves nothing there.
        """
        if not self.smallest <= load <= self.largest:
            raise UsageError(
                f"{load:g} lies outside of the loads that were measured, {self.smallest:g} to {self.largest:g}",
                "measure it: the Universal Scalability Law is not extrapolated",
            )
        return Fitted(self.throughput_of_one.value, self.contention.value, self.coherency.value).at(load)

    def to_json(self) -> dict[str, Any]:
        """Return it as what `json.dumps` takes."""
        return asdict(self)

    def in_words(self, unit: str) -> list[str]:
        """Return it for a person.

        Args:
            unit: of the load, such as `processes`.
        """
        fitness = "–" if self.r_squared is None else f"{self.r_squared:.4f}"
        return [
            f"Universal Scalability Law over {self.levels} levels, {self.smallest:g} to {self.largest:g} {unit}: "
            f"λ {_shown(self.throughput_of_one, ',.1f')} TPS, σ {_shown(self.contention, '.4f')}, "
            f"κ {_shown(self.coherency, '.6f')} ({percent(self.confidence)} intervals)",
            f"R² {fitness}; the level farthest from it differs by {percent(self.farthest)}, rounds of one level by "
            f"{percent(self.noise)}",
            self._peak(unit),
        ]

    def _peak(self, unit: str) -> str:
        if self.peak_load is None or self.peak_tps is None:
            if self.peak == "beyond":
                return f"its peak lies beyond what was measured (up to {self.largest:g} {unit})"
            return f"its peak lies at the smallest load that was measured or before ({self.smallest:g} {unit})"
        return f"its peak: {_shown(self.peak_tps, ',.1f')} TPS at {_shown(self.peak_load, '.1f')} {unit}"


def scalability(levels: Sequence[Level], resamples: int = RESAMPLES) -> Scalability:
    """Fit the law to levels of load, each weighted by its noise, with bootstrap intervals.

    Args:
        levels: at least `FEWEST`, each load once.
        resamples: of the bootstrap.

    Raises:
        UsageError: there are too few levels, or nothing was written at any.
        Unavailable: SciPy is not installed.
        ValueError: one load comes twice.
    """
    levels = in_order(levels) if levels else []
    if len(levels) < FEWEST:
        raise UsageError(
            f"the Universal Scalability Law takes at least {FEWEST} levels of load, and there are {len(levels)}",
            "measure more levels",
        )
    loads, values = [one.load for one in levels], [one.tps for one in levels]
    if not any(values):
        raise UsageError("nothing was written at any level of load: there is no law to fit")
    weights = _weights(levels)
    found = fit(loads, values, weights)
    drawn = [fit(loads, tps, weights, found) for tps in resampled(levels, resamples)] if can_tell(levels) else []
    return _told(levels, found, drawn)


def _told(levels: Sequence[Level], found: Fitted, drawn: Sequence[Fitted]) -> Scalability:
    smallest, largest = levels[0].load, levels[-1].load
    where = "before" if found.peak < smallest else "beyond" if found.peak > largest else "measured"
    inside = where == "measured"
    highest = [one.at(min(max(one.peak, smallest), largest)) for one in drawn]
    off = [one.tps / found.at(one.load) - 1 for one in levels]
    return Scalability(
        throughput_of_one=_estimate(found.throughput, [one.throughput for one in drawn]),
        contention=_estimate(found.contention, [one.contention for one in drawn]),
        coherency=_estimate(found.coherency, [one.coherency for one in drawn]),
        peak_load=_within(_estimate(found.peak, [one.peak for one in drawn]), smallest, largest) if inside else None,
        peak_tps=_estimate(found.at(found.peak), highest) if inside else None,
        peak=where,
        r_squared=_r_squared(levels, found),
        farthest=max(map(abs, off)),
        noise=noise(levels).deviation,
        smallest=smallest,
        largest=largest,
        levels=len(levels),
        confidence=CONFIDENCE,
    )


def _weights(levels: Sequence[Level]) -> list[float]:
    """Return the reciprocals of the levels' standard errors; what all have in common counts beside a few rounds."""
    common, most = noise(levels).deviation, max(one.tps for one in levels)
    # A level at which nothing was written would be certain without end: no error is below a hundredth of the largest.
    return [
        math.sqrt(len(one.rounds)) / (noise([one], common, _SHARED).deviation * max(one.tps, most / 100))
        for one in levels
    ]


def _estimate(value: float, drawn: Sequence[float]) -> Estimate:
    return Estimate(value, *interval(drawn)) if drawn else Estimate(value, None, None)


def _within(estimate: Estimate, smallest: float, largest: float) -> Estimate:
    ends = (estimate.low, estimate.high)
    low, high = (end if end is not None and smallest <= end <= largest else None for end in ends)
    return Estimate(estimate.value, low, high)


def _r_squared(levels: Sequence[Level], found: Fitted) -> float | None:
    mean = sum(one.tps for one in levels) / len(levels)
    total = sum((one.tps - mean) ** 2 for one in levels)
    return 1 - sum((one.tps - found.at(one.load)) ** 2 for one in levels) / total if total else None


def _shown(estimate: Estimate, form: str) -> str:
    value = format(estimate.value, form)
    if estimate.low is None and estimate.high is None:
        return value
    ends = [format(end, form) if end is not None else "outside" for end in (estimate.low, estimate.high)]
    return f"{value} ({ends[0]} to {ends[1]})"
