"""How every confluent-kafka client of ours is made: quiet, with nothing left to the library's defaults that matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..endpoint import Endpoint
from ..errors import ServerError
from .base import Assignment
from .kafka_handshake import USUAL_PORT, shake_hands
from .kafka_topic import NEVER_ENDING_RETRIES, REQUESTS_IN_FLIGHT, address, effective_acks, effective_linger_ms

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer
    from confluent_kafka.admin import AdminClient

ANSWER_SECONDS = 5.0
"""How long a question about topics or offsets may take."""
_LONGEST_REQUEST_MS = 30_000
_MOST_KBYTES = 2_147_483_647
"""What is outstanding is bounded by its number alone."""


def connected_producer(assignment: Assignment, *, only_errors: bool = False) -> Producer:
    """Return a producer that knows the topic's partitions and leaders.

    Args:
        assignment: what it is to write.
        only_errors: call callbacks for readings that were not delivered, and for no others.

    Raises:
        ServerError: no broker answers, or the topic is missing.
    """
    from confluent_kafka import KafkaException, Producer

    shake_hands(assignment.endpoint)
    settings, milliseconds = assignment.settings, round(assignment.timeout * 1000)
    where = f"{address(assignment.endpoint)}: topic {settings['topic']} cannot be written"
    producer = Producer(
        _common(assignment.endpoint)
        | {
            "client.id": f"thermobench-{assignment.stream.run}-{assignment.stream.producer}",
            "acks": effective_acks(assignment),
            "enable.idempotence": settings["idempotence"],
            "message.send.max.retries": NEVER_ENDING_RETRIES,
            "max.in.flight.requests.per.connection": REQUESTS_IN_FLIGHT,
            "linger.ms": effective_linger_ms(assignment),
            "message.timeout.ms": milliseconds,
            "request.timeout.ms": min(_LONGEST_REQUEST_MS, milliseconds),
            "delivery.report.only.error": only_errors,
            # A reading holds its place until its report has been fetched, here as in what the writers count.
            "queue.buffering.max.messages": settings["in_flight"],
            "queue.buffering.max.kbytes": _MOST_KBYTES,
            "socket.nagle.disable": True,
        }
    )
    try:
        topic = producer.list_topics(settings["topic"], timeout=ANSWER_SECONDS).topics[settings["topic"]]
    except KafkaException as error:
        raise ServerError(f"{where}: {error.args[0].str()}") from None
    if topic.error is not None:
        raise ServerError(f"{where}: {topic.error.str()}")
    return producer


@contextmanager
def consumer(endpoint: Endpoint, topic: str, starts: Mapping[int, int]) -> Iterator[Consumer]:
    """Give a consumer that begins at these offsets of a topic's partitions; close it afterwards.

    Raises:
        ServerError: no broker answers, or it refuses.
    """
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    shake_hands(endpoint)
    with _failing_as(endpoint, KafkaException, f"topic {topic} cannot be read"):
        made = Consumer(
            _common(endpoint)
            | {
                "group.id": "thermobench",  # the client insists on one; nothing is ever committed
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "isolation.level": "read_uncommitted",
            }
        )
        try:
            made.assign([TopicPartition(topic, number, start) for number, start in starts.items()])
            yield made
        finally:
            made.close()


def group_consumer(endpoint: Endpoint, group: str) -> Consumer:
    """Return a consumer for a group; the group remembers nothing for others.

    Raises:
        ServerError: no broker answers.
    """
    from confluent_kafka import Consumer

    shake_hands(endpoint)
    return Consumer(
        _common(endpoint)
        | {
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_uncommitted",
        }
    )


@contextmanager
def admin(endpoint: Endpoint, what: str) -> Iterator[AdminClient]:
    """Give an admin client; `what` begins the error message when it fails.

    Raises:
        ServerError: no broker answers, or it refuses.
    """
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    shake_hands(endpoint)
    with _failing_as(endpoint, KafkaException, what):
        yield AdminClient(_common(endpoint))


def known_topic(client: AdminClient, name: str) -> Any:
    """Return what the brokers know of a topic, or None where there is none."""
    # All topics, because asking for one by name can make a broker create it.
    topic = client.list_topics(timeout=ANSWER_SECONDS).topics.get(name)
    return topic if topic is not None and topic.error is None else None


def _common(endpoint: Endpoint) -> dict[str, Any]:
    return {"bootstrap.servers": ",".join(endpoint.bootstrap(USUAL_PORT)), "log_level": 0, "error_cb": _ignore}


def _ignore(error: object) -> None:
    """Keep librdkafka from writing its errors to standard error: what matters also comes as a result or report."""


@contextmanager
def _failing_as(endpoint: Endpoint, kind: type[Exception], what: str) -> Iterator[None]:
    try:
        yield
    except kind as error:
        said = error.args[0]
        raise ServerError(f"{address(endpoint)}: {what}: {said.name()}: {said.str()}") from None
