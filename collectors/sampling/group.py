"""What a group of processes uses together."""

from __future__ import annotations

import os

from .cgroup import Cgroups, Held
from .process import TICK, Process
from .source import Columns

_NAMES = (
    *("cpu", "user", "system", "waiting", "throttled", "quota", "cpus"),
    *("rss", "read_bytes", "write_bytes", "threads"),
)
_ALL_CPUS = os.cpu_count() or 1


class Group:
    """Processes under one name.

    Args:
        name: what its columns begin with.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.processes: list[Process] = []
        self.known = False
        """Whether anything was ever seen of it; one that has ended uses nothing, of one never seen nothing is known."""
        self.hidden = False
        """Whether it has processes that we may not see."""

    def add(self, process: Process) -> None:
        """Add a process."""
        process.group = self.name
        self.processes.append(process)
        self.known = True

    def columns(self, cgroups: Cgroups, number: int, seconds: float) -> Columns:
        """Return `NAME.*` for the interval.

        Resident sizes are added up as they are: what processes share, such as a program's text, counts for each.

        Args:
            cgroups: where quotas are found.
            number: of the sample.
            seconds: length of the interval.
        """
        if self.hidden or not self.known:
            return {f"{self.name}.{one}": None for one in _NAMES}
        values = self._used(seconds) | self._held(cgroups, number, seconds) | {"cpus": self._pinned()}
        return {f"{self.name}.{one}": value for one, value in values.items()}

    def _used(self, seconds: float) -> Columns:
        user = system = waited = read = written = rss = threads = 0
        tells_waits = tells_bytes = True
        for one in self.processes:
            user += one.user
            system += one.system
            waited += one.waited
            read += one.read
            written += one.written
            rss += one.rss
            threads += one.threads
            tells_waits &= one.tells_waits
            tells_bytes &= one.tells_bytes
        return {
            "cpu": (user + system) * TICK / seconds,
            "user": user * TICK / seconds,
            "system": system * TICK / seconds,
            "waiting": waited / 1e9 / seconds if tells_waits else None,
            "rss": float(rss),
            "read_bytes": read / seconds if tells_bytes else None,
            "write_bytes": written / seconds if tells_bytes else None,
            "threads": float(threads),
        }

    def _pinned(self) -> float | None:
        """Return how many CPUs all together may run on; None where these are all, or not known."""
        sets = {one.cpus for one in self.processes}
        known = [one for one in sets if one is not None]
        count = len(frozenset().union(*known))
        return float(count) if sets and len(known) == len(sets) and count < _ALL_CPUS else None

    def _held(self, cgroups: Cgroups, number: int, seconds: float) -> Columns:
        folders = {one.folder for one in self.processes}
        held = [cgroups.held(folder, number, seconds) for folder in folders if folder]
        if len(held) < len(folders):
            return {"throttled": None, "quota": None}
        return {"throttled": max((one.throttled for one in held), default=0.0), "quota": _together(held)}


def _together(held: list[Held]) -> float | None:
    """Return the cores that quotas allow to all together; None where somebody has no quota."""
    quotas = {one.where: one.quota for one in held}
    known = [one for one in quotas.values() if one is not None]
    return sum(known) if known and len(known) == len(quotas) else None
