"""Writing with confluent-kafka: a callback for what fails, and for the rest none at all."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from .. import message
from ..errors import ServerError
from ..ledger import Ledger
from ..reading import Reading
from .base import Assignment, RawReading
from .kafka_confluent_base import POLL_SECONDS, ConfluentWriter
from .kafka_confluent_reports import Burst, Callback, Outstanding, Report, require_reference_counts
from .kafka_topic import HEADER

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Producer

_LONGEST_BURST = 128
_SHARE = 8
"""Where `in_flight` bounds what is outstanding, one burst has at most this part of it, so that it moves on by parts."""


class KafkaConfluentWriter(ConfluentWriter):
    """Settles readings burst by burst, each as soon as all of its delivery reports are there (see `Report`).

    Raises:
        Unavailable: the interpreter does not count references.
    """

    def __init__(self, producer: Producer, assignment: Assignment, ledger: Ledger) -> None:
        require_reference_counts()
        super().__init__(producer, assignment, ledger)
        self._in_flight: int = assignment.settings["in_flight"]
        bounded = not 0 < assignment.frequency <= self._in_flight
        self._longest = max(1, min(_LONGEST_BURST, self._in_flight // _SHARE)) if bounded else _LONGEST_BURST
        self._least = self._longest if bounded else 1
        """Room that is waited for before a burst begins."""
        self._draft = message.drafter(assignment.generation, assignment.location, assignment.stream)
        self._numbered = assignment.generation != 1
        """Whether the messages hold their numbers."""
        self._outstanding = Outstanding(self._confirmed)
        self._date = 0

    def submit(self, reading: Reading) -> None:
        """See `Writer.submit`."""
        try:
            if self._outstanding.count >= self._in_flight:
                self._make_room(1)
        except ServerError:
            self._ledger.failed(reading.number, error="never sent")
            raise
        self._send((reading,))
        # Once a millisecond, so that the reports of those before do not have to wait.
        if reading.date != self._date and self._outstanding.count > 1:
            self._date = reading.date
            self._serve(0)

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """See `BurstWriter.submit_many`."""
        left, outstanding = iter(readings), self._outstanding
        while True:
            if self._in_flight - outstanding.count < self._least:
                self._make_room(self._least)
            length = min(self._longest, self._in_flight - outstanding.count)
            if self._send(islice(left, length)) < length:
                break
        self._serve(0)

    def wait(self) -> None:
        """See `Writer.wait`."""
        deadline = time.monotonic() + self._timeout
        self._outstanding.settle()
        while self._outstanding.count:
            self._serve(POLL_SECONDS)
            if self._outstanding.count and time.monotonic() >= deadline:
                self._run_out()

    def _send(self, readings: Iterable[RawReading]) -> int:
        """Hand readings over as one burst, and return how many they are."""
        produce, topic, draft, burst, first, number = self._produce, self._topic, self._draft, Burst(), 0, -1
        headers, report = {HEADER: ""}, Report(burst, self._outstanding.gone, self._refused)
        callback: Callback = report
        by_number = None if self._numbered else report.by_number()
        try:
            for number, date, _, value, note, check in readings:
                first = first or number
                text, headers[HEADER] = draft(number, date, value, note, check)
                if by_number is not None:
                    callback = by_number(number)
                try:
                    # By position, for speed: topic, value, key, partition, callback, on_delivery, timestamp, headers.
                    produce(topic, text, None, -1, callback, None, 0, headers)
                except self._not_accepted as error:
                    burst.told.append(number)
                    self._refuse(number, error)
        finally:
            if first:
                burst.first, burst.count = first, number + 1 - first
                self._outstanding.add(burst)
            del report, callback, by_number  # an error's traceback would keep them
        return burst.count

    def _make_room(self, least: int) -> None:
        deadline = time.monotonic() + self._timeout
        while self._in_flight - self._outstanding.count < least:
            self._serve(POLL_SECONDS)
            if time.monotonic() >= deadline:
                self._run_out()

    @property
    def _unsettled(self) -> int:
        return self._outstanding.count

    def _settle(self) -> None:
        self._outstanding.settle()

    def _forget(self) -> list[tuple[int, int]]:
        return self._outstanding.give_up()

    def _refused(self, burst: Burst, number: int, error: KafkaError) -> None:
        if not burst.given_up:
            burst.told.append(number)
            self._blame(number, error)
