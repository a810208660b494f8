"""Writing with kafka-python: each reading's outcome is in the future that `send` returned."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from .. import message
from ..errors import ServerError
from ..ledger import Ledger
from ..reading import Reading
from .base import Assignment, RawReading
from .kafka_handshake import USUAL_PORT, shake_hands
from .kafka_topic import (
    HEADER,
    NEVER_ENDING_RETRIES,
    REQUESTS_IN_FLIGHT,
    address,
    effective_acks,
    effective_linger_ms,
    not_written,
)

_BOOTSTRAP_MS = 5000
_LONGEST_REQUEST_MS = 30_000
_CLOSE_SECONDS = 2.0


def connected(assignment: Assignment, ledger: Ledger) -> KafkaPythonWriter:
    """Return a writer that knows the topic's partitions and leaders.

    Raises:
        ServerError: no broker answers, or the topic is missing.
    """
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    settings, acks, linger = assignment.settings, effective_acks(assignment), effective_linger_ms(assignment)
    milliseconds, producer = round(assignment.timeout * 1000), None
    try:
        producer = KafkaProducer(
            bootstrap_servers=assignment.endpoint.bootstrap(USUAL_PORT),
            bootstrap_timeout_ms=_BOOTSTRAP_MS,
            client_id=f"thermobench-{assignment.stream.run}-{assignment.stream.producer}",
            acks=acks if acks == "all" else int(acks),
            enable_idempotence=settings["idempotence"],
            retries=NEVER_ENDING_RETRIES,
            max_in_flight_requests_per_connection=REQUESTS_IN_FLIGHT,
            linger_ms=linger,
            delivery_timeout_ms=milliseconds,
            request_timeout_ms=min(_LONGEST_REQUEST_MS, milliseconds - linger),
            max_block_ms=_BOOTSTRAP_MS,
            allow_auto_create_topics=False,
            metrics_enabled=False,  # nobody reads them, and each request pays for them
        )
        producer.partitions_for(settings["topic"])
    except KafkaError as error:
        if producer is not None:
            _abandon(producer)
        where = address(assignment.endpoint)
        raise ServerError(f"{where}: topic {settings['topic']} cannot be written: {error}") from None
    return KafkaPythonWriter(producer, assignment, ledger)


class KafkaPythonWriter:
    """Settles readings in the order of their numbers, on the caller's thread.

    The client completes futures on a thread of its own, and the ledger may be told from one thread only. So nothing
    is done when a future completes: the oldest ones are looked at when the loop comes by.

    Args:
        producer: a `KafkaProducer`; closed with the writer.
        assignment: what to write.
        ledger: told of every reading.
    """

    def __init__(self, producer: Any, assignment: Assignment, ledger: Ledger) -> None:
        from kafka.errors import KafkaError
        from kafka.future import Future

        self._producer = producer
        self._send: Any = producer.send
        self._error, self._future = KafkaError, Future
        self._endpoint = assignment.endpoint
        self._topic: str = assignment.settings["topic"]
        self._in_flight: int = assignment.settings["in_flight"]
        self._timeout = assignment.timeout
        self._draft = message.drafter(assignment.generation, assignment.location, assignment.stream)
        self._ledger = ledger
        self._confirmed = ledger.unanswered if effective_acks(assignment) == "0" else ledger.acknowledged
        self._outstanding: deque[Any] = deque()
        self._oldest = 1
        """Number of the reading whose future is the first of `_outstanding`."""
        self._doubtful = False

    def submit(self, reading: Reading) -> None:
        """See `Writer.submit`."""
        self.submit_many((reading,))

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """See `BurstWriter.submit_many`."""
        outstanding, send, topic, in_flight = self._outstanding, self._send, self._topic, self._in_flight
        draft = self._draft
        for number, date, _, value, note, check in readings:
            if not outstanding:
                self._oldest = number
            text, mark = draft(number, date, value, note, check)
            try:
                future = send(topic, text.encode(), None, [(HEADER, mark.encode())])
            except self._error as error:  # too large, or no metadata: it never left, and keeps its place in the queue
                future = self._future().failure(error)
            outstanding.append(future)
            if outstanding[0].is_done:
                self._settle()
            if len(outstanding) >= in_flight:
                self._await(outstanding[0], time.monotonic() + self._timeout)
            if self._doubtful:
                self._look()

    def serve(self, seconds: float) -> None:
        """See `ServingWriter.serve`."""
        until = time.monotonic() + seconds
        self._settle()
        while self._outstanding and (left := until - time.monotonic()) > 0:
            with suppress(self._error):
                self._outstanding[0].get(timeout=left)
            self._settle()
        if self._doubtful:
            self._look()

    def wait(self) -> None:
        """See `Writer.wait`."""
        deadline = time.monotonic() + self._timeout
        if self._outstanding:
            # The newest first: when it is done, nearly always all are, and each wait for a future costs.
            self._await(self._outstanding[-1], deadline)
        while self._outstanding:
            self._await(self._outstanding[0], deadline)
        if self._doubtful:
            self._look()

    def close(self) -> None:
        """See `Writer.close`."""
        producer, self._producer, self._send = self._producer, None, None
        if producer is not None:
            _abandon(producer)

    def _await(self, future: Any, deadline: float) -> None:
        with suppress(self._error):
            future.get(timeout=max(deadline - time.monotonic(), 0.0))
        self._settle()
        if time.monotonic() >= deadline and self._outstanding:
            self._give_up(f"no answer within {self._timeout:g} s")

    def _settle(self) -> None:
        outstanding, confirmed = self._outstanding, 0
        while outstanding and outstanding[0].is_done:
            error = outstanding.popleft().exception
            if error is None:
                confirmed += 1
                continue
            if confirmed:
                self._confirmed(self._oldest, confirmed)
            self._refused(self._oldest + confirmed, error)
            self._oldest += confirmed + 1
            confirmed = 0
        if confirmed:
            self._confirmed(self._oldest, confirmed)
            self._oldest += confirmed

    def _refused(self, number: int, error: Exception) -> None:
        code, kind = getattr(error, "errno", None), type(error).__name__
        if code is not None and not_written(code):
            self._ledger.failed(number, error=kind)
        else:
            self._ledger.unknown(number, error=kind)
            self._doubtful = True

    def _give_up(self, error: str) -> None:
        self._ledger.unknown(self._oldest, len(self._outstanding), error=error)
        self._outstanding.clear()
        self._doubtful = True

    def _look(self) -> None:
        """Find out whether a reading timed out because every broker is gone."""
        self._doubtful = False
        try:
            shake_hands(self._endpoint)
        except ServerError:
            if self._outstanding:
                self._give_up("the brokers are gone")
            raise


def _abandon(producer: Any) -> None:
    with suppress(Exception):
        # `close` alone raises, and leaves its thread running, as long as the accumulator holds unsent batches.
        producer._sender.force_close()
        producer._sender.join(_CLOSE_SECONDS)
    with suppress(Exception):
        producer.close(timeout=0)
