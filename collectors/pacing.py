"""The schedule of an open loop: when each reading is due, whatever the server does, and how well that was kept to.

Latency counts from the time a reading was due. Counted from when it was handed over it would leave out the time that
readings wait for a stalled server, which is "coordinated omission" (G. Tene, "How not to measure latency", 2013).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LATE_NS = 1_000_000
"""A reading handed over this long after it was due is late: more than what waking a process takes."""


@dataclass(frozen=True)
class Schedule:
    """One producer's share of a rate: a reading each `period`, the producers of a host taking turns.

    Args:
        rate: readings per second of all producers of the host together.
        processes: how many they are.
        index: which of them, from 0.
    """

    rate: float
    processes: int = 1
    index: int = 0

    @property
    def period_ns(self) -> float:
        """From one of its readings to the next."""
        return 1e9 * self.processes / self.rate

    def due_ns(self, count: int) -> int:
        """Return when its reading number `count`, from 0, is due, since the start."""
        return round(self.period_ns * (count + self.index / self.processes))

    def due_within(self, span_ns: int) -> int:
        """Return how many of its readings are due in so many nanoseconds from the start."""
        left = span_ns - self.due_ns(0)
        if left <= 0:
            return 0
        count = max(1, int(left / self.period_ns))
        # The quotient is only near: what decides is the rounded time that the loop goes by.
        while self.due_ns(count) < span_ns:
            count += 1
        while count and self.due_ns(count - 1) >= span_ns:
            count -= 1
        return count


@dataclass(frozen=True)
class Held:
    """How a schedule was kept to."""

    intended: int
    """Readings that were due in the time."""
    sent: int
    """Readings handed over in it; the rest never were, as the time was over."""
    late: int
    """Readings handed over more than `LATE_NS` after they were due."""
    behind_max_ns: int
    """How late the latest was."""
    behind_end_ns: int
    """How late the loop was when the time was over: the age of the oldest reading that was due and not handed over."""

    def to_json(self) -> dict[str, int]:
        """Return it as what `json.dumps` takes."""
        return asdict(self)


def together(rate: float, held: Sequence[Mapping[str, int]]) -> dict[str, Any]:
    """Return how the producers together kept to a rate, as the record has it.

    Args:
        rate: readings per second of all of them.
        held: of each, what `Held.to_json` made.
    """
    return {
        "rate": rate,
        "intended": sum(one["intended"] for one in held),
        "sent": sum(one["sent"] for one in held),
        "late": sum(one["late"] for one in held),
        "behind_max_ms": max((one["behind_max_ns"] for one in held), default=0) / 1e6,
        "behind_end_ms": max((one["behind_end_ns"] for one in held), default=0) / 1e6,
    }
