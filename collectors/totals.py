"""What the load generator says while it runs and when it ends (L5)."""

from __future__ import annotations

import base64
import sys
import zlib
from typing import Any, TextIO

from hdrh.histogram import HdrHistogram

from .backends.base import Doubting
from .crew import CrewResult
from .latency import merged, new_histogram
from .ledger import Outcome
from .load import Load
from .pacing import together
from .producer import Report
from .progress import Tick

BEHIND_SHOWN_MS = 1.0
"""The live line tells of a schedule that it is this far behind."""

PERCENTILES = (50.0, 90.0, 99.0, 99.9)


class LiveLine:
    """Shows current TPS, average TPS and total: on a terminal in one line, else in a line each.

    Args:
        stream: where to.
    """

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._terminal = stream.isatty()

    def __call__(self, tick: Tick) -> None:
        """Show how it stands; at the very start there is nothing to show."""
        if not tick.total and tick.seconds < 1:
            return
        threads = f"{tick.processes} process{'es' if tick.processes > 1 else ''}"
        text = (
            f"{tick.seconds:5.0f} s  {threads}:  TPS {tick.current_tps:,.0f}  "
            f"average TPS {tick.average_tps:,.0f}  total {tick.total:,}"
            + (f"  {tick.behind_ms:,.0f} ms behind" if tick.behind_ms >= BEHIND_SHOWN_MS else "")
        )
        self._stream.write(f"\r\x1b[K{text}" if self._terminal else f"{text}\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave the line behind."""
        if self._terminal:
            self._stream.write("\n")


def latency(result: CrewResult) -> HdrHistogram:
    """Return the latencies of all producers together, in nanoseconds."""
    return merged(producer.report.latency for producer in result.producers if producer.report.latency)


def service(result: CrewResult) -> HdrHistogram | None:
    """Return the service times of all producers together, in nanoseconds; None in a closed loop."""
    encoded = [producer.report.service for producer in result.producers if producer.report.service]
    return merged(encoded) if encoded else None


def percentiles(histogram: HdrHistogram) -> dict[str, float | int]:
    """Return percentiles, maximum (both in ms) and the number of readings timed; empty if none was."""
    if not histogram.get_total_count():
        return {}
    found: dict[str, float | int] = {
        f"p{percent:g}_ms": histogram.get_value_at_percentile(percent) / 1e6 for percent in PERCENTILES
    }
    return found | {"max_ms": histogram.get_max_value() / 1e6, "timed": histogram.get_total_count()}


def totals(load: Load, result: CrewResult, client: str) -> dict[str, Any]:
    """Return the totals as `--json` prints them."""
    assignment = load.assignment(load.first_producer, "")
    rates = [_tps(one.report) for one in result.producers]
    backend = load.backend
    return {
        "schema": "thermobench.totals/1",
        "run": load.run,
        "backend": load.backend.name,
        "client": client,
        "sensor": load.sensor,
        "processes": load.processes,
        "settings": dict(load.settings) | {"frequency": load.frequency, "wait": load.wait, "rate": load.rate},
        "attempted": result.attempted,
        "acknowledged": result.total(Outcome.ACKNOWLEDGED),
        "failed": result.total(Outcome.FAILED),
        "unknown": result.total(Outcome.UNKNOWN),
        "unanswered": result.total(Outcome.UNANSWERED),
        "acknowledged_means": backend.acknowledged_means(assignment),
        "tps": result.tps,
        "seconds": result.seconds,
        "latency": percentiles(latency(result)),
        "service": percentiles(service(result) or new_histogram()),
        "schedule": _schedule(load, result),
        "interrupted": result.interrupted,
        "doubts": backend.doubts(assignment, max(rates, default=0.0)) if isinstance(backend, Doubting) else [],
        "errors": result.errors + _kinds(result),
        "producers": [
            {
                "producer": one.number,
                "attempted": one.attempted,
                "acknowledged": one.counts[Outcome.ACKNOWLEDGED],
                "unanswered": one.counts[Outcome.UNANSWERED],
                "tps": tps,
                "cpu_seconds": one.report.cpu_seconds,
            }
            for one, tps in zip(result.producers, rates, strict=True)
        ],
    }


def details(load: Load, result: CrewResult, client: str) -> dict[str, Any]:
    """Return the totals and, for every producer, what became of each reading: what `--result` writes."""
    found = totals(load, result, client)
    found["counted"] = result.counted
    found["windows"] = result.windows
    found["histogram"] = latency(result).encode().decode()
    timed = service(result)
    found["service_histogram"] = timed.encode().decode() if timed else ""
    found["began"] = result.began
    found["clock_moved"] = result.clock_moved
    found["late_seconds"] = result.late_seconds
    found["samples"] = result.observed.samples
    found["links"] = result.observed.links
    found["sample_seconds"] = result.observed.sample_seconds
    for row, one in zip(found["producers"], result.producers, strict=True):
        row["outcomes"] = base64.b64encode(zlib.compress(one.outcomes)).decode()
    return found


def unpacked(outcomes: str) -> bytes:
    """Return a producer's outcomes as `Ledger.outcomes` packed them, from what `details` made of them."""
    return zlib.decompress(base64.b64decode(outcomes))


def in_words(found: dict[str, Any]) -> str:
    """Return the totals for a person."""
    shown = found["producers"] if len(found["producers"]) > 1 else []
    lines = [
        f"producer {row['producer']}: {row['acknowledged']:,} of {row['attempted']:,} acknowledged, "
        f"{row['tps']:,.1f} TPS"
        for row in shown
    ]
    lines.append(
        f"{found['backend']}: {found['tps']:,.1f} TPS over {found['seconds']:.1f} s, "
        f"{found['processes']} process{'es' if found['processes'] > 1 else ''}, sensor {found['sensor']}"
    )
    counts = ", ".join(f"{kind} {found[kind]:,}" for kind in ("acknowledged", "failed", "unknown", "unanswered"))
    lines.append(f"attempted {found['attempted']:,} = {counts}")
    if found["latency"]:
        times = ", ".join(f"{name.removesuffix('_ms')} {found['latency'][name]:.3f} ms" for name in _SHOWN)
        lines.append(f"latency until acknowledged: {times}")
    if found["schedule"]:
        lines += _schedule_in_words(found)
    lines.append(f"acknowledged means: {found['acknowledged_means']}")
    lines += [f"doubt: {doubt}" for doubt in found["doubts"]]
    lines.append(f"run {found['run']}{', ended early' if found['interrupted'] else ''}")
    return "\n".join(lines)


def _schedule(load: Load, result: CrewResult) -> dict[str, Any] | None:
    if not load.rate:
        return None
    held = [one.report.held for one in result.producers if one.report.held]
    return together(load.rate, held) | {"windows_behind_ms": result.behind_ms}


def _schedule_in_words(found: dict[str, Any]) -> list[str]:
    plan = found["schedule"]
    lines = [
        f"schedule: {plan['rate']:,g} readings/s asked, {plan['sent']:,} of {plan['intended']:,} sent, "
        f"{plan['late']:,} late, {plan['behind_max_ms']:,.1f} ms behind at most, "
        f"{plan['behind_end_ms']:,.1f} ms at the end"
    ]
    if found["service"]:
        times = ", ".join(f"{name.removesuffix('_ms')} {found['service'][name]:.3f} ms" for name in _SHOWN)
        lines.append(f"service time, from the hand-over: {times}; the latency above is from when readings were due")
    return lines


def _tps(report: Report) -> float:
    seconds = (report.ended_ns - report.began_ns) / 1e9
    return report.counted / seconds if seconds else 0.0


_SHOWN = ("p50_ms", "p99_ms", "max_ms")


def _kinds(result: CrewResult) -> list[str]:
    kinds: dict[str, int] = {}
    for producer in result.producers:
        for error, count in producer.report.errors.items():
            kinds[error] = kinds.get(error, 0) + count
    return [f"{count:,} readings: {error}" for error, count in kinds.items()]
