"""The measured loop, closed: sensor, reading, writer, acknowledgement, as fast as acknowledgements allow."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .backends.base import BurstWriter, ServingWriter, Writer
from .ledger import Ledger
from .pacing import Held
from .source import Source

SLEEP_SLICE = 0.2
"""Longest rest in seconds after which a request to stop is looked for."""

LONGEST_BURST = 127
"""Readings handed over by one call: with the one that is timed before them, as many as a sample stands for."""
_SHORT_BURST_NS = 1_000_000
"""A burst that took less than this may be followed by one of twice its length."""
_LONG_BURST_NS = 10_000_000
"""One that took longer, by one of half its length: in between, the deadline is not looked at."""


@dataclass(frozen=True)
class Phase:
    """What one stretch of the loop brought."""

    began_ns: int
    ended_ns: int
    """When the last reading was settled, not when the time was up."""
    counted: int
    """Readings acknowledged, and unanswered ones where nothing was promised."""
    held: Held | None = None
    """How the schedule was kept to, where there is one."""

    @property
    def seconds(self) -> float:
        """How long it took, waiting at its end included."""
        return (self.ended_ns - self.began_ns) / 1e9


@dataclass(frozen=True)
class Parts:
    """What a loop is put together from."""

    source: Source
    """Of the readings."""
    writer: Writer
    """Connected."""
    ledger: Ledger
    """The one that the writer reports to."""
    frequency: int
    """Readings between two waits for durability; 0 to wait at the end only."""
    stopped: Sequence[int] = (0,)
    """Its first item turns true when the loop is to end early."""
    clock: Callable[[], int] = time.perf_counter_ns
    """Nanoseconds that never go back, the ledger's."""
    sleep: Callable[[float], None] = time.sleep
    """Waits for so many seconds."""


class Loop:
    """What the closed and the open loop share: a phase, its end, and resting in it."""

    def __init__(self, parts: Parts) -> None:
        self._source = parts.source
        self._writer = parts.writer
        self._many = parts.writer if isinstance(parts.writer, BurstWriter) else None
        self._serve = parts.writer.serve if isinstance(parts.writer, ServingWriter) else None
        self._ledger = parts.ledger
        self._frequency = parts.frequency
        self._stopped = parts.stopped
        self._clock = parts.clock
        self._sleep = parts.sleep
        self.phase: Phase | None = None
        """What the last run brought, also where an error ended it."""

    def run(self, deadline_ns: int) -> Phase:
        """Write until the clock passes the deadline, then wait for what is outstanding.

        Raises:
            SensorError, ServerError: as sensor and writer do; what was written stays in the ledger.
            ContractError: the writer's wait returned with readings that it has not settled.
        """
        began, before = self._clock(), self._counted()
        written = deadline_ns
        try:
            try:
                self._write_until(deadline_ns)
            finally:
                written = min(deadline_ns, self._clock())
            self._writer.wait()
        finally:
            self.phase = Phase(began, self._clock(), self._counted() - before, self._held(began, written))
        self._ledger.check()
        return self.phase

    def _write_until(self, deadline: int) -> None:
        raise NotImplementedError

    def _held(self, began: int, ended: int) -> Held | None:  # noqa: ARG002 – only a schedule can be kept to
        return None

    def _counted(self) -> int:
        return self._ledger.totals.acknowledged + self._ledger.totals.unanswered

    def _until_timed(self) -> int:
        """Return how many readings come before the next one that is timed."""
        stride = self._ledger.latency.stride
        return stride - 1 - self._source.number % stride

    def _rest(self, until: int) -> None:
        """Wait for a time, taking note of acknowledgements that come in the meantime."""
        while (left := until - self._clock()) > 0 and not self._stopped[0]:
            if self._serve is None or not self._ledger.unsettled:
                self._sleep(min(left / 1e9, SLEEP_SLICE))
            elif left > 2 * _TICK_NS:
                self._serve(min((left - _TICK_NS) / 1e9, SLEEP_SLICE))
            else:
                self._serve(0.0)
                self._sleep(min(left, _STEP_NS) / 1e9)


_TICK_NS = 1_000_000
"""Clients wait in whole milliseconds, so the last one or two of a rest are gone through in steps."""
_STEP_NS = 200_000


class ClosedLoop(Loop):
    """Writes the readings of one stream, each as soon as those before allow it.

    Args:
        parts: what it is made of.
        sleep_time: seconds between two readings.
    """

    def __init__(self, parts: Parts, *, sleep_time: float = 0.0) -> None:
        super().__init__(parts)
        self._pause = round(sleep_time * 1e9)
        self._burst = 1

    def _write_until(self, deadline: int) -> None:
        if self._many is not None and not self._pause and self._ledger.latency.stride > 1:
            self._write_bursts(self._many, deadline)
        else:
            self._write_singly(deadline)

    def _write_singly(self, deadline: int) -> None:
        # Everything that is looked up for each reading is bound here, once.
        clock, take, begin = self._clock, self._source.take, self._ledger.begin
        submit, wait, stopped, pause = self._writer.submit, self._writer.wait, self._stopped, self._pause
        frequency = until_wait = self._frequency
        while not stopped[0] and clock() < deadline:
            reading = take()
            begin(reading.number, clock())
            submit(reading)
            until_wait -= 1
            if not until_wait:
                wait()
                until_wait = frequency
            if pause:
                self._rest(min(clock() + pause, deadline))

    def _write_bursts(self, many: BurstWriter, deadline: int) -> None:
        """Hand over the timed readings one by one, and those between them in bursts."""
        clock, source, ledger, writer, stopped = self._clock, self._source, self._ledger, self._writer, self._stopped
        frequency = until_wait = self._frequency or FAR
        while (now := clock()) < deadline and not stopped[0]:
            if count := min(self._burst, self._until_timed(), until_wait):
                many.submit_many(source.burst(count, ledger))
                self._adapt(clock() - now)
            else:
                reading, count = source.take(), 1
                ledger.begin(reading.number, clock())
                writer.submit(reading)
            until_wait -= count
            if not until_wait:
                writer.wait()
                until_wait = frequency

    def _adapt(self, took_ns: int) -> None:
        """Keep bursts so short that the deadline is looked at often enough."""
        if took_ns < _SHORT_BURST_NS:
            self._burst = min(2 * self._burst, LONGEST_BURST)
        elif took_ns > _LONG_BURST_NS:
            self._burst = max(1, self._burst // 2)


FAR = 1 << 62
"""More readings than any run has: a loop with frequency 0 waits at its end only."""
