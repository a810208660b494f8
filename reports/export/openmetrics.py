"""Runs as OpenMetrics text: for `promtool tsdb create-blocks-from openmetrics`, which puts them into Prometheus.

See the OpenMetrics specification 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from collectors.record import COUNTS

from ..steady import IN_WORDS
from .rows import Exported, utc, writers

_QUANTILES = {"p50_ms": "0.5", "p90_ms": "0.9", "p99_ms": "0.99", "p99.9_ms": "0.999", "max_ms": "1"}
_MS = 1000.0

Sample = tuple[Mapping[str, str], float]
"""Labels beside those of the case, and a value."""


def openmetrics(cases: Sequence[Exported]) -> str:
    """Return the text, each sample with the time at which its run was saved."""
    lines: list[str] = []
    for name, kind, unit, says, samples in _FAMILIES:
        lines += [f"# TYPE {name} {kind}", *([f"# UNIT {name} {unit}"] if unit else []), f"# HELP {name} {says}"]
        suffix = "_info" if kind == "info" else ""
        for case in cases:
            identity, when = _identity(case), _seconds(case)
            for labels, value in samples(case):
                inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in (identity | dict(labels)).items())
                lines.append(f"{name}{suffix}{{{inside}}} {value!r} {when!r}")
    return "\n".join([*lines, "# EOF", ""])


def _identity(case: Exported) -> dict[str, str]:
    """Return the labels that every sample of a case has: what it is, and where it ran."""
    return {
        "run": case.label,
        "case": case.case.name,
        "backend": case.trial.backend,
        "environment": case.trial.environment,
        "host": ",".join(writers(case)),
        "commit": str(case.run.commit.get("id") or ""),
    }


def _seconds(case: Exported) -> float:
    return datetime.fromisoformat(utc(case.run.saved)).replace(tzinfo=UTC).timestamp()


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _tps(case: Exported) -> Iterator[Sample]:
    for statistic in ("median", "low", "high"):
        yield {"statistic": statistic}, float(case.trial.tps[statistic])


def _latency(case: Exported) -> Iterator[Sample]:
    for name, quantile in _QUANTILES.items():
        if (value := case.trial.latency.get(name)) is not None:
            yield {"quantile": quantile}, value / _MS


def _readings(case: Exported) -> Iterator[Sample]:
    for name in COUNTS:
        if (value := case.trial.total(name)) is not None:
            yield {"outcome": name}, float(value)


def _doubts(case: Exported) -> Iterator[Sample]:
    yield {}, float(len(case.trial.doubts))


def _told(case: Exported) -> Iterator[Sample]:
    trial = case.trial
    steady = IN_WORDS[(trial.steady or {}).get("steady")]
    limit = trial.limit or {}
    labels = {"accounting": trial.accounting, "state": trial.state, "steady": steady}
    means = {"acknowledged_means": trial.acknowledged_means, "processes": str(trial.processes or "")}
    yield labels | means | {"limit": str(limit.get("class", "")), "sure": str(limit.get("sure", ""))}, 1.0


_FAMILIES: tuple[tuple[str, str, str, str, Callable[[Exported], Iterator[Sample]]], ...] = (
    ("thermobench_tps", "gauge", "", "Readings per second over the rounds of a case.", _tps),
    ("thermobench_latency_seconds", "summary", "seconds", "Time until acknowledged, over all rounds.", _latency),
    ("thermobench_readings", "gauge", "", "Readings of a case by what became of them.", _readings),
    ("thermobench_doubts", "gauge", "", "How many doubts a case has.", _doubts),
    ("thermobench_case", "info", "", "What follows from a case.", _told),
)
"""Name, type, unit, help and samples of each metric family."""
