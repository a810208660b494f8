"""The ledger: what became of every single reading of one stream, in two bits each.

It lies in shared memory, so that what a producer knew is still there after it was killed.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable
from enum import IntEnum

from .errors import ContractError
from .latency import LatencyRecorder

_PER_BYTE = 4
_GROWTH = 1 << 16
"""Bytes by which a ledger grows: 262,144 readings."""


class Outcome(IntEnum):
    """How a reading ended, from the client's side. Unknown is what it is until something else is reported."""

    UNKNOWN = 0
    ACKNOWLEDGED = 1
    FAILED = 2
    UNANSWERED = 3


OPEN, CONFIRMED, REFUSED, DOUBTED = range(4)
"""The two bits of a reading: nothing reported yet; acknowledged, or unanswered where nothing is promised; failed;
reported as unknown. One stream is never promised anything or always is, so one value serves for both."""


def outcomes_of(*, promised: bool) -> tuple[Outcome, ...]:
    """Return which outcome each value of a reading's two bits stands for.

    Args:
        promised: whether the server acknowledges what this stream writes.
    """
    confirmed = Outcome.ACKNOWLEDGED if promised else Outcome.UNANSWERED
    return Outcome.UNKNOWN, confirmed, Outcome.FAILED, Outcome.UNKNOWN


_FULL = [state * 0b01010101 for state in range(4)]
"""A byte whose four readings are all in that state."""


class Totals:
    """Counters of one producer in shared memory, readable by others while it runs.

    Args:
        cells: at least `Totals.CELLS` writable 64-bit cells, for instance of a shared `mmap`.
    """

    ATTEMPTED, ACKNOWLEDGED, FAILED, UNANSWERED = 0, 1, 2, 3
    CELLS = 4

    def __init__(self, cells: memoryview | None = None) -> None:
        self.cells = cells if cells is not None else memoryview(bytearray(8 * self.CELLS)).cast("Q")

    @property
    def attempted(self) -> int:
        """Readings handed over to the writer."""
        return self.cells[self.ATTEMPTED]

    @property
    def acknowledged(self) -> int:
        """Readings the server confirmed."""
        return self.cells[self.ACKNOWLEDGED]

    @property
    def failed(self) -> int:
        """Readings that were refused."""
        return self.cells[self.FAILED]

    @property
    def unanswered(self) -> int:
        """Readings sent for which nothing was promised."""
        return self.cells[self.UNANSWERED]

    @property
    def unknown(self) -> int:
        """Readings whose outcome nobody knows (yet): those reported as unknown, and those in flight."""
        return self.attempted - self.acknowledged - self.failed - self.unanswered

    def by_outcome(self) -> dict[Outcome, int]:
        """Return how many readings ended how."""
        return {
            Outcome.UNKNOWN: self.unknown,
            Outcome.ACKNOWLEDGED: self.acknowledged,
            Outcome.FAILED: self.failed,
            Outcome.UNANSWERED: self.unanswered,
        }


