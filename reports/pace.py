"""How open loops kept to their schedules, and what of their latency was waiting for a turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hdrh.histogram import HdrHistogram

from collectors.latency import new_histogram
from collectors.record import Trial
from collectors.totals import percentiles

from .columns import aligned, milliseconds

_HEAD = (
    *("open loop", "asked", "sent", "late", "behind max ms", "at end ms"),
    *("latency p50", "p99", "p99.9", "max ms", "service p50", "p99", "p99.9", "max ms"),
)
_SHOWN = ("p50_ms", "p99_ms", "p99.9_ms", "max_ms")
_BREAKABLE = {0: 24}


def pace_table(trials: Sequence[Trial]) -> list[str]:
    """Return a line for every case that followed a schedule, under a head; empty where none did.

    `asked` and `sent` are readings per second; `late` counts readings handed over more than a millisecond late. Latency
    counts from the intended time, service time from the hand-over.
    """
    rows = [_row(trial) for trial in trials if any(one.schedule for one in trial.rounds)]
    return aligned([_HEAD, *rows], {0}, _BREAKABLE) if rows else []


def service_time(trial: Trial) -> dict[str, Any]:
    """Return percentiles of the time from hand-over until acknowledged, in ms, over all rounds; empty where unknown."""
    merged = new_histogram()
    for one in trial.rounds:
        if one.service_histogram:
            merged.add(HdrHistogram.decode(one.service_histogram))
    return percentiles(merged)


def _row(trial: Trial) -> tuple[str, ...]:
    held = [one.schedule for one in trial.rounds if one.schedule]
    intended, sent = sum(one["intended"] for one in held), sum(one["sent"] for one in held)
    rate, service = float(held[0]["rate"]), service_time(trial)
    return (
        trial.name.rpartition("::")[2],
        f"{rate:,.0f}",
        f"{rate * sent / intended:,.0f}" if intended else "–",
        f"{sum(one['late'] for one in held):,}",
        milliseconds(max(one["behind_max_ms"] for one in held)),
        milliseconds(max(one["behind_end_ms"] for one in held)),
        *(milliseconds(trial.latency.get(name)) for name in _SHOWN),
        *(milliseconds(service.get(name)) for name in _SHOWN),
    )
