"""Reading a topic back with confluent-kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any

from .base import Assignment
from .kafka_confluent_clients import ANSWER_SECONDS, admin, consumer, known_topic
from .kafka_reader import Record

_POLL_SECONDS = 0.5
_POLL_RECORDS = 10_000
_PAUSE_SECONDS = 0.05


class ConfluentLog:
    """See `TopicLog`."""

    def __init__(self, assignment: Assignment) -> None:
        self._endpoint = assignment.endpoint
        self._topic: str = assignment.settings["topic"]
        self._timeout = assignment.timeout

    def ends(self) -> dict[int, int]:
        """See `TopicLog.ends`."""
        from confluent_kafka import TopicPartition
        from confluent_kafka import admin as library

        latest = vars(library)["OffsetSpec"].latest()  # not among what the module declares as its own
        # The admin client, because a consumer has a group, and a broker's first group makes it create a topic for
        # the offsets of all groups: not what should happen just before a measurement.
        with admin(self._endpoint, f"topic {self._topic} cannot be read") as client:

            def asked() -> dict[int, int]:
                topic = known_topic(client, self._topic)
                wanted = {TopicPartition(self._topic, number): latest for number in (topic.partitions if topic else ())}
                answers = client.list_offsets(wanted, request_timeout=ANSWER_SECONDS) if wanted else {}
                return {partition.partition: answer.result().offset for partition, answer in answers.items()}

            return _patiently(asked)

    def records(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> Generator[Record, None, str]:
        """See `TopicLog.records`."""
        left = {number: end for number, end in ends.items() if end > starts[number]}
        with consumer(self._endpoint, self._topic, {number: starts[number] for number in left}) as client:
            heard = time.monotonic()
            while left:
                messages = client.consume(_POLL_RECORDS, _POLL_SECONDS)
                for one in messages:
                    problem, number, offset = one.error(), one.partition(), one.offset()
                    if problem is not None and problem.code() != problem._PARTITION_EOF:
                        return f"{problem.name()}: {problem.str()}"
                    if number not in left or offset is None:
                        continue
                    if problem is None and offset < left[number]:
                        yield record_of(one)
                    if offset + (problem is None) >= left[number]:
                        del left[number]
                if messages:
                    heard = time.monotonic()
                elif time.monotonic() - heard > self._timeout:
                    return f"partitions {sorted(left)} fell silent"
        return ""


def record_of(message: Any) -> Record:
    """Return a message as what it is to all readers."""
    return Record(message.partition(), _pairs(message.headers()), message.value())


def _pairs(headers: Any) -> Iterable[tuple[str, bytes | None]]:
    """Return headers as they are when read, which the client declares as loosely as when they are written."""
    pairs: list[tuple[str, bytes | None]] = headers or []
    return pairs


def _patiently(ask: Callable[[], dict[int, int]]) -> dict[int, int]:
    """Ask again while the answer is that it is too early: a new partition's leader first has to learn that it is."""
    from confluent_kafka import KafkaError, KafkaException

    early = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART}
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in early or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_SECONDS)
