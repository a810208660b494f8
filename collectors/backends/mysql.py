"""MySQL and MariaDB, through mysqlclient (B1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, ClassVar

from ..errors import ServerError, Unavailable, UsageError
from ..ledger import Ledger
from ..options import Option, whole
from . import mysql_counts
from .base import Arrival, Assignment, BaseReader, missing
from .counting import Difference, Snapshot
from .rows import COLUMNS, IN_FLIGHT, Rows, RowVerifier, check_batch

USUAL_PORT = 3306

_LOST = {2006, 2013, 2055, 1053, 1927, 4031}
"""Client and server error numbers after which the connection is gone: gone away, lost, shutdown, killed, idle."""

_REFUSED = {1021, 1114, 1142, 1205, 1213, 1290, 1364, 1792}
"""Server error numbers after which a statement has left nothing behind: disk or table full, not allowed, lock not
got, deadlock, read only, a column without a value."""

_NOT_LET_IN = {1044, 1045, 1130, 1698, 2002, 2003}
_UNKNOWN_COLUMN = 1054

_DATABASE = "CREATE DATABASE IF NOT EXISTS temperature"
_TABLE = """
CREATE TABLE IF NOT EXISTS temperature.reading (
    reading_location VARCHAR(80) NOT NULL,
    reading_date BIGINT NOT NULL COMMENT 'milliseconds since the epoch',
    reading_note VARCHAR(20) NOT NULL,
    reading_value FLOAT NOT NULL COMMENT 'thousandths of a degree Celsius',
    reading_run VARCHAR(32) NOT NULL,
    reading_producer INT UNSIGNED NOT NULL,
    reading_number BIGINT UNSIGNED NOT NULL,
    reading_checksum INT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
"""
_INSERT = f"INSERT INTO temperature.reading ({COLUMNS}) VALUES ".encode()
_KEPT_TEXTS = 1000
"""Texts that are kept as literals: a stream has one location, one run, and few different notes."""


class MysqlBackend:
    """The table of the notes, its location widened to hold any host name (64 characters and a suffix).

    No column is unique: a reading that is written twice is two rows, and can be seen. An acknowledgement is a COMMIT
    that returned; what it promises is the server's `innodb_flush_log_at_trx_commit`, by default an fsync.
    """

    name: ClassVar[str] = "mysql"
    summary: ClassVar[str] = "MySQL or MariaDB (mysqlclient)"
    extra: ClassVar[str] = "mysql"
    service: ClassVar[str] = "mariadb"
    listener: ClassVar[str] = "default"
    can_forget: ClassVar[bool] = False
    options: ClassVar[tuple[Option, ...]] = (
        Option("batch", 1, whole(1, 10_000), "a number from 1 to 10000", "rows in one INSERT statement"),
        IN_FLIGHT,
        Option("socket", "", str, "the path of a Unix socket", "connect through this instead of TCP"),
    )

    def load(self) -> str:
        """See `Backend.load`."""
        return f"mysqlclient {'.'.join(map(str, _client().version_info[:3]))}"

    def check(self, assignment: Assignment) -> None:
        """See `Backend.check`."""
        if not assignment.endpoint.username:
            raise UsageError("backend mysql: no user name given, expected --username NAME")
        check_batch(assignment)

    def acknowledged_means(self, assignment: Assignment) -> str:  # noqa: ARG002 – the same for all settings
        """See `Backend.acknowledged_means`; the default of `innodb_flush_log_at_trx_commit`."""
        return "on disk (fsync at COMMIT)"

    def prepare(self, assignment: Assignment) -> None:
        """See `Backend.prepare`."""
        connection = _connect(assignment)
        try:
            cursor = connection.cursor()
            for statement in (_DATABASE, _TABLE):
                # "Already exists" comes as a note, which the client would turn into a warning.
                cursor.execute("SET sql_notes = 0")
                cursor.execute(statement)
            cursor.execute(f"SELECT {COLUMNS} FROM temperature.reading LIMIT 0")
        except _client().Error as error:
            raise _refused(assignment, error) from None
        finally:
            connection.close()

    def writer(self, assignment: Assignment, ledger: Ledger) -> Rows:
        """See `Backend.writer`."""
        return Rows(_MysqlTable(assignment), assignment, ledger)

    def reader(self, assignment: Assignment) -> MysqlReader:
        """See `Backend.reader`."""
        return MysqlReader(assignment)

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """See `Backend.facts`."""
        connection = _connect(assignment)
        names = ("version", "datadir", "innodb_flush_log_at_trx_commit", "sync_binlog", "log_bin")
        try:
            cursor = connection.cursor()
            cursor.execute("SELECT " + ", ".join(f"@@{name}" for name in names))
            return dict(zip(names, cursor.fetchone(), strict=True))
        finally:
            connection.close()

    def drop(self, assignment: Assignment) -> None:
        """See `Disposing.drop`."""
        with _asking(assignment) as cursor:
            cursor.execute("SET sql_notes = 0")
            cursor.execute("DROP TABLE IF EXISTS temperature.reading")

    def counts(self, assignment: Assignment) -> Snapshot:
        """See `Counting.counts`."""
        with _asking(assignment) as cursor:
            return mysql_counts.counts(cursor)

    def stored(self, assignment: Assignment, since: Difference) -> int | None:  # noqa: ARG002 – the protocol's argument
        """See `Counting.stored`."""
        with _asking(replace(assignment, timeout=mysql_counts.COUNT_SECONDS)) as cursor:
            return mysql_counts.stored(cursor, assignment.stream.run)


class _MysqlTable:
    """What `Rows` needs of MySQL. An error on COMMIT leaves the outcome open, one on INSERT does not.

    Where each row is committed by itself the server does so at the end of its INSERT: a COMMIT of its own would be a
    second round trip, and bring nothing.
    """

    def __init__(self, assignment: Assignment) -> None:
        self.errors: type[Exception] = _client().Error
        self._connection = _connect(assignment)
        self._autocommit = assignment.frequency == 1 and assignment.settings["batch"] == 1
        self._connection.autocommit(self._autocommit)
        self._query = self._connection.query
        self._texts: dict[str, bytes] = {}

    def insert(self, row: tuple[Any, ...]) -> None:
        self._query(_INSERT + self._values(row))

    def insert_many(self, rows: list[tuple[Any, ...]]) -> None:
        self._query(_INSERT + b",".join(map(self._values, rows)))

    def _values(self, row: tuple[Any, ...]) -> bytes:
        """Return a row as SQL; the client's own way through a cursor takes several times as long for it."""
        location, date, note, value, run, producer, number, check = row
        texts = self._texts
        try:
            return b"(%b,%d,%b,%d,%b,%d,%d,%d)" % (
                texts[location],
                date,
                texts[note],
                value,
                texts[run],
                producer,
                number,
                check,
            )
        except KeyError:
            if len(texts) > _KEPT_TEXTS:
                texts.clear()
            for text in (location, note, run):
                texts[text] = self._connection.literal(text)  # quoted and escaped as this server wants it
            return self._values(row)

    def insert_in_doubt(self, error: Exception) -> bool:
        return self._autocommit and not _refused_a_row(error)

    def commit(self) -> None:
        if not self._autocommit:
            self._connection.commit()

    def rollback(self) -> None:
        with suppress(self.errors):
            self._connection.rollback()

    def commit_in_doubt(self, error: Exception) -> bool:  # noqa: ARG002 – whatever it was
        return True

    def lost(self, error: Exception) -> bool:
        return bool(error.args) and error.args[0] in _LOST

    def close(self) -> None:
        with suppress(self.errors):
            self._connection.close()


def _refused_a_row(error: Exception) -> bool:
    """Whether an error proves that the server took nothing of a statement: it came before the end of it."""
    client = _client()
    refusals = client.DataError, client.IntegrityError, client.NotSupportedError, client.ProgrammingError
    return isinstance(error, refusals) or (bool(error.args) and error.args[0] in _REFUSED)


class MysqlReader(BaseReader):
    """Reads one run's rows; a table without an ordering key has no order to show."""

    shows_duplicates: ClassVar[bool] = True
    shows_order: ClassVar[bool] = False

    def __init__(self, assignment: Assignment) -> None:
        super().__init__()
        self._assignment = assignment

    def arrivals(self, expected: int) -> Iterator[Arrival]:  # noqa: ARG002 – a table knows its own end
        """See `Reader.arrivals`."""
        from MySQLdb.cursors import SSCursor

        run = self._assignment.stream.run
        verifier = RowVerifier(run)
        connection = _connect(self._assignment)
        try:
            cursor = connection.cursor(SSCursor)
            cursor.execute(f"SELECT {COLUMNS} FROM temperature.reading WHERE reading_run = %s", (run,))
            while rows := cursor.fetchmany(1000):
                for row in rows:
                    yield verifier.arrival(row)
            self.complete = True
        except _client().Error as error:
            raise _refused(self._assignment, error) from None
        finally:
            connection.close()


def _client() -> Any:
    try:
        import MySQLdb
    except ImportError as error:
        raise Unavailable(f"backend mysql needs mysqlclient ({error})", missing("mysqlclient", "mysql")) from None
    return MySQLdb


@contextmanager
def _asking(assignment: Assignment) -> Iterator[Any]:
    connection = _connect(assignment)
    try:
        yield connection.cursor()
    except _client().Error as error:
        raise _refused(assignment, error) from None
    finally:
        connection.close()


def _connect(assignment: Assignment) -> Any:
    endpoint, socket = assignment.endpoint, assignment.settings["socket"]
    where = {"unix_socket": socket} if socket else {"host": endpoint.host, "port": endpoint.port or USUAL_PORT}
    tls = {"ssl": {"ca": endpoint.ca_file}} if endpoint.ca_file else {}
    seconds = max(1, round(assignment.timeout))
    try:
        return _client().connect(
            user=endpoint.username,
            password=endpoint.password,
            charset="utf8mb4",
            connect_timeout=min(10, seconds),
            read_timeout=seconds,
            write_timeout=seconds,
            **where,
            **tls,
        )
    except _client().Error as error:
        raise _refused(assignment, error) from None


def _refused(assignment: Assignment, error: Exception) -> ServerError:
    endpoint = assignment.endpoint
    address = assignment.settings["socket"] or f"{endpoint.host}:{endpoint.port or USUAL_PORT}"
    number, words = (*error.args, "")[:2] if error.args else (0, str(error))
    mend = "check --broker, --username and the password" if number in _NOT_LET_IN else ""
    if number == _UNKNOWN_COLUMN:
        mend = "the table temperature.reading is not one of ours: rename it, and it is made anew"
    return ServerError(f"MySQL at {address}, user {endpoint.username}: {words} ({number})", mend)
