"""Kafka through confluent-kafka: the C library librdkafka, about twenty times as cheap per reading."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..endpoint import Endpoint
from ..errors import ServerError, Unavailable
from ..ledger import Ledger
from . import kafka_topic
from .base import Assignment, missing
from .kafka_confluent_writer import KafkaConfluentWriter, connected
from .kafka_handshake import USUAL_PORT, shake_hands
from .kafka_reader import Record, TopicReader
from .kafka_topic import PREPARE_SECONDS

if TYPE_CHECKING:
    from confluent_kafka import Consumer
    from confluent_kafka.admin import AdminClient

_ANSWER_SECONDS = 5.0
_POLL_SECONDS = 0.5
_POLL_RECORDS = 10_000
_POLL_PAUSE = 0.05


class KafkaConfluentBackend:
    """Kafka through confluent-kafka. An acknowledgement is the produce response of the partition's leader."""

    name = "kafka-confluent"
    summary = "a Kafka topic, through confluent-kafka (librdkafka)"
    extra = "kafka-confluent"
    service = "kafka"
    listener = "default"
    can_forget = True
    options = kafka_topic.OPTIONS

    def load(self) -> str:
        """See `Backend.load`."""
        try:
            import confluent_kafka
        except ImportError as error:
            raise Unavailable(f"backend {self.name}: {error}", missing("confluent-kafka", self.extra)) from None
        return f"confluent-kafka {confluent_kafka.__version__}, librdkafka {confluent_kafka.libversion()[0]}"

    def check(self, assignment: Assignment) -> None:
        """See `Backend.check`."""
        kafka_topic.check(self.name, assignment)

    def acknowledged_means(self, assignment: Assignment) -> str:
        """See `Backend.acknowledged_means`."""
        return kafka_topic.acknowledged_means(assignment)

    def prepare(self, assignment: Assignment) -> None:
        """See `Backend.prepare`; returns when every partition has a leader."""
        settings, deadline = assignment.settings, time.monotonic() + PREPARE_SECONDS
        name: str = settings["topic"]
        with _admin(assignment.endpoint, f"topic {name} cannot be made") as admin:
            if _topic(admin, name) is None:
                _create(admin, name, settings["partitions"], settings["replication"])
            while not _led(_topic(admin, name)):
                if time.monotonic() > deadline:
                    where = kafka_topic.address(assignment.endpoint)
                    raise ServerError(f"{where}: topic {name} has partitions without a leader")
                time.sleep(_POLL_PAUSE)

    def writer(self, assignment: Assignment, ledger: Ledger) -> KafkaConfluentWriter:
        """See `Backend.writer`."""
        shake_hands(assignment.endpoint)
        return connected(assignment, ledger)

    def reader(self, assignment: Assignment) -> TopicReader:
        """See `Backend.reader`."""
        return TopicReader(assignment, _Log(assignment))

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """See `Backend.facts`."""
        handshake = shake_hands(assignment.endpoint)
        with _admin(assignment.endpoint, "it cannot be described") as admin:
            cluster = admin.list_topics(timeout=_ANSWER_SECONDS)
        topic = cluster.topics.get(assignment.settings["topic"])
        replicas = [len(partition.replicas) for partition in topic.partitions.values()] if topic else []
        return kafka_topic.facts(handshake, str(cluster.cluster_id), len(cluster.brokers), replicas)


