"""Saved runs made up for tests of pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from collectors.latency import new_histogram
from collectors.record import Round, Trial
from reports.saved_run import SavedRun, load
from tests.trials import a_round, a_trial, saved

EVIL = "<script>alert(1)</script>\"'><img src=https://example.com/x onerror=alert(2)></script>\u202eevil\x07"
"""What somebody might call a host."""


def encoded(*milliseconds: float) -> str:
    """Return latencies as records keep them."""
    made = new_histogram()
    for one in milliseconds:
        made.record_value(int(one * 1e6))
    return bytes(made.encode()).decode()


def a_watched_round(tps: float = 100.0, host: str = "local", **fields: Any) -> Round:
    """Return a round with windows, latencies and samples."""
    at: list[float | None] = [1.0, 2.0]
    columns = {
        "cpu.user": [0.5, 0.75],
        "cpu.system": [0.25, 0.25],
        "producers.cpu": [0.5, 0.5],
        "server.cpu": [0.25, None],
        "disk.sda.write_bytes": [2e6, 3e6],
        "net.eth0.tx_bytes": [1e6, 1e6],
        "cpu.temperature": [61.5, 63.5],
    }
    samples = fields.pop("samples", {host: {"at": at} | columns})
    windows = [(0.0, 0), (1.0, int(tps)), (2.0, int(2 * tps))]
    return a_round(tps, windows=windows, histogram=encoded(1, 2, 3), samples=samples, **fields)


def a_watched_trial(**fields: Any) -> Trial:
    """Return a trial of two such rounds."""
    rounds = fields.pop("rounds", [a_watched_round(100.0), a_watched_round(120.0)])
    given = {
        "histogram": encoded(*range(1, 2000)),
        "limit": {"class": "server CPU", "sure": "likely", "evidence": ["host local: 1.00 of 1 cores busy"]},
        "doubts": ["the readings are not this machine's own: sensor synthetic"],
    }
    return a_trial(*rounds, **given | fields)


def levels(*loads: int, law: bool = True) -> list[Trial]:
    """Return a trial for each number of processes, whose throughput grows until there are four."""
    return [
        a_watched_trial(
            name=f"perf/test_all_threads.py::test_all_threads[sqlite-{load}]",
            processes=load,
            rounds=[a_watched_round(min(load, 4) * 100.0 + more) for more in ((0.0, 4.0) if law else (0.0,))],
        )
        for load in loads
    ]


def run_of(folder: Path, *trials: Trial, **extra: Any) -> SavedRun:
    """Save trials as a session does, and load them; `extra` are further fields of the file."""
    path = folder / "Linux" / "0007_0123abc_20261123_100000.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(saved(*trials) | extra))
    return load(path)
