"""Any MQTT broker, through paho-mqtt 2."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any, ClassVar

from ..errors import ServerError, Unavailable, UsageError
from ..ledger import Ledger
from ..message import encoder, stamp
from ..options import Option, one_of, whole
from ..reading import Reading
from .base import Assignment, Reader, Writer, missing
from .counting import Difference, Snapshot
from .mqtt_acknowledged import AcknowledgedWriter
from .mqtt_address import Address, address, client_id
from .mqtt_ahead import client as reading_ahead
from .mqtt_connection import Connection, connect
from .mqtt_reader import MqttReader
from .mqtt_tls import check_files
from .mqtt_writer import UnansweredWriter

_LONGEST_TOPIC = 65535
_WIDEST = Reading(10**12, 0, "", 0, "", 2**32 - 1)
"""A reading whose topic is as long as topics get."""


def topic(text: str) -> str:
    """Parse a topic to publish below: no wildcards, none of the broker's own, no empty level.

    Raises:
        ValueError: it is not one.
    """
    if not all(text.split("/")) or text.startswith("$") or any(sign in text for sign in "+#\0"):
        raise ValueError(text)
    return text


TOPIC = Option("topic", "temperature", topic, "a topic without + and #", "publish below this topic")
QOS_HELP = "quality of service: 0 promises nothing, 1 is acknowledged, 2 is acknowledged and never doubled"
KEEPALIVE_HELP = "the broker may drop a producer that sends nothing for 1.5 times as long; 0: never"


class MqttBackend:
    """Publishes each reading as one message to `TOPIC/RUN/PRODUCER/NUMBER/CHECKSUM`.

    The stamp stands in the topic, so that the payload is byte for byte that of its generation in MQTT 3.1.1 as well
    as in 5. An acknowledgement, QoS 1 or 2, means that the broker has the message in its memory: nothing says that it
    is on a disk. MQTT 5 is the default because there the broker can say no: under 3.1.1 Mosquitto acknowledges a
    message that it throws away for want of permission. The price is about 5 µs of CPU a reading.
    """

    name: ClassVar[str] = "mqtt"
    summary: ClassVar[str] = "an MQTT broker such as Mosquitto, with QoS 0, 1 or 2 (paho-mqtt)"
    extra: ClassVar[str] = "mqtt"
    service: ClassVar[str] = "mosquitto"
    listener: ClassVar[str] = "default"
    can_forget: ClassVar[bool] = True
    options: ClassVar[tuple[Option, ...]] = (
        TOPIC,
        Option("qos", 1, whole(0, 2), "0, 1 or 2", QOS_HELP),
        Option("in_flight", 20, whole(1, 65000), "1 to 65000", "readings outstanding between two waits"),
        Option("keepalive", 1200, whole(0, 65535), "0 to 65535 seconds", KEEPALIVE_HELP),
        Option("protocol", "5", one_of("5", "3.1.1"), "5 or 3.1.1", "version of MQTT"),
    )
    _make_client: ClassVar[Callable[..., Any] | None] = staticmethod(reading_ahead)
    """Makes a writer's client; None: paho's own."""

    def load(self) -> str:
        """Import paho-mqtt and return its name and version."""
        mend = missing("paho-mqtt", self.extra)
        try:
            import paho.mqtt.client  # noqa: F401 – on first use
        except ImportError:
            raise Unavailable("paho-mqtt is not installed", mend) from None
        version = metadata.version("paho-mqtt")
        if int(version.split(".")[0]) < 2:  # noqa: PLR2004 – another interface before
            raise Unavailable(f"paho-mqtt {version} is too old: expected 2.1 or newer", mend)
        return f"paho-mqtt {version}"

    def check(self, assignment: Assignment) -> None:
        """Look at the TLS files and at the length of the topics."""
        check_files(assignment.endpoint, required=False)
        self._check_topic(assignment, _LONGEST_TOPIC)

    def acknowledged_means(self, assignment: Assignment) -> str:
        """Return what PUBACK or PUBCOMP promises; with QoS 0 there is none."""
        return {
            0: "nothing (QoS 0)",
            1: "broker has it in memory (QoS 1)",
            2: "broker has it in memory, once (QoS 2)",
        }[self._qos(assignment)]

    def prepare(self, assignment: Assignment) -> None:
        """Connect once, to show that the credentials are good; MQTT has no topics to make."""
        self._connect(assignment, "prepare").close()

    def writer(self, assignment: Assignment, ledger: Ledger) -> Writer:
        """Connect and return a writer."""
        qos = self._qos(assignment)
        name = client_id(assignment.stream.run, str(assignment.stream.producer))
        connection = connect(self._address(assignment), name, self._make_client)
        if qos > connection.maximum_qos:
            connection.close()
            what = f"{connection.address}: takes QoS {connection.maximum_qos} at most, not {qos}"
            raise ServerError(what, f"use the backend option qos={connection.maximum_qos}")
        return self._writer(connection, assignment, ledger, qos)

    def _writer(self, connection: Connection, assignment: Assignment, ledger: Ledger, qos: int) -> Writer:
        if not qos:
            return UnansweredWriter(connection, assignment, ledger)
        return AcknowledgedWriter(connection, assignment, ledger, qos)

    def reader(self, assignment: Assignment) -> Reader:
        """Return a reader that listens in a process of its own while the run goes on."""
        where = self._address(assignment)
        return MqttReader(where, assignment, qos=self._qos(assignment), counters=self._has_counters(assignment))

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """Return the broker's version and the limits it named when it accepted us."""
        from .mqtt_counters import VERSION, read

        connection = self._connect(assignment, "facts")
        try:
            counters = read(connection, (VERSION,)) if self._has_counters(assignment) else {}
        finally:
            connection.close()
        return {
            "version": counters.get(VERSION, "unknown"),
            "protocol": f"MQTT {connection.address.protocol}",
            "receive_maximum": connection.receive_maximum,
        }

    def counts(self, assignment: Assignment) -> Snapshot:
        """See `Counting.counts`; takes one to four seconds, since the broker counts every other second."""
        from .mqtt_counts import counts

        if not self._has_counters(assignment):
            return Snapshot()
        connection = self._connect(assignment, "counts")
        try:
            return counts(connection, acknowledged=self._qos(assignment) > 0)
        finally:
            connection.close()

    def stored(self, assignment: Assignment, since: Difference) -> int | None:
        """See `Counting.stored`: what the broker took in, from whomever."""
        from .mqtt_counts import stored

        return stored(since, self._qos(assignment))

    def _qos(self, assignment: Assignment) -> int:
        qos: int = assignment.settings["qos"] if assignment.wait else 0
        return qos

    def _has_counters(self, assignment: Assignment) -> bool:  # noqa: ARG002 – depends on it elsewhere
        """Whether the broker may have `$SYS` topics."""
        return True

    def _address(self, assignment: Assignment) -> Address:
        settings = assignment.settings
        return address(assignment.endpoint, protocol=settings["protocol"], keepalive=settings["keepalive"])

    def _connect(self, assignment: Assignment, purpose: str) -> Connection:
        return connect(self._address(assignment), client_id(assignment.stream.run, purpose))

    def _check_topic(self, assignment: Assignment, longest: int) -> None:
        name = f"{assignment.settings['topic']}/{stamp(assignment.stream)(_WIDEST)}"
        encoder(assignment.generation, assignment.location)
        length = len(name.encode())
        if length > longest:
            what = f"backend {self.name}, option topic: makes topics of {length} bytes, expected {longest} at most"
            raise UsageError(what, f"give a topic that is {length - longest} bytes shorter")