class Ledger:
    """What one writer reports to.

    Readings are numbered from 1. The loop calls `begin` before it hands a reading over; the writer then settles
    it by one of `acknowledged`, `failed`, `unknown` or `unanswered`, alone or as a range of numbers. It takes two
    bits a reading.

    Args:
        totals: where to count; by default in memory of its own.
        descriptor: an open file (`os.memfd_create`) for the outcomes, so that another process can read them; by
            default private memory.
        clock: nanoseconds that never go back.
    """

    def __init__(
        self,
        totals: Totals | None = None,
        descriptor: int | None = None,
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self.totals = totals if totals is not None else Totals()
        self.clock = clock
        self.latency: LatencyRecorder = LatencyRecorder()
        self.errors: dict[str, int] = {}
        """How many readings failed or are unknown, by the error that said so."""
        self.cells = self.totals.cells
        """The first holds how many readings were handed over: whoever hands over many sets it before each."""
        self._file = os.memfd_create("ledger", os.MFD_CLOEXEC) if descriptor is None else descriptor
        self._owns_file = descriptor is None
        os.ftruncate(self._file, _GROWTH)
        self._map = mmap.mmap(self._file, _GROWTH)
        self._room = _GROWTH * _PER_BYTE
        self._doubted = 0

    def begin(self, number: int, now: int) -> None:
        """Note that reading `number` is handed over at `now` (nanoseconds of the ledger's clock)."""
        self.cells[0] = number
        if not number % self.latency.stride:
            self.latency.started[number] = now

    def acknowledged(self, first: int, count: int = 1) -> None:
        """Note that the server confirmed these readings."""
        latency, cells = self.latency, self.cells
        if count == 1:
            # What `_settle` does, written out: this is called once for each reading that is waited for by itself.
            at = first - 1
            shift = (at & 3) << 1
            if not 0 < first <= cells[0] or first > self._room:
                self._settle(first, 1, CONFIRMED)
            else:
                byte = self._map[at >> 2]
                if byte >> shift & 3:
                    self._refuse(first)
                self._map[at >> 2] = byte | 1 << shift
            cells[1] += 1
            if first in latency.started:
                latency.record(first, self.clock())
            return
        self._settle(first, count, CONFIRMED)
        cells[1] += count
        if latency.started:
            latency.record_range(first, count, self.clock())

    def failed(self, first: int, count: int = 1, *, error: str) -> None:
        """Note that the server, or the client for it, refused these readings: they were not written."""
        self._settle(first, count, REFUSED)
        self.cells[2] += count
        self._blame(first, count, error)

    def unknown(self, first: int, count: int = 1, *, error: str) -> None:
        """Note that nobody can say whether these readings were written (a time-out, an error on COMMIT)."""
        self._settle(first, count, DOUBTED)
        self._doubted += count
        self._blame(first, count, error)

    def unanswered(self, first: int, count: int = 1) -> None:
        """Note that these readings were sent and nothing was ever promised for them."""
        self._settle(first, count, CONFIRMED)
        self.cells[3] += count
        self.latency.forget(first, count)

    @property
    def unsettled(self) -> int:
        """Readings handed over of which the writer has not yet reported anything."""
        return self.totals.unknown - self._doubted

    @property
    def promised(self) -> bool:
        """Whether the server acknowledges what this stream writes; so it is assumed until something is unanswered."""
        return not self.totals.unanswered

    def check(self) -> None:
        """Look whether the writer has settled every reading, and in a way that goes together.

        Raises:
            ContractError: it has not.
        """
        if self.unsettled:
            raise ContractError(f"the writer's wait left {self.unsettled} readings unsettled")
        if self.totals.acknowledged and self.totals.unanswered:
            raise ContractError("a writer reported some readings as acknowledged, and others as never to be answered")

    def outcomes(self) -> bytes:
        """Return the states packed four to a byte, reading 1 in the lowest bits of byte 0; see `outcomes_of`."""
        length = -(-self.totals.attempted // _PER_BYTE)
        return self._map[:length].ljust(length, b"\0")

    def close(self) -> None:
        """Give the memory back."""
        self._map.close()
        if self._owns_file:
            os.close(self._file)
            self._owns_file = False

    def _blame(self, first: int, count: int, error: str) -> None:
        self.errors[error] = self.errors.get(error, 0) + count
        self.latency.forget(first, count)

    def _settle(self, first: int, count: int, state: int) -> None:
        last = first + count - 1
        if first < 1 or count < 1 or last > self.cells[0]:
            raise ContractError(
                f"a writer settled readings {first} to {last}, but only 1 to {self.cells[0]} were handed over"
            )
        while last > self._room:
            self._grow()
        if count == 1:
            self._settle_one(first, state)
            return
        index, final = first - 1, last
        while index < final and index % _PER_BYTE:
            self._settle_one(index + 1, state)
            index += 1
        whole = (final - index) // _PER_BYTE
        if whole:
            at = index // _PER_BYTE
            if self._map[at : at + whole].count(0) != whole:
                self._refuse(index + 1)
            self._map[at : at + whole] = _FULL[state].to_bytes() * whole
            index += whole * _PER_BYTE
        for number in range(index + 1, final + 1):
            self._settle_one(number, state)

    def _settle_one(self, number: int, state: int) -> None:
        at = number - 1
        shift = (at & 3) << 1
        byte = self._map[at >> 2]
        if byte >> shift & 3:
            self._refuse(number)
        self._map[at >> 2] = byte | state << shift

    def _refuse(self, number: int) -> None:
        raise ContractError(f"a writer settled reading {number} twice")

    def _grow(self) -> None:
        size = len(self._map) + _GROWTH
        os.ftruncate(self._file, size)
        self._map.resize(size)
        self._room = size * _PER_BYTE
