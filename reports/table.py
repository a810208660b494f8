"""The closing table: one line a case, then what its numbers need to be read rightly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collectors.record import Trial

_HEAD = (
    *("backend", "threads", "TPS", "spread", "p50 ms", "p99 ms"),
    *("acknowledged", "delivered", "accounting", "acknowledged means"),
)
_LEFT = {0, 8, 9}
"""Columns of words; the others are numbers and stand to the right."""


def closing_table(trials: Sequence[Trial]) -> list[str]:
    """Return the lines that a session ends with; empty where nothing was measured.

    TPS is the median over the rounds, the spread how far the lowest and the highest round are from it.
    """
    if not trials:
        return []
    backends = list(dict.fromkeys(trial.backend for trial in trials))
    trials = sorted(trials, key=lambda trial: (backends.index(trial.backend), trial.processes))
    rows = [_row(trial) for trial in trials]
    lines = list(_aligned([_HEAD, *rows]))
    for trial in trials:
        lines += [f"{trial.name}: {trouble}" for trouble in trial.evidence]
    lines += _doubts(trials)
    return lines


def _row(trial: Trial) -> tuple[str, ...]:
    tps = trial.tps
    median = tps["median"]
    spread = f"{tps['low'] / median - 1:+.0%} {tps['high'] / median - 1:+.0%}" if median else "–"
    if len(trial.rounds) == 1:
        spread = "1 round"
    return (
        _label(trial),
        str(trial.processes),
        f"{median:,.0f}",
        spread,
        _milliseconds(trial, "p50_ms"),
        _milliseconds(trial, "p99_ms"),
        f"{trial.total('acknowledged'):,}",
        f"{trial.total('delivered'):,}",
        trial.accounting,
        trial.acknowledged_means,
    )


def _label(trial: Trial) -> str:
    """Name the backend, and what it ran against where the name would promise something else."""
    endpoint = trial.server.get("says", {}).get("endpoint")
    return f"{trial.backend} ({endpoint})" if endpoint else trial.backend


def _milliseconds(trial: Trial, percentile: str) -> str:
    value = trial.latency.get(percentile)
    return "–" if value is None else f"{value:,.3f}" if value < 1 else f"{value:,.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if column in _LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _doubts(trials: Sequence[Trial]) -> list[str]:
    cases: dict[str, list[str]] = {}
    for trial in trials:
        for doubt in trial.doubts:
            cases.setdefault(doubt, []).append(trial.name.rpartition("::")[2])
    if not cases:
        return []
    rows = [f"  {doubt} ({_which(names, len(trials))})" for doubt, names in cases.items()]
    return ["doubts:", *rows]


def _which(names: Sequence[str], of: int) -> str:
    return "every case" if len(names) == of else ", ".join(names)
