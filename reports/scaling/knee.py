"""The knee of throughput: the smallest load that brings nearly all that any load brings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from ..columns import aligned
from ..limits.suspect import percent
from .level import Level, gain, in_order, noise
from .resampling import CONFIDENCE, can_tell, interval, resampled

OF_PEAK = 0.95
"""Share of the peak that the knee brings at least."""
MARGIN = 0.05
"""Share by which the next larger load brings more at most."""
RESAMPLES = 1000


@dataclass(frozen=True)
class Step:
    """One level of load, as far as the knee is concerned."""

    load: float
    tps: float
    of_peak: float
    """Share of the largest TPS of any level."""
    gain: float | None
    """Share by which the next larger load brought more; None of the largest, and after one that brought nothing."""
    limit: str
    """What stopped it from going faster, where that is known."""

    @property
    def near(self) -> bool:
        """Whether it brings nearly as much as any."""
        return self.of_peak >= OF_PEAK

    @property
    def flat(self) -> bool:
        """Whether the next larger load brought hardly more; nothing is known of what comes after the largest."""
        return self.gain is not None and self.gain <= MARGIN


@dataclass(frozen=True)
class Knee:
    """The smallest load with at least 95 % of the peak whose next brings at most 5 % more."""

    load: float | None
    """None: not reached."""
    why: str
    """What shows it, in words."""
    low: float | None
    high: float | None
    """The interval of the load at `confidence`; None where an end lies beyond the largest load, or there is none."""
    told: bool
    """Whether there is an interval: it takes several rounds of a level."""
    agreeing: float | None
    """Share of the resamples that have the same knee; None without an interval."""
    confidence: float
    steps: tuple[Step, ...]
    """All levels, by load."""

    def to_json(self) -> dict[str, Any]:
        """Return it as what `json.dumps` takes."""
        return asdict(self)

    def in_words(self, unit: str) -> list[str]:
        """Return it for a person: the knee, its interval, and a table of all levels.

        Args:
            unit: of the load, such as `processes`.
        """
        at = f"knee at {self.load:g} {unit}" if self.load is not None else "knee not reached"
        return [f"{at}: {self.why}", self._interval(unit), *self._table(unit)]

    def _interval(self, unit: str) -> str:
        if not self.told:
            return "no interval: with a single round of each level nothing is known of the noise"
        beyond = "beyond what was measured"
        if self.low is None:
            return f"{percent(self.confidence)} interval: {beyond}"
        end = beyond if self.high is None else f"{self.high:g} {unit}"
        return f"{percent(self.confidence)} interval: {self.low:g} to {end}"

    def _table(self, unit: str) -> list[str]:
        rows = [
            (
                f"{one.load:g}",
                f"{one.tps:,.1f}",
                percent(one.of_peak),
                "–" if one.gain is None else _signed(one.gain),
                one.limit or "–",
                "here" if one.load == self.load else "",
            )
            for one in self.steps
        ]
        return aligned([(unit, "TPS", "of the peak", "next brings", "limit", "knee"), *rows], {4, 5})


def knee(levels: Sequence[Level], resamples: int = RESAMPLES) -> Knee:
    """Return the knee of throughput over load, with its interval.

    It is not reached where throughput still grew, beyond its noise, at the largest load: what comes after is not known.

    Args:
        levels: at least one, each load once.
        resamples: of the bootstrap.

    Raises:
        ValueError: there is no level, or one load comes twice.
    """
    levels = in_order(levels)
    steps = _steps(levels, [one.tps for one in levels])
    growing = _still_growing(levels)
    found = None if growing else _first(steps)
    told = can_tell(levels)
    drawn = [_first(_steps(levels, tps)) for tps in resampled(levels, resamples)] if told else []
    loads = [math.inf if one is None else one.load for one in drawn]
    low, high = interval(loads) if told else (math.inf, math.inf)
    own = found.load if found else math.inf
    return Knee(
        load=found.load if found else None,
        why=growing or (_reached(found, steps) if found else _not_reached(steps)),
        low=low if math.isfinite(low) else None,
        high=high if math.isfinite(high) and not growing else None,
        told=told,
        agreeing=sum(load == own for load in loads) / len(loads) if told else None,
        confidence=CONFIDENCE,
        steps=tuple(steps),
    )


def _steps(levels: Sequence[Level], values: Sequence[float]) -> list[Step]:
    peak = max(values)
    gains = [_more(before, after) for before, after in pairwise(values)]
    return [
        Step(one.load, tps, tps / peak if peak else 0.0, more, one.limit)
        for one, tps, more in zip(levels, values, [*gains, None], strict=True)
    ]


def _more(before: float, after: float) -> float | None:
    """Return by what share a level brought more than the one before; None where no number says it."""
    if before == after:
        return 0.0
    more = after / before - 1 if before else math.inf
    return more if math.isfinite(more) else None


def _first(steps: Sequence[Step]) -> Step | None:
    return next((one for one in steps if one.near and one.flat), None)


def _still_growing(levels: Sequence[Level]) -> str:
    """Return in words that throughput grew up to the largest load; empty if it did not."""
    if len(levels) == 1:
        return "there is one level of load only"
    *rest, last = levels
    best = max(rest, key=lambda one: one.tps)
    grown = gain(best, last, noise(levels))
    if not grown.grew:
        return ""
    return (
        f"throughput still grew at the largest load, from {best.tps:,.1f} TPS at {best.load:g} to {last.tps:,.1f} at "
        f"{last.load:g}, beyond its noise ({percent(grown.noise)})"
    )


def _reached(found: Step, steps: Sequence[Step]) -> str:
    peak = max(steps, key=lambda one: one.tps)
    after = steps[steps.index(found) + 1]
    limit = f"; its limit: {found.limit}" if found.limit else ""
    return (
        f"{found.tps:,.1f} TPS, {percent(found.of_peak)} of the peak ({peak.tps:,.1f} at {peak.load:g}), and "
        f"{after.load:g} bring {_signed(found.gain or 0.0)}{limit}"
    )


def _not_reached(steps: Sequence[Step]) -> str:
    if not any(one.tps for one in steps):
        return "nothing was written at any load"
    last = steps[-1]
    return (
        f"no load but the largest, {last.load:g}, brings {percent(OF_PEAK)} of the peak with at most {percent(MARGIN)} "
        f"to gain from the next, and what comes after it was not measured"
    )


def _signed(share: float) -> str:
    return f"{share:+.1%}".replace("%", " %")
