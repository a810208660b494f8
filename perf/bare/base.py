"""What every bare loop is given, and what it has to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, Self

from collectors.backends.base import Assignment
from collectors.errors import Unavailable, UsageError
from collectors.load import Load
from collectors.sensors.base import Sample, Sensor

GENERATION = 2
"""The message generation that the loops have written into them."""
CHUNK = 100
"""Readings between two looks at the clock, in loops that do not wait for each of them."""


class Bare(Protocol):
    """One client, connected, and its loop."""

    def write(self, last: int, deadline: int) -> int:
        """Write the readings that follow `last` until the clock has passed the deadline; return the last number.

        All of them are acknowledged then, or, where nothing is promised, handed to the operating system.

        Args:
            last: number of the reading before.
            deadline: nanoseconds of `time.perf_counter_ns`.

        Raises:
            Exception: one was not, for whatever reason.
        """

    def close(self) -> None:
        """Let go of the connection."""


@dataclass(frozen=True)
class Given:
    """One stream, and what stays the same from reading to reading."""

    assignment: Assignment
    read: Callable[[], Sample]
    """The sensor's."""
    seed: int
    """Of the checksum."""
    stamp: str
    """What a stamp begins with: `RUN/PRODUCER/`."""
    place: str
    """What stands in a message between date and number."""

    @classmethod
    def of(cls, assignment: Assignment, sensor: Sensor) -> Self:
        """Return what a loop needs to write this stream, the sensor being open.

        Raises:
            UsageError: the loops do not know the message generation, or nothing of notes beside the temperature.
        """
        if sensor.read().note:
            raise UsageError(f"sensor {sensor.describe()}: gives notes, which the bare loops leave out")
        if assignment.generation != GENERATION:
            raise UsageError(f"message {assignment.generation}: the bare loops write generation {GENERATION} alone")
        stream, location = assignment.stream, assignment.location
        return cls(
            assignment,
            sensor.read,
            stream.seed(location),
            f"{stream.run}/{stream.producer}/",
            f'", "loc": {json.dumps(location)}, "ttrans": ',
        )


def maker(load: Load) -> Callable[[Given], Bare]:
    """Return what connects the client of a load's backend.

    Raises:
        Unavailable: there is no bare loop for it.
    """
    name = load.backend.name
    try:
        module = import_module(f".{name.replace('-', '_')}", __package__)
    except ModuleNotFoundError:
        raise Unavailable(f"there is no bare loop for backend {name}", "write one in perf/bare/") from None
    made: Callable[[Given], Bare] = module.connect
    return made
