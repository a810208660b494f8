"""What was set up in a way that makes numbers other than those of the real thing."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

_IN_MEMORY = {"tmpfs", "ramfs"}


def made_up_sensor(trial: Trial) -> Iterator[str]:
    """Doubt readings that are not of the machine: reading a real sensor takes time, too (R6)."""
    for sensor in trial.sensor.split(", "):
        if sensor == "synthetic" or sensor.startswith("replay:"):
            yield f"the readings are not this machine's own: sensor {sensor}"


def data_in_memory(trial: Trial) -> Iterator[str]:
    """Doubt a server whose data lies in memory: `acknowledged means on disk` is then worth nothing."""
    kind = trial.server.get("filesystem")
    if kind in _IN_MEMORY:
        yield f"the server's data lies in memory ({kind}), so waiting for the disk is free"
