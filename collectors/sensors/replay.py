"""Recorded readings, played again (R6)."""

from __future__ import annotations

from pathlib import Path

from ..errors import SensorError
from ..message import decode
from .base import HIGHEST, LOWEST, Sample


class ReplaySensor:
    """Gives the values of a file over and over, as fast as it is asked.

    Each line of the file is a message of either generation, or a bare number of thousandths of a degree Celsius.
    The values and notes are the recorded ones; date and location are those of the host that replays them.
    """

    suffix = "cpu"

    def __init__(self, path: str) -> None:
        self.path = path
        self._samples: list[Sample] = []
        self._at = 0

    def open(self) -> None:
        """Read the whole file. See `Sensor.open`."""
        try:
            lines = Path(self.path).read_bytes().splitlines()
        except OSError as error:
            raise SensorError(f"recorded readings {self.path}: {error.strerror}") from None
        self._samples = [self._sample(at, line) for at, line in enumerate(lines, 1) if line.strip()]
        if not self._samples:
            raise SensorError(f"recorded readings {self.path}: the file is empty, expected one reading a line")

    def read(self) -> Sample:
        """Return the next recorded reading, after the last one the first again."""
        sample = self._samples[self._at]
        self._at = (self._at + 1) % len(self._samples)
        return sample

    def close(self) -> None:
        """Forget the readings."""
        self._samples = []

    def describe(self) -> str:
        """Return `replay:` and the path."""
        return f"replay:{self.path}"

    def _sample(self, at: int, line: bytes) -> Sample:
        try:
            if line.lstrip().startswith(b"{"):
                reading = decode(line.strip(), at)
                sample = Sample(reading.value, reading.note)
            else:
                sample = Sample(int(line))
        except ValueError as error:
            raise SensorError(f"recorded readings {self.path}, line {at}: {error}") from None
        if not LOWEST <= sample.value <= HIGHEST:
            raise SensorError(
                f"recorded readings {self.path}, line {at}: {sample.value} is no temperature, expected"
                " thousandths of a degree Celsius"
            )
        return sample
