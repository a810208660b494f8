from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import MySQLdb
import pytest

from collectors.accounting import Verdict
from collectors.backends.base import Assignment
from collectors.backends.mysql import MysqlBackend
from collectors.endpoint import Endpoint
from collectors.errors import ServerError
from collectors.ledger import Ledger
from fixtures.hosts.local import LocalHost
from fixtures.services.base import RunningService
from fixtures.services.mariadb import MariadbService
from tests.writing import accounted, assignment_for, reading_of, write

BACKEND = MysqlBackend()


@pytest.fixture
def endpoint(running: Callable[[str], RunningService]) -> Endpoint:
    return running("mariadb").endpoints["default"]


@pytest.fixture
def cursor(endpoint: Endpoint) -> Iterator[Any]:
    connection = MySQLdb.connect(
        host=endpoint.host, port=endpoint.port, user=endpoint.username, password=endpoint.password, autocommit=True
    )
    yield connection.cursor()
    connection.close()


def inserts(cursor: Any) -> int:
    cursor.execute("SHOW GLOBAL STATUS LIKE 'Com_insert'")
    return int(cursor.fetchone()[1])


@pytest.mark.parametrize(("batch", "expected"), [(1, 50), (20, 3)])
def test_a_batch_is_one_statement(endpoint: Endpoint, cursor: Any, batch: int, expected: int) -> None:
    before = inserts(cursor)
    assignment = assignment_for(BACKEND, endpoint, frequency=0, given={"batch": str(batch)})
    account = accounted(BACKEND, assignment, 50)
    assert account.verdict is Verdict.PASS, account.troubles()
    assert inserts(cursor) - before == expected


def test_the_largest_batch_is_written_whole(endpoint: Endpoint) -> None:
    assignment = assignment_for(BACKEND, endpoint, frequency=0, given={"batch": "10000"}, location="a" * 80)
    assert accounted(BACKEND, assignment, 10_500).delivered == 10_500


def test_rows_are_the_notes_own_and_what_proves_them(endpoint: Endpoint, cursor: Any) -> None:
    assignment = assignment_for(BACKEND, endpoint)
    accounted(BACKEND, assignment, 1)
    cursor.execute("SELECT * FROM temperature.reading WHERE reading_run = %s", (assignment.stream.run,))
    names = [column[0] for column in cursor.description]
    row = dict(zip(names, cursor.fetchone(), strict=True))
    reading = reading_of(assignment, 1)
    assert row == {
        "reading_location": "pi_cpu",
        "reading_date": reading.date,
        "reading_note": "",
        "reading_value": reading.value,
        "reading_run": assignment.stream.run,
        "reading_producer": 0,
        "reading_number": 1,
        "reading_checksum": reading.checksum,
    }


def test_nothing_is_visible_before_it_is_acknowledged(endpoint: Endpoint, cursor: Any) -> None:
    assignment, ledger = assignment_for(BACKEND, endpoint, frequency=0), Ledger()
    writer = BACKEND.writer(assignment, ledger)
    ledger.begin(1, 0)
    writer.submit(reading_of(assignment, 1))
    count = "SELECT count(*) FROM temperature.reading WHERE reading_run = %s"
    cursor.execute(count, (assignment.stream.run,))
    assert (cursor.fetchone()[0], ledger.totals.acknowledged) == (0, 0)
    writer.wait()
    cursor.execute(count, (assignment.stream.run,))
    assert (cursor.fetchone()[0], ledger.totals.acknowledged) == (1, 1)
    writer.close()


def test_a_row_changed_on_the_server_is_found(endpoint: Endpoint, cursor: Any) -> None:
    assignment, ledger = assignment_for(BACKEND, endpoint), Ledger()
    with BACKEND.reader(assignment) as reader:
        writer = BACKEND.writer(assignment, ledger)
        write(writer, ledger, assignment, 5)
        writer.close()
        cursor.execute(
            "UPDATE temperature.reading SET reading_value = reading_value + 0.5"
            " WHERE reading_run = %s AND reading_number = 4",
            (assignment.stream.run,),
        )
        assert sorted(one.number for one in reader.arrivals(5) if not one.intact) == [4]


