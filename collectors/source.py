"""Where the readings of one stream come from: the sensor, the clock, and the running number."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from zlib import crc32

from .backends.base import RawReading
from .ledger import Ledger
from .reading import Reading, Stream
from .sensors.base import Sensor

_new = tuple.__new__


class Source:
    """Takes the readings of one stream, one after another.

    Args:
        sensor: open.
        stream: whose readings they are.
        location: of every reading.
        now: nanoseconds since the epoch.
    """

    def __init__(self, sensor: Sensor, stream: Stream, location: str, *, now: Callable[[], int] = time.time_ns) -> None:
        self._read = sensor.read
        self._seed = stream.seed(location)
        self._location = location
        self._now = now
        self.number = 0
        """Of the last reading taken."""

    def take(self) -> Reading:
        """Take the next reading.

        Raises:
            SensorError: as the sensor does; no number is used up.
        """
        value, note = self._read()
        date = self._now() // 1_000_000
        self.number = number = self.number + 1
        # `checksum` is written out, and `Reading`'s own constructor passed by: each costs a call.
        check = crc32(f"{number}/{date}/{value}/{note}".encode(), self._seed)
        return _new(Reading, (number, date, self._location, value, note, check))

    def burst(self, count: int, ledger: Ledger) -> Iterator[RawReading]:
        """Yield the next readings, each taken, and noted as handed over, when it is asked for.

        Raises:
            SensorError: as the sensor does.
        """
        # Everything that is looked up for each reading is bound here, once a burst.
        read, now, seed, location, cells = self._read, self._now, self._seed, self._location, ledger.cells
        first = self.number + 1
        for number in range(first, first + count):
            value, note = read()
            date = now() // 1_000_000
            cells[0] = self.number = number
            yield number, date, location, value, note, crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
