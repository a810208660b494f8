"""What every writer and reader must do, against its real server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from collectors.accounting import Reconciliation, Sent, Verdict
from collectors.backends.base import Backend
from collectors.backends.registry import OWN, backend, names
from collectors.endpoint import Endpoint
from collectors.errors import ServerError, UsageError
from collectors.ledger import Ledger
from fixtures.services.base import RunningService
from tests.writing import accounted, assignment_for, reading_of, write

ORDER = ["sqlite", "mysql", "mqtt", "mqtt-raw", "awsiot", "kafka", "kafka-confluent", "cassandra", "cassandra-acsylla"]
INSTALLED = [*ORDER, *(name for name in names() if name not in OWN)]
"""Ours, and those that other distributions bring."""
UNREACHABLE_SECONDS = 40


@pytest.fixture(params=INSTALLED)
def made(request: pytest.FixtureRequest) -> Backend:
    return backend(request.param)


@pytest.fixture
def endpoint(made: Backend, server_of: Callable[[str], RunningService]) -> Iterator[Endpoint]:
    made.load()
    return server_of(made.name).endpoints[made.listener]


def test_every_backend_is_held_to_this_contract() -> None:
    assert set(ORDER) == set(OWN)


@pytest.mark.parametrize("frequency", [1, 7, 0])
def test_every_reading_is_acknowledged_and_found(made: Backend, endpoint: Endpoint, frequency: int) -> None:
    account = accounted(made, assignment_for(made, endpoint, frequency=frequency), 200)
    assert account.verdict is Verdict.PASS, account.troubles()
    assert (account.attempted, account.acknowledged, account.delivered) == (200, 200, 200)
    assert account.duplicated in {0, None}
    assert account.reordered in {0, None}


def test_producers_of_a_run_are_told_apart(made: Backend, endpoint: Endpoint) -> None:
    account = accounted(made, assignment_for(made, endpoint), 20, producers=3)
    assert account.verdict is Verdict.PASS, account.troubles()
    assert account.delivered == 60


def test_a_run_does_not_see_another(made: Backend, endpoint: Endpoint) -> None:
    for count in (30, 20):
        account = accounted(made, assignment_for(made, endpoint), count)
        assert (account.verdict, account.delivered) == (Verdict.PASS, count), account.troubles()


@pytest.mark.parametrize(
    ("location", "value", "note"),
    [
        ("a" * 64 + "_cpu", -273_150, ""),
        ("küche_dht22", 1_000_000, "humidity 45.2 %"),
        ("quo\"te\\d'_cpu", 0, "'; DROP TABLE x; --"),
    ],
)
def test_location_value_and_note_arrive_unchanged(
    made: Backend, endpoint: Endpoint, location: str, value: int, note: str
) -> None:
    assignment = assignment_for(made, endpoint, location=location)
    made.prepare(assignment)
    ledger = Ledger()
    with made.reader(assignment) as reader:
        writer = made.writer(assignment, ledger)
        ledger.begin(1, 0)
        writer.submit(reading_of(assignment, 1, value=value, note=note))
        writer.wait()
        writer.close()
        arrivals = list(reader.arrivals(1))
    assert ledger.totals.acknowledged == 1, ledger.errors
    assert [(one.producer, one.number, one.intact) for one in arrivals] == [(0, 1, True)]


def test_the_first_message_generation_is_accounted_for_too(made: Backend, endpoint: Endpoint) -> None:
    account = accounted(made, assignment_for(made, endpoint, generation=1, frequency=10), 50)
    assert account.verdict is Verdict.PASS, account.troubles()


def test_nothing_is_promised_where_nothing_is_waited_for(made: Backend, endpoint: Endpoint) -> None:
    if not made.can_forget:
        pytest.skip(f"{made.name} answers every write")
    account = accounted(made, assignment_for(made, endpoint, frequency=0, wait=False), 500)
    assert account.verdict is Verdict.MEASURED, account.troubles()
    assert (account.acknowledged, account.unanswered) == (0, 500)


def test_readings_that_vanish_from_the_accounting_are_named(made: Backend, endpoint: Endpoint) -> None:
    """A producer that claims more than it sent is caught, whatever the server: the reader is not the writer's echo."""
    assignment = assignment_for(made, endpoint)
    made.prepare(assignment)
    ledger = Ledger()
    with made.reader(assignment) as reader:
        writer = made.writer(assignment, ledger)
        write(writer, ledger, assignment, 9)
        writer.close()
        ledger.begin(10, 0)
        ledger.acknowledged(10)
        sent = {0: Sent(10, ledger.outcomes(), ledger.promised)}
        reconciliation = Reconciliation(sent, shows_duplicates=False, shows_order=False)
        reconciliation.take(reader.arrivals(10))
        account = reconciliation.account(complete=reader.complete)
    assert account.verdict is Verdict.FAIL
    assert account.named["lost"] == ["producer 0, reading 10"]


def test_preparing_again_keeps_what_is_there(made: Backend, endpoint: Endpoint) -> None:
    assignment = assignment_for(made, endpoint)
    made.prepare(assignment)
    ledger = Ledger()
    with made.reader(assignment) as reader:
        writer = made.writer(assignment, ledger)
        write(writer, ledger, assignment, 5)
        made.prepare(assignment)
        write(writer, ledger, assignment, 5, first=6)
        writer.close()
        assert sorted(one.number for one in reader.arrivals(10)) == list(range(1, 11))


def test_a_writer_may_be_closed_twice(made: Backend, endpoint: Endpoint) -> None:
    assignment = assignment_for(made, endpoint)
    made.prepare(assignment)
    writer = made.writer(assignment, Ledger())
    writer.wait()
    writer.close()
    writer.close()


def test_it_says_what_it_is(made: Backend, endpoint: Endpoint) -> None:
    assignment = assignment_for(made, endpoint)
    made.prepare(assignment)
    assert any(character.isdigit() for character in made.load())
    assert made.facts(assignment)["version"]
    assert 0 < len(made.acknowledged_means(assignment)) < 80
    assert made.summary


@pytest.mark.usefixtures("refusals")
def test_a_server_that_is_not_there_is_one_line_that_names_it(made: Backend, endpoint: Endpoint) -> None:
    if made.service == "file":
        wrong = Endpoint(path="/proc/no-file-can-be-made-here")
    else:
        wrong = Endpoint(**{**vars(endpoint), "port": 1, "others": ()})
    assignment = assignment_for(made, wrong, timeout=5.0)
    began = time.monotonic()
    for attempt in (lambda: made.prepare(assignment), lambda: made.writer(assignment, Ledger())):
        with pytest.raises(ServerError) as caught:
            attempt()
        assert "\n" not in str(caught.value)
        assert (wrong.path or f"{wrong.host}:1") in str(caught.value)
    assert time.monotonic() - began < UNREACHABLE_SECONDS


def test_wrong_credentials_are_one_line_that_names_who(made: Backend, endpoint: Endpoint) -> None:
    if not endpoint.password:
        pytest.skip(f"{made.name} has no password here")
    wrong = Endpoint(**{**vars(endpoint), "password": "not-the-password"})
    assignment = assignment_for(made, wrong)
    with pytest.raises(ServerError) as caught:
        made.writer(assignment, Ledger())
    assert endpoint.username in str(caught.value)
    assert "not-the-password" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_option_that_does_not_exist_is_refused(made: Backend) -> None:
    with pytest.raises(UsageError, match=made.name):
        assignment_for(made, Endpoint(), given={"no-such-option": "1"})
