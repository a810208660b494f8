"""The MQTT writer for QoS 1 and 2."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..ledger import Ledger
from ..reading import Reading
from .base import Assignment, RawReading
from .mqtt_connection import Connection
from .mqtt_pump import SLICE, SLICE_MS
from .mqtt_writer import MqttWriter

if TYPE_CHECKING:
    from paho.mqtt.client import Client

_FAILURE = 0x80
"""From here on a reason code says no (MQTT 5, section 2.4)."""


class AcknowledgedWriter(MqttWriter):
    """QoS 1 and 2: a reading is acknowledged when the broker's PUBACK, or PUBCOMP, for it says so.

    Args:
        connection: accepted by the broker.
        assignment: what to write; its setting `in_flight` bounds how many readings are outstanding.
        ledger: told about every reading.
        qos: 1 or 2.
    """

    def __init__(self, connection: Connection, assignment: Assignment, ledger: Ledger, qos: int) -> None:
        super().__init__(connection, assignment, ledger)
        self._qos = qos
        self._outstanding: dict[int, int] = {}
        """Packet identifier (16 bits, given by paho) to running number."""
        self._window = min(assignment.settings["in_flight"], connection.receive_maximum)
        """How many may be outstanding. What timed out still counts for the broker, so it makes this smaller."""
        self._acknowledged = ledger.acknowledged
        connection.client.on_publish = self._on_publish if qos == 1 else self._on_complete

    def _on_complete(self, client: Any, data: Any, mid: int, reason: Any, properties: Any) -> None:
        """Do as `_on_publish`, for QoS 2: what PUBREC refused, PUBCOMP does not make good."""
        self._on_publish(client, data, mid, client.refused.pop(mid, reason), properties)

    def _on_publish(self, _client: Client, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        number = self._outstanding.pop(mid, 0)
        if not number:
            self._window += 1
        elif reason.value < _FAILURE:
            self._acknowledged(number)
        else:
            self._ledger.failed(number, error=f"refused by the broker: {str(reason).lower()}")

    def submit(self, reading: Reading) -> None:
        """Publish one reading, and read acknowledgements while too many are outstanding."""
        self._submit(reading)

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """Publish readings one by one, and read what acknowledgements there are."""
        submit = self._submit
        for reading in readings:
            submit(reading)
        if self._outstanding:
            self.serve(0)

    def _submit(self, reading: RawReading) -> None:
        number, date, _, value, note, check = reading
        message, mark = self._draft(number, date, value, note, check)
        info = self._publish(self._root + mark, message, self._qos)
        outstanding = self._outstanding
        if info.rc:
            self._refused(number)
            return
        outstanding[info.mid] = number
        if len(outstanding) >= self._window:
            self._drain(self._window - 1)

    def wait(self) -> None:
        """Read acknowledgements until nothing is outstanding; what is after the time-out becomes unknown."""
        if self._outstanding:
            self._drain(0)

    def _drain(self, limit: int) -> None:
        outstanding, connection = self._outstanding, self._pump
        several = not limit and len(outstanding) > 1
        left = self._timeout
        deadline = time.monotonic() + left
        while len(outstanding) > limit:
            if several:
                connection.hurry()
            connection.turn(SLICE_MS if left > SLICE else left * 1000)
            if connection.gone:
                raise self._lost()
            left = deadline - time.monotonic()
            if left <= 0:
                self._time_out()
                return

    def _time_out(self) -> None:
        """Give up on what is outstanding; paho keeps its identifiers, so that none is mistaken for a new one."""
        why = f"no acknowledgement within {self._timeout:g} s"
        self._window -= len(self._outstanding)
        self._settle_rest(why)
        if self._window <= 0:
            self._pump.gone = why
            raise self._lost()

    def _settle_rest(self, error: str) -> None:
        for number in self._outstanding.values():
            self._ledger.unknown(number, error=error)
        self._outstanding.clear()

    def _refused(self, number: int) -> None:
        """Settle a reading that paho did not send: never or not wholly on the socket, so never delivered."""
        gone = self._pump.gone
        self._ledger.failed(number, error=f"not sent: {gone or 'no packet identifier is free'}")
        if gone:
            raise self._lost()
