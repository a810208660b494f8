"""The windows of a round as rates, as far as they say something of how it went."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

from collectors.record import Round, Trial

SLACK = 0.05
"""Seconds by which a window may outlast the measured time: what waking up for it takes. In later ones producers end."""
_TOLD = 0.5
"""Share of a round's readings that its windows have to hold: with one wait at the end, most come after the last."""
_IDLE = 0.25
"""Share of windows without any reading above which acknowledgements come in lumps that are longer than windows."""


def rates(trial: Trial, one: Round) -> list[float]:
    """Return readings per second in each window of the measured time, in order.

    Windows that are shorter than half the usual one are left out. Empty where the windows do not hold at least half
    of what the round counted.
    """
    wanted = trial.settings.get("test_time")
    end = min(float(wanted), one.seconds) if wanted else one.seconds
    steps = [
        (now - before, count - counted) for (before, counted), (now, count) in pairwise(one.windows) if now > before
    ]
    inside = [step for step, (at, _) in zip(steps, one.windows[1:], strict=False) if at <= end + SLACK]
    if not inside:
        return []
    usual = statistics.median(seconds for seconds, _ in inside)
    whole = [(seconds, count) for seconds, count in inside if seconds >= usual / 2]
    seen = sum(seconds for seconds, _ in whole)
    if sum(count for _, count in whole) < _TOLD * one.tps * min(seen, one.seconds):
        return []
    return [count / seconds for seconds, count in whole]


def in_lumps(values: Sequence[float]) -> bool:
    """Whether so many windows hold no reading at all that they say little of the rest."""
    return sum(value <= 0 for value in values) > _IDLE * len(values)
