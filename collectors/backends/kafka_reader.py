"""Reading a topic back: which of its records belong to the run, and whether all of it was read."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from typing import ClassVar, NamedTuple, Protocol, Self

from ..message import Verifier, read_stamp
from .base import Arrival, Assignment, BaseReader
from .kafka_topic import HEADER


class Record(NamedTuple):
    """One record of a topic, whichever client read it."""

    partition: int
    headers: Iterable[tuple[str, bytes | None]]
    payload: bytes | None


class TopicLog(Protocol):
    """The topic, as one client reads it; no group, nothing committed, uncommitted records included."""

    def ends(self) -> dict[int, int]:
        """Return the next offset of each partition; empty if there is no such topic.

        Raises:
            ServerError: no broker answers.
        """

    def records(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> Generator[Record, None, str]:
        """Yield what lies between these offsets, in order within each partition.

        Returns:
            Why it did not get to the end of every partition; empty if it did.

        Raises:
            ServerError: no broker answers.
        """


class Sorter:
    """Tells which records of a topic belong to a run.

    A record without a stamp is foreign; one of another run, which may use the same topic, is not.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._run = assignment.stream.run
        self._verifier = Verifier(self._run, assignment.generation)
        self.foreign = 0
        self.other_runs = 0

    def arrival(self, record: Record) -> Arrival | None:
        """Return what the record says has arrived; None where it is no reading of the run."""
        try:
            run, producer, number, checksum = _stamped(record.headers)
        except ValueError:
            self.foreign += 1
            return None
        if run != self._run:
            self.other_runs += 1
            return None
        intact = record.payload is not None and self._verifier.intact(record.payload, producer, number, checksum)
        return Arrival(producer, number, intact, record.partition)


class TopicReader(BaseReader):
    """Reads one run's readings from a topic, from where it ended when the reader was entered.

    It holds no connection while the run goes on. Of `records`, the offsets gone through, `other_runs` belong to others.
    """

    shows_duplicates: ClassVar[bool] = True
    shows_order: ClassVar[bool] = True

    def __init__(self, assignment: Assignment, log: TopicLog) -> None:
        super().__init__()
        self._log = log
        self._sorter = Sorter(assignment)
        self._starts: dict[int, int] = {}

    def __enter__(self) -> Self:
        self._starts = self._log.ends()
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def arrivals(self, expected: int) -> Iterator[Arrival]:  # noqa: ARG002 – a log knows its own end
        """See `Reader.arrivals`."""
        ends = self._log.ends()
        starts = {partition: self._starts.get(partition, 0) for partition in ends}
        missed = yield from self._arrivals(starts, ends)
        lacking = sorted(set(self._starts) - set(ends))
        if lacking:
            missed = f"partitions {lacking} are gone"
        self.complete = not missed
        self.facts = {
            "records": sum(ends.values()) - sum(starts.values()),
            "other_runs": self._sorter.other_runs,
        }
        self.foreign = self._sorter.foreign
        if missed:
            self.facts["missed"] = missed

    def _arrivals(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> Generator[Arrival, None, str]:
        # Closed here, whatever happens to the caller: a forgotten consumer keeps its connection and its threads.
        with closing(self._log.records(starts, ends)) as records:
            while True:
                try:
                    record = next(records)
                except StopIteration as stop:
                    missed: str = stop.value
                    return missed
                arrival = self._sorter.arrival(record)
                if arrival is not None:
                    yield arrival


def _stamped(headers: Iterable[tuple[str, bytes | None]]) -> tuple[str, int, int, int]:
    stamps = [value for key, value in headers if key == HEADER]
    if len(stamps) != 1 or stamps[0] is None:
        raise ValueError("not exactly one stamp")
    return read_stamp(stamps[0].decode())
