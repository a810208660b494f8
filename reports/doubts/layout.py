"""What was not laid out as it was asked for, or not evenly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.record import Trial

from ..layout import leaders


def not_as_asked(trial: Trial) -> Iterator[str]:
    """Doubt topics that have other partitions or replicas than the case asked for, or that lack some (K2 to K5)."""
    rows = _partitions(trial)
    if not rows:
        return
    partitions, replication = trial.settings.get("partitions"), trial.settings.get("replication")
    if partitions is not None and len(rows) != partitions:
        yield f"the topic has {len(rows)} partitions, not the {partitions} that were asked for"
    found = sorted({len(row["replicas"]) for row in rows})
    if replication is not None and found != [replication]:
        yield f"partitions have {', '.join(map(str, found))} replicas, not the {replication} that were asked for"
    for row in rows:
        if row["leader"] < 0:
            yield f"partition {row['partition']} had no leader afterwards"
        elif (in_sync := len(row["in_sync"])) < (all_of_them := len(row["replicas"])):
            yield f"partition {row['partition']} had {in_sync} of {all_of_them} replicas in sync afterwards"


def uneven_leaders(trial: Trial) -> Iterator[str]:
    """Doubt topics whose partitions are led by some brokers more than by others: those do the work."""
    led = leaders(_partitions(trial))
    led.pop(-1, None)
    if led and max(led.values()) - min(led.values()) > 1:
        each = ", ".join(f"{broker}: {count}" for broker, count in sorted(led.items()))
        yield f"partitions are not led evenly (by broker {each})"


def _partitions(trial: Trial) -> list[Mapping[str, Any]]:
    return (trial.server.get("layout") or {}).get("partitions") or []
