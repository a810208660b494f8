"""What the SQL backends share: readings as rows, inserted one by one or many at once, made durable by COMMIT."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from ..errors import ServerError, UsageError
from ..ledger import Ledger
from ..options import Option, whole
from ..reading import Reading, Stream, checksum
from .base import Arrival, Assignment, RawReading

COLUMNS = (
    "reading_location, reading_date, reading_note, reading_value, "
    "reading_run, reading_producer, reading_number, reading_checksum"
)
"""The notes' own four (B1), and the four that prove which reading a row is."""


IN_FLIGHT = Option(
    "in_flight", 0, whole(0, 1 << 32), "a number, 0 for no bound", "rows inserted and not committed at most"
)
"""A row is outstanding until its COMMIT, so this bound commits earlier than `frequency` where it is the lower one."""


def check_batch(assignment: Assignment) -> None:
    """Look whether a batch fits between two waits.

    Raises:
        UsageError: it does not.
    """
    batch, in_flight = assignment.settings["batch"], assignment.settings["in_flight"]
    if 0 < in_flight < batch:
        raise UsageError(f"in-flight {in_flight}: expected 0 or at least the batch, {batch} readings")


class Table(Protocol):
    """One connection to a table, as `Rows` uses it."""

    @property
    def errors(self) -> type[Exception]:
        """What its methods raise."""

    def insert(self, row: tuple[object, ...]) -> None:
        """Insert one row in the open transaction."""

    def insert_many(self, rows: list[tuple[object, ...]]) -> None:
        """Insert rows, all or none, in the open transaction."""

    def insert_in_doubt(self, error: Exception) -> bool:
        """Whether rows may be stored all the same after inserting them raised this error."""

    def commit(self) -> None:
        """End the transaction; when it returns, the rows are as durable as the server makes them."""

    def rollback(self) -> None:
        """Give the transaction up; does not raise if the connection is gone."""

    def commit_in_doubt(self, error: Exception) -> bool:
        """Whether the rows may be stored though `commit` raised this."""

    def lost(self, error: Exception) -> bool:
        """Whether the connection is gone for good."""

    def close(self) -> None:
        """Close the connection; never raises."""


class Rows:
    """A writer (see `Writer`) that inserts rows and acknowledges them when COMMIT returns."""

    def __init__(self, table: Table, assignment: Assignment, ledger: Ledger) -> None:
        self._table = table
        self._ledger = ledger
        self._batch: int = assignment.settings["batch"]
        self._window: int = assignment.settings["in_flight"] or sys.maxsize
        self._end = (assignment.stream.run, assignment.stream.producer)
        self._pending: list[tuple[object, ...]] = []
        self._first = 1
        """The first reading that is not settled."""
        self._last = 0

    def submit(self, reading: Reading) -> None:
        """See `Writer.submit`."""
        self.submit_many((reading,))

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """See `BurstWriter.submit_many`."""
        run, producer = self._end
        insert, batch, window, pending = self._table.insert, self._batch, self._window, self._pending
        for number, date, location, value, note, check in readings:
            row = (location, date, note, value, run, producer, number, check)
            self._last = number
            try:
                if batch == 1:
                    insert(row)
                else:
                    pending.append(row)
                    if len(pending) >= batch:
                        self._flush()
            except self._table.errors as error:
                self._give_up(error, in_doubt=self._table.insert_in_doubt(error))
            if number - self._first >= window - 1:
                self.wait()

    def wait(self) -> None:
        """See `Writer.wait`."""
        if self._last < self._first:
            return
        try:
            self._flush()
        except self._table.errors as error:
            self._give_up(error, in_doubt=self._table.insert_in_doubt(error))
            return
        try:
            self._table.commit()
        except self._table.errors as error:
            self._give_up(error, in_doubt=self._table.commit_in_doubt(error))
            return
        self._ledger.acknowledged(self._first, self._last - self._first + 1)
        self._first = self._last + 1

    def close(self) -> None:
        """See `Writer.close`."""
        self._table.close()

    def _flush(self) -> None:
        if self._pending:
            rows = self._pending.copy()
            self._pending.clear()
            self._table.insert_many(rows)

    def _give_up(self, error: Exception, *, in_doubt: bool) -> None:
        """Settle everything since the last COMMIT: none of it can be stored, unless the COMMIT itself is in doubt."""
        self._pending.clear()
        count = self._last - self._first + 1
        report = self._ledger.unknown if in_doubt else self._ledger.failed
        report(self._first, count, error=_in_words(error))
        self._first = self._last + 1
        if self._table.lost(error):
            raise ServerError(f"the connection was lost: {_in_words(error)}") from None
        self._table.rollback()


class RowVerifier:
    """Tells whether stored rows of one run are as they were sent."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._seeds: dict[tuple[int, str], int] = {}

    def arrival(self, row: Sequence[Any]) -> Arrival:
        """Return the arrival that a row in the order of `COLUMNS` stands for."""
        location, date, note, value, _, producer, number, check = row
        seed = self._seeds.get((producer, location))
        if seed is None:
            seed = self._seeds[producer, location] = Stream(self._run, producer).seed(location)
        whole = int(value)
        intact = whole == value and checksum(seed, number, int(date), whole, note) == check
        return Arrival(producer, number, intact)


def _in_words(error: Exception) -> str:
    """Return a driver's error without its quotes and tuple: `1114: The table 'reading' is full`."""
    return ": ".join(str(part) for part in error.args) or type(error).__name__
