"""What children that ended had used: the kernel adds it to whoever waits for them, and it must not count twice."""

from __future__ import annotations

from collections.abc import Iterable

from .process import Process

_Used = tuple[int, int, int, int]


class Children:
    """Settles accounts between processes that ended and those that waited for them.

    A process that waits for a child (wait(2)) gets the child's whole CPU time and bytes added to its counters. What was
    sampled of that child before is subtracted again; what it used after it was last seen, or all it used if it never
    was, remains.
    """

    def __init__(self) -> None:
        self._owed: dict[int, _Used] = {}

    def settle(self, ended: Iterable[Process], processes: Iterable[Process]) -> None:
        """Add to each process what the children that it waited for used beyond what was sampled of them.

        Args:
            ended: those that were found to have ended by this sample.
            processes: those that have not, in their order of age: a parent has to be read before its children, lest
                it be seen to have waited for a child that was still there when it was read.
        """
        owed = self._owed
        new: dict[int, _Used] = {}
        for one in sorted(ended, key=lambda one: (one.found.started, one.found.pid), reverse=True):
            # One that ended, too, had got what its own children used, and passed it on.
            below = _sum(owed.pop(one.found.pid, _NOTHING), new.pop(one.found.pid, _NOTHING))
            new[one.found.parent] = _sum(new.get(one.found.parent, _NOTHING), _sum(one.total, below))
        for parent in processes:
            if not parent.reaped:
                continue
            pid = parent.found.pid
            user, system, read, written = _sum(owed.pop(pid, _NOTHING), new.pop(pid, _NOTHING))
            parent.user += max(0, parent.reaped_user - user)
            parent.system += max(0, parent.reaped_system - system)
            parent.read = max(0, parent.read - read)
            parent.written = max(0, parent.written - written)
        # A parent that was read just before it waited shows it in the next sample, and never if nobody waits.
        self._owed = new


_NOTHING = (0, 0, 0, 0)


def _sum(one: _Used, other: _Used) -> _Used:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]
