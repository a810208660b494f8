"""What is Cassandra's own: keys and overwriting, tables made otherwise, and servers that hang, refuse or die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from collectors.accounting import Verdict
from collectors.backends.base import Assignment, Writer
from collectors.backends.cassandra import CassandraBackend, DriverClient
from collectors.backends.cassandra_acsylla import CassandraAcsyllaBackend
from collectors.backends.cassandra_table import Table
from collectors.endpoint import Endpoint
from collectors.errors import ServerError, Unavailable, UsageError
from collectors.ledger import Ledger, Outcome
from collectors.reading import Reading
from fixtures.hosts.local import LocalHost
from fixtures.services.base import RunningService
from fixtures.services.cassandra import CassandraService
from tests.waiting import stands_still, until
from tests.writing import accounted, assignment_for, reading_of, write

Cassandra = CassandraBackend | CassandraAcsyllaBackend
BACKENDS: list[type[Cassandra]] = [CassandraBackend, CassandraAcsyllaBackend]
TIMEOUT = 2.0
SLACK = 5.0
"""Seconds that a busy machine may take beyond a time-out."""


@pytest.fixture(params=BACKENDS, ids=lambda kind: str(kind.name))
def made(request: pytest.FixtureRequest) -> Cassandra:
    backend = cast("Cassandra", request.param())
    backend.load()
    return backend


@pytest.fixture
def endpoint(running: Callable[[str], RunningService]) -> Endpoint:
    return running("cassandra").endpoints["default"]


@pytest.fixture
def run_cql(endpoint: Endpoint) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    client = DriverClient(assignment_for(CassandraBackend(), endpoint))
    yield lambda statement, *values: list(client.rows(statement, values))
    client.close()


@pytest.fixture(scope="module")
def victim(host: LocalHost, running: Callable[[str], RunningService]) -> Iterator[RunningService]:
    """A server of its own, to be stopped and killed."""
    running("cassandra")
    service = CassandraService(heap_mib=256).start(host, lambda _: None)
    yield service
    service.stop()


def submitted(writer: Writer, ledger: Ledger, readings: list[Reading]) -> None:
    for reading in readings:
        ledger.begin(reading.number, ledger.clock())
        writer.submit(reading)


def test_a_small_window_loses_and_repeats_nothing(made: Cassandra, endpoint: Endpoint) -> None:
    assignment = assignment_for(made, endpoint, frequency=0, given={"in_flight": "3"})
    account = accounted(made, assignment, 1_000)
    assert account.verdict is Verdict.PASS, account.troubles()
    assert account.delivered == account.acknowledged == 1_000


@pytest.mark.parametrize("key", ["location", "location-date"])
def test_what_the_literal_keys_overwrite_can_be_counted(made: Cassandra, endpoint: Endpoint, key: str) -> None:
    assignment = assignment_for(made, endpoint, given={"key": key}, location=f"{key}_{made.name}_cpu")
    made.prepare(assignment)
    ledger = Ledger()
    readings = [reading_of(assignment, number) for number in range(1, 11)]
    date = readings[0].date
    same = [
        one._replace(date=date, checksum=assignment.stream.checksum(one.number, date, one.location, one.value, ""))
        for one in readings
    ]
    writer = made.writer(assignment, ledger)
    submitted(writer, ledger, same)
    writer.close()
    reader = made.reader(assignment)
    assert [tuple(one) for one in reader.arrivals(10)] == [(0, 10, True, 0)]
    assert reader.facts["overwritten"] == 9
    assert reader.complete


@pytest.mark.parametrize("damaged", [False, True])
def test_a_row_that_mixes_two_readings_counts_as_overwritten_and_a_damaged_one_as_corrupt(
    made: Cassandra, endpoint: Endpoint, run_cql: Callable[..., list[tuple[Any, ...]]], damaged: bool
) -> None:
    assignment = assignment_for(
        made, endpoint, given={"key": "location-date"}, location=f"mixed_{damaged}_{made.name}_cpu"
    )
    made.prepare(assignment)
    insert = f"{Table.of(assignment.settings).insert} USING TIMESTAMP 1000"
    first = reading_of(assignment, 1)
    key = (first.location, assignment.stream.run, 0, first.date)
    # Of each column the larger value stays: the number of the second, the temperature of the first.
    for number, value in ((1, first.value + 1000), (2, first.value)):
        stored = assignment.stream.checksum(number, first.date, first.location, value, "")
        run_cql(insert, *key, number, "", float(value), stored)
    if damaged:
        run_cql(insert, *key[:3], first.date + 5, 3, "", 1.0, 4)
    reader = made.reader(assignment)
    found = sorted(tuple(one) for one in reader.arrivals(2))
    assert found == ([(0, 2, False, 0), (0, 3, False, 0)] if damaged else [])
    assert (reader.facts["overwritten"], reader.facts["mixed"]) == ((0, 0) if damaged else (2, 1))
    assert reader.complete


def test_changed_and_removed_rows_are_noticed(
    made: Cassandra, endpoint: Endpoint, run_cql: Callable[..., list[tuple[Any, ...]]]
) -> None:
    assignment = assignment_for(made, endpoint)
    made.prepare(assignment)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    write(writer, ledger, assignment, 5)
    writer.close()
    row = "WHERE reading_location = ? AND reading_run = ? AND reading_producer = ? AND reading_date = ?"
    key = [assignment.location, assignment.stream.run, 0]
    dates = {number: reading_of(assignment, number).date for number in range(1, 6)}
    change = f"UPDATE temperature.reading SET %s {row} AND reading_number = ?"  # noqa: S608
    run_cql(change % "reading_value = 1", *key, dates[2], 2)
    run_cql(change % "reading_value = 40003.5", *key, dates[3], 3)
    run_cql(change % "reading_note = null", *key, dates[4], 4)
    run_cql(f"DELETE FROM temperature.reading {row} AND reading_number = ?", *key, dates[5], 5)  # noqa: S608
    found = {one.number: one.intact for one in made.reader(assignment).arrivals(5)}
    assert found == {1: True, 2: False, 3: False, 4: False}


def test_either_client_reads_what_the_other_wrote(made: Cassandra, endpoint: Endpoint) -> None:
    """At 12,000 readings there are several pages; every millisecond of a date counts in the checksum."""
    assignment = assignment_for(made, endpoint, frequency=0)
    made.prepare(assignment)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    write(writer, ledger, assignment, 12_000)
    writer.close()
    for reader in (kind().reader(assignment) for kind in BACKENDS):
        arrivals = list(reader.arrivals(12_000))
        assert {one.number for one in arrivals} == set(range(1, 12_001))
        assert len(arrivals) == 12_000
        assert all(one.intact for one in arrivals)
        assert (reader.complete, reader.foreign) == (True, 0)


def test_dates_arrive_to_the_millisecond(made: Cassandra, endpoint: Endpoint) -> None:
    """Also those that come out one lower when they are divided by 1000, multiplied again and cut off."""
    dates = [1094691406600, 1092321925580, 1090916336827, 1001, 0]
    assert any(int(date / 1000 * 1000) != date for date in dates)
    assignment = assignment_for(made, endpoint)
    made.prepare(assignment)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    for number, date in enumerate(dates, 1):
        check = assignment.stream.checksum(number, date, assignment.location, 1, "")
        submitted(writer, ledger, [Reading(number, date, assignment.location, 1, "", check)])
    writer.wait()
    writer.close()
    assert [one.intact for one in made.reader(assignment).arrivals(5)] == [True] * 5


def test_rows_that_no_producer_can_have_written_are_foreign(
    made: Cassandra, endpoint: Endpoint, run_cql: Callable[..., list[tuple[Any, ...]]]
) -> None:
    assignment = assignment_for(made, endpoint)
    made.prepare(assignment)
    insert = Table.of(assignment.settings).insert
    run_cql(insert, "x", assignment.stream.run, -1, 1, 1, "", 1.0, 1)
    run_cql(insert, "x", assignment.stream.run, 0, 1, 0, "", 1.0, 1)
    reader = made.reader(assignment)
    assert (list(reader.arrivals(0)), reader.foreign, reader.complete) == ([], 2, True)


def test_a_table_of_another_shape_is_refused_and_kept(
    made: Cassandra, endpoint: Endpoint, run_cql: Callable[..., list[tuple[Any, ...]]]
) -> None:
    """The notes' own table, for instance."""
    keyspace = f"notes_{made.name.replace('-', '_')}"
    run_cql(f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', 'dc1': 1}}")
    run_cql(
        f"CREATE TABLE {keyspace}.reading (reading_location text, reading_date timestamp, reading_note text, "
        "reading_value float, PRIMARY KEY (reading_location, reading_date))"
    )
    with pytest.raises(ServerError, match=rf"{keyspace}\.reading .*\(\(reading_location\), reading_date\).*expected"):
        made.prepare(assignment_for(made, endpoint, given={"keyspace": keyspace}))
    assert run_cql(f"SELECT * FROM {keyspace}.reading") == []  # noqa: S608


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"replication": "2"}, "replication 2 needs as many nodes in datacenter dc1, which has 1"),
        ({"datacenter": "moon"}, "no node in datacenter 'moon'"),
    ],
)
def test_replicas_that_there_is_no_room_for_are_refused(
    made: Cassandra, endpoint: Endpoint, given: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ServerError, match=complaint):
        made.prepare(assignment_for(made, endpoint, given=given))


