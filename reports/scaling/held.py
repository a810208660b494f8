"""Whether a rate was held: the oracle of the search for the highest rate that is sustained.

Sustainable is the highest load that a system takes without prolonged backpressure, so that latency does not go on
rising: J. Karimov, T. Rabl, A. Katsifodimos, R. Samarev, H. Heiskanen & V. Markl (2018), "Benchmarking
distributed stream data processing systems", ICDE. What waits for a while and is caught up does not count against it,
and they look at it from outside of the system, as we do. That the slope of the backlog decides, held against a
tolerance, is the lag trend of S. Henning & W. Hasselbring (2021), "Theodolite: scalability benchmarking of distributed
stream processing engines in microservice architectures", Big Data Research 25. The slope here is Sen's (1968, J. Am.
Stat. Assoc. 63), a median, so that one pause does not tilt it. (The OpenMessaging Benchmark compares the backlog of
each period with a fixed number of readings instead: one pause slows it down, and from a rate of 0, which it may come
to, it does not recover; its issue 84.)

The slope is not tested for being more than chance: a backlog is the sum of all that fell short before, so its values
resemble their neighbours, and a test for a trend finds one in most walks of pure chance.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..limits.cpu import EXHAUSTED
from ..trend import trend
from .probe import Probe, Series

GROWS = 0.01
"""Share of the rate by which a backlog may grow: with it, probes of 10 s at a server's true capacity are held about as
often as not, with noise of 5 % from second to second and pauses of 0.3 s."""
UNTOLD = 2.0
"""Readings by which a backlog may grow in a probe besides: at a few a second, one more or less makes no slope."""
SENT = 0.95
"""Of a schedule: a pause of half a second just before the end of 10 s leaves so much unsent."""
LAG_SECONDS = 1.0
"""How far behind a probe may end: a pause of a garbage collection shortly before its end, and not a queue."""
FAILED = 0.02
"""Share of the schedule that may fail, or of which nothing may be known."""
_LAG_SHARE = 0.2
"""Of a probe's time, where that is less."""


@dataclass(frozen=True)
class Verdict:
    """Whether a probe held its rate."""

    rate: float
    """Readings per second that were due."""
    held: bool
    throughput: float
    """Readings per second that were acknowledged while the schedule ran."""
    growth: float
    """Share of the rate by which whatever grew most did, in seconds of backlog per second (Sen's slope)."""
    lag: float
    """Seconds by which the farthest behind was at the end."""
    kept: float
    """Share of the schedule that was sent in its time."""
    side: str
    """Where it was not held, which side fell behind: `producer`, `server`, `both` or `between`; else empty."""
    why: str
    """In words."""

    def to_json(self) -> dict[str, Any]:
        """Return it as what `json.dumps` takes."""
        return asdict(self)


def judged(probe: Probe) -> Verdict:
    """Return whether a probe held its rate.

    It did where the schedule was sent but for a twentieth, where neither the backlog (what was due and is not
    acknowledged), nor the lag of the schedule, nor that of a consumer grew by more than `GROWS`, and where all of them
    were at their end again within `LAG_SECONDS`.
    """
    if not probe.intended:
        return Verdict(probe.rate, False, 0.0, 0.0, 0.0, 0.0, "", "no reading was due: probe for longer")
    growths = {name: growth(series) for name, series in _watched(probe).items()}
    name, grown = max(growths.items(), key=lambda one: one[1], default=("backlog", 0.0))
    lag, kept = _lag(probe), probe.sent / probe.intended
    allowed = GROWS + UNTOLD / probe.intended
    most = min(LAG_SECONDS, _LAG_SHARE * probe.seconds) + 1 / probe.rate
    reasons = [
        *([f"only {_share(kept)} of the schedule was sent in time"] if kept < SENT else []),
        *([f"the {name} grew by {_share(grown)} of the rate"] if grown > allowed else []),
        *([f"it was {lag:,.2f} s behind at the end"] if lag > most else []),
        *([f"{probe.failed:,} readings failed"] if probe.failed > FAILED * probe.intended else []),
    ]
    late = kept < SENT or growths.get(_SCHEDULE, 0.0) > allowed or probe.behind_end_ms / 1000 > most
    side = _side(probe, late=late) if reasons else ""
    why = "; ".join(reasons) or f"the {name} grew by {_share(grown)} of the rate, {lag:,.2f} s behind at the end"
    return Verdict(probe.rate, not reasons, probe.throughput, grown, lag, kept, side, why)


def growth(series: Series) -> float:
    """Return by how much a series grows per second: Sen's slope; 0 for fewer than two values."""
    if len(series) < 2:  # noqa: PLR2004 – no slope without two
        return 0.0
    (first, _), (last, _) = series[0], series[-1]
    # The slope alone is asked for, which does not depend on how much neighbours resemble each other.
    return trend([[((at - first) / (last - first), value) for at, value in series]], 0.9, 0.0).slope / (last - first)


_SCHEDULE = "schedule's lag"


def _watched(probe: Probe) -> dict[str, Series]:
    """Return all that must not grow, in seconds."""
    found: dict[str, Series] = {"backlog": probe.backlog}
    if probe.behind:
        found[_SCHEDULE] = probe.behind
    if probe.lag:
        found["consumer's lag"] = tuple((at, left / probe.rate) for at, left in probe.lag)
    return found


def _lag(probe: Probe) -> float:
    """Return by how many seconds the farthest behind was at the end."""
    ends = [probe.behind_end_ms / 1000, probe.settled, probe.unheard, *(behind for _, behind in probe.backlog[-1:])]
    return max([*ends, *(left / probe.rate for _, left in probe.lag[-1:])])


def _side(probe: Probe, *, late: bool) -> str:
    """Return which side fell behind: where producers kept to their schedule, it is never they."""
    if not late:
        return "server"
    if probe.side in ("producer", "both", "between"):
        return probe.side
    used_up = not probe.side and probe.busy is not None and probe.busy >= EXHAUSTED
    return "producer" if used_up else "server"


def _share(part: float) -> str:
    return f"{part:.1%}".replace("%", " %")
