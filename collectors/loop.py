"""The measured loop: sensor, reading, writer, acknowledgement, again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .backends.base import Writer
from .errors import ContractError
from .ledger import Ledger
from .reading import Reading, Stream, checksum
from .sensors.base import Sensor

SLEEP_SLICE = 0.2
"""Longest sleep in seconds after which a request to stop is looked for."""


@dataclass(frozen=True)
class Phase:
    """What one stretch of the loop brought."""

    began_ns: int
    ended_ns: int
    """When the last reading was settled, not when the time was up."""
    counted: int
    """Readings acknowledged, and unanswered ones where nothing was promised."""

    @property
    def seconds(self) -> float:
        """How long it took, waiting at its end included."""
        return (self.ended_ns - self.began_ns) / 1e9


class ClosedLoop:
    """Writes the readings of one stream, each as soon as the one before allows it.

    Args:
        sensor: open.
        writer: connected.
        ledger: the one that the writer reports to.
        stream: whose readings they are.
        location: of every reading.
        frequency: readings between two waits for durability; 0 to wait at the end only.
        sleep_time: seconds between two readings.
        stopped: its first item turns true when the loop is to end early; asked before every reading.
        clock: nanoseconds that never go back, the ledger's.
        now: nanoseconds since the epoch.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        sensor: Sensor,
        writer: Writer,
        ledger: Ledger,
        stream: Stream,
        location: str,
        *,
        frequency: int,
        sleep_time: float = 0.0,
        stopped: Sequence[int] = (0,),
        clock: Callable[[], int] = time.perf_counter_ns,
        now: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sensor = sensor
        self._writer = writer
        self._ledger = ledger
        self._seed = stream.seed(location)
        self._location = location
        self._frequency = frequency
        self._sleep_time = sleep_time
        self._stopped = stopped
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._number = 0
        self.phase: Phase | None = None
        """What the last run brought, also where an error ended it."""

    def run(self, deadline_ns: int) -> Phase:
        """Write until the clock passes the deadline, then wait for what is outstanding.

        Raises:
            SensorError, ServerError: as sensor and writer do; what was written stays in the ledger.
            ContractError: the writer's wait returned with readings that it has not settled.
        """
        began, before = self._clock(), self._counted()
        try:
            self._write_until(deadline_ns)
            self._writer.wait()
        finally:
            self.phase = Phase(began, self._clock(), self._counted() - before)
        if self._ledger.unsettled:
            raise ContractError(f"the writer's wait left {self._ledger.unsettled} readings unsettled")
        return self.phase

    def _counted(self) -> int:
        return self._ledger.totals.acknowledged + self._ledger.totals.unanswered

    def _write_until(self, deadline: int) -> None:
        # Everything that is looked up for each reading is bound here, once.
        clock, now, read, submit, wait = (
            self._clock,
            self._now,
            self._sensor.read,
            self._writer.submit,
            self._writer.wait,
        )
        begin, seed, location, stopped = self._ledger.begin, self._seed, self._location, self._stopped
        frequency, pause, number, until_wait = self._frequency, self._sleep_time, self._number, self._frequency
        while not stopped[0]:
            value, note = read()
            date = now() // 1_000_000
            number += 1
            reading = Reading(number, date, location, value, note, checksum(seed, number, date, value, note))
            started = clock()
            if started >= deadline:
                break
            self._number = number
            begin(number, started)
            submit(reading)
            until_wait -= 1
            if not until_wait:
                wait()
                until_wait = frequency
            if pause:
                self._pause(pause, deadline)

    def _pause(self, seconds: float, deadline: int) -> None:
        until = min(self._clock() + round(seconds * 1e9), deadline)
        while (left := until - self._clock()) > 0 and not self._stopped[0]:
            self._sleep(min(left / 1e9, SLEEP_SLICE))
