"""The watched processes of a host, in their groups."""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Sequence

from ..errors import UsageError
from .cgroup import Cgroups
from .children import Children
from .group import Group
from .membership import Membership
from .process import Process
from .process_table import Entry, ProcessTable
from .source import Columns
from .threads import TURNS

OWN = "sampler"
"""The group of the process that samples, by itself."""

_MANY = 16
"""Processes, of which not all need be asked for everything every time."""

_MOVED_EVERY = 32
"""Samples after which it is looked whether a process was moved to another control group."""

_TAKEN = frozenset((OWN, "at", "cpu", "core", "foreign", "disk", "net", "memory", "pressure"))


class Population:
    """Finds the processes of all groups and adds up what they use.

    Args:
        proc: where /proc is.
    """

    def __init__(self, proc: str = "/proc") -> None:
        self._table = ProcessTable(proc)
        self._membership = Membership(self._table)
        self._children = Children()
        self._cgroups = Cgroups(proc)
        self._groups = {OWN: Group(OWN)}
        self._processes: list[Process] = []
        self._number = 0
        self._forks: int | None = None
        self._watched_more = False
        self._own_before = (0.0, 0.0)
        self.used: float | None = None
        """Cores that all groups together used in the last interval; None if some may not be seen."""
        own = self._table.entry(os.getpid())
        if own:
            self._add(own, OWN, fresh=False)

    def watch(self, name: str, pids: Sequence[int]) -> None:
        """Watch processes and all that they start, under a new name or one that is there.

        Raises:
            UsageError: the name is taken, or not made of small letters, digits, `-` and `_`.
        """
        if name in _TAKEN or not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
            raise UsageError(
                f"group {name!r}: expected small letters, digits, - and _, and none of {', '.join(sorted(_TAKEN))}",
                "call it producers or server",
            )
        group = self._groups.setdefault(name, Group(name))
        for pid in self._membership.watch(name, pids):
            group.hidden |= _exists(pid)
            group.known = True
        self._watched_more = True

    def sample(self, forks: int | None, seconds: float) -> Columns:
        """Return the columns of all groups.

        Args:
            forks: processes and threads started since boot; None where the kernel does not say.
            seconds: length of the interval.
        """
        self._number += 1
        if forks is None or forks != self._forks or self._watched_more or self._number % TURNS == 0:
            self._look(forks)
        many = len(self._processes) > _MANY
        ended = [one for one in self._processes if not one.sample(self._number, many)]
        if ended:
            self._forget(ended)
        self._children.settle(ended, self._processes)
        self._find_cgroups()
        columns: Columns = {}
        for group in self._groups.values():
            columns |= group.columns(self._cgroups, self._number, seconds)
        columns |= self._own(seconds)
        used = [columns[f"{name}.cpu"] for name, group in self._groups.items() if group.processes or group.hidden]
        known = [one for one in used if one is not None]
        self.used = sum(known) if len(known) == len(used) else None
        return columns

    def close(self) -> None:
        """Close all files."""
        for process in self._processes:
            process.close()
        self._cgroups.close()

    def _look(self, forks: int | None) -> None:
        self._forks = forks
        fresh, self._watched_more = not self._watched_more, False
        known = {(one.found.pid, one.found.started): one for one in self._processes}
        for found, group in self._membership.look(forks):
            process = known.get((found.pid, found.started))
            if process and process.group not in (OWN, group):
                self._groups[process.group].processes.remove(process)
                self._groups[group].add(process)
            elif not process:
                self._add(found, group, fresh)

    def _add(self, found: Entry, group: str, fresh: bool) -> None:
        process = Process(found, group, fresh, self._table)
        self._groups[group].add(process)
        self._processes.append(process)
        # A parent is older than its children.
        self._processes.sort(key=lambda one: (one.found.started, one.found.pid))

    def _forget(self, ended: list[Process]) -> None:
        for process in ended:
            process.close()
            self._membership.forget(process.found.pid)
            self._groups[process.group].processes.remove(process)
            self._processes.remove(process)

    def _find_cgroups(self) -> None:
        """Find the control groups of new processes; look now and then whether others were moved, as hardly any is."""
        for process in self._processes:
            age = process.age
            if age & (age - 1) == 0 or age % _MOVED_EVERY == 0:
                process.folder = self._cgroups.folder(process.found.pid)

    def _own(self, seconds: float) -> Columns:
        """Return this process's CPU time: it uses less than the ticks of /proc/PID/stat can show."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        user, system = used.ru_utime - self._own_before[0], used.ru_stime - self._own_before[1]
        self._own_before = used.ru_utime, used.ru_stime
        return {
            f"{OWN}.cpu": (user + system) / seconds,
            f"{OWN}.user": user / seconds,
            f"{OWN}.system": system / seconds,
        }


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
