"""The CPU's own thermometer, as Linux shows it (R1)."""

from __future__ import annotations

import os

from ..errors import SensorError
from .base import HIGHEST, LOWEST, Sample

THERMAL_ZONE = "/sys/class/thermal/thermal_zone0/temp"

_LONGEST = 32


class SysfsSensor:
    """Reads a file that holds thousandths of a degree Celsius, such as a thermal zone's.

    The descriptor stays open and is read from the start each time, which takes a tenth of opening it anew.
    """

    suffix = "cpu"

    def __init__(self, path: str = THERMAL_ZONE) -> None:
        self.path = path
        self._file = -1

    def open(self) -> None:
        """Open the file and read it once. See `Sensor.open`."""
        try:
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise SensorError(
                f"sensor {self.path}: {error.strerror}",
                "name another file with --sensor sysfs:PATH, or use --sensor synthetic",
            ) from None
        self.read()

    def read(self) -> Sample:
        """Read the temperature. See `Sensor.read`."""
        try:
            text = os.pread(self._file, _LONGEST, 0)
        except OSError as error:
            raise SensorError(f"sensor {self.path}: {error.strerror}") from None
        try:
            value = int(text)
        except ValueError:
            value = HIGHEST + 1
        if not LOWEST <= value <= HIGHEST:
            raise SensorError(
                f"sensor {self.path}: holds {text.decode(errors='replace')!r}, expected thousandths of a degree"
                " Celsius as a whole number, such as 57452"
            )
        return Sample(value)

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def describe(self) -> str:
        """Return `sysfs:` and the path."""
        return f"sysfs:{self.path}"
