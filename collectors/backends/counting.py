"""What a server counts by itself, taken before and after a run, and the difference between the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from .base import Assignment

NODE = "@"
"""Stands before the number of a node: `NAME@2` is what the second node of a cluster counted."""

_RESTART_SECONDS = 5.0
"""Uptimes come in whole seconds, and of a busy server late. One that was replaced sooner after its start shows in its
counters alone."""


@dataclass(frozen=True)
class Snapshot:
    """What a server had counted at one moment, in its own names; empty where it counts nothing."""

    at: float = 0.0
    """Seconds of the monotonic clock."""
    counters: Mapping[str, float] = field(default_factory=dict)
    """What only grows as long as the server runs; one that is not there has not begun to count and stands for 0, unless
    it is one of `untold`."""
    levels: Mapping[str, float] = field(default_factory=dict)
    """What goes up and down: sizes, queues, shares."""
    uptimes: Mapping[str, float] = field(default_factory=dict)
    """Seconds since the server started: by `@` and number of a node, or under the empty string where there is one."""
    untold: frozenset[str] = frozenset()
    """Counters that the server says nothing of at the moment, though they may have counted long since."""
    still_seconds: float = 0.0
    """For how long at least each of `untold` has not changed."""


@dataclass(frozen=True)
class Difference:
    """What happened between two snapshots."""

    seconds: float = 0.0
    """Between them: more than the measured time, since warm-up and start lie between them, too."""
    grown: dict[str, float] = field(default_factory=dict)
    """By how much each counter has grown."""
    levels: dict[str, list[float | None]] = field(default_factory=dict)
    """Each level before and after; None where there was none."""
    reset: list[str] = field(default_factory=list)
    """Counters whose growth is unknown: smaller than before, gone, not told before, or of a server started anew."""


@runtime_checkable
class Counting(Protocol):
    """A backend whose server counts what it takes in, by a way of its own that the reader has no part in."""

    def counts(self, assignment: Assignment) -> Snapshot:
        """Return what the server has counted so far, all that was sent until now included.

        Where a server counts late this waits until it has caught up. The asking itself may be counted, too. Which
        counters there are, and their units, stands at the backend's table of names.

        Raises:
            ServerError: the server cannot be reached, or did not catch up.
        """

    def stored(self, assignment: Assignment, since: Difference) -> int | None:
        """Return how many readings of the run the server says it has; None where it cannot say.

        To be asked after the writers ended and after the second snapshot, since it may take the server a while.

        Args:
            assignment: of one of the run's producers.
            since: what happened to `counts` since before the run.

        Raises:
            ServerError: the server cannot be reached, or took too long to count.
        """


def difference(before: Snapshot, after: Snapshot) -> Difference:
    """Return what happened between two snapshots of one server. No name of either is dropped.

    A restart shows in the uptime, even where the counters have grown past their old values since.
    """
    seconds = after.at - before.at
    anew = {node for node in after.uptimes if not _same_server(before, after, node)}
    grown: dict[str, float] = {}
    gone = before.counters.keys() - after.counters.keys()
    still = {name for name in gone & after.untold if seconds <= after.still_seconds}
    grown |= dict.fromkeys(still, 0.0)
    reset = [*(gone - still)]
    for name, value in after.counters.items():
        growth = value - before.counters.get(name, 0.0)
        if growth < 0 or _node(name) in anew or name in before.untold:
            reset.append(name)
        else:
            grown[name] = growth
    levels = {
        name: [before.levels.get(name), after.levels.get(name)] for name in sorted({*before.levels, *after.levels})
    }
    return Difference(seconds, grown, levels, sorted(reset))


def with_totals(since: Difference) -> dict[str, float]:
    """Return how much each counter has grown, those of nodes (`NAME@2`) also summed up as `NAME`.

    There is no sum where the growth of one node's is unknown.
    """
    unknown = {_whole(name) for name in since.reset}
    totals: dict[str, float] = {}
    for name, growth in since.grown.items():
        if _node(name) and _whole(name) not in unknown:
            totals[_whole(name)] = totals.get(_whole(name), 0.0) + growth
    return {**since.grown, **totals}


def server_record(stored: int | None, counts: Difference, metrics: Difference, missed: list[str]) -> dict[str, Any]:
    """Return what a round's record says of the server (`Round.server`).

    Args:
        stored: how many readings of the run the server says it has.
        counts: what the backend saw it count.
        metrics: what the service saw it count.
        missed: what could not be asked, in words.

    Returns:
        `stored`; `counts` and `metrics`, by how much each counter has grown, those of nodes summed up as well;
        `seconds` that lie between the snapshots of each of the two; `levels`, each before and after; `reset`, the
        counters whose growth is unknown; `missed`.
    """
    return {
        "stored": stored,
        "counts": with_totals(counts),
        "metrics": with_totals(metrics),
        "seconds": {"counts": round(counts.seconds, 3), "metrics": round(metrics.seconds, 3)},
        "levels": {**counts.levels, **metrics.levels},
        "reset": [*counts.reset, *metrics.reset],
        "missed": missed,
    }


def _same_server(before: Snapshot, after: Snapshot, node: str) -> bool:
    """Whether a node has been running since the first snapshot. A wall clock set back may look like a restart."""
    if node not in before.uptimes:
        return False
    return after.uptimes[node] >= before.uptimes[node] + after.at - before.at - _RESTART_SECONDS


def _node(name: str) -> str:
    return NODE + name.rpartition(NODE)[2] if NODE in name else ""


def _whole(name: str) -> str:
    return name.rpartition(NODE)[0] if NODE in name else name
