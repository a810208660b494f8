"""Kafka through confluent-kafka: the C library librdkafka, about twenty times as cheap per reading."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..errors import ServerError, Unavailable
from ..ledger import Ledger
from . import kafka_counts, kafka_topic
from .base import Assignment, missing
from .counting import Difference, Snapshot
from .kafka_confluent_base import ConfluentWriter
from .kafka_confluent_clients import ANSWER_SECONDS, admin, connected_producer, known_topic
from .kafka_confluent_log import ConfluentLog
from .kafka_confluent_waiting import KafkaConfluentWaitingWriter
from .kafka_confluent_writer import KafkaConfluentWriter
from .kafka_handshake import shake_hands
from .kafka_reader import TopicReader
from .kafka_topic import PREPARE_SECONDS

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

_PAUSE_SECONDS = 0.05


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
        with admin(assignment.endpoint, f"topic {name} cannot be made") as client:
            if known_topic(client, name) is None:
                _create(client, name, settings["partitions"], settings["replication"])
            while not _led(known_topic(client, name)):
                if time.monotonic() > deadline:
                    where = kafka_topic.address(assignment.endpoint)
                    raise ServerError(f"{where}: topic {name} has partitions without a leader")
                time.sleep(_PAUSE_SECONDS)

    def writer(self, assignment: Assignment, ledger: Ledger) -> ConfluentWriter:
        """See `Backend.writer`."""
        kind = KafkaConfluentWaitingWriter if assignment.frequency == 1 else KafkaConfluentWriter
        return kind(connected_producer(assignment, only_errors=True), assignment, ledger)

    def reader(self, assignment: Assignment) -> TopicReader:
        """See `Backend.reader`."""
        return TopicReader(assignment, ConfluentLog(assignment))

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """See `Backend.facts`."""
        handshake = shake_hands(assignment.endpoint)
        with admin(assignment.endpoint, "it cannot be described") as client:
            cluster = client.list_topics(timeout=ANSWER_SECONDS)
        topic = cluster.topics.get(assignment.settings["topic"])
        replicas = [len(partition.replicas) for partition in topic.partitions.values()] if topic else []
        return kafka_topic.facts(handshake, str(cluster.cluster_id), len(cluster.brokers), replicas)

    def counts(self, assignment: Assignment) -> Snapshot:
        """See `Counting.counts`."""
        return kafka_counts.counts(ConfluentLog(assignment), assignment)

    def stored(self, assignment: Assignment, since: Difference) -> int | None:  # noqa: ARG002 – the protocol's argument
        """See `Counting.stored`: by how much the logs have grown."""
        return kafka_counts.stored(since)


def _create(client: AdminClient, name: str, partitions: int, replication: int) -> None:
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.cimpl import NewTopic

    answers = client.create_topics([NewTopic(name, partitions, replication)], request_timeout=PREPARE_SECONDS)
    try:
        answers[name].result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def _led(topic: Any) -> bool:
    return topic is not None and all(
        partition.error is None and partition.leader >= 0 for partition in topic.partitions.values()
    )
