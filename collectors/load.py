"""What one host is asked to do in one run."""

from __future__ import annotations

import math
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .backends.base import Assignment, Backend
from .endpoint import Endpoint
from .errors import UsageError
from .options import settings
from .reading import Stream


def new_run() -> str:
    """Return an identifier for a run that no other has."""
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Load:
    """One run of one host: who writes what to where, for how long. Every field has been checked."""

    backend: Backend
    endpoint: Endpoint
    settings: Mapping[str, Any]
    run: str = field(default_factory=new_run)
    frequency: int = 1
    wait: bool = True
    processes: int = 1
    first_producer: int = 0
    """The number of this host's first producer, where a run has several hosts."""
    sensor: str = "synthetic"
    """As `collectors.sensors.choice.sensor` takes it."""
    location: str = ""
    """Empty for the host's name and the sensor's suffix."""
    generation: int = 2
    sleep_time: float = 0.0
    """Seconds between two readings of one producer."""
    test_time: float = 180.0
    """Seconds of measured time."""
    warm_up: float = 0.0
    """Seconds of writing before them that are accounted for but not measured."""
    timeout: float = 30.0
    rate: float = 0.0
    """Readings per second of all producers of this host together, on a schedule (open loop); 0: as fast as it goes."""

    def assignment(self, producer: int, location: str) -> Assignment:
        """Return what the writer of one producer process is told."""
        return Assignment(
            endpoint=self.endpoint,
            settings=self.settings,
            stream=Stream(self.run, producer),
            location=location,
            frequency=self.frequency,
            wait=self.wait,
            generation=self.generation,
            timeout=self.timeout,
        )

    def located(self, suffix: str) -> str:
        """Return the location of its readings (R2), given the sensor's suffix."""
        return self.location or f"{socket.gethostname()}_{suffix}"


def checked(backend: Backend, given: Mapping[str, str], *, frequency: int | None, **fields: Any) -> Load:
    """Return a load whose parts fit each other.

    Args:
        backend: which backend.
        given: the backend's own options as text; missing ones get their defaults.
        frequency: None for 1, or the size of a batch where one was asked for.
        **fields: the other fields of `Load`.

    Raises:
        UsageError: naming the field, its value and what was expected.
    """
    values = settings(backend.name, backend.options, given)
    batch = values.get("batch", 1)
    if not fields.get("wait", True):
        if frequency:
            raise UsageError(f"frequency {frequency}: with no-wait nothing is waited for, expected none")
        frequency = 0
    elif frequency is None:
        frequency = batch
    elif 0 < frequency < batch:
        raise UsageError(f"frequency {frequency}: expected 0 or at least the batch, {batch} readings")
    load = Load(backend, settings=values, frequency=frequency, **fields)
    for name, low in (("frequency", 0), ("processes", 1), ("sleep_time", 0), ("warm_up", 0), ("first_producer", 0)):
        if getattr(load, name) < low:
            raise UsageError(f"{name.replace('_', '-')} {getattr(load, name)}: expected {low} or more")
    for name in ("test_time", "timeout"):
        if not getattr(load, name) > 0:
            raise UsageError(f"{name.replace('_', '-')} {getattr(load, name)}: expected more than 0 seconds")
    if not load.wait and not backend.can_forget:
        raise UsageError(f"no-wait: {backend.name} answers every write, there is no sending without waiting")
    _check_rate(load)
    backend.check(load.assignment(load.first_producer, load.located("cpu")))
    return load


def _check_rate(load: Load) -> None:
    if not (load.rate >= 0 and math.isfinite(load.rate)):
        raise UsageError(f"rate {load.rate}: expected readings per second, more than 0")
    if load.rate and load.sleep_time:
        raise UsageError(f"rate {load.rate:g} and sleep-time {load.sleep_time:g}: expected one of them")
