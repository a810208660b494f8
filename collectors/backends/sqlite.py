"""SQLite: a file on the producer host itself, no server at all."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

from ..errors import ServerError, UsageError
from ..ledger import Ledger
from ..options import Option, one_of, whole
from .base import Arrival, Assignment, BaseReader
from .counting import Difference, Snapshot
from .rows import COLUMNS, IN_FLIGHT, Rows, RowVerifier, check_batch

_SCHEMA = """
CREATE TABLE IF NOT EXISTS reading (
    reading_location TEXT, reading_date INTEGER, reading_note TEXT, reading_value REAL,
    reading_run TEXT, reading_producer INTEGER, reading_number INTEGER, reading_checksum INTEGER
)
"""
_INSERT = f"INSERT INTO reading ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class SqliteBackend:
    """The embedded default. An acknowledgement is a COMMIT that returned."""

    name: ClassVar[str] = "sqlite"
    summary: ClassVar[str] = "a SQLite file on this host (Python's own sqlite3)"
    extra: ClassVar[str] = ""
    service: ClassVar[str] = "file"
    listener: ClassVar[str] = "default"
    can_forget: ClassVar[bool] = False
    options: ClassVar[tuple[Option, ...]] = (
        Option("batch", 1, whole(1, 100_000), "a number from 1", "rows handed to SQLite at once"),
        IN_FLIGHT,
        Option(
            "journal",
            "wal",
            one_of("wal", "delete", "truncate"),
            "wal, delete or truncate",
            "journal_mode of the file",
        ),
        Option(
            "synchronous",
            "full",
            one_of("full", "normal", "off"),
            "full, normal or off",
            "when SQLite waits for the disk (its pragma of that name)",
        ),
    )

    def load(self) -> str:
        """See `Backend.load`; always there."""
        return f"SQLite {sqlite3.sqlite_version}"

    def check(self, assignment: Assignment) -> None:
        """See `Backend.check`."""
        if not assignment.endpoint.path:
            raise UsageError("backend sqlite: no file given, expected --broker PATH")
        folder = Path(assignment.endpoint.path).absolute().parent
        if not folder.is_dir():
            raise UsageError(f"backend sqlite: the folder {folder} does not exist")
        check_batch(assignment)

    def acknowledged_means(self, assignment: Assignment) -> str:
        """See `Backend.acknowledged_means`; after SQLite's documentation of `PRAGMA synchronous`."""
        mode, journal = assignment.settings["synchronous"], assignment.settings["journal"]
        if mode == "full":
            return "on disk (fsync at COMMIT)"
        if mode == "off":
            return "handed to the kernel (synchronous=off)"
        if journal == "wal":
            return "handed to the kernel, fsync at checkpoints (WAL, synchronous=normal)"
        return "on disk (fsync at COMMIT, fewer than synchronous=full)"

    def prepare(self, assignment: Assignment) -> None:
        """See `Backend.prepare`."""
        with _failing_as(assignment, "cannot be opened"), closing(_connect(assignment)) as connection:
            connection.execute(f"PRAGMA journal_mode={assignment.settings['journal']}")
            connection.execute(_SCHEMA)
            connection.execute(f"SELECT {COLUMNS} FROM reading LIMIT 0")

    def writer(self, assignment: Assignment, ledger: Ledger) -> Rows:
        """See `Backend.writer`."""
        with _failing_as(assignment, "cannot be opened"):
            return Rows(_SqliteTable(assignment), assignment, ledger)

    def reader(self, assignment: Assignment) -> SqliteReader:
        """See `Backend.reader`."""
        return SqliteReader(assignment)

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """See `Backend.facts`."""
        return {"version": sqlite3.sqlite_version, "file": assignment.endpoint.path}

    def counts(self, assignment: Assignment) -> Snapshot:
        """See `Counting.counts`: no server, so no counters; the file's size in pages, and the bytes of one."""
        pragmas = ("page_count", "freelist_count", "page_size")
        with _failing_as(assignment, "cannot be read"), closing(_connect(assignment)) as connection:
            levels = {name: float(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in pragmas}
        return Snapshot(at=time.monotonic(), levels=levels)

    def stored(self, assignment: Assignment, since: Difference) -> int | None:  # noqa: ARG002 – the protocol's argument
        """See `Counting.stored`."""
        counting = "SELECT COUNT(*) FROM reading WHERE reading_run = ?"
        with _failing_as(assignment, "cannot be read"), closing(_connect(assignment)) as connection:
            return int(connection.execute(counting, (assignment.stream.run,)).fetchone()[0])


class _SqliteTable:
    """What `Rows` needs of SQLite. A statement or COMMIT that raises has changed nothing, so readings failed."""

    errors: type[Exception] = sqlite3.Error

    def __init__(self, assignment: Assignment) -> None:
        self._connection = _connect(assignment)
        self._connection.execute(f"PRAGMA synchronous={assignment.settings['synchronous']}")
        self._execute = self._connection.execute
        self._begun = False

    def insert(self, row: tuple[object, ...]) -> None:
        if not self._begun:
            self._begin()
        self._execute(_INSERT, row)

    def insert_many(self, rows: list[tuple[object, ...]]) -> None:
        if not self._begun:
            self._begin()
        self._connection.executemany(_INSERT, rows)

    def insert_in_doubt(self, error: Exception) -> bool:  # noqa: ARG002 – there was no COMMIT yet
        return False

    def commit(self) -> None:
        if self._begun:
            self._begun = False
            self._execute("COMMIT")

    def rollback(self) -> None:
        self._begun = False
        if self._connection.in_transaction:
            self._execute("ROLLBACK")

    def commit_in_doubt(self, error: Exception) -> bool:  # noqa: ARG002 – the protocol's argument
        return False

    def lost(self, error: Exception) -> bool:  # noqa: ARG002 – a file is never disconnected
        return False

    def close(self) -> None:
        self._connection.close()

    def _begin(self) -> None:
        # IMMEDIATE takes the write lock here, where waiting for it is allowed, and not in the middle.
        self._execute("BEGIN IMMEDIATE")
        self._begun = True


class SqliteReader(BaseReader):
    """Reads one run's rows, in the order they were stored."""

    shows_duplicates: ClassVar[bool] = True
    shows_order: ClassVar[bool] = True

    def __init__(self, assignment: Assignment) -> None:
        super().__init__()
        self._assignment = assignment

    def arrivals(self, expected: int) -> Iterator[Arrival]:  # noqa: ARG002 – a table knows its own end
        """See `Reader.arrivals`."""
        verifier = RowVerifier(self._assignment.stream.run)
        with _failing_as(self._assignment, "cannot be read"), closing(_connect(self._assignment)) as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM reading WHERE reading_run = ? ORDER BY rowid",
                (self._assignment.stream.run,),
            )
            for row in rows:
                yield verifier.arrival(row)
        self.complete = True


def _connect(assignment: Assignment) -> sqlite3.Connection:
    return sqlite3.connect(assignment.endpoint.path, timeout=assignment.timeout, isolation_level=None)


class _failing_as:  # noqa: N801 – reads as the phrase it is
    """Turns SQLite's errors into one line that names the file."""

    def __init__(self, assignment: Assignment, what: str) -> None:
        self._file, self._what = assignment.endpoint.path, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise ServerError(f"SQLite file {self._file} {self._what}: {error}") from None
