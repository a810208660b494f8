"""Latencies of a case: percentiles of its HDR histogram as a curve, and those of each round."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from hdrh.histogram import HdrHistogram

from collectors.latency import merged
from collectors.record import Trial
from collectors.totals import percentiles

from ..columns import milliseconds
from .chart import Axes, Chart, Line, lines

SHOWN = ("p50_ms", "p90_ms", "p99_ms", "p99.9_ms", "max_ms")
_CURVE = (0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.995, 99.999, 99.9999)
_TICKS = (50, 90, 99, 99.9, 99.99, 99.999, 99.9999)
_NS = 1e6
"""Nanoseconds of a millisecond."""
_WIDE = 20.0
"""Times the least that the largest is, from which on a logarithmic axis shows more."""
_FEW = 10
"""A percentile is shown where at least so many values lie beyond it, but for the last one."""


@dataclass(frozen=True)
class Latency:
    """What a page shows of a case's latencies."""

    chart: Chart | None
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    """Percentiles in ms: of all rounds, of each, and in an open loop of service times."""
    timed: int
    """Readings that were timed."""


def latency(trial: Trial) -> Latency | None:
    """Return what is to be shown of a case's latencies; None where nothing was acknowledged.

    Raises:
        ValueError: a histogram of it cannot be decoded.
    """
    if not trial.histogram:
        return None
    whole = _decoded(trial.histogram)
    rows: list[tuple[str, Mapping[str, float | int]]] = []
    rows += [("all rounds", percentiles(whole))] if len(trial.rounds) > 1 else []
    rows += [(f"round {at}", of_round(one.histogram)) for at, one in enumerate(trial.rounds, 1) if one.histogram]
    curves = {"latency": whole}
    if served := [one.service_histogram for one in trial.rounds if one.service_histogram]:
        try:
            curves = {"from when it was due": whole, "from its hand-over": merged(served)}
        except Exception as error:  # the library raises whatever its parsing stumbles over
            raise ValueError(f"service_histogram: {error}") from None
        rows.append(("service time", percentiles(curves["from its hand-over"])))
    return Latency(_chart(curves), SHOWN, [(name, *_row(one)) for name, one in rows], int(whole.get_total_count()))


@lru_cache(maxsize=64)
def of_round(encoded: str) -> Mapping[str, float | int]:
    """Return the percentiles of a round's histogram, in ms, as `collectors.totals.percentiles` does; not to be changed.

    Raises:
        ValueError: it is no histogram.
    """
    return percentiles(_decoded(encoded))


def _decoded(encoded: str) -> HdrHistogram:
    try:
        return HdrHistogram.decode(encoded)
    except Exception as error:  # the library raises whatever its parsing stumbles over
        raise ValueError(f"histogram: {error}") from None


def _row(found: Mapping[str, float | int]) -> list[str]:
    return [milliseconds(found.get(name)) for name in SHOWN]


def _chart(curves: dict[str, HdrHistogram]) -> Chart | None:
    """Return the percentiles as G. Tene's plots have them: the x axis is the number of nines, log10(1 ÷ (1 − p))."""
    drawn: list[Line] = []
    said: dict[float, str] = {}
    span = 0.0
    for name, histogram in curves.items():
        total = int(histogram.get_total_count())
        wanted = [p for p in _CURVE if not p or (1 - p / 100) * total >= _FEW]
        found = histogram.get_percentile_to_value_dict(wanted) if total else {}
        points = [(-math.log10(1 - p / 100), found[p] / _NS) for p in wanted if p in found]
        said |= {-math.log10(1 - p / 100): f"{p:g} % took no longer" for p in wanted}
        drawn.append(Line(name, points))
        span = max([span, *(x for x, _ in points)])
    values = [y for line in drawn for _, y in line.points if y]
    if not values or not span:
        return None
    ticks = [(x, f"{p:g} %") for p in _TICKS if (x := -math.log10(1 - p / 100)) <= span * 1.01]
    wide = max(values) > _WIDE * min(values)
    return lines("Latency by percentile, ms", drawn, Axes("ms", (0.0, span), ticks, logarithmic=wide, said=said))
