"""Writing with confluent-kafka: delivery reports by slot, so that nothing is made for a single reading."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .. import message
from ..errors import ServerError
from ..ledger import Ledger
from ..reading import Reading
from .base import Assignment
from .kafka_handshake import shake_hands
from .kafka_topic import HEADER, address, effective_acks, not_written

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer

_POLL_SECONDS = 0.1
"""Longest wait for a report after which the clock is looked at."""
_POLL_EVERY = 64
"""Readings after which reports are fetched at the latest. A poll costs as much as a tenth of a reading."""
_CONFIRMED, _TOLD = 1, 2
_CONFIRMED_BYTE = bytes([_CONFIRMED])


class KafkaConfluentWriter:
    """Settles readings in the order of their numbers, as far as all before them are reported.

    Reading n uses slot n modulo `in_flight`. Each slot has a report function of its own, made once, so a report is
    certain to be for the reading that holds the slot: the next one gets it only after this one is settled.

    Args:
        producer: closed with the writer.
        assignment: what to write.
        ledger: told of every reading.
    """

    def __init__(self, producer: Producer, assignment: Assignment, ledger: Ledger) -> None:
        from confluent_kafka import KafkaException

        self._error = KafkaException
        self._producer: Producer | None = producer
        self._produce: Any = producer.produce
        self._poll: Any = producer.poll
        self._endpoint = assignment.endpoint
        self._topic: str = assignment.settings["topic"]
        self._room: int = min(assignment.settings["in_flight"], assignment.frequency or sys.maxsize)
        self._timeout = assignment.timeout
        self._encode = message.encoder(assignment.generation, assignment.location)
        self._stamp = message.stamp(assignment.stream)
        self._ledger = ledger
        self._confirmed = ledger.unanswered if effective_acks(assignment) == "0" else ledger.acknowledged
        self._slots = bytearray(self._room)
        """0 while nothing is known of the slot's reading, else _CONFIRMED or _TOLD (the ledger was)."""
        self._reports = [self._report_for(slot) for slot in range(self._room)]
        self._oldest = 1
        """The lowest number that is not settled."""
        self._next = 1
        self._date = 0
        self._doubtful = self._broken = False

    def submit(self, reading: Reading) -> None:
        """See `Writer.submit`."""
        number, date = reading.number, reading.date
        if self._oldest == self._next:
            self._oldest = self._next = number
        elif number - self._oldest >= self._room:
            self._make_room(number, self._room)
        slot = number % self._room
        try:
            # By position, for speed: topic, value, key, partition, callback, on_delivery, timestamp, headers.
            self._produce(
                self._topic,
                self._encode(reading),
                None,
                -1,
                self._reports[slot],
                None,
                0,
                {HEADER: self._stamp(reading)},
            )
            self._next = number + 1
        except BufferError:  # the client's queue of 1 GiB is full, which takes far larger messages than ours
            if number == self._oldest:
                self._refuse(number, "_QUEUE_FULL")
                return
            self._make_room(number, (number - self._oldest + 1) // 2)
            self.submit(reading)
            return
        except self._error as error:
            self._refuse(number, error.args[0].name())
        # Once a millisecond, so that a slow loop's reports do not wait for _POLL_EVERY readings.
        if (date != self._date or not number % _POLL_EVERY) and number != self._oldest:
            self._date = date
            self._serve(0)

    def wait(self) -> None:
        """See `Writer.wait`."""
        deadline = time.monotonic() + self._timeout
        while self._oldest < self._next:
            self._serve(_POLL_SECONDS)
            if time.monotonic() >= deadline:
                self._run_out()

    def close(self) -> None:
        """See `Writer.close`."""
        producer, self._producer = self._producer, None
        self._produce = self._poll = None
        if producer is not None:
            with suppress(Exception):
                producer.purge()

    def _report_for(self, slot: int) -> Callable[[KafkaError | None, Message], None]:
        slots, refused = self._slots, self._refused

        def report(error: KafkaError | None, _: Message) -> None:
            if error is None:
                slots[slot] = _CONFIRMED
            else:
                refused(slots, slot, error)

        return report

    def _refused(self, slots: bytearray, slot: int, error: KafkaError) -> None:
        if slots is not self._slots:
            return  # the reading was given up before
        slots[slot] = _TOLD
        number = self._oldest + (slot - self._oldest) % self._room
        code = error.code()
        if not_written(code):
            self._ledger.failed(number, error=error.name())
        else:
            self._ledger.unknown(number, error=error.name())
            self._doubtful = True
            self._broken = self._broken or code == error._FATAL

    def _refuse(self, number: int, error: str) -> None:
        """Settle a reading that the client did not accept."""
        self._next = number + 1
        self._slots[number % self._room] = _TOLD
        self._ledger.failed(number, error=error)

    def _serve(self, seconds: float) -> None:
        """Fetch reports, waiting for the first, and settle what they allow."""
        self._poll(seconds)
        self._settle()
        if self._doubtful:
            self._look()

    def _settle(self) -> None:
        slots, oldest, room = self._slots, self._oldest, self._room
        while oldest < self._next:
            start = oldest % room
            known = slots[start : min(room, start + self._next - oldest)]
            confirmed = len(known) - len(known.lstrip(_CONFIRMED_BYTE))
            if confirmed:
                self._confirmed(oldest, confirmed)
                slots[start : start + confirmed] = bytes(confirmed)
            elif known[0] == _TOLD:
                slots[start] = 0
            else:
                break
            oldest += confirmed or 1
            self._oldest = oldest

    def _make_room(self, number: int, room: int) -> None:
        deadline = time.monotonic() + self._timeout
        try:
            while number - self._oldest >= room:
                self._serve(_POLL_SECONDS)
                if time.monotonic() >= deadline:
                    self._run_out()
        except ServerError:
            self._ledger.failed(number, error="never sent")
            raise

    def _run_out(self) -> None:
        if self._oldest < self._next:
            self._give_up(f"no answer within {self._timeout:g} s")
            self._look()

    def _give_up(self, why: str) -> None:
        """Settle everything outstanding as unknown; whatever is reported of it later counts no more."""
        for number in range(self._oldest, self._next):
            known = self._slots[number % self._room]
            if known == _CONFIRMED:
                self._confirmed(number)
            elif known != _TOLD:
                self._ledger.unknown(number, error=why)
        self._oldest = self._next
        self._slots = bytearray(self._room)
        self._reports = [self._report_for(slot) for slot in range(self._room)]
        if self._producer is not None:
            self._producer.purge()

    def _look(self) -> None:
        """Find out whether a reading timed out because every broker is gone."""
        self._doubtful = False
        try:
            shake_hands(self._endpoint)
            if self._broken:
                raise ServerError(f"{address(self._endpoint)} has made the idempotent producer unusable")
        except ServerError:
            self._give_up("the brokers are gone")
            raise
