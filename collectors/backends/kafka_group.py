"""Reading a topic back by a consumer group: who gets which partitions, and in which order readings come (O7, O8)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self

from ..errors import ServerError
from ..options import Option, one_of, whole
from .base import Arrival, Assignment, BaseReader
from .kafka_reader import Sorter, TopicLog
from .kafka_topic import address

OPTIONS = (
    Option(
        "members",
        0,
        whole(0, 100),
        "a number from 0 to 100",
        "consumers of one group that read back what was written; 0: one reader without a group",
    ),
    Option(
        "join",
        "before",
        one_of("before", "after"),
        "before or after",
        "when the group's members begin to read: before the first reading is written, or after the last one",
    ),
)

_JOIN_SECONDS = 60.0
_PAUSE_SECONDS = 0.05


class Member(Protocol):
    """One consumer of a group, which reads in a thread of its own."""

    partitions: frozenset[int] | None
    """Those assigned to it; None until the group has assigned any, be it none."""
    positions: dict[int, int]
    """The next offset of each partition that it has read from."""
    arrivals: list[Arrival]
    """What it has read of the run, in that order."""
    sorter: Sorter
    """Has counted what else it has read."""
    trouble: str
    """Why it reads no more; empty while it does."""

    def close(self) -> None:
        """Leave the group. May be called twice."""


Join = Callable[[str, Mapping[int, int]], Member]
"""Makes a member of a group, which begins at these offsets."""


class GroupReader(BaseReader):
    """Reads a run back by all members of a group together.

    `facts["group"]` has a row for each member: its partitions, how many readings it got, and how often a reading of a
    producer came after a later one: `reordered` within a partition, `reordered_across` whichever partition it was in.

    Args:
        assignment: whose run; its settings `members` and `join` count.
        log: the topic, for where its partitions end.
        join: makes a member.
    """

    shows_duplicates: ClassVar[bool] = True
    shows_order: ClassVar[bool] = True

    def __init__(self, assignment: Assignment, log: TopicLog, join: Join) -> None:
        super().__init__()
        self._assignment = assignment
        self._log = log
        self._join = join
        self._starts: dict[int, int] = {}
        self._members: list[Member] = []

    def __enter__(self) -> Self:
        self._starts = self._log.ends()
        if self._assignment.settings["join"] == "before":
            self._assemble()
        return self

    def __exit__(self, *exc: object) -> None:
        for member in self._members:
            member.close()

    def arrivals(self, expected: int) -> Iterator[Arrival]:  # noqa: ARG002 – a log knows its own end
        """See `Reader.arrivals`."""
        ends = self._log.ends()
        if not self._members:
            self._assemble()
        missed, members = self._caught_up(ends), self._members
        shares = [sorted(member.partitions or ()) for member in members]  # those who leave have none
        for member in members:
            member.close()
        for member in members:
            yield from member.arrivals
        self.complete = not missed
        self.foreign = sum(member.sorter.foreign for member in members)
        self.facts = {
            "records": sum(ends.values()) - sum(self._starts.values()),
            "other_runs": sum(member.sorter.other_runs for member in members),
            "group": [_row(at + 1, shares[at], member.arrivals) for at, member in enumerate(members)],
        }
        if missed:
            self.facts["missed"] = missed

    def _assemble(self) -> None:
        """Have all members join, and return when each partition is assigned to one of them."""
        group = f"thermobench-{self._assignment.stream.run}"
        try:
            for _ in range(self._assignment.settings["members"]):
                self._members.append(self._join(group, self._starts))
            self._await_partitions(group)
        except BaseException:
            self.__exit__()
            raise

    def _await_partitions(self, group: str) -> None:
        deadline = time.monotonic() + _JOIN_SECONDS
        while not _settled(self._members, len(self._starts)):
            if time.monotonic() > deadline or any(member.trouble for member in self._members):
                said = next((member.trouble for member in self._members if member.trouble), "no end of it")
                raise ServerError(
                    f"{address(self._assignment.endpoint)}: the members of group {group} were not given their "
                    f"partitions within {_JOIN_SECONDS:.0f} s: {said}"
                )
            time.sleep(_PAUSE_SECONDS)

    def _caught_up(self, ends: Mapping[int, int]) -> str:
        """Wait until all that was written is read; return what is not, if nothing comes any more."""
        read, heard = -1, time.monotonic()
        while True:
            positions = _positions(self._members)
            behind = [
                number for number, end in ends.items() if positions.get(number, self._starts.get(number, 0)) < end
            ]
            if not behind:
                return ""
            if trouble := next((member.trouble for member in self._members if member.trouble), ""):
                return trouble
            if (now_read := sum(positions.values())) != read:
                read, heard = now_read, time.monotonic()
            elif time.monotonic() - heard > self._assignment.timeout:
                return f"partitions {behind} fell silent"
            time.sleep(_PAUSE_SECONDS)


def _settled(members: Sequence[Member], partitions: int) -> bool:
    given = [number for member in members for number in member.partitions or ()]
    return all(member.partitions is not None for member in members) and sorted(given) == list(range(partitions))


def _positions(members: Sequence[Member]) -> dict[int, int]:
    found: dict[int, int] = {}
    for member in members:
        for number, position in list(member.positions.items()):
            found[number] = max(found.get(number, 0), position)
    return found


def _row(number: int, partitions: list[int], arrivals: Sequence[Arrival]) -> dict[str, Any]:
    return {
        "member": number,
        "partitions": partitions,
        "readings": len(arrivals),
        "reordered": _reordered(arrivals, across=False),
        "reordered_across": _reordered(arrivals, across=True),
    }


def _reordered(arrivals: Sequence[Arrival], *, across: bool) -> int:
    """Return how many readings came after a later one of the same producer."""
    latest: dict[tuple[int, int], int] = {}
    late = 0
    for one in arrivals:
        stream = one.producer, -1 if across else one.partition
        late += one.number < latest.get(stream, 0)
        latest[stream] = max(one.number, latest.get(stream, 0))
    return late
