"""Reads a run's readings back from Cassandra, through either client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from ..errors import ServerError
from ..reading import Stream, checksum
from .base import Arrival, Assignment, BaseReader
from .cassandra_table import Client, Table, answering

# Milliseconds as a number, since clients differ in the date types they return.
_COLUMNS = "reading_number, toUnixTimestamp(reading_date), reading_note, reading_value, reading_checksum"


class CassandraReader(BaseReader):
    """Looks for the partitions that hold the run, and reads each of them page by page.

    It reads at consistency ALL, so that what any replica holds is seen; where a replica is down, at QUORUM, else at
    ONE, and then it is complete only if one of the replicas read must also have acknowledged each write. `facts`
    says at which (`read_consistency`), and how many rows of the run there were (`rows`): with a key that lets
    readings overwrite each other, acknowledged minus rows is what was overwritten. Whatever stops the reading
    leaves `complete` False and stands in `facts["read_error"]`.
    """

    shows_duplicates: ClassVar[bool] = False
    shows_order: ClassVar[bool] = False

    def __init__(self, assignment: Assignment, connect: Callable[[], Client]) -> None:
        super().__init__()
        self._run = assignment.stream.run
        self._settings = assignment.settings
        self._table = Table.of(assignment.settings)
        self._by_partition = assignment.settings["key"] == "accounting"
        self._connect = connect

    def arrivals(self, expected: int) -> Iterator[Arrival]:
        """Yield the stored readings of the run, partition after partition.

        With the notes' own keys `facts["overwritten"]` then is how many of the expected readings have no row of their
        own: rows of the same location and millisecond replace each other. Where they were also written in the same
        microsecond, Cassandra keeps of each column the larger value, and a row holds a mixture of two readings;
        `facts["mixed"]` counts these rows. More of them than readings are missing cannot have come about in this way,
        and each counts as corrupt.
        """
        self.complete, self.foreign, self.facts = False, 0, {"rows": 0}
        mixed: list[Arrival] = []
        try:
            client = self._connect()
            try:
                rows = self._partitions(client) if self._by_partition else self._scan(client)
                for location, producer, row in rows:
                    self.facts["rows"] += 1
                    arrival = self._arrival(location, producer, row)
                    if arrival is None:
                        continue
                    if arrival.intact or self._by_partition:
                        yield arrival
                    else:
                        mixed.append(arrival)
                if not self._by_partition:
                    yield from self._overwritten(expected, mixed)
                self.complete = self._saw_what_was_acknowledged()
            finally:
                client.close()
        except ServerError as error:
            self.facts["read_error"] = str(error)

    def _overwritten(self, expected: int, mixed: list[Arrival]) -> list[Arrival]:
        """Note how many readings were overwritten, and return the rows that nothing of the kind explains."""
        missing = max(0, expected - self.facts["rows"])
        explained = len(mixed) <= missing
        self.facts["overwritten"] = missing + (len(mixed) if explained else 0)
        self.facts["mixed"] = len(mixed) if explained else 0
        return [] if explained else mixed

    def _saw_what_was_acknowledged(self) -> bool:
        levels = self.facts["read_consistency"], self._settings["consistency"]
        replicas: int = self._settings["replication"]
        return sum(answering(level, replicas) for level in levels) > replicas

    def _partitions(self, client: Client) -> Iterator[tuple[str, int, tuple[Any, ...]]]:
        level, keys = self._first_answer(client, f"SELECT DISTINCT {', '.join(self._table.partition)}")
        where = " AND ".join(f"{name} = ?" for name in self._table.partition)
        select = f"SELECT {_COLUMNS} FROM {self._table} WHERE {where}"
        for key in keys:
            location, run, producer = key
            if run == self._run:
                for row in client.rows(select, key, consistency=level):
                    yield location, producer, row

    def _scan(self, client: Client) -> Iterator[tuple[str, int, tuple[Any, ...]]]:
        # Filtered here: a server that filters may find nothing for longer than it lets a page take.
        columns = f"SELECT reading_location, reading_run, reading_producer, {_COLUMNS}"
        _, rows = self._first_answer(client, columns)
        for location, run, producer, *row in rows:
            if run == self._run:
                yield location, producer, tuple(row)

    def _first_answer(self, client: Client, select: str) -> tuple[str, Iterator[tuple[Any, ...]]]:
        statement = f"{select} FROM {self._table}"
        for level in ("ALL", "QUORUM"):
            try:
                rows = client.rows(statement, consistency=level)
            except ServerError:
                continue
            self.facts["read_consistency"] = level
            return level, rows
        self.facts["read_consistency"] = "ONE"
        return "ONE", client.rows(statement, consistency="ONE")

    def _arrival(self, location: str, producer: int | None, row: tuple[Any, ...]) -> Arrival | None:
        number, date, note, value, stored = row
        if producer is None or producer < 0 or number is None or number < 1:
            self.foreign += 1
            return None
        seed = Stream(self._run, producer).seed(location)
        whole = value is not None and value.is_integer()
        intact = whole and note is not None and checksum(seed, number, date, int(value), note) == stored
        return Arrival(producer, number, intact)
