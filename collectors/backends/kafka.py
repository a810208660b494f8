"""Kafka through kafka-python: pure Python, nothing to compile."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from ..endpoint import Endpoint
from ..errors import ServerError, Unavailable
from ..ledger import Ledger
from . import kafka_counts, kafka_topic
from .base import Assignment, missing
from .counting import Difference, Snapshot
from .kafka_handshake import USUAL_PORT, shake_hands
from .kafka_python_writer import KafkaPythonWriter, connected
from .kafka_reader import Record, TopicReader
from .kafka_topic import PREPARE_SECONDS
from .placement import partition_row

_BOOTSTRAP_MS = 5000
_PAUSE_SECONDS = 0.05
_POLL_MS = 500
_POLL_RECORDS = 5000


class KafkaBackend:
    """Kafka through kafka-python. An acknowledgement is the produce response of the partition's leader."""

    name = "kafka"
    summary = "a Kafka topic, through kafka-python"
    extra = "kafka"
    service = "kafka"
    listener = "default"
    can_forget = True
    options = kafka_topic.OPTIONS

    def load(self) -> str:
        """See `Backend.load`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # it reads its own files in a way of yesterday's
                import kafka
        except ImportError as error:
            raise Unavailable(f"backend kafka: {error}", missing("kafka-python", self.extra)) from None
        # Its warnings go to standard error where no logging is set up; what matters of them is in our own errors.
        logging.getLogger("kafka").addHandler(logging.NullHandler())
        return f"kafka-python {kafka.__version__}"

    def check(self, assignment: Assignment) -> None:
        """See `Backend.check`."""
        kafka_topic.check(self.name, assignment)

    def acknowledged_means(self, assignment: Assignment) -> str:
        """See `Backend.acknowledged_means`."""
        return kafka_topic.acknowledged_means(assignment)

    def prepare(self, assignment: Assignment) -> None:
        """See `Backend.prepare`; returns when every partition has a leader."""
        from kafka.admin import NewTopic
        from kafka.errors import TopicAlreadyExistsError

        settings = assignment.settings
        with _admin(assignment.endpoint, f"topic {settings['topic']} cannot be made") as admin:
            if admin.describe_topics([settings["topic"]])[0]["error_code"]:
                topic = NewTopic(
                    settings["topic"],
                    settings["partitions"],
                    settings["replication"],
                    topic_configs=kafka_topic.configuration(assignment),
                )
                with suppress(TopicAlreadyExistsError):
                    admin.create_topics([topic], timeout_ms=round(PREPARE_SECONDS * 1000))
            admin.wait_for_topics([settings["topic"]], timeout_ms=round(PREPARE_SECONDS * 1000))

    def writer(self, assignment: Assignment, ledger: Ledger) -> KafkaPythonWriter:
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
            cluster = admin.describe_cluster()
            topic = admin.describe_topics([assignment.settings["topic"]])[0]
        replicas = [len(partition["replica_nodes"]) for partition in topic["partitions"]]
        return kafka_topic.facts(handshake, cluster["cluster_id"], len(cluster["brokers"]), replicas)

    def layout(self, assignment: Assignment) -> dict[str, Any]:
        """See `Placed.layout`."""
        name, ends = assignment.settings["topic"], _Log(assignment).ends()
        with _admin(assignment.endpoint, f"topic {name} cannot be described") as admin:
            topic = admin.describe_topics([name])[0]
        if topic["error_code"]:
            raise ServerError(f"{kafka_topic.address(assignment.endpoint)}: there is no topic {name}")
        rows = [
            partition_row(
                one["partition_index"],
                one["leader_id"],
                list(one["replica_nodes"]),
                list(one["isr_nodes"]),
                ends.get(one["partition_index"]),
            )
            for one in topic["partitions"]
        ]
        return {"partitions": sorted(rows, key=lambda row: int(row["partition"]))}

    def drop(self, assignment: Assignment) -> None:
        """See `Disposing.drop`."""
        from kafka.errors import UnknownTopicOrPartitionError

        name, deadline = assignment.settings["topic"], time.monotonic() + PREPARE_SECONDS
        with _admin(assignment.endpoint, f"topic {name} cannot be deleted") as admin:
            with suppress(UnknownTopicOrPartitionError):
                admin.delete_topics([name], timeout_ms=round(PREPARE_SECONDS * 1000))
            # A broker that has not heard of it yet would take one made anew for the old one.
            while not admin.describe_topics([name])[0]["error_code"] and time.monotonic() < deadline:
                time.sleep(_PAUSE_SECONDS)

    def counts(self, assignment: Assignment) -> Snapshot:
        """See `Counting.counts`."""
        return kafka_counts.counts(_Log(assignment), assignment)

    def stored(self, assignment: Assignment, since: Difference) -> int | None:  # noqa: ARG002 – the protocol's argument
        """See `Counting.stored`: by how much the logs have grown."""
        return kafka_counts.stored(since)


class _Log:
    """See `TopicLog`."""

    def __init__(self, assignment: Assignment) -> None:
        self._endpoint = assignment.endpoint
        self._topic: str = assignment.settings["topic"]
        self._timeout = assignment.timeout

    def ends(self) -> dict[int, int]:
        from kafka import TopicPartition

        with self._consumer() as consumer:
            partitions = consumer.partitions_for_topic(self._topic) or ()
            ends = consumer.end_offsets([TopicPartition(self._topic, number) for number in partitions])
            return {partition.partition: end for partition, end in ends.items()}

    def records(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> Generator[Record, None, str]:
        from kafka import TopicPartition
        from kafka.errors import KafkaError

        left = {TopicPartition(self._topic, number): end for number, end in ends.items() if end > starts[number]}
        with self._consumer() as consumer:
            consumer.assign(list(left))
            for partition in left:
                consumer.seek(partition, starts[partition.partition])
            heard = time.monotonic()
            while left:
                try:
                    batches = consumer.poll(timeout_ms=_POLL_MS, max_records=_POLL_RECORDS)
                except KafkaError as error:  # what was to be read is not there any more
                    return type(error).__name__
                for partition, records in batches.items():
                    end = left.get(partition, 0)
                    yield from (
                        Record(partition.partition, record.headers, record.value)
                        for record in records
                        if record.offset < end
                    )
                for partition in [each for each, end in left.items() if consumer.position(each) >= end]:
                    del left[partition]
                    consumer.pause(partition)
                if batches:
                    heard = time.monotonic()
                elif time.monotonic() - heard > self._timeout:
                    return f"partitions {sorted(each.partition for each in left)} fell silent"
        return ""

    @contextmanager
    def _consumer(self) -> Iterator[Any]:
        from kafka import KafkaConsumer
        from kafka.errors import KafkaError

        shake_hands(self._endpoint)
        with _failing_as(self._endpoint, KafkaError, f"topic {self._topic} cannot be read"):
            consumer = KafkaConsumer(
                bootstrap_servers=self._endpoint.bootstrap(USUAL_PORT),
                bootstrap_timeout_ms=_BOOTSTRAP_MS,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",
                isolation_level="read_uncommitted",
                allow_auto_create_topics=False,
            )
            try:
                yield consumer
            finally:
                consumer.close()


@contextmanager
def _admin(endpoint: Endpoint, what: str) -> Iterator[Any]:
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    shake_hands(endpoint)
    with _failing_as(endpoint, KafkaError, what):
        admin = KafkaAdminClient(bootstrap_servers=endpoint.bootstrap(USUAL_PORT), bootstrap_timeout_ms=_BOOTSTRAP_MS)
        try:
            yield admin
        finally:
            admin.close()


@contextmanager
def _failing_as(endpoint: Endpoint, kind: type[Exception], what: str) -> Iterator[None]:
    try:
        yield
    except kind as error:
        # The client quotes whole requests and responses; its class and own description say what a person needs.
        said = getattr(error, "description", None) or str(error)
        raise ServerError(f"{kafka_topic.address(endpoint)}: {what}: {type(error).__name__}: {said}") from None
