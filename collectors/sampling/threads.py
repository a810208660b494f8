"""How long the threads of a process ran, and how long they wanted to and could not."""

from __future__ import annotations

import os

from .kept_file import ENDED, Allowance, KeptFile
from .process_table import ProcessTable

TURNS = 16
"""What is not worth reading every second is read once in that many samples."""


class Thread:
    """One thread, from its schedstat (Documentation/scheduler/sched-stats.rst).

    Args:
        folder: of the thread, in /proc.
        files: how many such files may stay open.
    """

    __slots__ = ("_file", "ran", "waited")

    def __init__(self, folder: str, files: Allowance) -> None:
        self._file = KeptFile(f"{folder}/schedstat", files)
        self.ran = self.waited = 0
        """Nanoseconds since it was started."""

    def sample(self) -> tuple[int, int]:
        """Return by how many ns it ran and waited more than when it was last read.

        Raises:
            OSError: it has ended (`ENDED`), or cannot be read now.
        """
        ran, waited, _ = map(int, self._file.read(64).split())
        if ran < self.ran:  # another thread, which got the id of one that has ended
            self.ran = self.waited = 0
        grown = ran - self.ran, waited - self.waited
        self.ran, self.waited = ran, waited
        return grown

    def close(self) -> None:
        """Close its file."""
        self._file.close()


class Threads:
    """The threads of one process. Of those that did not run lately, one in sixteen is looked at each time.

    How long a thread waited is only told once it runs again, so nothing is missed; it may be noted late. Servers have
    hundreds of threads of which few ever run.

    Args:
        pid: the process.
        table: the process table.
    """

    def __init__(self, pid: int, table: ProcessTable) -> None:
        self._pid = pid
        self._folder = f"{table.proc}/{pid}/task"
        self._files = table.thread_files
        self._awake = {pid: Thread(f"{self._folder}/{pid}", self._files)}
        self._quiet: list[dict[int, Thread]] = [{} for _ in range(TURNS)]
        self._turn = 0
        self.number = 1
        """How many there are."""
        self.waited = 0
        """Growth in ns since the previous sample, over all threads; of a new one, since its start."""

    def sample(self) -> int:
        """Return how many ns those threads ran that ran lately.

        Raises:
            OSError: the process has ended (`ENDED`), or cannot be read now.
        """
        self.waited = 0
        ran = self._sample(self._awake)
        self._turn = (self._turn + 1) % TURNS
        quiet = self._quiet[self._turn]
        return ran + self._sample(quiet) if quiet else ran

    def sample_quiet(self) -> None:
        """Look at all threads that did not seem to run: some of them did, or there are new ones."""
        for some in self._quiet:
            self._sample(some)

    def refresh(self) -> None:
        """Find the threads that were started, and forget those that have ended."""
        there = set(map(int, os.listdir(self._folder)))  # noqa: PTH208
        known = self._awake.keys() | {tid for some in self._quiet for tid in some}
        for some in (self._awake, *self._quiet):
            for tid in some.keys() - there:
                some.pop(tid).close()
        self.number = len(there)
        self._sample({tid: Thread(f"{self._folder}/{tid}", self._files) for tid in there - known})

    def close(self) -> None:
        """Close all files."""
        for some in (self._awake, *self._quiet):
            for thread in some.values():
                thread.close()

    def _sample(self, some: dict[int, Thread]) -> int:
        """Return how many ns these threads ran; each then stands where it belongs."""
        ran = 0
        for tid, thread in list(some.items()):
            try:
                growth = thread.sample()
            except ENDED:
                if tid == self._pid:
                    raise
                some.pop(tid).close()
                self.number -= 1
                continue
            ran += growth[0]
            self.waited += growth[1]
            home = self._awake if any(growth) or tid == self._pid else self._quiet[tid % TURNS]
            if home is not some:
                home[tid] = some.pop(tid)
        return ran
