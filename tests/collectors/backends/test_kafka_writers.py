"""Both Kafka writers against a real broker: bursts, what fails in the midst of them, and what is never answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from collectors.accounting import Account, Reconciliation, Sent, Verdict
from collectors.backends.base import Assignment, Backend, BurstWriter, RawReading, ServingWriter, Writer
from collectors.backends.kafka_confluent_base import ConfluentWriter
from collectors.backends.registry import backend
from collectors.endpoint import Endpoint
from collectors.errors import SensorError
from collectors.ledger import Ledger
from fixtures.services.base import RunningService
from tests.collectors.backends.test_kafka import admin, make_topic, topic_of
from tests.writing import assignment_for, reading_of, write

NAMES = ["kafka", "kafka-confluent"]
STRIDE = 128
"""One in so many readings is handed over by itself, as the measured loop does with those that it times."""


@pytest.fixture(params=NAMES)
def made(request: pytest.FixtureRequest) -> Backend:
    found = backend(request.param)
    found.load()
    return found


@pytest.fixture
def endpoint(server_of: Callable[[str], RunningService]) -> Endpoint:
    backend("kafka").load()
    return server_of("kafka").endpoints["default"]


@dataclass
class Stretch:
    """Readings in a row, drawn as the loop's are; the one numbered `large` has a note of `size` letters."""

    assignment: Assignment
    ledger: Ledger
    large: int = 0
    size: int = 0
    most: int = field(default=0, init=False)
    """How many were unsettled at once, the one that was just drawn included."""

    def drawn(self, first: int, count: int) -> Iterator[RawReading]:
        for number in range(first, first + count):
            self.ledger.cells[0] = number
            self.most = max(self.most, self.ledger.unsettled)
            yield tuple(reading_of(self.assignment, number, note="x" * self.size if number == self.large else ""))

    def write(self, writer: Writer, count: int) -> None:
        """Write `count` readings: one, 127 by one call, one …; waiting every `frequency` and at the end."""
        assert isinstance(writer, BurstWriter)
        frequency, number = self.assignment.frequency or count, 1
        while number <= count:
            if number % STRIDE:
                length = min(STRIDE - number % STRIDE, count + 1 - number, frequency - (number - 1) % frequency)
                writer.submit_many(self.drawn(number, length))
            else:
                length = 1
                self.ledger.begin(number, self.ledger.clock())
                writer.submit(reading_of(self.assignment, number))
            number += length
            if not (number - 1) % frequency:
                writer.wait()
        writer.wait()


def account_of(made: Backend, stretch: Stretch, count: int) -> Account:
    made.prepare(stretch.assignment)
    with made.reader(stretch.assignment) as reader:
        writer = made.writer(stretch.assignment, stretch.ledger)
        stretch.write(writer, count)
        writer.close()
        stretch.ledger.check()
        sent = {0: Sent(count, stretch.ledger.outcomes(), stretch.ledger.promised)}
        reconciliation = Reconciliation(sent, shows_duplicates=True, shows_order=True)
        reconciliation.take(reader.arrivals(count))
        return reconciliation.account(complete=reader.complete, foreign=reader.foreign)


@pytest.mark.parametrize(
    ("frequency", "given"),
    [
        (0, {"in_flight": "1"}),
        (0, {"in_flight": "7"}),
        (0, {"in_flight": "90", "acks": "1", "linger_ms": "5"}),
        (0, {"in_flight": "10000", "partitions": "5"}),
        (100, {"in_flight": "100", "idempotence": "yes"}),
        (300, {"in_flight": "90"}),
    ],
)
def test_bursts_keep_to_the_bound_and_arrive(
    made: Backend, endpoint: Endpoint, frequency: int, given: dict[str, str], request: pytest.FixtureRequest
) -> None:
    given = {"topic": topic_of(request), **given}
    stretch = Stretch(assignment_for(made, endpoint, frequency=frequency, given=given), Ledger())
    account = account_of(made, stretch, 300)
    assert account.verdict is Verdict.PASS, account.troubles()
    assert (account.acknowledged, account.delivered, account.duplicated, account.reordered) == (300, 300, 0, 0)
    assert 0 < stretch.most <= int(given["in_flight"])


def test_the_bound_holds_for_single_readings_and_where_nobody_waits(
    made: Backend, endpoint: Endpoint, request: pytest.FixtureRequest
) -> None:
    given = {"topic": topic_of(request), "in_flight": "20"}
    assignment = assignment_for(made, endpoint, frequency=20, given=given)
    made.prepare(assignment)
    stretch = Stretch(assignment, Ledger())
    writer = made.writer(assignment, stretch.ledger)
    assert isinstance(writer, BurstWriter)
    writer.submit_many(stretch.drawn(1, 100))
    for number in range(101, 201):
        stretch.ledger.begin(number, 0)
        writer.submit(reading_of(assignment, number))
        assert stretch.ledger.unsettled <= 20
    assert stretch.most <= 20
    writer.wait()
    writer.close()
    assert stretch.ledger.totals.acknowledged == 200