def test_a_keyspace_with_other_replication_is_refused(
    made: Cassandra, endpoint: Endpoint, run_cql: Callable[..., list[tuple[Any, ...]]]
) -> None:
    keyspace = f"twice_{made.name.replace('-', '_')}"
    run_cql(f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', 'dc1': 2}}")
    assignment = assignment_for(made, endpoint, given={"keyspace": keyspace})
    with pytest.raises(ServerError, match=f"keyspace {keyspace} .* has replication .*expected"):
        made.prepare(assignment)


def test_writes_that_the_server_refuses_have_failed(
    made: Cassandra, endpoint: Endpoint, run_cql: Callable[..., list[tuple[Any, ...]]]
) -> None:
    """Two replicas are to acknowledge, and there is one node."""
    keyspace = f"few_{made.name.replace('-', '_')}"
    assignment = assignment_for(made, endpoint, frequency=0, given={"keyspace": keyspace, "consistency": "ALL"})
    run_cql(f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', 'dc1': 2}}")
    run_cql(Table.of(assignment.settings).create)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    write(writer, ledger, assignment, 20)
    writer.close()
    assert (ledger.totals.failed, ledger.unsettled) == (20, 0)
    assert [name for name in ledger.errors if "Unavailable" in name]


def test_what_a_missing_replica_may_hold_leaves_the_reading_back_incomplete(
    made: Cassandra, endpoint: Endpoint, run_cql: Callable[..., list[tuple[Any, ...]]]
) -> None:
    """One of two replicas has answered and is read: another reading might lie on the other one alone."""
    keyspace = f"half_{made.name.replace('-', '_')}"
    assignment = assignment_for(made, endpoint, given={"keyspace": keyspace, "replication": "2"})
    run_cql(f"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', 'dc1': 2}}")
    run_cql(Table.of(assignment.settings).create)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    write(writer, ledger, assignment, 10)
    writer.close()
    reader = made.reader(assignment)
    assert len(list(reader.arrivals(10))) == ledger.totals.acknowledged == 10
    assert (reader.complete, reader.facts["read_consistency"]) == (False, "ONE")


def test_values_that_cannot_be_encoded_have_failed(made: Cassandra, endpoint: Endpoint) -> None:
    assignment = assignment_for(made, endpoint, frequency=0)
    made.prepare(assignment)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    odd = reading_of(assignment, 2)._replace(note="\udcff")
    submitted(writer, ledger, [reading_of(assignment, 1), odd, reading_of(assignment, 3)])
    writer.wait()
    writer.close()
    assert ledger.totals.by_outcome() == {
        Outcome.UNKNOWN: 0, Outcome.ACKNOWLEDGED: 2, Outcome.FAILED: 1, Outcome.UNANSWERED: 0
    }  # fmt: skip


def test_a_writer_without_its_table_is_refused(made: Cassandra, endpoint: Endpoint) -> None:
    with pytest.raises(ServerError, match="nowhere"):
        made.writer(assignment_for(made, endpoint, given={"keyspace": "nowhere"}), Ledger())


def test_facts_say_when_the_commit_log_is_synced(made: Cassandra, endpoint: Endpoint) -> None:
    facts = made.facts(assignment_for(made, endpoint))
    assert (facts["nodes"], facts["datacenter"]) == (1, "dc1")
    assert (facts["commitlog_sync"], facts["commitlog_sync_period"]) == ("periodic", "10000ms")
    assert facts["cluster_name"].startswith("thermobench-")


FORKED = """
import os, sys
from collectors.backends.registry import backend
from collectors.endpoint import Endpoint
from collectors.ledger import Ledger
from tests.writing import assignment_for, write
name, host, port = sys.argv[1:]
if name == "cassandra-acsylla":
    sys.modules["cassandra"] = None
made = backend(name)
made.load()
assignment = assignment_for(made, Endpoint(host, int(port)))

def work():
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    write(writer, ledger, assignment, 50)
    writer.close()
    assert ledger.totals.acknowledged == 50

for task in (lambda: made.prepare(assignment), work, work):
    pid = os.fork()
    if not pid:
        status = 1
        try:
            task()
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
print(len(list(made.reader(assignment).arrivals(50))))
"""


def script(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-W", "error", "-c", text, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)


def test_a_client_loaded_before_a_fork_works_after_it(made: Cassandra, endpoint: Endpoint) -> None:
    """Nor does acsylla need the other client."""
    done = script(FORKED, made.name, endpoint.host, str(endpoint.port))
    assert (done.stdout, done.stderr, done.returncode) == ("50\n", "", 0)


REFUSED = """
import sys, logging
from collectors.backends.registry import backend
from collectors.endpoint import Endpoint
from collectors.errors import ServerError
from tests.writing import assignment_for
made = backend(sys.argv[1])
made.load()
assignment = assignment_for(made, Endpoint("127.0.0.1", 1))
try:
    made.prepare(assignment)
except ServerError as error:
    print(error)
"""


def test_a_refused_connection_is_one_line_without_noise(made: Cassandra) -> None:
    done = script(REFUSED, made.name)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.startswith("cassandra at 127.0.0.1:1: ")
    assert "connection refused" in done.stdout.lower()
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("frequency", [1, 0])
def test_a_server_that_hangs_leaves_readings_unknown(made: Cassandra, victim: RunningService, frequency: int) -> None:
    assignment = assignment_for(made, victim.endpoints["default"], frequency=frequency, timeout=TIMEOUT)
    made.prepare(replace(assignment, timeout=30.0))
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    write(writer, ledger, assignment, 10)
    acknowledged = ledger.totals.acknowledged
    pid = victim.processes[0].pid
    os.kill(pid, signal.SIGSTOP)
    until(lambda: stands_still(pid), "the server stands still")
    try:
        began = time.monotonic()
        write(writer, ledger, assignment, 1 if frequency else 50, first=11)
        assert time.monotonic() - began < TIMEOUT + SLACK
        assert (ledger.totals.acknowledged, ledger.unsettled) == (acknowledged, 0)
        assert ledger.totals.unknown == ledger.totals.attempted - acknowledged
    finally:
        os.kill(pid, signal.SIGCONT)
    write(writer, ledger, assignment, 5, first=ledger.totals.attempted + 1)
    writer.close()
    assert (ledger.totals.failed, ledger.unsettled) == (0, 0)


def until_it_is_gone(writer: Writer, ledger: Ledger, assignment: Assignment) -> str:
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            write(writer, ledger, assignment, 100, first=ledger.totals.attempted + 1)
    except ServerError as error:
        return str(error)
    pytest.fail("the writer did not notice that its server is gone")


def test_a_server_that_dies_leaves_every_reading_settled(victim: RunningService) -> None:
    """Both writers at once, so that one server is enough."""
    open_ones = []
    for kind in BACKENDS:
        made = kind()
        made.load()
        for frequency in (1, 0):
            assignment = assignment_for(made, victim.endpoints["default"], frequency=frequency, timeout=20.0)
            made.prepare(assignment)
            ledger = Ledger()
            writer = made.writer(assignment, ledger)
            write(writer, ledger, assignment, 100)
            submitted(writer, ledger, [reading_of(assignment, number) for number in range(101, 150)])
            open_ones.append((made, assignment, writer, ledger))
    victim.processes[0].signal(signal.SIGKILL)
    victim.processes[0].wait(10)
    for made, assignment, writer, ledger in open_ones:
        message = until_it_is_gone(writer, ledger, assignment)
        writer.close()
        assert f"{assignment.endpoint.host}:{assignment.endpoint.port}" in message
        assert "\n" not in message
        assert ledger.unsettled == 0
        assert sum(ledger.totals.by_outcome().values()) == ledger.totals.attempted
        assert 100 <= ledger.totals.acknowledged < ledger.totals.attempted
        reader = made.reader(assignment)
        assert list(reader.arrivals(1)) == []
        assert not reader.complete
        assert reader.facts["read_error"]


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ({}, "1 of 1 replicas (ONE)"),
        ({"replication": "3", "consistency": "LOCAL_ONE"}, "1 of 3 replicas (LOCAL_ONE)"),
        ({"replication": "3", "consistency": "QUORUM"}, "2 of 3 replicas (QUORUM)"),
        ({"replication": "4", "consistency": "LOCAL_QUORUM"}, "3 of 4 replicas (LOCAL_QUORUM)"),
        ({"replication": "3", "consistency": "ALL"}, "3 of 3 replicas (ALL)"),
    ],
)
def test_acknowledged_means_names_the_replicas(made: Cassandra, given: dict[str, str], means: str) -> None:
    assert means in made.acknowledged_means(assignment_for(made, Endpoint(), given=given))


@pytest.mark.parametrize(
    "given", [{"keyspace": "no good"}, {"key": "date"}, {"in_flight": "0"}, {"datacenter": "a'b"}, {"consistency": "1"}]
)
def test_options_out_of_range_are_refused(made: Cassandra, given: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=f"{made.name}, option {next(iter(given))}"):
        assignment_for(made, Endpoint(), given=given)


def test_what_cannot_be_done_is_refused_before_anything_connects(made: Cassandra) -> None:
    with pytest.raises(UsageError, match="TLS"):
        made.check(assignment_for(made, Endpoint(ca_file="ca.pem")))
    with pytest.raises(UsageError, match="without waiting"):
        made.check(assignment_for(made, Endpoint(), wait=False))


def test_acsylla_takes_one_port_for_all_nodes() -> None:
    endpoint = Endpoint("127.0.0.1", 9042, ("127.0.0.2:9043",))
    made = CassandraAcsyllaBackend()
    with pytest.raises(UsageError, match="9042, 9043"):
        made.check(assignment_for(made, endpoint))
    CassandraBackend().check(assignment_for(CassandraBackend(), endpoint))


@pytest.mark.parametrize(
    ("kind", "module", "extra"),
    [(CassandraBackend, "cassandra", "cassandra"), (CassandraAcsyllaBackend, "acsylla", "cassandra-acsylla")],
)
def test_a_client_that_is_not_installed_is_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch, kind: type[Cassandra], module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(Unavailable, match=rf"pip install 'thermobench\[{extra}\]'"):
        kind().load()
