"""One probe of a rate: a round of an open loop, as far as it tells whether the rate was held."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from collectors.record import Round

from ..windows import SLACK

Series = tuple[tuple[float, float], ...]
"""Seconds of measured time, and a value; in order of time."""

_LONGER = 1.5
"""Times the longest wait for an acknowledgement before, from which on the one at the end is a longer one."""


@dataclass(frozen=True)
class Probe:
    """What a round of an open loop showed at one rate."""

    rate: float
    """Readings per second that were due."""
    intended: int
    """Readings that were due in the measured time."""
    sent: int
    """Readings handed over in it."""
    behind_end_ms: float
    """How late the schedule was when its time was over."""
    windows: Series
    """Readings acknowledged until then (sent, where nothing is acknowledged), about once a second."""
    behind: Series = ()
    """How late the latest producer was then, in seconds."""
    lag: Series = ()
    """Readings that a consumer had not read by then, where one was watched."""
    settled: float = 0.0
    """Seconds from the end of the schedule until nothing was outstanding."""
    failed: int = 0
    """Readings that failed, or of which nothing is known."""
    busy: float | None = None
    """CPU used by the mean producer process, in cores; None where it was not sampled."""
    side: str = ""
    """Which side `reports.limit` says is the limit: `producer`, `server`, `both`, `between`; empty where not asked."""

    @property
    def seconds(self) -> float:
        """How long the schedule was."""
        return self.intended / self.rate

    @property
    def throughput(self) -> float:
        """Readings per second that were taken: while the schedule ran, or else until nothing was outstanding."""
        if not self._told:
            return max(0, self.sent - self.failed) / (self.seconds + self.settled) if self.sent else 0.0
        at, counted = self._told[-1]
        return counted / at

    @property
    def backlog(self) -> Series:
        """By how many seconds of the schedule acknowledgements were behind it: what waits anywhere, in one figure.

        It is what was due less what was acknowledged, as time at the rate: late readings that a producer has still
        to hand over count like those that the server has still to acknowledge, so nothing can hide before the server.
        It is looked at when acknowledgements came: where they come in lumps, what waits between two says nothing.
        """
        return tuple((at, at - counted / self.rate) for at, counted in (*self.windows[:1], *self._told))

    @property
    def unheard(self) -> float:
        """Seconds at the end without an acknowledgement, where that is longer than usual; else 0."""
        if not self._told:
            return 0.0
        times = [at for at, _ in (*self.windows[:1], *self._told)]
        last = self.windows[-1][0] - times[-1]
        return last if last > _LONGER * max(after - before for before, after in pairwise(times)) else 0.0

    @property
    def _told(self) -> Series:
        """The windows in which something was acknowledged, with what was until then."""
        return tuple(now for before, now in pairwise(self.windows) if now[1] > before[1])


def probe_of(one: Round, *, lag: Sequence[tuple[float, float]] = (), side: str = "") -> Probe:
    """Return what a round of an open loop showed.

    Args:
        one: a round with a schedule.
        lag: seconds of measured time, readings that a consumer had not read by then.
        side: of the limit of that round alone, where it was asked for.

    Raises:
        ValueError: the round follows no schedule.
    """
    plan = one.schedule
    if not plan:
        raise ValueError(f"run {one.run} follows no schedule: a rate is probed in an open loop")
    rate, intended = float(plan["rate"]), int(plan["intended"])
    seconds = intended / rate
    windows = tuple((at, float(count)) for at, count in one.windows if at <= seconds + SLACK)
    behind = zip((at for at, _ in one.windows), plan.get("windows_behind_ms", ()), strict=False)
    return Probe(
        rate=rate,
        intended=intended,
        sent=int(plan["sent"]),
        behind_end_ms=float(plan["behind_end_ms"]),
        windows=windows,
        behind=tuple((at, late / 1000) for at, late in behind if at <= seconds + SLACK),
        lag=tuple((at, left) for at, left in lag if at <= seconds + SLACK),
        settled=max(0.0, one.seconds - seconds),
        failed=one.failed + one.unknown,
        busy=_busy(one, seconds),
        side=side,
    )


def _busy(one: Round, seconds: float) -> float | None:
    """Return the cores that the mean producer used while the schedule ran, from the samples of all hosts."""
    means = []
    for columns in one.samples.values():
        cells = zip(columns.get("at", ()), columns.get("producers.cpu", ()), strict=False)
        used = [cpu for at, cpu in cells if cpu is not None and at is not None and 0 < at <= seconds + SLACK]
        if used:
            means.append(statistics.fmean(used))
    return sum(means) / len(one.producers) if means and one.producers else None
