"""Writes readings through cassandra-driver."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue

from ..errors import ServerError
from ..ledger import Ledger
from ..reading import Reading
from . import cassandra_session as session
from . import cassandra_table as shared
from .base import Assignment

_GRACE = 1.0
"""Seconds after which a request whose own time-out said nothing counts as lost."""


class CassandraWriter:
    """See `Writer`. Answers come on the driver's thread and are settled on the caller's, in `submit` and `wait`."""

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
        self._answers: SimpleQueue[tuple[int, Exception | None]] = SimpleQueue()
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
        number, date, location, value, note, checksum = reading
        try:
            future = self._session.execute_async(
                self._insert, (location, *self._stream, date, number, note, value, checksum)
            )
        except Exception as error:
            # Nothing was sent: the values cannot be encoded, or the session is closed.
            self._ledger.failed(number, error=type(error).__name__)
            return
        self._outstanding.add(number)
        future.add_callbacks(self._acknowledged, self._failed, callback_args=(number,), errback_args=(number,))
        if len(self._outstanding) >= self._window or not self._answers.empty():
            self._settle(self._window - 1)

    def wait(self) -> None:
        """See `Writer.wait`."""
        self._settle(0)

    def close(self) -> None:
        """See `Writer.close`."""
        with suppress(Exception):
            self._session.cluster.shutdown()

    def _acknowledged(self, _: object, number: int) -> None:
        self._answers.put((number, None))

    def _failed(self, error: Exception, number: int) -> None:
        self._answers.put((number, error))

    def _settle(self, target: int) -> None:
        """Take every answer there is, and wait until at most `target` readings are outstanding."""
        answers, outstanding = self._answers, self._outstanding
        while len(outstanding) > target or (outstanding and not answers.empty()):
            try:
                number, error = answers.get(timeout=self._timeout)
            except Empty:
                self._give_up()
                return
            if number not in outstanding:
                # Came after `_give_up` had settled it.
                continue
            outstanding.discard(number)
            if error is None:
                self._ledger.acknowledged(number)
                continue
            shared.blame(self._ledger, number, error, self._refused)
            if isinstance(error, self._unreachable):
                self._gone, target = shared.refusal(self._endpoint, shared.NO_NODE), 0
        if self._gone is not None:
            gone, self._gone = self._gone, None
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
