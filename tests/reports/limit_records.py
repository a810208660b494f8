"""Trials made up of what hosts did, for tests of what stopped them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from collectors.latency import new_histogram
from collectors.record import Round, Series, Trial
from tests.trials import a_round, a_trial

SECONDS = 5
IDLE: dict[str, float | None] = {
    "cpu.user": 0.1,
    "cpu.system": 0.05,
    "cpu.iowait": 0.0,
    "cpu.steal": 0.0,
    "cpu.idle": 1.85,
    "foreign.cpu": 0.02,
    "producers.cpu": 0.05,
    "producers.waiting": 0.0,
    "producers.threads": 1.0,
    "server.cpu": 0.05,
    "server.waiting": 0.0,
    "server.threads": 1.0,
    "server.read_bytes": 0.0,
    "server.write_bytes": 0.0,
    "disk.sda.io": 5.0,
    "disk.sda.write_bytes": 1e4,
    "pressure.cpu": 0.0,
    "pressure.io": 0.0,
    "pressure.memory": 0.0,
    "memory.available": 2e9,
    "memory.swap_in": 0.0,
    "memory.swap_out": 0.0,
    "net.lo.tx_bytes": 1e9,
    "net.lo.rx_bytes": 1e9,
    "net.eth0.tx_bytes": 1e5,
    "net.eth0.rx_bytes": 1e5,
    "net.eth0.drops": 0.0,
    "net.eth0.backlog": None,
    "net.eth0.overlimits": None,
}
"""A machine with two cores on which next to nothing happens."""

Columns = Mapping[str, float | list[float | None] | None]

LOCAL = {"name": "local", "roles": ["producer", "server"], "cpus": 2}


def series(columns: Columns) -> Series:
    """Return samples once a second from a second before the measured time to a second after it.

    A single value stands for every sample in the measured time; outside of it the machine idles.
    """
    found: Series = {"at": [float(second) for second in range(SECONDS + 2)]}
    for name, value in (IDLE | dict(columns)).items():
        within = value if isinstance(value, list) else [value] * SECONDS
        found[name] = [IDLE.get(name, 0.0), *within, IDLE.get(name, 0.0)]
    return found


def sampled(
    columns: Columns | None = None, *, tps: float = 1000.0, latency_ms: float = 0.1, producers: int = 1
) -> Round:
    """Return a round of one machine that idles but for these columns; every reading takes as long."""
    return a_round(
        tps,
        seconds=float(SECONDS),
        histogram=histogram(latency_ms),
        producers=[{"producer": number, "tps": tps / producers} for number in range(producers)],
        samples={"local": series(columns or {})},
    )


@lru_cache
def histogram(milliseconds: float) -> str:
    """Return the latencies of readings that all took as long; empty where none was acknowledged."""
    if not milliseconds:
        return ""
    made = new_histogram()
    made.record_value(round(milliseconds * 1e6), 1000)
    encoded: str = made.encode().decode()
    return encoded


def measured(*rounds: Round, **fields: Any) -> Trial:
    """Return a trial of one machine."""
    made = a_trial(*rounds, hosts=[LOCAL], processes=max(1, len(rounds[0].producers)))
    made = replace(made, server=made.server | {"service": "mosquitto"})
    return replace(made, **fields)
