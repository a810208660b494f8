"""What a sensor is."""

from __future__ import annotations

from typing import NamedTuple, Protocol

LOWEST, HIGHEST = -273_150, 1_000_000
"""Thousandths of a degree Celsius that a temperature can be: absolute zero, and hotter than any board survives."""


class Sample(NamedTuple):
    """What a sensor says at one moment."""

    value: int
    """Temperature in thousandths of a degree Celsius."""
    note: str = ""
    """What it measures beside the temperature; at most 20 characters, the width of `reading_note`."""


class Sensor(Protocol):
    """Gives temperatures, as often as it is asked.

    A sensor is made without opening anything, and opened in the process that reads it.
    """

    suffix: str
    """What its readings' location ends with: `cpu` for `<hostname>_cpu`."""

    def open(self) -> None:
        """Get ready to be read.

        Raises:
            SensorError: it is not there or may not be read; names what and how to mend it.
        """

    def read(self) -> Sample:
        """Return the temperature now.

        Raises:
            SensorError: it cannot be read any more, or gave something that is not a temperature.
        """

    def close(self) -> None:
        """Let go of it. May be called twice."""

    def describe(self) -> str:
        """Return what it is, for every result: `sysfs:/sys/class/thermal/thermal_zone0/temp`, `synthetic`."""
