"""Readings in flight, and the pace that was asked for: what is left when nothing is busy.

Little's law (J. D. C. Little, "A Proof for the Queuing Formula L = λW", 1961): readings in flight are throughput ×
latency. Where they are as many as may be and no resource is exhausted, only more in flight makes it faster.
"""

from __future__ import annotations

from collections.abc import Sequence

from hdrh.histogram import HdrHistogram

from collectors.record import Round, Trial

from .suspect import LIKELY, SURE, Suspect, percent, shares
from .usage import Usage

ALWAYS_WAITING = 0.8
"""Of one reading allowed in flight: the rest of the time goes into reading the sensor and making the message."""
WINDOW_FULL = 0.5
"""Of several: a window that is emptied and filled in one go is half full in the middle."""
KEPT = 0.98
"""Of a schedule: what was sent and acknowledged of what was due. Not all, as the last ones are due at the very end."""
BEHIND_MS = 200.0
"""How late a schedule may be at its end and still count as kept: a garbage collection, not a queue that grows."""
PAUSING = 0.5
"""Share of the time that producers slept between readings as told: most of it."""


def schedule(trial: Trial, rounds: Sequence[Round]) -> Suspect | None:
    """Return the schedule of an open loop that was kept to, or the pauses that a closed loop was told to make."""
    held = [one.schedule for one in rounds if one.schedule]
    if not held or len(held) < len(rounds):
        return _pauses(trial, rounds)
    late = max(float(one["behind_end_ms"]) for one in held)
    due, sent = sum(one["intended"] for one in held), sum(one["sent"] for one in held)
    rate, tps = float(held[0]["rate"]), _tps(rounds)
    if sent < KEPT * due or late > BEHIND_MS or tps < KEPT * rate:
        return None
    line = (
        f"{tps:,.0f} readings per second of the {rate:,.0f} asked for, {late:.0f} ms behind at the end: it takes more"
    )
    return Suspect("schedule", "none", "schedule", 1.0, SURE, (line,))


def _pauses(trial: Trial, rounds: Sequence[Round]) -> Suspect | None:
    pause = float(trial.settings.get("sleep_time") or 0.0)
    share = _tps(rounds) * pause / _producers(trial, rounds)
    if share < PAUSING:
        return None
    line = (
        f"producers slept {percent(min(1.0, share))} of the time, {pause:g} s after each reading, as they were told to"
    )
    return Suspect("schedule", "none", "schedule", min(1.0, share), SURE, (line,))


def round_trip(trial: Trial, rounds: Sequence[Round], usages: Sequence[Usage]) -> Suspect | None:
    """Return the round trip as the limit, where as many readings were in flight as may be.

    It is the limit if nothing else is: its strength is below that of any exhausted resource.
    """
    allowed, mean = allowed_in_flight(trial), mean_latency(rounds)
    if not allowed or mean is None:
        return None
    producers, tps = _producers(trial, rounds), _tps(rounds)
    flying = tps * mean
    if flying < (ALWAYS_WAITING if allowed == 1 else WINDOW_FULL) * producers * allowed:
        return None
    line = (
        f"in flight: {tps:,.0f} TPS × {1000 * mean:.3f} ms = {flying:.2f} readings of the {producers * allowed:g} that "
        f"{producers} producers may have, and nothing was busy: more in flight, or more producers, bring more"
    )
    split = _split(producers, usages) if allowed == 1 else ""
    sure = SURE if all(usage.busy is not None for usage in usages) else LIKELY
    return Suspect("round trip", "between", "round trip", 0.0, sure, (line,), split)


def not_at_the_bound(trial: Trial, rounds: Sequence[Round]) -> str:
    """Return in words how many readings were in flight of those that may be; empty where that is not known."""
    allowed, mean = allowed_in_flight(trial), mean_latency(rounds)
    if mean is None:
        return "nothing is acknowledged, so there is no telling how many readings were in flight"
    flying = f"{_tps(rounds) * mean:.2f} readings were in flight"
    if not allowed:
        return f"{flying}, without a bound"
    return f"{flying} of the {_producers(trial, rounds) * allowed:g} that may be"


def allowed_in_flight(trial: Trial) -> int | None:
    """Return how many readings of one producer may be outstanding; None where nothing bounds them."""
    frequency, window = trial.settings.get("frequency"), trial.settings.get("in_flight")
    bounds = [int(bound) for bound in (frequency, window) if bound]
    return min(bounds) if bounds else None


def mean_latency(rounds: Sequence[Round]) -> float | None:
    """Return the mean time from hand-over until acknowledged, in seconds; None where none was timed."""
    total = count = 0
    for text in (one.service_histogram or one.histogram for one in rounds):
        if text:
            histogram = HdrHistogram.decode(text)
            # The library's own mean looks at every bucket in turn and takes ten times as long.
            total += sum(
                times * histogram.get_value_from_index(at) for at, times in enumerate(histogram.counts) if times
            )
            count += histogram.get_total_count()
    return total / count / 1e9 if count else None


def _split(producers: int, usages: Sequence[Usage]) -> str:
    """Return what a round trip consists of, as far as samples tell: CPU time of either side, and the rest."""
    parts = {
        f"{whose} CPU": sum(usage.of(f"{group}.cpu") for usage in usages) / producers
        for group, whose in (("producers", "the producer's"), ("server", "the server's"))
    }
    waited = sum(usage.of(f"{group}.waiting") for usage in usages for group in ("producers", "server")) / producers
    parts["waiting for a CPU"] = min(waited, max(0.0, 1 - sum(parts.values())))
    return shares(parts | {"neither": max(0.0, 1 - sum(parts.values()))})


def _producers(trial: Trial, rounds: Sequence[Round]) -> int:
    return max(1, max((len(one.producers) for one in rounds), default=0) or trial.processes)


def _tps(rounds: Sequence[Round]) -> float:
    seconds = sum(one.seconds for one in rounds)
    return sum(one.tps * one.seconds for one in rounds) / seconds if seconds else 0.0
