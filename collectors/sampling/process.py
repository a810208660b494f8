"""One process, sampled."""

from __future__ import annotations

import os

from . import process_table as stat
from .kept_file import ENDED, KeptFile
from .process_table import Entry, ProcessTable
from .threads import TURNS, Threads

TICK = 1 / os.sysconf("SC_CLK_TCK")
"""Seconds."""

_PAGE = os.sysconf("SC_PAGE_SIZE")
_UNSEEN_NS = int(3 * TICK * 1e9)
"""Time that a process used and that none of the threads looked at did; less may be due to the ticks."""
_LITTLE, _SELDOM = 1, 4
"""A process of many threads that used no more ticks than that is looked at closely in one of so many samples."""
_READ_BYTES, _WRITE_BYTES = 9, 11
"""Words of /proc/PID/io (proc_pid_io(5))."""


class Process:
    """What one process used since the previous sample, and what it holds now.

    Its files stay open, and with them it stays the same process. One that did not run is hardly looked at.

    Args:
        found: the process.
        group: the group of processes that it belongs to.
        fresh: it was started after the previous sample, so that all it ever used belongs to the coming one.
        table: the process table.
    """

    __slots__ = (
        *("_count", "_fresh", "_io", "_stat", "_threads", "_ticks"),
        *("age", "cpus", "folder", "found", "group", "reaped", "reaped_system", "reaped_user"),
        *("read", "rss", "system", "tells_bytes", "threads", "total", "user", "waited", "written"),
    )

    def __init__(self, found: Entry, group: str, fresh: bool, table: ProcessTable) -> None:
        folder = f"{table.proc}/{found.pid}"
        self._stat = KeptFile(f"{folder}/stat", table.process_files)
        self._io = KeptFile(f"{folder}/io", table.process_files)
        self._threads = Threads(found.pid, table) if table.tells_waits else None
        self._fresh = fresh
        self._count = (0, 0, 0, 0, 0)
        self._ticks = 0
        self.found = found
        self.group = group
        self.folder: str | None = None
        """Of its control group."""
        self.cpus = _allowed_cpus(found.pid)
        """Those that it may run on (taskset(1), cpusets), as when it was found; None where nothing is known."""
        self.age = 0
        """Samples since it was found."""
        self.total = (0, 0, 0, 0)
        """User and system ticks, bytes read and written: of itself and the children it waited for, as last seen."""
        self.tells_bytes = True
        """Whether we may know how much it reads and writes: its owner and root may."""
        self._clear()
        self.rss = self.threads = 0

    @property
    def tells_waits(self) -> bool:
        """Whether the kernel counts how long its threads wait for a processor."""
        return self._threads is not None

    def _clear(self) -> None:
        self.user = self.system = self.reaped_user = self.reaped_system = 0
        """Growth in ticks, its own, and that of the children that it waited for (wait(2))."""
        self.read = self.written = 0
        """Growth in bytes; those of the children that it waited for are among them."""
        self.waited = 0
        """Growth of the time in ns that its threads wanted a processor and had none."""
        self.reaped = False
        """Whether it waited for children that ended."""

    def sample(self, number: int, many: bool) -> bool:
        """Take its growth since the previous sample and its levels; return False if it has ended.

        Args:
            number: of the sample.
            many: it is one of many, over whose bytes it evens out if each is asked for them in turn.
        """
        self._clear()
        turn = self.age == 0 or (number + self.found.pid) % TURNS == 0
        self.age += 1
        try:
            # Of one with a single thread it is quickest to ask that whether it ran: whoever did not used nothing.
            ran = None
            if self._threads and self.threads == 1:
                ran, self.waited = self._threads.sample(), self._threads.waited
            if ran != 0 or turn:
                self._sample_stat()
                # What it got from a child shows in its bytes and in its other counters at the same time.
                closely = turn or self.reaped or (number + self.found.pid) % _SELDOM == 0
                # Asking a hundred threads that hardly ran would be most of the work; what they did is not lost.
                if ran or closely or self._ticks > _LITTLE:
                    self._sample_threads(ran, turn)
                    if closely or not many:
                        self._sample_bytes()
        except ENDED:
            self._clear()
            return False
        except OSError:  # for want of descriptors, say; it is still there
            self._clear()
            return True
        if not self._fresh:
            self._clear()
            self._fresh = True
        return True

    def close(self) -> None:
        """Close its files."""
        self._stat.close()
        self._io.close()
        if self._threads:
            self._threads.close()

    def _sample_stat(self) -> None:
        found = stat.fields(self._stat.read())
        if int(found[stat.STARTED]) != self.found.started:
            raise ProcessLookupError
        self.rss = int(found[stat.RSS]) * _PAGE
        self.threads = 0 if found[stat.STATE] in b"ZX" else int(found[stat.THREADS])
        user, system, reaped_user, reaped_system, faults = now = (
            int(found[stat.USER]),
            int(found[stat.SYSTEM]),
            int(found[stat.REAPED_USER]),
            int(found[stat.REAPED_SYSTEM]),
            int(found[stat.REAPED_FAULTS]),
        )
        before = self._count
        self._count = now
        self.user, self.system = max(0, user - before[0]), max(0, system - before[1])
        self._ticks += self.user + self.system
        self.reaped_user, self.reaped_system = reaped_user - before[2], reaped_system - before[3]
        # Not even a process that does nothing comes into being without a page fault.
        self.reaped = faults > before[4]
        self.total = (user + reaped_user, system + reaped_system, *self.total[2:])

    def _sample_threads(self, ran: int | None, turn: bool) -> None:
        ticks, self._ticks = self._ticks, 0
        if not self._threads:
            return
        if ran is None:
            ran = self._threads.sample()
        # Whether one was replaced by another does not show in their number, unless there is none but the first.
        if self.threads != self._threads.number or (turn and self.threads != 1):
            self._threads.refresh()
        if ticks * TICK * 1e9 - ran > _UNSEEN_NS:
            self._threads.sample_quiet()
        self.waited = self._threads.waited

    def _sample_bytes(self) -> None:
        if not self.tells_bytes:
            return
        try:
            words = self._io.read(512).split()
        except ProcessLookupError:
            raise
        except (PermissionError, FileNotFoundError):  # not ours; or a kernel that does not count it
            self.tells_bytes = self.threads == 0
            return
        read, written = int(words[_READ_BYTES]), int(words[_WRITE_BYTES])
        self.read, self.written = read - self.total[2], written - self.total[3]
        self.total = (*self.total[:2], read, written)


def _allowed_cpus(pid: int) -> frozenset[int] | None:
    try:
        return frozenset(os.sched_getaffinity(pid))
    except OSError:
        return None
