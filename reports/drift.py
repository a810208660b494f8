"""Whether the rates of one round, or what several have in common, drift: from the rates of their windows."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .shift import Shift, shift
from .trend import Block, Trend, trend
from .windows import in_lumps

SMALL = 0.05
"""A change up to this share of the usual rate is not worth a doubt: rounds of one case differ by 7 % on a machine that
does nothing else."""
LARGE = 1 / 3
"""Steady is said where a drift of this size is ruled out: what a Raspberry Pi 4 loses that is throttled from 1500 to
1000 MHz. A run in which that would not show has not shown that it was steady."""
CONFIDENCE = 0.9
"""Of the drift's interval: two one-sided tests at 5 % each (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15)."""
MOST_WINDOWS = 30
"""Longer rounds are cut into so many groups, each taken by its mean, so that what is slower than a window but faster
than a round does not pass for a trend."""


@dataclass(frozen=True)
class Drift:
    """What was found of drift; shares are of the usual rate."""

    steady: bool | None
    """None for too short to say."""
    why: str
    windows: int
    """How many were judged."""
    p: float | None = None
    """Probability of so clear a trend where there is none."""
    change: float | None = None
    """From the first third of the rounds to the last, by medians."""
    slope: float | None = None
    low: float | None = None
    high: float | None = None
    """Change over a whole round by Sen's slope, and its interval; None where that has no end."""
    autocorrelation: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as the record has it."""
        return {
            "steady": self.steady,
            "why": self.why,
            "windows": self.windows,
            "p": self.p,
            "change": self.change,
            "drift": {"estimate": self.slope, "low": self.low, "high": self.high},
            "autocorrelation": self.autocorrelation,
        }


def drift(series: Sequence[Sequence[float]], *, trend_level: float, shift_level: float = 0.0) -> Drift:
    """Return whether rounds drift, each compared with itself.

    Args:
        series: the rates of each round's windows; rounds without any reading are left out.
        trend_level: of the test for a trend that the rounds have in common; 0 for none.
        shift_level: of the test for a shift of level in any one of the rounds.
    """
    series = [values for values in series if sum(values) > 0]
    count = sum(map(len, series))
    blocks = [_block(values) for values in series]
    if all(len(block) < 2 for block in blocks):  # noqa: PLR2004 – nothing to compare
        seen = f"{count} window{'' if count == 1 else 's'}" if count else "no window that says anything"
        return Drift(None, f"too short to say: {seen}", count)
    found, change = trend(blocks, CONFIDENCE), _change(blocks)
    verdict, why = _judged(found, change, count, trend_level, lumps=any(map(in_lumps, series)))
    if (clearest := _shift(blocks, shift_level)) and (verdict is not False or clearest[0].p < found.p):
        verdict, why = False, _shifted(*clearest)
    low, high = (bound if math.isfinite(bound) else None for bound in (found.low, found.high))
    return Drift(verdict, why, count, found.p, change, found.slope, low, high, found.autocorrelation)


def _judged(found: Trend, change: float, count: int, level: float, *, lumps: bool) -> tuple[bool | None, str]:
    """Return whether there is no trend worth a doubt, and why."""
    if found.p <= level and abs(change) > SMALL:
        course = "rose" if change > 0 else "fell"
        return False, (
            f"TPS {course} by {_percent(abs(change))} from the first third to the last, more than {_percent(SMALL)} "
            f"and more than chance (p = {found.p:.2g})"
        )
    interval = f"90 % interval {_signed(found.low)} to {_signed(found.high)}"
    if lumps:
        return None, "too short to say: readings are acknowledged in lumps longer than a window"
    if found.low > -LARGE and found.high < LARGE:
        return True, f"no drift beyond chance: {_signed(found.slope)} over a round, {interval}"
    bounds = "" if math.isinf(found.low) else f": {interval}"
    return None, f"too short to say: in {count} windows a drift of a third would not stand out{bounds}"


def _shift(blocks: Sequence[Block], level: float) -> tuple[Shift, Block] | None:
    """Return the clearest shift in any block that is clear and large enough."""
    found = [(one, block) for block in blocks if (one := shift([value for _, value in block]))]
    clear = [one for one in found if one[0].p <= level and abs(one[0].change) > SMALL]
    return min(clear, key=lambda one: one[0].p, default=None)


def _shifted(found: Shift, block: Block) -> str:
    place = (block[found.at - 1][0] + block[found.at][0]) / 2
    return (
        f"TPS {'rose' if found.change > 0 else 'fell'} by {_percent(abs(found.change))} of the usual after "
        f"{_percent(place)} of the round, more than {_percent(SMALL)} and more than chance (p = {found.p:.2g})"
    )


def _block(values: Sequence[float]) -> Block:
    """Return a round's rates as shares of the usual, in at most `MOST_WINDOWS` groups, each where its middle is."""
    count, usual = len(values), statistics.median(values) or statistics.fmean(values)
    groups = min(count, MOST_WINDOWS)
    bounds = [(index * count // groups, (index + 1) * count // groups) for index in range(groups)]
    last = max(1, count - 1)
    return [((low + high - 1) / 2 / last, statistics.fmean(values[low:high]) / usual) for low, high in bounds]


def _change(blocks: Sequence[Block]) -> float:
    first: list[float] = []
    last: list[float] = []
    for block in blocks:
        third = max(1, len(block) // 3)
        first += [value for _, value in block[:third]]
        last += [value for _, value in block[-third:]]
    return statistics.median(last) - statistics.median(first)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _signed(share: float) -> str:
    return f"{share:+.0%}".replace("%", " %")
