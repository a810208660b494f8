"""Where a cluster kept what was written: readings by leader, rows and tokens by node (K3, K4, C3, C4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from collectors.record import Trial

from .columns import wrapped


def layout_lines(trials: Sequence[Trial]) -> list[str]:
    """Return a line for each case that is about a topology; nothing where there is none."""
    found = [(trial, words) for trial in trials if trial.server.get("topology") and (words := in_words(trial))]
    lines = [line for trial, words in found for line in wrapped(f"  {trial.name.rpartition('::')[2]}: {words}", 4)]
    return ["layout:", *lines] if lines else []


def in_words(trial: Trial) -> str:
    """Return how a trial's readings were spread over brokers or nodes; empty where the record does not say."""
    layout = trial.server.get("layout") or {}
    if partitions := layout.get("partitions"):
        return _of_partitions(partitions)
    if nodes := layout.get("nodes"):
        return _of_nodes(nodes)
    return ""


def leaders(partitions: Iterable[Mapping[str, Any]]) -> Counter[int]:
    """Return of how many partitions each broker is the leader; those that only follow have 0."""
    found = Counter[int]()
    for row in partitions:
        found.update(dict.fromkeys(row["replicas"], 0))
        found[row["leader"]] += 1
    return found


def _of_partitions(partitions: Sequence[Mapping[str, Any]]) -> str:
    records: dict[int, int] = {}
    for row in partitions:
        records[row["leader"]] = records.get(row["leader"], 0) + (row["records"] or 0)
    led = leaders(partitions)
    each = ", ".join(f"{broker}: {led[broker]} with {records.get(broker, 0):,} readings" for broker in sorted(led))
    behind = sum(len(row["in_sync"]) < len(row["replicas"]) for row in partitions)
    return f"partitions led by broker {each}" + (f"; partitions that lack replicas: {behind}" if behind else "")


def _of_nodes(nodes: Sequence[Mapping[str, Any]]) -> str:
    total = sum(row["first_rows"] or 0 for row in nodes) or 1
    return "; ".join(
        f"node {row['node']}: {row['tokens']} tokens, owns {row['owns']:.1%}, first replica of "
        f"{row['first_rows'] or 0:,} rows ({(row['first_rows'] or 0) / total:.1%})"
        for row in nodes
    )
