"""Everything that a host tells about itself, once a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Self

from ..errors import UsageError
from .board import Board
from .containers import Containers
from .disks import Disks
from .memory import Memory
from .network import Network
from .population import Population
from .pressure import Pressure
from .processor import Processor
from .source import Columns, Source


class Sampler:
    """Samples the host, and groups of processes on it, from /proc and /sys alone.

    Not for several threads at once. Columns and units:

    | column | holds |
    |---|---|
    | `cpu.user`, `.system`, `.iowait`, `.steal`, `.idle` | cores, together all there are; interrupts are system |
    | `core.N.busy` | share 0..1 of core N |
    | `NAME.cpu`, `.user`, `.system` | cores that a group of processes used |
    | `NAME.waiting` | cores that its threads wanted beside and did not get, all other processes being as busy |
    | `NAME.throttled`, `.quota` | share 0..1 of time a CPU quota held it back; cores that this allows |
    | `NAME.cpus` | CPUs that it is pinned to; None where it may use all |
    | `NAME.rss`, `.threads` | bytes resident, added up; number |
    | `NAME.read_bytes`, `.write_bytes` | bytes/s that go to the disk, counted when a page is first changed |
    | `foreign.cpu` | cores that others used |
    | `disk.DEV.io`, `.queue` | ms/s in which it was busy; mean requests in flight |
    | `disk.DEV.read_bytes`, `.write_bytes` | bytes/s |
    | `net.IFACE.rx_bytes`, `.tx_bytes`, `.drops` | bytes/s; packets/s, dropped by the queue too |
    | `net.IFACE.carrier_changes` | times/s that the link went down or up |
    | `net.IFACE.backlog`, `.overlimits` | bytes that wait and times/s that they had to; None for a plain queue |
    | `memory.available`, `.swap_used`, `.swap_in`, `.swap_out` | bytes, bytes; bytes/s, bytes/s |
    | `pressure.cpu`, `.io`, `.memory` | share 0..1 of time in which some task was stalled |
    | `container.NAME.cores`, `.memory` | cores used; bytes, cached files among them |
    | `container.NAME.read_bytes`, `.write_bytes`, `.rx_bytes`, `.tx_bytes` | bytes/s: disks; its own interfaces |
    | `cpu.mhz`, `cpu.temperature`, `cpu.throttled` | mean over cores; °C; bit field of `vcgencmd get_throttled` |

    Args:
        watched: process ids by group, such as `producers` and `server`; all that these processes start, directly or
            not, is of the same group, unless it is watched as another. The process that samples is the group
            `sampler`, by itself, and of no other.
        clock: steady, in ns.
        containers: by name, a process of each container that is to be watched as a whole, beside its processes.
        proc: where /proc is.
        sys: where /sys is.

    Raises:
        UsageError: a group's name is taken.
    """

    def __init__(
        self,
        watched: Mapping[str, Sequence[int]],
        clock: Callable[[], int] = time.perf_counter_ns,
        *,
        containers: Mapping[str, int] = MappingProxyType({}),
        proc: str = "/proc",
        sys: str = "/sys",
    ) -> None:
        self._clock = clock
        self._processor = Processor(proc)
        self._population = Population(proc)
        self._board = Board(sys)
        self._sources: list[Source] = [Disks(proc, sys), Network(proc, sys), Memory(proc), Pressure(proc), self._board]
        self._sources.append(Containers(containers, proc))
        self._samples = 0
        self._used_ns = 0
        self.sampled_ns: int | None = None
        """When the last sample was taken, by the clock."""
        try:
            for name, pids in watched.items():
                self.watch(name, pids)
        except UsageError:
            self.close()
            raise

    def watch(self, name: str, pids: Sequence[int]) -> None:
        """Watch more processes, under a new name or one that is there. They show from the next sample but one on.

        Raises:
            UsageError: the name is taken, or not made of small letters, digits, `-` and `_`.
        """
        self._population.watch(name, pids)

    def sample(self) -> Columns:
        """Return all columns for the time since the previous call.

        The first call only begins the first interval, and returns no columns; so does one at the very moment of the
        previous one.
        """
        began = time.thread_time_ns()
        now = self._clock()
        before, self.sampled_ns = self.sampled_ns, now
        if now == before:
            return {}
        columns = self._sample(1.0 if before is None else (now - before) / 1e9)
        self._samples += 1
        self._used_ns += time.thread_time_ns() - began
        return {} if before is None else columns

    @property
    def cost(self) -> float:
        """CPU seconds that a sample took, on average over all so far."""
        return (self._used_ns / 1e9 + self._board.firmware.cpu_seconds) / max(1, self._samples)

    def close(self) -> None:
        """Close all files."""
        self._processor.close()
        self._population.close()
        for one in self._sources:
            one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _sample(self, seconds: float) -> Columns:
        columns = self._processor.sample(seconds)
        columns |= self._population.sample(self._processor.forks, seconds)
        busy, used = self._processor.busy, self._population.used
        # What is counted in ticks and what is measured differ by a little.
        columns["foreign.cpu"] = None if busy is None or used is None else max(0.0, busy - used)
        for one in self._sources:
            columns |= one.sample(seconds)
        return columns
