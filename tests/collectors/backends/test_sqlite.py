from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from collectors.accounting import Verdict
from collectors.backends.sqlite import SqliteBackend
from collectors.endpoint import Endpoint
from collectors.errors import ServerError
from tests.writing import accounted, assignment_for

BACKEND = SqliteBackend()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "readings.db"


@pytest.mark.parametrize("journal", ["wal", "delete", "truncate"])
@pytest.mark.parametrize("synchronous", ["full", "normal", "off"])
@pytest.mark.parametrize("batch", ["1", "30"])
def test_every_setting_keeps_every_reading(database: Path, journal: str, synchronous: str, batch: str) -> None:
    given = {"journal": journal, "synchronous": synchronous, "batch": batch}
    account = accounted(BACKEND, assignment_for(BACKEND, Endpoint(path=str(database)), frequency=50, given=given), 120)
    assert account.verdict is Verdict.PASS, account.troubles()
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM reading").fetchone() == (120,)
        assert (connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)) == (journal == "wal")


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ({}, "on disk (fsync at COMMIT)"),
        ({"synchronous": "off"}, "handed to the kernel (synchronous=off)"),
        ({"synchronous": "normal"}, "handed to the kernel, fsync at checkpoints (WAL, synchronous=normal)"),
        ({"synchronous": "normal", "journal": "delete"}, "on disk (fsync at COMMIT, fewer than synchronous=full)"),
    ],
)
def test_what_an_acknowledgement_promises_follows_the_settings(given: dict[str, str], means: str) -> None:
    assert BACKEND.acknowledged_means(assignment_for(BACKEND, Endpoint(path="x"), given=given)) == means


def test_a_file_of_another_shape_is_named(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE reading (temperature REAL)")
    with pytest.raises(ServerError, match=f"SQLite file {database} cannot be opened: no such column: reading_location"):
        BACKEND.prepare(assignment_for(BACKEND, Endpoint(path=str(database))))


def test_a_file_that_is_no_database_is_named(database: Path) -> None:
    database.write_text("This is a letter, and a long one, and not what SQLite would call a database at all." * 9)
    with pytest.raises(ServerError, match=f"SQLite file {database} cannot be opened: file is not a database"):
        BACKEND.prepare(assignment_for(BACKEND, Endpoint(path=str(database))))


def test_a_locked_file_fails_after_the_time_out(database: Path) -> None:
    endpoint = Endpoint(path=str(database))
    BACKEND.prepare(assignment_for(BACKEND, endpoint))
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        account = accounted(BACKEND, assignment_for(BACKEND, endpoint, timeout=0.2), 2)
        other.execute("ROLLBACK")
    assert (account.failed, account.acknowledged) == (2, 0)
    assert account.verdict is Verdict.INCONCLUSIVE
