"""The reading: one temperature, taken once, and what proves that it arrived unchanged."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import NamedTuple

from .errors import UsageError

RUN_PATTERN = re.compile(r"[0-9a-f]{8,32}")


class Reading(NamedTuple):
    """One reading, as every writer gets it."""

    number: int
    """Running number within its stream: 1, 2, 3 …"""
    date: int
    """When it was taken, in milliseconds since the epoch."""
    location: str
    """`<hostname>_cpu`, or whatever else the sensor stands for."""
    value: int
    """Temperature in thousandths of a degree Celsius, as Linux gives it (`57452`)."""
    note: str
    """What the sensor says beside the temperature, such as the DHT-22's humidity; mostly empty."""
    checksum: int
    """`Stream.checksum` of all of the above: CRC-32, 0 to 2**32 - 1."""


@dataclass(frozen=True)
class Stream:
    """The readings of one producer process in one run; with a running number it names a reading for good."""

    run: str
    """Identifies the run: 8 to 32 lower-case hexadecimal digits."""
    producer: int
    """Which producer process of the run, counted from 0 over all hosts."""

    def __post_init__(self) -> None:
        if not RUN_PATTERN.fullmatch(self.run):
            raise UsageError(f"run {self.run!r}: expected 8 to 32 lower-case hexadecimal digits")
        if self.producer < 0:
            raise UsageError(f"producer {self.producer}: expected 0 or more")

    def seed(self, location: str) -> int:
        """Return the part of the checksum that stays the same from reading to reading."""
        return zlib.crc32(f"{self.run}/{self.producer}/{location}/".encode())

    def checksum(self, number: int, date: int, location: str, value: int, note: str) -> int:
        """Return the CRC-32 (ISO 3309, as in zlib) that a stored reading is checked against.

        It also covers the stream, so a reading of another run or producer never passes for one of this.
        """
        return checksum(self.seed(location), number, date, value, note)


def checksum(seed: int, number: int, date: int, value: int, note: str) -> int:
    """Return the checksum of a reading, given the `Stream.seed` of its location."""
    return zlib.crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