def test_nothing_is_promised_to_a_burst_without_acks(made: Backend, endpoint: Endpoint) -> None:
    stretch = Stretch(assignment_for(made, endpoint, frequency=0, wait=False), Ledger())
    account = account_of(made, stretch, 500)
    assert (account.verdict, account.unanswered, account.acknowledged) == (Verdict.MEASURED, 500, 0), account.troubles()


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("size", [50_000, 2_000_000])
def test_what_is_refused_in_a_burst_failed_and_the_rest_is_acknowledged(
    made: Backend, endpoint: Endpoint, generation: int, size: int, request: pytest.FixtureRequest
) -> None:
    topic = topic_of(request)
    make_topic(endpoint, topic, {"max.message.bytes": "30000"})
    assignment = assignment_for(made, endpoint, generation=generation, frequency=100, given={"topic": topic})
    stretch = Stretch(assignment, Ledger(), large=150, size=size)
    account = account_of(made, stretch, 300)
    assert (account.unknown, account.lost, account.failed_arrived, account.corrupt) == (0, 0, 0, 0)
    assert account.acknowledged + account.failed == 300
    # librdkafka gives up the whole batch that the broker refused, kafka-python the one message.
    most = 100 if made.name == "kafka-confluent" and size == 50_000 else 1
    assert 1 <= account.failed <= most


def without_topic(made: Backend, assignment: Assignment, ledger: Ledger) -> Writer:
    """Return a writer whose topic is gone, so that the broker, which is well, confirms nothing."""
    made.prepare(assignment)
    writer, topic = made.writer(assignment, ledger), assignment.settings["topic"]
    with admin(assignment.endpoint) as client:
        client.delete_topics([topic])
        deadline = time.monotonic() + 20
        while not client.describe_topics([topic])[0]["error_code"] and time.monotonic() < deadline:
            time.sleep(0.02)
    return writer


@pytest.mark.parametrize("frequency", [0, 1])
def test_what_the_broker_never_confirms_ends_as_unknown(
    made: Backend, endpoint: Endpoint, frequency: int, request: pytest.FixtureRequest
) -> None:
    given = {"topic": topic_of(request)}
    assignment = assignment_for(made, endpoint, frequency=frequency, timeout=1.0, given=given)
    ledger = Ledger()
    writer = without_topic(made, assignment, ledger)
    if frequency:
        write(writer, ledger, assignment, 1)
    else:
        Stretch(assignment, ledger).write(writer, 200)
    writer.close()
    ledger.check()
    assert ledger.totals.acknowledged == ledger.totals.failed == 0
    assert sum(ledger.errors.values()) == ledger.totals.attempted > 0


def test_what_was_drawn_before_the_sensor_broke_is_settled(
    made: Backend, endpoint: Endpoint, request: pytest.FixtureRequest
) -> None:
    assignment = assignment_for(made, endpoint, frequency=0, timeout=15.0, given={"topic": topic_of(request)})
    made.prepare(assignment)
    stretch = Stretch(assignment, Ledger())

    def breaking() -> Iterator[RawReading]:
        yield from stretch.drawn(1, 4)
        raise SensorError("gone")

    writer = made.writer(assignment, stretch.ledger)
    assert isinstance(writer, BurstWriter)
    with pytest.raises(SensorError) as caught:
        writer.submit_many(breaking())
    writer.wait()
    writer.close()
    assert (stretch.ledger.totals.acknowledged, stretch.ledger.unsettled) == (4, 0), stretch.ledger.errors
    assert caught.value.__traceback__  # it was there all the time, with the frames that it holds


@pytest.mark.parametrize("frequency", [0, 1])
def test_reports_are_taken_note_of_without_waiting_for_all(made: Backend, endpoint: Endpoint, frequency: int) -> None:
    assignment = assignment_for(made, endpoint, frequency=frequency)
    made.prepare(assignment)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    assert isinstance(writer, ServingWriter)
    writer.serve(0)
    for number in (1, 2):
        ledger.begin(number, ledger.clock())
        writer.submit(reading_of(assignment, number))
    deadline = time.monotonic() + 20
    while ledger.unsettled and time.monotonic() < deadline:
        writer.serve(0.05)
    assert ledger.totals.acknowledged == 2
    began = time.monotonic()
    writer.serve(20)
    assert time.monotonic() - began < 20
    writer.close()


@pytest.mark.parametrize("frequency", [0, 1])
def test_a_closed_writer_reports_no_more(
    made: Backend, endpoint: Endpoint, frequency: int, request: pytest.FixtureRequest
) -> None:
    given = {"topic": topic_of(request)}
    assignment = assignment_for(made, endpoint, frequency=frequency, timeout=5.0, given=given)
    ledger = Ledger()
    writer = without_topic(made, assignment, ledger)
    for number in range(1, 2 if frequency else 3):
        ledger.begin(number, 0)
        writer.submit(reading_of(assignment, number))
    producer = writer._producer if isinstance(writer, ConfluentWriter) else None
    writer.close()
    if producer is not None:
        producer.flush(5)  # which serves the reports of what was purged
    assert ledger.unsettled == ledger.totals.attempted > 0


@pytest.mark.parametrize("frequency", [0, 1])
def test_what_is_reported_of_a_reading_that_was_given_up_counts_no_more(
    endpoint: Endpoint, frequency: int, request: pytest.FixtureRequest
) -> None:
    made = backend("kafka-confluent")
    assignment = assignment_for(made, endpoint, frequency=frequency, timeout=5.0, given={"topic": topic_of(request)})
    ledger = Ledger()
    writer = without_topic(made, assignment, ledger)
    assert isinstance(writer, ConfluentWriter)
    assert writer._producer is not None
    ledger.begin(1, 0)
    writer.submit(reading_of(assignment, 1))
    assert writer._forget() == [(1, 1)]
    writer._producer.purge()
    writer._producer.flush(5)
    writer.serve(0)
    writer.wait()
    assert ledger.unsettled == 1
    writer.close()
