"""What both raw writers share, and the one for QoS 0: nothing stands between the measured loop and the socket."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import accumulate, islice

from ..errors import ServerError
from ..ledger import Ledger
from ..reading import Reading
from .base import Assignment, RawReading
from .mqtt_connection import Connection
from .mqtt_raw_answers import Answers, reason_of
from .mqtt_raw_packets import Packets
from .mqtt_raw_wire import Wire

_LOOK_EACH = 64
"""With QoS 0, after how many packets the connection is looked at: nothing else would tell that it is gone."""


def whole(sizes: Iterable[int], taken: int) -> int:
    """Return how many packets of these sizes lie wholly within so many bytes: no broker acts on a part of one."""
    return sum(end <= taken for end in accumulate(sizes))


class RawWriter:
    """What both kinds of writer share: the packets, what the broker says, and the end of the connection.

    Args:
        connection: accepted by the broker, without TLS.
        assignment: what to write.
        ledger: told about every reading.
        qos: 0 or 1.
    """

    def __init__(self, connection: Connection, assignment: Assignment, ledger: Ledger, qos: int) -> None:
        self._address = connection.address
        self._wire = Wire(connection, assignment.timeout)
        self._answers = Answers()
        self._pack = Packets(assignment, qos).pack
        self._ledger = ledger

    def serve(self, seconds: float) -> None:
        """Take note of what the broker says within so many seconds, and show it that we are there."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            self._wire.keep_alive()
            self._look(max(0.0, left))
            if self._wire.gone:
                raise self._lost()
            if left <= 0:
                return

    def close(self) -> None:
        """Let go of the connection, waiting for nothing."""
        self._wire.close()

    def _look(self, seconds: float) -> None:
        if data := self._wire.receive_within(seconds):
            self._hear(data)

    def _hear(self, data: bytes) -> None:
        """Take a block of what the broker says."""
        try:
            self._settle(data)
        except ValueError as error:
            self._wire.gone = self._wire.gone or f"what it says is not MQTT: {error}"
        if self._answers.ended is not None:
            self._wire.gone = reason_of(self._answers.ended, disconnect=True)

    def _settle(self, data: bytes) -> None:
        """Settle what these acknowledgements are for."""
        for _ in self._answers.acknowledgements(data):
            pass

    def _give_up(self, error: str) -> None:
        """Settle as unknown what is outstanding."""

    def _lost(self) -> ServerError:
        """Settle all, close, and say why."""
        why = self._wire.gone
        self._give_up(f"connection lost: {why}")
        self.close()
        return ServerError(f"{self._address}: connection lost: {why}", "its log says more")


class RawUnansweredWriter(RawWriter):
    """QoS 0: a reading is unanswered once all of it is handed to the operating system, failed if it never was.

    The setting `in_flight` bounds how many are handed over at once.
    """

    def __init__(self, connection: Connection, assignment: Assignment, ledger: Ledger) -> None:
        super().__init__(connection, assignment, ledger, qos=0)
        self._at_once: int = assignment.settings["in_flight"]
        self._since_look = 0

    def submit(self, reading: Reading) -> None:
        """Send one reading, waiting only while the operating system takes no more."""
        self._send(reading.number, [self._pack(reading)])

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """Send readings, many at once."""
        rest = iter(readings)
        while self._send_some(rest) == self._at_once:
            pass

    def wait(self) -> None:
        """Do nothing: there is nothing to wait for."""

    def _send_some(self, rest: Iterable[RawReading]) -> int:
        """Draw some readings and send them, also where drawing ends with an error; return how many they were."""
        pack, packets, reading = self._pack, [], None
        try:
            for reading in islice(rest, self._at_once):
                packets.append(pack(reading))
        finally:
            if reading:
                self._send(reading[0] + 1 - len(packets), packets)
        return len(packets)

    def _send(self, first: int, packets: Sequence[bytes]) -> None:
        data = b"".join(packets)
        taken = self._wire.send(data)
        count = len(packets) if taken == len(data) else whole(map(len, packets), taken)
        if count:
            self._ledger.unanswered(first, count)
        if count < len(packets):
            self._ledger.failed(first + count, len(packets) - count, error=f"not sent: {self._wire.gone}")
            raise self._lost()
        self._since_look += count
        if self._since_look >= _LOOK_EACH:
            self._since_look = 0
            self._look(0)
            if self._wire.gone:
                raise self._lost()
