"""What both writers with confluent-kafka share: what an error proves, and whether anybody is still there."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import ServerError
from ..ledger import Ledger
from .base import Assignment
from .kafka_handshake import shake_hands
from .kafka_topic import address, effective_acks, not_written

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Producer

POLL_SECONDS = 0.1
"""Longest wait for reports after which the clock is looked at. From 0.2 s on some releases of the client wait to the
end, whatever comes."""
_SHORTEST_SECONDS = 0.001
"""What a poll can wait for at the least."""
_PURGE_SECONDS = 1.0


class ConfluentWriter:
    """A producer and the ledger that it reports to.

    Args:
        producer: made with `delivery.report.only.error`; closed with the writer.
        assignment: what to write.
        ledger: told of every reading.
    """

    def __init__(self, producer: Producer, assignment: Assignment, ledger: Ledger) -> None:
        from confluent_kafka import KafkaException

        self._not_accepted = KafkaException, BufferError
        self._producer: Producer | None = producer
        self._produce: Any = producer.produce
        self._poll: Any = producer.poll
        self._endpoint = assignment.endpoint
        self._topic: str = assignment.settings["topic"]
        self._timeout = assignment.timeout
        self._ledger = ledger
        self._confirmed = ledger.unanswered if effective_acks(assignment) == "0" else ledger.acknowledged
        self._doubtful = self._broken = False
        self._given_up = ""
        """Why, while the client is made to let go of what is outstanding."""

    def serve(self, seconds: float) -> None:
        """See `ServingWriter.serve`; times are kept to a millisecond, as the client does."""
        until = time.monotonic() + seconds
        self._serve(0)
        while self._unsettled and (left := until - time.monotonic()) >= _SHORTEST_SECONDS:
            self._serve(min(left, POLL_SECONDS))

    def close(self) -> None:
        """See `Writer.close`."""
        producer, self._producer = self._producer, None
        self._produce = self._poll = None
        self._forget()
        if producer is not None:
            with suppress(Exception):
                producer.purge()

    @property
    def _unsettled(self) -> int:
        """How many readings are not settled."""
        raise NotImplementedError

    def _settle(self) -> None:
        """Settle what has been reported on."""
        raise NotImplementedError

    def _forget(self) -> list[tuple[int, int]]:
        """Take no further notice of what is outstanding; return it as ranges: the first number, and how many."""
        raise NotImplementedError

    def _refuse(self, number: int, error: Exception) -> None:
        """Settle a reading that the client did not accept."""
        self._ledger.failed(number, error="_QUEUE_FULL" if isinstance(error, BufferError) else error.args[0].name())

    def _blame(self, number: int, error: KafkaError) -> None:
        """Settle a reading whose delivery failed."""
        code = error.code()
        if not_written(code):
            self._ledger.failed(number, error=error.name())
        else:
            self._ledger.unknown(number, error=self._given_up or error.name())
            self._doubtful = True
            self._broken = self._broken or code == error._FATAL

    def _serve(self, seconds: float) -> None:
        """Fetch reports, waiting for the first, and settle what they allow."""
        self._poll(seconds)
        self._settle()
        if self._doubtful:
            self._look()

    def _run_out(self) -> None:
        if self._unsettled:
            self._give_up(f"no answer within {self._timeout:g} s")
            self._look()

    def _give_up(self, why: str) -> None:
        """Have the client let go of all that is outstanding, so that what was delivered until now is known."""
        self._given_up = why
        deadline = time.monotonic() + _PURGE_SECONDS
        if self._producer is not None:
            self._producer.purge()
        while self._unsettled and time.monotonic() < deadline:
            self._poll(POLL_SECONDS)
            self._settle()
        for first, count in self._forget():
            self._ledger.unknown(first, count, error=why)
        self._given_up, self._doubtful = "", False

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
