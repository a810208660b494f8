"""What both Kafka backends share: their options, what an acknowledgement means, and what an error proves."""

from __future__ import annotations

import re
from typing import Any

from ..endpoint import Endpoint
from ..errors import UsageError
from ..options import Option, flag, one_of, whole
from .base import Assignment
from .kafka_handshake import USUAL_PORT, Handshake

HEADER = "thermobench"
"""Key of the one header beside each message; its value is what `message.stamp` makes.

A header and not a key, because a key decides the partition.
"""
REQUESTS_IN_FLIGHT = 5
"""Requests without an answer on one connection: as many as idempotence allows, so that asking for it costs nothing."""
PREPARE_SECONDS = 20.0
"""How long a new topic may take until each of its partitions has a leader."""
NEVER_ENDING_RETRIES = 2_147_483_647
"""Both clients' own default: a record is sent again until `Assignment.timeout`, as a producer in use would do.

Without it a broker that restarts, or a leader that moves, would fail readings by the thousand. Without idempotence
a repeated record can be stored twice and out of order; the accounting counts both.
"""

AUTO = "auto"
_GATHERING_MS = 5
"""What librdkafka, and the Java client since 4.0, do unless told otherwise."""

_TOPIC = re.compile(r"(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}")
_NOT_WRITTEN = frozenset({10, 17, 18, 21, 29, 31, 32, 35, 42, 43, 44, 53, 76, 87})
"""Answers of a broker that refuse a record for good, at the first attempt as at any other: too large, not valid, not
allowed, not supported (Kafka's protocol guide, error codes that are not retriable)."""


def _topic(text: str) -> str:
    if not _TOPIC.fullmatch(text):
        raise ValueError(text)
    return text


def _linger(text: str) -> str | int:
    return AUTO if text == AUTO else whole(0, 60_000)(text)


OPTIONS = (
    Option(
        "topic",
        "temperature",
        _topic,
        "1 to 249 of the characters a-z, A-Z, 0-9, dot, underscore and hyphen",
        "topic to write to; made if it is missing",
    ),
    Option("acks", "all", one_of("0", "1", "all"), "0, 1 or all", "replicas that confirm a reading (0: none at all)"),
    Option("partitions", 1, whole(1, 10_000), "a number from 1 to 10000", "partitions, if the topic has to be made"),
    Option("replication", 1, whole(1, 100), "a number from 1 to 100", "replicas, if the topic has to be made"),
    Option(
        "min_isr",
        1,
        whole(1, 100),
        "a number from 1 to 100",
        "replicas that have to be in sync for acks=all (min.insync.replicas), if the topic has to be made",
    ),
    Option(
        "linger_ms",
        AUTO,
        _linger,
        "milliseconds from 0 to 60000, or auto",
        "how long a batch waits for more readings; auto: 5 where they are waited for at the end or not at all, else 0",
    ),
    Option("idempotence", False, flag, "yes or no", "whether the broker weeds out what was sent twice"),
    Option(
        "in_flight",
        10_000,
        whole(1, 1_000_000),
        "a number from 1 to 1000000",
        "readings that may be outstanding between two waits",
    ),
)


def effective_acks(assignment: Assignment) -> str:
    """Return `0`, `1` or `all`: as asked, or 0 where nothing is waited for."""
    acks: str = assignment.settings["acks"] if assignment.wait else "0"
    return acks


def effective_linger_ms(assignment: Assignment) -> int:
    """Return how long a batch waits for more readings: as asked, or not at all where somebody waits for one."""
    linger: str | int = assignment.settings["linger_ms"]
    if isinstance(linger, str):
        return _GATHERING_MS if assignment.frequency == 0 or not assignment.wait else 0
    return linger


def check(backend: str, assignment: Assignment) -> None:
    """See `Backend.check`."""
    settings, endpoint = assignment.settings, assignment.endpoint
    if settings["idempotence"] and effective_acks(assignment) != "all":
        given = f"acks={settings['acks']}" if assignment.wait else "--no-wait"
        raise UsageError(f"backend {backend}: idempotence=yes needs acks=all and waiting, not {given}")
    if settings["min_isr"] > settings["replication"]:
        raise UsageError(
            f"backend {backend}: min_isr={settings['min_isr']} is more than replication={settings['replication']}: "
            "so many replicas can never be in sync"
        )
    if (linger := effective_linger_ms(assignment)) >= assignment.timeout * 1000:
        raise UsageError(
            f"backend {backend}: linger_ms={linger} is not less than the time-out of "
            f"{assignment.timeout:g} s, so that every reading would time out"
        )
    if endpoint.username or endpoint.password or endpoint.ca_file or endpoint.cert_file:
        raise UsageError(
            f"backend {backend}: user names, passwords and certificates are not supported for Kafka",
            "give the address of a plain-text listener",
        )


def acknowledged_means(assignment: Assignment) -> str:
    """See `Backend.acknowledged_means`; Kafka leaves flushing to the kernel (broker setting `log.flush.interval.*`)."""
    acks = effective_acks(assignment)
    if acks == "0":
        return "nothing (acks=0)"
    if acks == "1":
        return "in the leader's page cache (acks=1)"
    replicas, least = assignment.settings["replication"], assignment.settings["min_isr"]
    several = f"{replicas} replica{'s' if replicas > 1 else ''}{f', at least {least} of them' if least > 1 else ''}"
    return f"in the page cache of all in-sync replicas (acks=all, {several})"


def not_written(code: int) -> bool:
    """Whether this answer of a broker proves that it did not append the record.

    An answer after which the clients try again, such as NOT_ENOUGH_REPLICAS, proves nothing when they give up at
    last: it speaks of the last attempt, and the answer to an earlier one may have been lost on the way.
    """
    return code in _NOT_WRITTEN


def configuration(assignment: Assignment) -> dict[str, str]:
    """Return the settings that a topic is made with."""
    return {"min.insync.replicas": str(assignment.settings["min_isr"])}


def address(endpoint: Endpoint) -> str:
    """Return how messages name the broker or brokers."""
    return f"Kafka at {', '.join(endpoint.bootstrap(USUAL_PORT))}"


def facts(handshake: Handshake, cluster_id: str, brokers: int, replicas: list[int]) -> dict[str, Any]:
    """Return `Backend.facts`.

    Args:
        handshake: of one broker.
        cluster_id: as the brokers give it.
        brokers: how many there are.
        replicas: of each partition of the topic; empty where there is no topic.
    """
    return {
        "version": handshake.version,
        "metadata_version": handshake.metadata_version,
        "cluster_id": cluster_id,
        "brokers": brokers,
        "partitions": len(replicas) or None,
        "replication": min(replicas) if replicas else None,
    }
