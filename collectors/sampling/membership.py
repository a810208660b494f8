"""Which process belongs to which group."""

from __future__ import annotations

from collections.abc import Iterable

from .process_table import Entry, ProcessTable


class Membership:
    """Groups of processes: some given ones and all that they start, directly or not.

    A process that was started by one that has ended since is found by its session, if that was led by a member; else
    nothing tells any more where it came from.

    Args:
        table: the process table.
    """

    def __init__(self, table: ProcessTable) -> None:
        self._table = table
        self._roots: dict[int, tuple[Entry, str]] = {}
        self._group_of: dict[int, str] = {}
        self._leads: dict[int, str] = {}
        self._known: set[str] = set()
        self._forks = 0

    def watch(self, group: str, pids: Iterable[int]) -> list[int]:
        """Let some processes and all that they start be of a group; what is found then is found again by `look`.

        Returns:
            Those of them that cannot be seen.
        """
        unseen = []
        for pid in pids:
            found = self._table.entry(pid)
            if found:
                self._roots[pid] = found, group
            else:
                unseen.append(pid)
        self._group_of.clear()
        self._leads.clear()
        self._known.clear()
        return unseen

    def look(self, forks: int | None) -> list[tuple[Entry, str]]:
        """Return the processes that were not there at the previous look, with their groups.

        Args:
            forks: processes and threads started since boot, as far as the kernel says: a pid that was looked at need
                not be looked at again before all pids can have been given away once.
        """
        there = self._table.names()
        if forks is None or forks - self._forks > self._table.pid_max // 2:
            self._known.clear()
        if not self._known:
            self._forks = forks or 0
        unknown = there - self._known
        self._known = there
        pending = [found for pid in unknown if pid.isdigit() and (found := self._table.entry(int(pid)))]
        members: list[tuple[Entry, str]] = []
        # A child may stand before its parent, and is then found in the next round.
        while more := [(one, group) for one in pending if (group := self._group(one))]:
            members += more
            pending = [one for one in pending if one.pid not in self._group_of]
        return members

    def forget(self, pid: int) -> None:
        """Forget a process that has ended; its pid may be given to another."""
        self._group_of.pop(pid, None)
        self._leads.pop(pid, None)
        self._roots.pop(pid, None)
        self._known.discard(str(pid))

    def _group(self, found: Entry) -> str | None:
        root = self._roots.get(found.pid)
        own = root[1] if root and root[0].started == found.started else None
        group = own or self._group_of.get(found.parent) or self._leads.get(found.session)
        if group:
            self._group_of[found.pid] = group
            if found.session == found.pid:
                self._leads[found.pid] = group
        return group
