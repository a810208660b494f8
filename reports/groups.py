"""Who of a consumer group read what, and in which order (O7, O8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collectors.record import Trial

from .columns import wrapped


def group_lines(trials: Sequence[Trial]) -> list[str]:
    """Return a line for each case that was read back by a consumer group, of its last round; nothing where none was."""
    found = [
        (trial, rows) for trial in trials if (rows := trial.rounds[-1].reader.get("group") if trial.rounds else None)
    ]
    lines = [
        line
        for trial, rows in found
        for line in wrapped(f"  {trial.name.rpartition('::')[2]}: {'; '.join(map(_in_words, rows))}", 4)
    ]
    return ["consumer groups, in the last round:", *lines] if lines else []


def _in_words(row: Mapping[str, Any]) -> str:
    """Return what one member read. Order is told within a partition, which keeps it, and across those of the member."""
    member = f"member {row['member']}"
    if not row["partitions"]:
        return f"{member} got no partition"
    partitions = ", ".join(map(str, row["partitions"]))
    plural = "s" if len(row["partitions"]) > 1 else ""
    across = f", {row['reordered_across']:,} across partitions" if plural else ""
    return (
        f"{member} read {row['readings']:,} readings of partition{plural} {partitions}, out of order "
        f"{row['reordered']:,} within a partition{across}"
    )
