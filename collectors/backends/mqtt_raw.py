"""Any MQTT broker, through a plain socket: as fast as Python gets, to find what the broker can take."""

from __future__ import annotations

from typing import ClassVar

from ..errors import UsageError
from ..ledger import Ledger
from ..options import Option, whole
from .base import Assignment, Writer
from .mqtt import QOS_HELP, MqttBackend
from .mqtt_connection import Connection

_QOS = Option("qos", 1, whole(0, 1), "0 or 1", QOS_HELP)


class MqttRawBackend(MqttBackend):
    """Publishes what `mqtt` publishes, to the same topics, without a client library in the way.

    Packets are encoded beforehand but for what changes, and go to a plain socket: a producer takes a tenth of the CPU
    that it takes with paho-mqtt, so what stops it is the broker. Paho still makes the connection, reads back and asks
    for the broker's facts. No TLS and no QoS 2.
    """

    name: ClassVar[str] = "mqtt-raw"
    summary: ClassVar[str] = "as mqtt, QoS 0 or 1, through a plain socket: for finding the broker's limit"
    options: ClassVar[tuple[Option, ...]] = tuple(_QOS if one.name == "qos" else one for one in MqttBackend.options)
    _make_client = None

    def load(self) -> str:
        """Import paho-mqtt, which reads back, and name what writes as well."""
        return f"plain socket, beside {super().load()}"

    def check(self, assignment: Assignment) -> None:
        """Refuse TLS, and look at the length of the topics.

        Raises:
            UsageError: says what to use instead.
        """
        for field in ("ca_file", "cert_file", "key_file"):
            if path := getattr(assignment.endpoint, field):
                raise UsageError(f"backend {self.name}: speaks plain TCP, expected no {field} ({path})", "use mqtt")
        super().check(assignment)

    def _writer(self, connection: Connection, assignment: Assignment, ledger: Ledger, qos: int) -> Writer:
        from .mqtt_raw_acknowledged import RawAcknowledgedWriter
        from .mqtt_raw_writer import RawUnansweredWriter

        if not qos:
            return RawUnansweredWriter(connection, assignment, ledger)
        return RawAcknowledgedWriter(connection, assignment, ledger)