class _Log:
    """See `TopicLog`."""

    def __init__(self, assignment: Assignment) -> None:
        self._endpoint = assignment.endpoint
        self._topic: str = assignment.settings["topic"]
        self._timeout = assignment.timeout

    def ends(self) -> dict[int, int]:
        from confluent_kafka import TopicPartition
        from confluent_kafka import admin as library

        latest = vars(library)["OffsetSpec"].latest()  # not among what the module declares as its own
        # The admin client, because a consumer has a group, and a broker's first group makes it create a topic for
        # the offsets of all groups: not what should happen just before a measurement.
        with _admin(self._endpoint, f"topic {self._topic} cannot be read") as admin:

            def asked() -> dict[int, int]:
                topic = _topic(admin, self._topic)
                wanted = {TopicPartition(self._topic, number): latest for number in (topic.partitions if topic else ())}
                answers = admin.list_offsets(wanted, request_timeout=_ANSWER_SECONDS) if wanted else {}
                return {partition.partition: answer.result().offset for partition, answer in answers.items()}

            return _patiently(asked)

    def records(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> Generator[Record, None, str]:
        left = {number: end for number, end in ends.items() if end > starts[number]}
        with self._consumer({number: starts[number] for number in left}) as consumer:
            heard = time.monotonic()
            while left:
                messages = consumer.consume(_POLL_RECORDS, _POLL_SECONDS)
                for one in messages:
                    problem, number, offset = one.error(), one.partition(), one.offset()
                    if problem is not None and problem.code() != problem._PARTITION_EOF:
                        return f"{problem.name()}: {problem.str()}"
                    if number not in left or offset is None:
                        continue
                    if problem is None and offset < left[number]:
                        yield Record(number, _pairs(one.headers()), one.value())
                    if offset + (problem is None) >= left[number]:
                        del left[number]
                if messages:
                    heard = time.monotonic()
                elif time.monotonic() - heard > self._timeout:
                    return f"partitions {sorted(left)} fell silent"
        return ""

    @contextmanager
    def _consumer(self, starts: Mapping[int, int]) -> Iterator[Consumer]:
        from confluent_kafka import Consumer, KafkaException, TopicPartition

        shake_hands(self._endpoint)
        with _failing_as(self._endpoint, KafkaException, f"topic {self._topic} cannot be read"):
            consumer = Consumer(
                {
                    "bootstrap.servers": ",".join(self._endpoint.bootstrap(USUAL_PORT)),
                    "group.id": "thermobench",  # the client insists on one; nothing is ever committed
                    "enable.auto.commit": False,
                    "enable.auto.offset.store": False,
                    "enable.partition.eof": True,
                    "auto.offset.reset": "error",
                    "isolation.level": "read_uncommitted",
                    "log_level": 0,
                    "error_cb": _ignore,
                }
            )
            try:
                consumer.assign([TopicPartition(self._topic, number, start) for number, start in starts.items()])
                yield consumer
            finally:
                consumer.close()


def _pairs(headers: Any) -> Iterable[tuple[str, bytes | None]]:
    """Return headers as they are when read, which the client declares as loosely as when they are written."""
    pairs: list[tuple[str, bytes | None]] = headers or []
    return pairs


@contextmanager
def _admin(endpoint: Endpoint, what: str) -> Iterator[AdminClient]:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    shake_hands(endpoint)
    with _failing_as(endpoint, KafkaException, what):
        settings: dict[str, Any] = {
            "bootstrap.servers": ",".join(endpoint.bootstrap(USUAL_PORT)),
            "log_level": 0,
            "error_cb": _ignore,
        }
        yield AdminClient(settings)


def _topic(admin: AdminClient, name: str) -> Any:
    """Return what the brokers know of a topic, or None where there is none."""
    # All topics, because asking for one by name can make a broker create it.
    topic = admin.list_topics(timeout=_ANSWER_SECONDS).topics.get(name)
    return topic if topic is not None and topic.error is None else None


def _create(admin: AdminClient, name: str, partitions: int, replication: int) -> None:
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.cimpl import NewTopic

    answers = admin.create_topics([NewTopic(name, partitions, replication)], request_timeout=PREPARE_SECONDS)
    try:
        answers[name].result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def _patiently(ask: Callable[[], dict[int, int]]) -> dict[int, int]:
    """Ask again while the answer is that it is too early: a new partition's leader first has to learn that it is."""
    from confluent_kafka import KafkaError, KafkaException

    early = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART}
    deadline = time.monotonic() + _ANSWER_SECONDS
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in early or time.monotonic() > deadline:
                raise
        time.sleep(_POLL_PAUSE)


def _led(topic: Any) -> bool:
    return topic is not None and all(
        partition.error is None and partition.leader >= 0 for partition in topic.partitions.values()
    )


def _ignore(error: object) -> None:
    """Keep librdkafka from writing its errors to standard error: what matters also comes as a result."""


@contextmanager
def _failing_as(endpoint: Endpoint, kind: type[Exception], what: str) -> Iterator[None]:
    try:
        yield
    except kind as error:
        said = error.args[0]
        raise ServerError(f"{kafka_topic.address(endpoint)}: {what}: {said.name()}: {said.str()}") from None
