"""MySQL through mysqlclient: autocommit, or a COMMIT now and then; rows one by one, or many in one statement.

Statements are put together here: what a cursor makes of them takes several times as long.
"""

from __future__ import annotations

from itertools import count, islice
from time import perf_counter_ns, time_ns
from typing import Any
from zlib import crc32

import MySQLdb

from collectors.backends.mysql import USUAL_PORT
from collectors.backends.rows import COLUMNS

from .base import Bare, Given

_INSERT = f"INSERT INTO temperature.reading ({COLUMNS}) VALUES "  # noqa: S608 – constants of ours


def connect(given: Given) -> Bare:
    """Log in."""
    if given.assignment.frequency == 1:
        return Waiting(given)
    return Committing(given) if given.assignment.settings["batch"] == 1 else Batching(given)


class _Client:
    def __init__(self, given: Given) -> None:
        assignment, endpoint = given.assignment, given.assignment.endpoint
        self._given = given
        self._every = assignment.frequency
        self._batch: int = assignment.settings["batch"]
        self._connection: Any = MySQLdb.connect(
            host=endpoint.host,
            port=endpoint.port or USUAL_PORT,
            user=endpoint.username,
            password=endpoint.password,
            charset="utf8mb4",
            autocommit=assignment.frequency == 1,
        )
        self._place = self._connection.literal(assignment.location).decode()
        self._stream = f"'{assignment.stream.run}', {assignment.stream.producer}"

    def close(self) -> None:
        """See `Bare.close`."""
        self._connection.close()


class Waiting(_Client):
    """Every INSERT is a transaction."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, query = self._given.read, self._given.seed, self._connection.query
        place, stream = self._place, self._stream
        number = last
        while perf_counter_ns() < deadline:
            number += 1
            value, note = read()
            date = time_ns() // 1_000_000
            check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
            query(f"{_INSERT}({place}, {date}, '', {value}, {stream}, {number}, {check})")
        return number


class Committing(_Client):
    """A COMMIT after so many rows."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, query, commit = self._given.read, self._given.seed, self._connection.query, self._connection.commit
        place, stream, every = self._place, self._stream, self._every
        number, numbers = last, count(last + 1)
        while perf_counter_ns() < deadline:
            for number in islice(numbers, every):
                value, note = read()
                date = time_ns() // 1_000_000
                check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
                query(f"{_INSERT}({place}, {date}, '', {value}, {stream}, {number}, {check})")
            commit()
        return number


class Batching(_Client):
    """Many rows in one statement, and a COMMIT after some of them."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, query, commit = self._given.read, self._given.seed, self._connection.query, self._connection.commit
        place, stream, batch, statements = self._place, self._stream, self._batch, self._every // self._batch
        number, numbers = last, count(last + 1)
        while perf_counter_ns() < deadline:
            for _ in range(statements):
                rows = []
                for number in islice(numbers, batch):
                    value, note = read()
                    date = time_ns() // 1_000_000
                    check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
                    rows.append(f"({place}, {date}, '', {value}, {stream}, {number}, {check})")
                query(_INSERT + ", ".join(rows))
            commit()
        return number
