"""The measured loop, open: each reading is handed over when it is due, whatever has become of those before."""

from __future__ import annotations

import ctypes

from .latency import PacedRecorder
from .loop import FAR, LONGEST_BURST, Loop, Parts
from .pacing import LATE_NS, Held, Schedule

TIMED_EACH_FROM_NS = 100_000
"""Where a producer's readings are at least this far apart, each is timed; timing takes about a hundredth of that."""

_PR_SET_TIMERSLACK = 29


class OpenLoop(Loop):
    """Writes the readings of one stream on a schedule that does not wait for the server.

    A client that blocks, or a `frequency` that has it wait, does not move the schedule: what became due meanwhile is
    handed over at once afterwards, late, and timed from when it was due.

    Args:
        parts: what it is made of.
        schedule: of this producer.
        recorder: the ledger's, which times readings twice.
        behind: its first item is set to how many nanoseconds late the last reading was.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        schedule: Schedule,
        recorder: PacedRecorder,
        behind: memoryview | None = None,
    ) -> None:
        super().__init__(parts)
        self._schedule = schedule
        self._recorder = recorder
        self._behind = behind if behind is not None else memoryview(bytearray(8)).cast("Q")
        self._until_wait = FAR
        self._sent = self._late = self._latest = 0

    def _write_until(self, deadline: int) -> None:
        began = self._clock()
        self._sent = self._late = self._latest = 0
        self._until_wait = self._frequency or FAR
        while not self._stopped[0] and (due := began + self._schedule.due_ns(self._sent)) < deadline:
            self._rest(due)
            if self._stopped[0] or (now := self._clock()) >= deadline:
                break
            self._hand_over(began, due, now)
            if not self._until_wait:
                self._writer.wait()
                self._until_wait = self._frequency or FAR

    def _hand_over(self, began: int, due: int, now: int) -> None:
        """Hand over the reading that is due, and those due after it by now."""
        count = self._burst_of(now - began) if self._many is not None else 0
        if count > 1 and self._many is not None:
            self._many.submit_many(self._source.burst(count, self._ledger))
        else:
            count, reading = 1, self._source.take()
            now = self._clock()
            if not reading.number % self._recorder.stride:
                self._recorder.handed_over[reading.number] = now
            self._ledger.begin(reading.number, due)
            self._writer.submit(reading)
        behind = max(0, now - due)
        # Of a burst the first is the latest, and those that are late are the ones due before a certain time.
        self._late += min(count, max(0, self._schedule.due_within(now - LATE_NS - began) - self._sent))
        self._latest = max(self._latest, behind)
        self._behind[0] = behind
        self._sent += count
        self._until_wait -= count

    def _burst_of(self, elapsed: int) -> int:
        ready = self._schedule.due_within(elapsed) - self._sent
        return min(ready, self._until_timed(), self._until_wait, LONGEST_BURST)

    def _held(self, began: int, ended: int) -> Held:
        # Stopped early, the time that counts is what there was of it.
        sent = self._sent
        intended = max(sent, self._schedule.due_within(ended - began))
        overdue = ended - began - self._schedule.due_ns(sent) if intended > sent else 0
        return Held(intended, sent, self._late, max(self._latest, overdue), overdue)


def wake_on_time() -> None:
    """Have the kernel wake this process when it asked to be, not up to 50 µs later (prctl(2), PR_SET_TIMERSLACK)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_TIMERSLACK, 1)
