"""The memory that the producers of one host share with the process that watches over them."""

from __future__ import annotations

import mmap
import time

from .ledger import Totals

STARTING, READY, RUNNING, MEASURING, ENDED = range(5)
"""What a producer is doing."""

_HEAD = 2
_STOP, _START = range(_HEAD)
_ROW = 8
"""Cells a producer has: totals, state and delay, in a cache line of its own so that none slows another down."""
_STATE = Totals.CELLS
_BEHIND = _STATE + 1


class Shared:
    """A start signal, a stop signal, and the counters and state of every producer.

    Made before the producers are forked, so that all have it.

    Args:
        processes: how many producers.
    """

    def __init__(self, processes: int) -> None:
        self._cells = memoryview(mmap.mmap(-1, 8 * _ROW * (processes + 1))).cast("Q")
        self.stop_flag = self._cells[_STOP : _STOP + 1]
        """One cell that is not 0 when all are to stop."""
        self.processes = processes

    def totals(self, index: int) -> Totals:
        """Return the counters of one producer."""
        at = _ROW * (index + 1)
        return Totals(self._cells[at : at + Totals.CELLS])

    def state(self, index: int) -> int:
        """Return what one producer is doing."""
        return self._cells[_ROW * (index + 1) + _STATE]

    def set_state(self, index: int, state: int) -> None:
        """Say what one producer is doing."""
        self._cells[_ROW * (index + 1) + _STATE] = state

    def behind(self, index: int) -> memoryview:
        """Return the one cell in which a producer says how many nanoseconds late it is on its schedule."""
        at = _ROW * (index + 1) + _BEHIND
        return self._cells[at : at + 1]

    def latest_ns(self) -> int:
        """Return how late the latest producer is on its schedule."""
        return max(self.behind(index)[0] for index in range(self.processes))

    def start(self, at_ns: int) -> None:
        """Let all producers start when their `time.perf_counter_ns`, which they share, reaches this."""
        self._cells[_START] = at_ns

    def await_start(self) -> int:
        """Return the start time once it has come; 0 if all are to stop instead."""
        while not self._cells[_START]:
            if self.stop_flag[0]:
                return 0
            time.sleep(0.001)
        at = self._cells[_START]
        while (left := at - time.perf_counter_ns()) > 0:
            time.sleep(left / 1e9)
        return at

    def stop(self) -> None:
        """Ask all producers to stop."""
        self.stop_flag[0] = 1

    def counted(self) -> int:
        """Return how many readings of all producers are acknowledged, or sent where nothing was promised."""
        rows = [self.totals(index) for index in range(self.processes)]
        return sum(row.acknowledged + row.unanswered for row in rows)
