"""What both MQTT writers share, and the one for QoS 0, with paho driven by the measured loop itself.

Nothing here runs in a thread: publishing writes to the socket at once, and acknowledgements are read when the loop
has to wait for them anyway. Against paho's own network thread that is about twice as fast.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from ..errors import ServerError
from ..ledger import Ledger
from ..message import drafter
from ..reading import Reading
from .base import Assignment, RawReading
from .mqtt_connection import Connection
from .mqtt_pump import SLICE, SLICE_MS, PacketPump

_BLOCK = 64
"""With QoS 0, how many readings are settled at once, and how often the connection is looked at."""


class MqttWriter:
    """What both kinds of writer share: publishing, listening, and the end of the connection."""

    def __init__(self, connection: Connection, assignment: Assignment, ledger: Ledger) -> None:
        self._connection = connection
        self._pump = PacketPump(connection)
        self._ledger = ledger
        self._timeout = assignment.timeout
        self._publish = connection.client.publish
        self._root = f"{assignment.settings['topic']}/"
        self._draft = drafter(assignment.generation, assignment.location, assignment.stream)

    def serve(self, seconds: float) -> None:
        """Take note of what the broker says within so many seconds, and let paho ping."""
        deadline = time.monotonic() + seconds
        while True:
            left = max(0.0, deadline - time.monotonic())
            self._pump.turn(min(left, SLICE) * 1000)
            if self._pump.gone:
                raise self._lost()
            if not left:
                return

    def close(self) -> None:
        """Let go of the connection, waiting for nothing."""
        self._pump.gone = self._pump.gone or "closed here"
        self._connection.close()

    def _settle_rest(self, error: str) -> None:
        """Settle what is not settled yet, the connection being lost."""

    def _lost(self) -> ServerError:
        """Settle what is left, close, and say why."""
        why = self._pump.gone
        self._settle_rest(f"connection lost: {why}")
        # Without a goodbye: it would make a packet whole that was sent in part.
        self._connection.abort()
        return ServerError(f"{self._connection.address}: connection lost: {why}", "its log says more")


class UnansweredWriter(MqttWriter):
    """QoS 0: a reading is unanswered once it is handed to the operating system, failed if it never was."""

    def __init__(self, connection: Connection, assignment: Assignment, ledger: Ledger) -> None:
        super().__init__(connection, assignment, ledger)
        self._want_write = connection.client.want_write
        self._first = 0
        """First of the readings that are not settled yet."""
        self._count = 0
        self._block = min(_BLOCK, assignment.settings["in_flight"])
        self._since_look = 0

    def submit(self, reading: Reading) -> None:
        """Publish one reading, waiting only while the operating system takes no more."""
        self._submit(reading)

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """Publish readings one by one."""
        submit = self._submit
        for reading in readings:
            submit(reading)

    def _submit(self, reading: RawReading) -> None:
        number, date, _, value, note, check = reading
        message, mark = self._draft(number, date, value, note, check)
        if self._publish(self._root + mark, message, 0).rc:
            self._refused(number)
        if self._want_write():
            self._flush(number)
        if not self._count:
            self._first = number
        self._count += 1
        if self._count >= self._block:
            self.wait()

    def wait(self) -> None:
        """Settle what was sent: there is nothing to wait for. Now and then, see whether the connection is there."""
        self._settle()
        if self._since_look >= _BLOCK:
            # Nothing else would tell.
            self._since_look = 0
            self._pump.turn(0)
            if self._pump.gone:
                raise self._lost()

    def close(self) -> None:
        """Let go of the connection; what was sent was sent."""
        self._settle()
        super().close()

    def _settle(self) -> None:
        if self._count:
            self._ledger.unanswered(self._first, self._count)
            self._since_look += self._count
            self._count = 0

    def _settle_rest(self, error: str) -> None:  # noqa: ARG002 – nothing was promised
        self._settle()

    def _refused(self, number: int) -> None:
        """Settle a reading that was not, or not wholly, handed to the operating system, so never delivered."""
        self._ledger.failed(number, error=f"not sent: {self._pump.gone or 'connection lost'}")
        raise self._lost()

    def _flush(self, number: int) -> None:
        deadline = time.monotonic() + self._timeout
        while self._want_write():
            left = deadline - time.monotonic()
            if left <= 0:
                self._pump.gone = f"nothing taken for {self._timeout:g} s"
            if self._pump.gone:
                self._refused(number)
            self._pump.turn(SLICE_MS if left > SLICE else left * 1000)
