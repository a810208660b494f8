"""Producers of which one did far less than its twins (M8)."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from collectors.record import Round, Trial

UNEVEN = 0.5
"""A producer below this share of the median one's TPS is named: twins that take turns stay well above it."""


def uneven(trial: Trial) -> Iterator[str]:
    """Doubt the first round in which one producer did far less than its twins."""
    boards = {str(host.get("name")): str(host.get("board") or host.get("name")) for host in trial.hosts}
    for one in trial.rounds:
        for rates in _twins(one, boards):
            slowest, host = rates[0]
            if len(rates) > 1 and slowest < UNEVEN * statistics.median(rate for rate, _ in rates):
                where = f", the slowest on host {host}" if len({name for _, name in rates}) > 1 else ""
                yield f"uneven producers: {slowest:,.0f} to {rates[-1][0]:,.0f} TPS in one round{where}"
                return


def _twins(one: Round, boards: dict[str, str]) -> list[list[tuple[float, str]]]:
    """Return rate and host of a round's producers in rising order, those on the same kind of board together."""
    groups: dict[str, list[tuple[float, str]]] = {}
    for row in one.producers:
        if row.get("tps") is not None:
            host = str(row.get("host", ""))
            groups.setdefault(boards.get(host, host), []).append((float(row["tps"]), host))
    return [sorted(rates) for rates in groups.values()]
