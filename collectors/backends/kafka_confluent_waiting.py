"""Writing with confluent-kafka, one reading at a time: what waiting for each takes, and nothing more."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING

from .. import message
from ..ledger import Ledger
from ..reading import Reading
from .base import Assignment
from .kafka_confluent_base import POLL_SECONDS, ConfluentWriter
from .kafka_topic import HEADER

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer


class KafkaConfluentWaitingWriter(ConfluentWriter):
    """Has one reading outstanding at the most, for a frequency of 1.

    The client counts a message until its delivery report has been served (`len` of the producer), and calls the
    callback of one that failed. So where it counts none, and there was no call, the reading was delivered.
    """

    def __init__(self, producer: Producer, assignment: Assignment, ledger: Ledger) -> None:
        super().__init__(producer, assignment, ledger)
        self._draft = message.drafter(assignment.generation, assignment.location, assignment.stream)
        self._counted: Callable[[], int] = producer.__len__
        self._number = 0
        """The reading that is outstanding; 0 where none is."""

    def submit(self, reading: Reading) -> None:
        """See `Writer.submit`."""
        if self._number:
            self.wait()
        number, date, _, value, note, check = reading
        text, mark = self._draft(number, date, value, note, check)
        self._number = number
        try:
            # By position, for speed: topic, value, key, partition, callback, on_delivery, timestamp, headers.
            self._produce(self._topic, text, None, -1, MethodType(self._refused, number), None, 0, {HEADER: mark})
        except self._not_accepted as error:
            self._number = 0
            self._refuse(number, error)

    def wait(self) -> None:
        """See `Writer.wait`."""
        if not self._number:
            return
        self._poll(POLL_SECONDS)
        number = self._number
        if number and not self._counted():  # what `_settle` does, for all but a few
            self._number = 0
            self._confirmed(number)
        elif number or self._doubtful:
            self._wait_on()

    def close(self) -> None:
        """See `Writer.close`."""
        self._counted = int  # which counts none, and holds on to no producer
        super().close()

    def _wait_on(self) -> None:
        deadline = time.monotonic() + self._timeout
        if self._doubtful:
            self._look()
        while self._number:
            self._serve(POLL_SECONDS)
            if time.monotonic() >= deadline:
                self._run_out()

    @property
    def _unsettled(self) -> int:
        return 1 if self._number else 0

    def _settle(self) -> None:
        number = self._number
        if number and not self._counted():
            self._number = 0
            self._confirmed(number)

    def _forget(self) -> list[tuple[int, int]]:
        number, self._number = self._number, 0
        return [(number, 1)] if number else []

    def _refused(self, number: int, error: KafkaError | None, _: Message) -> None:
        if error is not None and number == self._number:
            self._number = 0
            self._blame(number, error)
