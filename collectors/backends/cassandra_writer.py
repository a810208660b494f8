"""Writes readings through cassandra-driver."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue

from ..errors import ServerError
from ..ledger import Ledger
from ..reading import Reading
from . import cassandra_session as session
from . import cassandra_table as shared
from .base import Assignment, RawReading

_GRACE = 1.0
"""Seconds after which a request whose own time-out said nothing counts as lost."""
_ROOM = 8
"""When there is no room left, wait until one in so many places is free: each wait is a change of threads."""


class CassandraWriter:
    """See `Writer`. Answers come on the driver's thread and are settled on the caller's."""

    def __init__(self, assignment: Assignment, ledger: Ledger) -> None:
        from cassandra.cluster import NoHostAvailable
        from cassandra.policies import FallthroughRetryPolicy

        self._ledger = ledger
        self._endpoint = assignment.endpoint
        self._timeout = assignment.timeout + _GRACE
        self._window: int = 1 if assignment.frequency == 1 else assignment.settings["in_flight"]
        self._stream = (assignment.stream.run, assignment.stream.producer)
        self._unreachable: type[Exception] = NoHostAvailable
        self._refused = _refusals()
        self._outstanding: set[int] = set()
        self._answers: deque[tuple[int, Exception | None]] = deque()
        self._needed = sys.maxsize
        """How many answers the caller waits for; the driver's thread wakes it when they are there."""
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._gone: ServerError | None = None
        self._session = session.connect(assignment, FallthroughRetryPolicy(), assignment.settings["datacenter"])
        try:
            insert = shared.Table.of(assignment.settings).insert
            self._insert = self._session.prepare(insert)
        except Exception as error:
            self.close()
            raise shared.refusal(self._endpoint, session.reason(error)) from None
        self._insert.consistency_level = session.level(assignment.settings["consistency"])

    def submit(self, reading: Reading) -> None:
        """See `Writer.submit`."""
        self.submit_many((reading,))

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """See `BurstWriter.submit_many`."""
        execute, insert, outstanding, window = (
            self._session.execute_async,
            self._insert,
            self._outstanding,
            self._window,
        )
        (run, producer), acknowledged, failed = self._stream, self._acknowledged, self._failed
        for number, date, location, value, note, checksum in readings:
            try:
                future = execute(insert, (location, run, producer, date, number, note, value, checksum))
            except Exception as error:
                # Nothing was sent: the values cannot be encoded, or the session is closed.
                self._ledger.failed(number, error=type(error).__name__)
                continue
            outstanding.add(number)
            future.add_callbacks(acknowledged, failed, (number,), None, (number,))
            if len(outstanding) >= window:
                self._settle(window - max(1, window // _ROOM))
        if self._answers:
            self._take()

    def serve(self, seconds: float) -> None:
        """See `ServingWriter.serve`."""
        deadline = time.perf_counter() + seconds
        self._take()
        while self._outstanding and (left := deadline - time.perf_counter()) > 0:
            self._await_answers(1, left)
            self._take()

    def wait(self) -> None:
        """See `Writer.wait`."""
        self._settle(0)

    def close(self) -> None:
        """See `Writer.close`."""
        with suppress(Exception):
            self._session.cluster.shutdown()

    def _acknowledged(self, _: object, number: int) -> None:
        self._answers.append((number, None))
        if len(self._answers) >= self._needed:
            self._bell.put(None)

    def _failed(self, error: Exception, number: int) -> None:
        self._answers.append((number, error))
        if len(self._answers) >= self._needed:
            self._bell.put(None)

    def _settle(self, target: int) -> None:
        """Take every answer there is, and wait until at most `target` readings are outstanding."""
        while len(self._outstanding) > target:
            if not self._await_answers(len(self._outstanding) - target, self._timeout):
                self._take()
                self._give_up()
                return
            self._take()

    def _await_answers(self, count: int, seconds: float) -> bool:
        """Wait for so many answers, and return whether there are any."""
        self._needed, deadline = count, time.perf_counter() + seconds
        # The bell may still have rung for a wait before.
        while len(self._answers) < count and (left := deadline - time.perf_counter()) > 0:
            with suppress(Empty):
                self._bell.get(timeout=left)
        self._needed = sys.maxsize
        return bool(self._answers)

    def _take(self) -> None:
        """Settle what is answered.

        Raises:
            ServerError: no node is left; everything is settled.
        """
        answers, outstanding, acknowledged = self._answers, self._outstanding, self._ledger.acknowledged
        while answers:
            number, error = answers.popleft()
            if number not in outstanding:
                # Came after `_give_up` had settled it.
                continue
            outstanding.discard(number)
            if error is None:
                acknowledged(number)
                continue
            shared.blame(self._ledger, number, error, self._refused)
            if isinstance(error, self._unreachable):
                self._gone = shared.refusal(self._endpoint, shared.NO_NODE)
        if self._gone is not None:
            gone, self._gone = self._gone, None
            self._settle(0)
            raise gone

    def _give_up(self) -> None:
        for number in self._outstanding:
            self._ledger.unknown(number, error="TimeoutError")
        self._outstanding.clear()


def _refusals() -> tuple[type[BaseException], ...]:
    """Return the errors after which a reading was certainly not written."""
    import cassandra
    from cassandra import protocol
    from cassandra.cluster import NoHostAvailable

    return (
        cassandra.Unavailable,
        cassandra.RequestValidationException,
        protocol.RequestValidationException,
        protocol.OverloadedErrorMessage,
        protocol.IsBootstrappingErrorMessage,
        NoHostAvailable,
    )