def test_a_reading_that_the_table_cannot_hold_has_failed_and_the_next_goes_on(endpoint: Endpoint) -> None:
    assignment, ledger = assignment_for(BACKEND, endpoint), Ledger()
    writer = BACKEND.writer(assignment, ledger)
    for number, note in ((1, ""), (2, "x" * 21), (3, "")):
        ledger.begin(number, 0)
        writer.submit(reading_of(assignment, number, note=note))
        writer.wait()
    writer.close()
    assert (ledger.totals.acknowledged, ledger.totals.failed, ledger.unsettled) == (2, 1, 0)
    assert list(ledger.errors) == ["1406: Data too long for column 'reading_note' at row 1"]


def test_a_table_of_another_shape_is_named(endpoint: Endpoint, cursor: Any) -> None:
    cursor.execute("CREATE DATABASE IF NOT EXISTS temperature")
    cursor.execute("SET sql_notes = 0")
    cursor.execute("DROP TABLE IF EXISTS temperature.reading")
    cursor.execute("CREATE TABLE temperature.reading (reading_location VARCHAR(20), reading_value FLOAT)")
    try:
        with pytest.raises(ServerError, match=r"reading_date.*temperature\.reading is not one of ours: rename it"):
            BACKEND.prepare(assignment_for(BACKEND, endpoint))
    finally:
        cursor.execute("DROP TABLE temperature.reading")
        BACKEND.prepare(assignment_for(BACKEND, endpoint))


@pytest.fixture
def doomed(host: LocalHost) -> Iterator[RunningService]:
    service = MariadbService().start(host, lambda _: None)
    yield service
    service.stop()


@pytest.mark.parametrize("when", ["insert", "commit"])
def test_a_server_that_is_killed_leaves_every_reading_settled(doomed: RunningService, when: str) -> None:
    endpoint = doomed.endpoints["default"]
    assignment: Assignment = assignment_for(BACKEND, endpoint, frequency=10)
    BACKEND.prepare(assignment)
    ledger = Ledger()
    writer = BACKEND.writer(assignment, ledger)
    write(writer, ledger, assignment, 20)
    for number in (21, 22):
        ledger.begin(number, 0)
        writer.submit(reading_of(assignment, number))
    for process in doomed.processes:
        process.signal(9)
        process.wait(10)
    if when == "insert":
        ledger.begin(23, 0)
        with pytest.raises(ServerError, match="connection was lost"):
            writer.submit(reading_of(assignment, 23))
    else:
        with pytest.raises(ServerError, match="connection was lost"):
            writer.wait()
    writer.close()
    assert ledger.totals.acknowledged == 20
    assert ledger.unsettled == 0
    if when == "insert":
        assert ledger.totals.failed == 3, "an INSERT that was never committed is not stored"
    else:
        assert ledger.totals.unknown == 2, "a COMMIT without an answer may or may not have happened"
    ledger.close()


def test_a_row_that_commits_itself_is_in_doubt_where_its_answer_stays_away(doomed: RunningService) -> None:
    assignment: Assignment = assignment_for(BACKEND, doomed.endpoints["default"], frequency=1)
    BACKEND.prepare(assignment)
    ledger = Ledger()
    writer = BACKEND.writer(assignment, ledger)
    write(writer, ledger, assignment, 5)
    for process in doomed.processes:
        process.signal(9)
        process.wait(10)
    ledger.begin(6, 0)
    with pytest.raises(ServerError, match="connection was lost"):
        writer.submit(reading_of(assignment, 6))
    writer.close()
    assert (ledger.totals.acknowledged, ledger.totals.unknown, ledger.totals.failed) == (5, 1, 0)
    ledger.close()


def test_a_row_that_commits_itself_and_is_refused_has_failed(endpoint: Endpoint) -> None:
    assignment = assignment_for(BACKEND, endpoint, frequency=1)
    BACKEND.prepare(assignment)
    ledger = Ledger()
    writer = BACKEND.writer(assignment, ledger)
    for number, note in ((1, ""), (2, "x" * 21), (3, "")):
        ledger.begin(number, 0)
        writer.submit(reading_of(assignment, number, note=note))
        writer.wait()
    writer.close()
    assert (ledger.totals.acknowledged, ledger.totals.unknown, ledger.totals.failed) == (2, 0, 1)
    with BACKEND.reader(assignment) as reader:
        assert sorted(one.number for one in reader.arrivals(3)) == [1, 3]
    ledger.close()
