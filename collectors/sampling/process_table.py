"""The kernel's process table: who started whom, and which process is still the same one."""

from __future__ import annotations

import os
from typing import NamedTuple

from .kept_file import Allowance, text_of

STATE, PARENT, SESSION, REAPED_FAULTS, USER, SYSTEM, REAPED_USER, REAPED_SYSTEM = 0, 1, 3, 8, 11, 12, 13, 14
THREADS, STARTED, RSS = 17, 19, 21
"""Where `fields` has them: it begins with the process's state, which is the third in proc_pid_stat(5)."""

_LEAST_PID_MAX = 32768
_PARTS = 4


class Entry(NamedTuple):
    """A process and where it comes from."""

    pid: int
    parent: int
    session: int
    started: int
    """Clock ticks between boot and its start: a pid may be given away again, a pid with its start may not."""


class ProcessTable:
    """The processes that /proc shows us; with `hidepid` these may be our own alone (proc(5)).

    Args:
        proc: where /proc is.
    """

    def __init__(self, proc: str = "/proc") -> None:
        self.proc = proc
        self.process_files = Allowance.share(_PARTS)
        """How many descriptors may be kept for processes."""
        self.thread_files = Allowance.share(_PARTS)
        """How many descriptors may be kept for threads."""
        self.tells_waits = (text_of(f"{proc}/self/schedstat") or "0 0 0") != "0 0 0"
        """Whether the kernel counts how long threads wait for a processor (CONFIG_SCHED_INFO)."""
        self.pid_max = int(text_of(f"{proc}/sys/kernel/pid_max") or _LEAST_PID_MAX)

    def names(self) -> set[str]:
        """Return the names of the folders of all processes, with others among them."""
        try:
            return set(os.listdir(self.proc))  # noqa: PTH208 – half of a Path's time
        except OSError:
            return set()

    def entry(self, pid: int) -> Entry | None:
        """Return the entry of a process, or None where there is none that we may see."""
        try:
            with open(f"{self.proc}/{pid}/stat", "rb", buffering=0) as file:  # noqa: PTH123
                found = fields(file.read(4096))
        except OSError:
            return None
        return Entry(pid, int(found[PARENT]), int(found[SESSION]), int(found[STARTED]))


def fields(stat: bytes) -> list[bytes]:
    """Return the fields of a /proc/PID/stat from the state on; a name in brackets before it may hold anything."""
    return stat[stat.rindex(b")") + 2 :].split(b" ", RSS + 1)
