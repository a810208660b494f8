"""Cassandra through cassandra-driver: waiting for each INSERT, or so many of them in flight."""

from __future__ import annotations

from threading import Semaphore
from time import perf_counter_ns, time_ns
from typing import Any
from zlib import crc32

from cassandra.policies import FallthroughRetryPolicy

from collectors.backends import cassandra_session
from collectors.backends.cassandra_table import Table

from .base import Bare, Given


def connect(given: Given) -> Bare:
    """Open a session and prepare the INSERT."""
    return Waiting(given) if given.assignment.frequency == 1 else Streaming(given)


class _Client:
    def __init__(self, given: Given) -> None:
        self._given = given
        settings = given.assignment.settings
        self._in_flight: int = settings["in_flight"]
        self._session = cassandra_session.connect(given.assignment, FallthroughRetryPolicy(), settings["datacenter"])
        self._insert = self._session.prepare(Table.of(settings).insert)
        self._insert.consistency_level = cassandra_session.level(settings["consistency"])
        self._stream, self._location = given.assignment.stream, given.assignment.location

    def close(self) -> None:
        """See `Bare.close`."""
        self._session.cluster.shutdown()


class Waiting(_Client):
    """Waits for each."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, execute, insert = self._given.read, self._given.seed, self._session.execute, self._insert
        location, run, producer = self._location, self._stream.run, self._stream.producer
        number = last
        while perf_counter_ns() < deadline:
            number += 1
            value, note = read()
            date = time_ns() // 1_000_000
            check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
            execute(insert, (location, run, producer, date, number, note, value, check))
        return number


class Streaming(_Client):
    """Sends on whenever fewer than so many are unanswered."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, send, insert = self._given.read, self._given.seed, self._session.execute_async, self._insert
        location, run, producer = self._location, self._stream.run, self._stream.producer
        free, failed = Semaphore(self._in_flight), list[Any]()

        def refused(error: Any) -> None:
            failed.append(error)
            free.release()

        number = last
        while perf_counter_ns() < deadline:
            free.acquire()
            number += 1
            value, note = read()
            date = time_ns() // 1_000_000
            check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
            sent = send(insert, (location, run, producer, date, number, note, value, check))
            sent.add_callbacks(lambda _: free.release(), refused)
        for _ in range(self._in_flight):
            free.acquire()
        if failed:
            raise failed[0]
        return number
