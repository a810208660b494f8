"""Writes readings through acsylla."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable
from typing import Any

from ..errors import ServerError
from ..ledger import Ledger
from ..reading import Reading
from . import cassandra_table as shared
from .base import Assignment, RawReading
from .cassandra_acsylla_connection import Connection

_GRACE = 1.0
"""Seconds after which a request whose own time-out said nothing counts as lost."""
_TICK_SECONDS = 0.5
_POLL_SECONDS = 0.001
"""How long an answer may lie before it is taken note of."""
_QUARTER = 0.00025
"""A quarter of a millisecond: acsylla takes seconds, multiplies by 1000 and cuts off; some would come out too low."""


class AcsyllaWriter:
    """See `Writer`. The event loop runs inside `submit` and `wait` only.

    The client's coroutines are stepped by hand: the first step sends a request, the second takes its answer. A task
    for each of them costs a third more of the caller's time.
    """

    def __init__(self, assignment: Assignment, ledger: Ledger) -> None:
        import acsylla

        self._ledger = ledger
        self._endpoint = assignment.endpoint
        self._timeout = assignment.timeout + _GRACE
        self._window: int = 1 if assignment.frequency == 1 else assignment.settings["in_flight"]
        # Room for a few readings at once, so that the loop is not started for each single one.
        self._room = self._window - max(1, self._window // 4)
        self._stream = (assignment.stream.run, assignment.stream.producer)
        self._refused = _refusals(acsylla.errors)
        self._unreachable: type[Exception] = acsylla.errors.CassErrorLibNoHostsAvailable
        self._sent: dict[asyncio.Future[None], tuple[int, Coroutine[Any, Any, Any]]] = {}
        self._answers: list[tuple[int, Exception | None]] = []
        self._target = -1
        self._polled = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._connection = Connection(assignment, "fallthrough", assignment.settings["datacenter"])
        try:
            insert = shared.Table.of(assignment.settings).insert
            self._insert = self._connection.run(self._connection.session.create_prepared(insert))
        except ServerError:
            self.close()
            raise
        self._execute = self._connection.session.execute
        self._loop = self._connection.loop
        self._alarm = self._loop.call_later(_TICK_SECONDS, self._tick)

    def submit(self, reading: Reading) -> None:
        """See `Writer.submit`."""
        self.submit_many((reading,))

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """See `BurstWriter.submit_many`."""
        execute, bind, sent, window, answered = (
            self._execute,
            self._insert.bind,
            self._sent,
            self._window,
            self._answered,
        )
        run, producer = self._stream
        for number, date, location, value, note, checksum in readings:
            try:
                sending = execute(
                    bind([location, run, producer, date / 1000 + _QUARTER, number, note, value, checksum])
                )
                future = sending.send(None)
            except Exception as error:
                # Nothing was sent: the values cannot be encoded, or the session is closed.
                self._ledger.failed(number, error=type(error).__name__)
                continue
            sent[future] = (number, sending)
            future.add_done_callback(answered)
            if len(sent) >= window:
                self._settle(self._room)
        if sent and time.perf_counter() - self._polled > _POLL_SECONDS:
            self._poll()

    def serve(self, seconds: float) -> None:
        """See `ServingWriter.serve`."""
        deadline = time.perf_counter() + seconds
        self._poll()
        while self._sent and (left := deadline - time.perf_counter()) > 0:
            alarm = self._loop.call_later(left, self._loop.stop)
            self._target = len(self._sent) - 1
            self._loop.run_forever()
            self._target = -1
            alarm.cancel()
            self._take_answers()

    def wait(self) -> None:
        """See `Writer.wait`."""
        self._settle(0)

    def close(self) -> None:
        """See `Writer.close`."""
        self._connection.lost += self._sent.values()
        self._sent.clear()
        if self._alarm is not None:
            self._alarm.cancel()
        self._connection.close()

    def _answered(self, future: asyncio.Future[None]) -> None:
        number, sending = self._sent.pop(future, (0, None))
        if sending is None:
            return
        try:
            sending.send(None)
        except StopIteration:
            self._answers.append((number, None))
        except Exception as error:
            self._answers.append((number, error))
        if len(self._sent) <= self._target:
            self._loop.stop()

    def _tick(self) -> None:
        """Make `_settle` look at the clock from time to time."""
        self._loop.stop()
        self._alarm = self._loop.call_later(_TICK_SECONDS, self._tick)

    def _poll(self) -> None:
        """Let the loop receive what is there without waiting."""
        self._loop.stop()
        self._loop.run_forever()
        self._polled = time.perf_counter()
        self._take_answers()

    def _settle(self, target: int) -> None:
        """Run the loop until at most `target` readings are outstanding."""
        if len(self._sent) > target:
            self._target = target
            deadline = time.perf_counter() + self._timeout
            while len(self._sent) > target:
                self._loop.run_forever()
                self._polled = time.perf_counter()
                if self._polled > deadline:
                    self._give_up()
            self._target = -1
        if self._answers:
            self._take_answers()

    def _take_answers(self) -> None:
        answers, self._answers = self._answers, []
        gone = False
        for number, error in answers:
            if error is None:
                self._ledger.acknowledged(number)
            else:
                shared.blame(self._ledger, number, error, self._refused)
                gone = gone or isinstance(error, self._unreachable)
        if gone:
            self._settle(0)
            raise shared.refusal(self._endpoint, shared.NO_NODE)

    def _give_up(self) -> None:
        self._answers += [(number, TimeoutError()) for number, _ in self._sent.values()]
        self._connection.lost += self._sent.values()
        self._sent.clear()


def _refusals(errors: Any) -> tuple[type[BaseException], ...]:
    """Return the errors after which a reading was certainly not written.

    That no node is available is not among them: the C++ driver also says so after it had begun to send.
    """
    return (
        errors.CassErrorServerUnavailable,
        errors.CassErrorServerOverloaded,
        errors.CassErrorServerIsBootstrapping,
        errors.CassErrorServerInvalidQuery,
        errors.CassErrorServerSyntaxError,
        errors.CassErrorServerUnauthorized,
        errors.CassErrorServerConfigError,
        errors.CassErrorLibRequestQueueFull,
        errors.CassErrorLibNoStreams,
    )
