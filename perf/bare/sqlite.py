"""SQLite through Python's own module: one INSERT is one transaction."""

from __future__ import annotations

import sqlite3
from time import perf_counter_ns, time_ns
from zlib import crc32

from collectors.backends.rows import COLUMNS

from .base import Bare, Given

_INSERT = f"INSERT INTO reading ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 – constants of ours


def connect(given: Given) -> Bare:
    """Open the file."""
    return Waiting(given)


class Waiting:
    """Waits for each row to be on the disk."""

    def __init__(self, given: Given) -> None:
        self._given = given
        path, settings = given.assignment.endpoint.path, given.assignment.settings
        self._connection = sqlite3.connect(path, timeout=given.assignment.timeout, isolation_level=None)
        self._connection.execute(f"PRAGMA synchronous={settings['synchronous']}")

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, execute = self._given.read, self._given.seed, self._connection.execute
        stream, location = self._given.assignment.stream, self._given.assignment.location
        run, producer = stream.run, stream.producer
        number = last
        while perf_counter_ns() < deadline:
            number += 1
            value, note = read()
            date = time_ns() // 1_000_000
            check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
            execute(_INSERT, (location, date, note, value, run, producer, number, check))
        return number

    def close(self) -> None:
        """See `Bare.close`."""
        self._connection.close()
