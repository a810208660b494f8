"""Where a cluster kept what a case wrote, as tables and bars: readings by partition, rows and tokens by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.record import Trial

from ..groups import group_lines
from ..layout import in_words
from .chart import Chart, bars

_PARTITIONS = ("partition", "leader", "replicas", "in sync", "readings")
_NODES = ("node", "tokens", "owns", "first replica of", "replica of")
_MOST_BARS = 40
"""Partitions beyond which bars say no more than the table."""


@dataclass(frozen=True)
class Placement:
    """The layout of a case."""

    words: str
    head: Sequence[str]
    rows: list[tuple[str, ...]]
    chart: Chart | None
    groups: list[str]
    """Of consumer groups, who read what."""


def placement(trial: Trial) -> Placement | None:
    """Return where a case's readings went; None where one server keeps them, or the record does not say."""
    layout = trial.server.get("layout") or {}
    groups = [line.strip() for line in group_lines([trial])[1:]]
    partitions, nodes = layout.get("partitions") or [], layout.get("nodes") or []
    if len(partitions) > 1 or (partitions and groups):
        rows = [_partition(row) for row in partitions]
        values = [(f"{row['partition']} (broker {row['leader']})", float(row["records"] or 0)) for row in partitions]
        return Placement(in_words(trial), _PARTITIONS, rows, _bars("Readings by partition", values), groups)
    if len(nodes) > 1:
        values = [(f"node {row['node']}", float(row["first_rows"] or 0)) for row in nodes]
        chart = _bars("Rows by the node that has their first replica", values)
        return Placement(in_words(trial), _NODES, [_node(row) for row in nodes], chart, groups)
    return Placement("", (), [], None, groups) if groups else None


def _bars(title: str, values: list[tuple[str, float]]) -> Chart | None:
    return bars(title, values) if 1 < len(values) <= _MOST_BARS and any(value for _, value in values) else None


def _partition(row: Mapping[str, Any]) -> tuple[str, ...]:
    replicas, in_sync = (", ".join(map(str, row[name])) for name in ("replicas", "in_sync"))
    return str(row["partition"]), str(row["leader"]), replicas, in_sync, _number(row["records"])


def _node(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(row["node"]),
        _number(row["tokens"]),
        f"{row['owns']:.1%}".replace("%", " %"),
        f"{_number(row['first_rows'])} rows",
        f"{_number(row.get('rows'))} rows",
    )


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else "–"
