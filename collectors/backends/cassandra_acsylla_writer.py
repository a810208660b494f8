"""Writes readings through acsylla."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from ..errors import ServerError
from ..ledger import Ledger
from ..reading import Reading
from . import cassandra_table as shared
from .base import Assignment
from .cassandra_acsylla_connection import Connection

_GRACE = 1.0
"""Seconds after which a request whose own time-out said nothing counts as lost."""
_POLL_SECONDS = 0.001
"""How long a reading may lie before it is sent, and an answer before it is taken note of."""
_QUARTER = 0.00025
"""A quarter of a millisecond: acsylla takes seconds, multiplies by 1000 and cuts off, one too low half of the time."""


class AcsyllaWriter:
    """See `Writer`. The event loop runs inside `submit` and `wait` only."""

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
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._answers: list[tuple[int, Exception | None]] = []
        self._lost: list[asyncio.Task[None]] = []
        self._target = -1
        self._polled = 0.0
        self._connection = Connection(assignment, "fallthrough", assignment.settings["datacenter"])
        try:
            insert = shared.Table.of(assignment.settings).insert
            self._insert = self._connection.run(self._connection.session.create_prepared(insert))
        except ServerError:
            self.close()
            raise
        self._execute = self._connection.session.execute
        self._loop = self._connection.loop

    def submit(self, reading: Reading) -> None:
        """See `Writer.submit`."""
        number, date, location, value, note, checksum = reading
        try:
            statement = self._insert.bind(
                [location, *self._stream, date / 1000 + _QUARTER, number, note, value, checksum]
            )
        except Exception as error:
            self._ledger.failed(number, error=type(error).__name__)
            return
        self._tasks[number] = self._loop.create_task(self._send(number, statement))
        if len(self._tasks) >= self._window:
            self._settle(self._room)
        elif time.perf_counter() - self._polled > _POLL_SECONDS:
            self._poll()

    def wait(self) -> None:
        """See `Writer.wait`."""
        self._settle(0)

    def close(self) -> None:
        """See `Writer.close`."""
        self._connection.close()

    async def _send(self, number: int, statement: Any) -> None:
        failure = None
        try:
            await self._execute(statement)
        except Exception as error:
            failure = error
        if number in self._tasks:
            del self._tasks[number]
            self._answers.append((number, failure))
            if len(self._tasks) <= self._target:
                self._loop.stop()

    def _poll(self) -> None:
        """Let the loop send and receive what it can without waiting."""
        self._loop.stop()
        self._loop.run_forever()
        self._polled = time.perf_counter()
        self._take_answers()

    def _settle(self, target: int) -> None:
        """Run the loop until at most `target` readings are outstanding."""
        if len(self._tasks) > target:
            self._target = target
            alarm = self._loop.call_later(self._timeout, self._loop.stop)
            self._loop.run_forever()
            alarm.cancel()
            self._target = -1
            self._polled = time.perf_counter()
            if len(self._tasks) > target:
                self._give_up()
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
        self._answers += [(number, TimeoutError()) for number in self._tasks]
        self._lost += self._tasks.values()
        self._tasks.clear()


def _refusals(errors: Any) -> tuple[type[BaseException], ...]:
    """Return the errors after which a reading was certainly not written."""
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
