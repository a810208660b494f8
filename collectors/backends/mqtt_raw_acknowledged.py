"""The raw writer for QoS 1."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import islice

from ..errors import ServerError
from ..ledger import Ledger
from ..reading import Reading
from .base import Assignment, RawReading
from .mqtt_connection import Connection
from .mqtt_raw_answers import FAILURE, reason_of
from .mqtt_raw_window import Window
from .mqtt_raw_wire import BLOCK
from .mqtt_raw_writer import RawWriter, whole

_YES, _YES_TO_NOBODY, _NO_SUBSCRIBERS = b"\x40\x02", b"\x40\x03", b"\x10"
"""PUBACK before the packet identifier; and before and behind it, as MQTT 5 has it where nobody subscribes."""


class RawAcknowledgedWriter(RawWriter):
    """QoS 1: a reading is acknowledged when the broker's PUBACK for it says so.

    The setting `in_flight` bounds how many readings are outstanding, and so does the broker.
    """

    def __init__(self, connection: Connection, assignment: Assignment, ledger: Ledger) -> None:
        super().__init__(connection, assignment, ledger, qos=1)
        self._timeout = assignment.timeout
        self._send_now, self._receive_now = self._wire.send_now, self._wire.receive_now
        self._last = b""
        """The packet identifier of the last reading, if it was sent by itself."""
        self._window = Window(min(assignment.settings["in_flight"], connection.receive_maximum))

    def submit(self, reading: Reading) -> None:
        """Send one reading, and read acknowledgements while too many are outstanding."""
        wire, window = self._wire, self._window
        self._last = identifier = window.add(reading.number)
        packet = self._pack(reading, identifier)
        wire.sent_any = True
        try:
            taken = self._send_now(packet)
        except OSError:
            taken = 0
        if taken != len(packet) and (taken := wire.send_rest(packet, taken)) < len(packet):
            raise self._cut_off([len(packet)], taken)
        if window.crowded and not window.room():
            self._make_room()

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """Send readings, as many at once as there is room for, and read acknowledgements in between."""
        rest = iter(readings)
        while self._send_some(rest):
            if not self._window.room():
                self._make_room()
        self._look(0)

    def wait(self) -> None:
        """Read acknowledgements until nothing is outstanding; what is after the time-out becomes unknown."""
        left, identifier = self._timeout, self._last
        if self._window.outstanding == 1 and identifier and not self._answers.rest:
            # By far the commonest case where each reading is waited for, so it is spelled out.
            try:
                data = self._receive_now(BLOCK)
            except OSError:
                data, left = b"", left - self._wire.slice
            if data == _YES + identifier or data == _YES_TO_NOBODY + identifier + _NO_SUBSCRIBERS:
                self._ledger.acknowledged(self._window.settle_last())
                return
            if data:
                self._hear(data)
        self._drain(0, left)

    def _send_some(self, rest: Iterable[RawReading]) -> int:
        """Draw as many readings as there is room for and send them, also where drawing ends with an error."""
        pack, add, packets = self._pack, self._window.add, []
        self._last = b""
        try:
            for reading in islice(rest, self._window.room()):
                packets.append(pack(reading, add(reading[0])))  # noqa: PERF401 – kept if drawing ends with an error
        finally:
            if packets:
                self._send(packets)
        return len(packets)

    def _send(self, packets: Sequence[bytes]) -> None:
        data = b"".join(packets)
        if (taken := self._wire.send(data)) < len(data):
            raise self._cut_off([len(packet) for packet in packets], taken)

    def _cut_off(self, sizes: Sequence[int], taken: int) -> ServerError:
        """Settle what was not sent, or not wholly, and all else."""
        count = len(sizes) - whole(sizes, taken)
        self._ledger.failed(self._window.withdraw(count), count, error=f"not sent: {self._wire.gone}")
        return self._lost()

    def _make_room(self) -> None:
        self._drain(self._window.size - 1, self._timeout)
        if not self._window.room():
            # The next identifier is one that the broker may still answer.
            self._drain(0, self._timeout)

    def _drain(self, limit: int, seconds: float) -> None:
        """Read acknowledgements until no more than so many readings are outstanding, for so long."""
        window, wire = self._window, self._wire
        several = window.outstanding - limit > 1
        deadline = time.monotonic() + seconds
        while window.outstanding > limit:
            left = deadline - time.monotonic()
            if left <= 0:
                self._time_out()
                return
            if several:
                wire.hurry()
            if data := wire.receive() if left > wire.slice else wire.receive_within(left):
                self._hear(data)
            else:
                wire.keep_alive()
            if wire.gone:
                raise self._lost()

    def _settle(self, data: bytes) -> None:
        ledger, settle = self._ledger, self._window.settle
        first = count = 0
        try:
            for identifier, reason in self._answers.acknowledgements(data):
                number = settle(identifier)
                if not number:
                    continue
                if reason >= FAILURE:
                    ledger.failed(number, error=f"refused by the broker: {reason_of(reason)}")
                elif number == first + count:
                    count += 1
                else:
                    if count:
                        ledger.acknowledged(first, count)
                    first, count = number, 1
        finally:
            if count:
                ledger.acknowledged(first, count)

    def _time_out(self) -> None:
        """Give up on what is outstanding; its identifiers stay taken, so that no late answer passes for a new one."""
        why = f"no acknowledgement within {self._timeout:g} s"
        self._give_up(why)
        if self._window.size <= 0:
            self._wire.gone = why
            raise self._lost()

    def _give_up(self, error: str) -> None:
        for number in self._window.give_up():
            self._ledger.unknown(number, error=error)
