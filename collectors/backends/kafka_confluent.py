"""Kafka through confluent-kafka: the C library librdkafka, about twenty times as cheap per reading."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import ServerError, Unavailable
from ..ledger import Ledger
from . import kafka_counts, kafka_group, kafka_topic
from .base import Assignment, missing
from .counting import Difference, Snapshot
from .kafka_confluent_base import ConfluentWriter
from .kafka_confluent_clients import ANSWER_SECONDS, admin, connected_producer, known_topic
from .kafka_confluent_log import ConfluentLog
from .kafka_confluent_member import ConfluentMember
from .kafka_confluent_waiting import KafkaConfluentWaitingWriter
from .kafka_confluent_writer import KafkaConfluentWriter
from .kafka_group import GroupReader
from .kafka_handshake import shake_hands
from .kafka_reader import TopicReader
from .kafka_topic import PREPARE_SECONDS
from .placement import partition_row

if TYPE_CHECKING:
    from concurrent.futures import Future

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
    options = (*kafka_topic.OPTIONS, *kafka_group.OPTIONS)

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
        name, deadline = assignment.settings["topic"], time.monotonic() + PREPARE_SECONDS
        with admin(assignment.endpoint, f"topic {name} cannot be made") as client:
            if known_topic(client, name) is None:
                _create(client, assignment)
            while not _led(known_topic(client, name)):
                if time.monotonic() > deadline:
                    where = kafka_topic.address(assignment.endpoint)
                    raise ServerError(f"{where}: topic {name} has partitions without a leader")
                time.sleep(_PAUSE_SECONDS)

    def writer(self, assignment: Assignment, ledger: Ledger) -> ConfluentWriter:
        """See `Backend.writer`."""
        kind = KafkaConfluentWaitingWriter if assignment.frequency == 1 else KafkaConfluentWriter
        return kind(connected_producer(assignment, only_errors=True), assignment, ledger)

    def reader(self, assignment: Assignment) -> TopicReader | GroupReader:
        """See `Backend.reader`."""
        log = ConfluentLog(assignment)
        if not assignment.settings["members"]:
            return TopicReader(assignment, log)
        return GroupReader(assignment, log, partial(ConfluentMember, assignment))

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """See `Backend.facts`."""
        handshake = shake_hands(assignment.endpoint)
        with admin(assignment.endpoint, "it cannot be described") as client:
            cluster = client.list_topics(timeout=ANSWER_SECONDS)
        topic = cluster.topics.get(assignment.settings["topic"])
        replicas = [len(partition.replicas) for partition in topic.partitions.values()] if topic else []
        return kafka_topic.facts(handshake, str(cluster.cluster_id), len(cluster.brokers), replicas)

    def layout(self, assignment: Assignment) -> dict[str, Any]:
        """See `Placed.layout`."""
        name, ends = assignment.settings["topic"], ConfluentLog(assignment).ends()
        with admin(assignment.endpoint, f"topic {name} cannot be described") as client:
            topic = known_topic(client, name)
        if topic is None:
            raise ServerError(f"{kafka_topic.address(assignment.endpoint)}: there is no topic {name}")
        return {
            "partitions": [
                partition_row(number, one.leader, list(one.replicas), list(one.isrs), ends.get(number))
                for number, one in sorted(topic.partitions.items())
            ]
        }

    def drop(self, assignment: Assignment) -> None:
        """See `Disposing.drop`."""
        from confluent_kafka import KafkaError

        name = assignment.settings["topic"]
        with admin(assignment.endpoint, f"topic {name} cannot be deleted") as client:
            answers = client.delete_topics([name], request_timeout=PREPARE_SECONDS)
            _settle(answers[name], KafkaError.UNKNOWN_TOPIC_OR_PART)
            # A broker that has not heard of it yet would take one made anew for the old one.
            deadline = time.monotonic() + PREPARE_SECONDS
            while known_topic(client, name) is not None and time.monotonic() < deadline:
                time.sleep(_PAUSE_SECONDS)

    def counts(self, assignment: Assignment) -> Snapshot:
        """See `Counting.counts`."""
        return kafka_counts.counts(ConfluentLog(assignment), assignment)

    def stored(self, assignment: Assignment, since: Difference) -> int | None:  # noqa: ARG002 – the protocol's argument
        """See `Counting.stored`: by how much the logs have grown."""
        return kafka_counts.stored(since)


def _create(client: AdminClient, assignment: Assignment) -> None:
    from confluent_kafka import KafkaError
    from confluent_kafka.cimpl import NewTopic

    settings, config = assignment.settings, kafka_topic.configuration(assignment)
    topic = NewTopic(settings["topic"], settings["partitions"], settings["replication"], config=config)
    answers = client.create_topics([topic], request_timeout=PREPARE_SECONDS)
    _settle(answers[settings["topic"]], KafkaError.TOPIC_ALREADY_EXISTS)


def _settle(answer: Future[Any], harmless: int) -> None:
    """Wait for an answer; an error of the harmless kind is none."""
    from confluent_kafka import KafkaException

    try:
        answer.result()
    except KafkaException as error:
        if error.args[0].code() != harmless:
            raise


def _led(topic: Any) -> bool:
    return topic is not None and all(
        partition.error is None and partition.leader >= 0 for partition in topic.partitions.values()
    )
