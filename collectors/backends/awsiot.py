"""AWS IoT Core: MQTT over TLS, with an X.509 client certificate."""

from __future__ import annotations

from typing import Any, ClassVar

from ..errors import UsageError
from ..options import Option, one_of, whole
from .base import Assignment
from .mqtt import KEEPALIVE_HELP, TOPIC, MqttBackend
from .mqtt_address import ALPN_PORT, Address, address
from .mqtt_tls import check_files

PUBLISH_QUOTA = 100
"""Publish requests per second that AWS IoT Core takes on one connection; not adjustable, more are discarded.

This and the other limits: AWS General Reference, "AWS IoT Core endpoints and quotas", message broker.
"""
_TOPIC_BYTES = 256
_TOPIC_SLASHES = 7
_UNACKNOWLEDGED = 100
"""QoS 1 messages of one client that may be outstanding."""
_LONGEST_KEEPALIVE = 1200
_SLASHES_OF_STAMP = 4
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn")

LOCAL = "local broker, not AWS"


def is_aws(host: str) -> bool:
    """Whether a host name is one of AWS's own."""
    return host.rstrip(".").lower().endswith(_AWS_DOMAINS)


def quota_doubt(rate_per_connection: float, host: str) -> str | None:
    """Say why a result near or above the publish quota is to be doubted, or None where there is no reason to.

    Args:
        rate_per_connection: readings per second of one producer.
        host: the endpoint's; other brokers than AWS's have no such quota.
    """
    if not is_aws(host) or rate_per_connection < PUBLISH_QUOTA:
        return None
    return (
        f"{rate_per_connection:.0f} readings/s on one connection, where AWS IoT Core takes {PUBLISH_QUOTA} publishes/s "
        "and discards the rest: QoS 0 silently, QoS 1 without an acknowledgement"
    )


class AwsIotBackend(MqttBackend):
    """Publishes to AWS IoT Core, or to any broker that asks for client certificates.

    Port 8883, or ALPN (`x-amzn-mqtt-ca`) on port 443; TLS 1.2 or newer, the server's host name verified. The
    endpoint's `ca_file`, `cert_file` and `key_file` are required; a key file that others may read is refused.

    AWS IoT Core takes 100 publish requests per second on one connection, in both directions, and discards what is
    more: with QoS 0 nobody is told, with QoS 1 the acknowledgement stays away and the reading ends as unknown. The
    reader's connection has the same quota, so QoS 1 deliveries of many producers come in slowly, and QoS 0 ones
    above it not at all. Further limits: 512 KiB per second and connection, 128 KB a message, 256 bytes and
    7 slashes a topic, 100 messages outstanding, no QoS 2.
    """

    name: ClassVar[str] = "awsiot"
    summary: ClassVar[str] = "AWS IoT Core: MQTT over TLS with a client certificate; 100 publishes/s per connection"
    extra: ClassVar[str] = "awsiot"
    listener: ClassVar[str] = "tls"
    options: ClassVar[tuple[Option, ...]] = (
        TOPIC,
        Option(
            "qos",
            1,
            # Parsed here so that 2 is refused by `check`, which can say why.
            whole(0, 2),
            "0 or 1",
            f"0 or 1; AWS discards publishes beyond {PUBLISH_QUOTA}/s per connection, with QoS 0 silently",
        ),
        Option("in_flight", 20, whole(1, _UNACKNOWLEDGED), f"1 to {_UNACKNOWLEDGED}", "readings outstanding at most"),
        Option("keepalive", 1200, whole(30, _LONGEST_KEEPALIVE), "30 to 1200 seconds", KEEPALIVE_HELP),
        Option("protocol", "5", one_of("5", "3.1.1"), "5 or 3.1.1", "version of MQTT"),
        Option("alpn", "auto", one_of("auto", "yes", "no"), "auto, yes or no", "use ALPN; auto: on port 443"),
    )

    def check(self, assignment: Assignment) -> None:
        """Look at QoS, the three TLS files, and what AWS allows of a topic.

        Raises:
            UsageError: names the option or file, and what was expected.
        """
        if (qos := assignment.settings["qos"]) not in (0, 1):
            what = f"backend awsiot, option qos: {qos} – AWS IoT Core has no QoS 2, expected 0 or 1"
            raise UsageError(what, "use qos=1")
        check_files(assignment.endpoint, required=True)
        self._check_topic(assignment, _TOPIC_BYTES)
        allowed = _TOPIC_SLASHES - _SLASHES_OF_STAMP
        if (slashes := assignment.settings["topic"].count("/")) > allowed:
            what = f"backend awsiot, option topic: {slashes} slashes, expected {allowed} at most"
            raise UsageError(what, f"{_SLASHES_OF_STAMP} more are added and AWS IoT Core allows {_TOPIC_SLASHES}")

    def acknowledged_means(self, assignment: Assignment) -> str:
        """Return what PUBACK promises; with QoS 0 there is none."""
        if self._qos(assignment) and is_aws(assignment.endpoint.host):
            return "AWS IoT Core has it (QoS 1)"
        return super().acknowledged_means(assignment)

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """Return the broker's version and limits; for AWS the publish quota, for another broker that it is one."""
        facts = super().facts(assignment)
        if is_aws(assignment.endpoint.host):
            return {**facts, "publish_quota_per_connection": PUBLISH_QUOTA}
        return {**facts, "endpoint": LOCAL}

    def doubts(self, assignment: Assignment, producer_tps: float) -> list[str]:
        """See `Doubting.doubts`: the publish quota."""
        doubt = quota_doubt(producer_tps, assignment.endpoint.host)
        return [doubt] if doubt else []

    def _has_counters(self, assignment: Assignment) -> bool:
        # AWS closes the connection of who subscribes to what its policy does not allow.
        return not is_aws(assignment.endpoint.host)

    def _address(self, assignment: Assignment) -> Address:
        settings, endpoint = assignment.settings, assignment.endpoint
        alpn = settings["alpn"] == "yes" or (settings["alpn"] == "auto" and endpoint.port == ALPN_PORT)
        return address(endpoint, alpn=alpn, protocol=settings["protocol"], keepalive=settings["keepalive"])
