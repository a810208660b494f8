"""One consumer of a group with confluent-kafka, reading in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .base import Arrival, Assignment
from .kafka_confluent_clients import ANSWER_SECONDS, group_consumer
from .kafka_confluent_log import record_of
from .kafka_reader import Sorter

if TYPE_CHECKING:
    from confluent_kafka import Consumer, TopicPartition

_POLL_SECONDS = 0.1
_POLL_RECORDS = 10_000
_LEAVE_SECONDS = 30.0


class ConfluentMember:
    """See `Member`.

    Args:
        assignment: whose topic.
        group: which it joins.
        starts: where it begins to read in each partition; 0 where there is none.
    """

    def __init__(self, assignment: Assignment, group: str, starts: Mapping[int, int]) -> None:
        self.partitions: frozenset[int] | None = None
        self.positions: dict[int, int] = {}
        self.arrivals: list[Arrival] = []
        self.trouble = ""
        self._starts = starts
        self.sorter = Sorter(assignment)
        self._consumer = group_consumer(assignment.endpoint, group)
        self._topic: str = assignment.settings["topic"]
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._read, name=f"member of {group}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """See `Member.close`."""
        self._leaving.set()
        self._thread.join(_LEAVE_SECONDS)

    def _read(self) -> None:
        consumer = self._consumer
        try:
            consumer.subscribe([self._topic], on_assign=self._given, on_revoke=self._taken, on_lost=self._lost)
            while not self._leaving.is_set():
                for one in consumer.consume(_POLL_RECORDS, _POLL_SECONDS):
                    self._take(one)
        except Exception as error:  # whatever it is, who waits for this thread has to hear of it
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            consumer.close()

    def _take(self, message: Any) -> None:
        if (problem := message.error()) is not None:
            if problem.code() != problem._PARTITION_EOF:
                self.trouble = f"{problem.name()}: {problem.str()}"
            return
        record = record_of(message)
        if record.partition not in (self.partitions or ()):
            return  # it came with the news that another member has the partition, which reads it again
        if (arrival := self.sorter.arrival(record)) is not None:
            self.arrivals.append(arrival)
        self.positions[record.partition] = message.offset() + 1

    def _given(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        for one, known in zip(partitions, consumer.committed(partitions, ANSWER_SECONDS), strict=True):
            one.offset = known.offset if known.offset >= 0 else self._starts.get(one.partition, 0)
        consumer.assign(partitions)
        self.partitions = frozenset(one.partition for one in partitions)

    def _taken(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Leave word of how far it has come: whoever gets a partition next goes on from there."""
        for one in partitions:
            one.offset = self.positions.get(one.partition, self._starts.get(one.partition, 0))
        self.partitions = None
        if partitions:
            consumer.commit(offsets=partitions, asynchronous=False)
        consumer.unassign()

    def _lost(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        """Let go of partitions that others have already, so that nothing can be left for them."""
        self.partitions = None
        consumer.unassign()
