"""Cassandra through acsylla: as many coroutines as may be in flight, each of which waits for its own INSERT."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns, time_ns
from zlib import crc32

from collectors.backends.cassandra_acsylla_connection import Connection
from collectors.backends.cassandra_table import Table

from .base import Bare, Given

_QUARTER = 0.00025
"""acsylla takes seconds, multiplies by 1000 and cuts off; without it some dates would come out a millisecond early."""


def connect(given: Given) -> Bare:
    """Open a session and prepare the INSERT."""
    return Workers(given)


class Workers:
    """One coroutine where each reading is waited for."""

    def __init__(self, given: Given) -> None:
        self._given = given
        settings = given.assignment.settings
        self._workers: int = 1 if given.assignment.frequency == 1 else settings["in_flight"]
        self._connection = Connection(given.assignment, "fallthrough", settings["datacenter"])
        self._insert = self._connection.run(self._connection.session.create_prepared(Table.of(settings).insert))
        self._number = 0

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        self._number = last
        self._connection.run(self._all(deadline))
        return self._number

    def close(self) -> None:
        """See `Bare.close`."""
        self._connection.close()

    async def _all(self, deadline: int) -> None:
        await asyncio.gather(*(self._write(deadline) for _ in range(self._workers)))

    async def _write(self, deadline: int) -> None:
        read, seed, execute, bind = (
            self._given.read,
            self._given.seed,
            self._connection.session.execute,
            self._insert.bind,
        )
        stream, location = self._given.assignment.stream, self._given.assignment.location
        run, producer = stream.run, stream.producer
        while perf_counter_ns() < deadline:
            number = self._number = self._number + 1
            value, note = read()
            date = time_ns() // 1_000_000
            check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
            await execute(bind([location, run, producer, date / 1000 + _QUARTER, number, note, value, check]))
