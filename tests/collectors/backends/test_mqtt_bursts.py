"""What the MQTT writers can do beyond `Writer`: bursts, and listening while the loop has nothing else to do."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from collectors.backends.base import Backend, BurstWriter, ServingWriter
from collectors.backends.mqtt import MqttBackend
from collectors.backends.mqtt_raw import MqttRawBackend
from collectors.endpoint import Endpoint
from collectors.errors import SensorError, ServerError
from collectors.ledger import Ledger
from fixtures.hosts.local import LocalHost
from fixtures.services.base import RunningService
from tests.collectors.backends.bursts import burst, write_in_bursts
from tests.collectors.backends.mqtt_brokers import by_hand, eventually, own_broker
from tests.writing import assignment_for, reading_of, write

BOTH = pytest.mark.parametrize("made", [MqttBackend(), MqttRawBackend()], ids=lambda made: made.name)
QOS = pytest.mark.parametrize("qos", ["0", "1"])


@pytest.fixture
def endpoint(running: Callable[[str], RunningService]) -> Endpoint:
    return running("mosquitto").endpoints["default"]


@pytest.fixture
def own(host: LocalHost) -> Iterator[RunningService]:
    with own_broker(host) as started:
        yield started


@BOTH
@QOS
def test_no_more_is_outstanding_than_may_be_and_all_of_it_arrives(endpoint: Endpoint, made: Backend, qos: str) -> None:
    assignment = assignment_for(made, endpoint, frequency=0, given={"qos": qos, "in_flight": "7"})
    ledger, unsettled = Ledger(), set[int]()
    with made.reader(assignment) as reader:
        writer = made.writer(assignment, ledger)
        assert isinstance(writer, BurstWriter)
        for first in range(1, 2001, 100):
            writer.submit_many(burst(ledger, assignment, first, 99, lambda: unsettled.add(ledger.unsettled)))
            write(writer, ledger, assignment, 1, first=first + 99)
        writer.close()
        arrived = [one.number for one in reader.arrivals(2000)]
    assert max(unsettled) == 7
    assert arrived == list(range(1, 2001))
    ledger.check()


@BOTH
def test_a_broker_that_allows_less_in_flight_is_obeyed_in_bursts(host: LocalHost, made: Backend) -> None:
    with by_hand(host, "max_inflight_messages 3", "max_queued_messages 0") as endpoint:
        assignment = assignment_for(made, endpoint, frequency=0)
        ledger, unsettled = Ledger(), set[int]()
        writer = made.writer(assignment, ledger)
        assert isinstance(writer, BurstWriter)
        writer.submit_many(burst(ledger, assignment, 1, 500, lambda: unsettled.add(ledger.unsettled)))
        writer.wait()
        writer.close()
    assert (max(unsettled), ledger.totals.acknowledged) == (3, 500)


@BOTH
@QOS
def test_what_was_drawn_before_the_sensor_failed_is_written(endpoint: Endpoint, made: Backend, qos: str) -> None:
    assignment = assignment_for(made, endpoint, frequency=0, given={"qos": qos})
    ledger = Ledger()

    def breaks() -> Iterator[Any]:
        yield from burst(ledger, assignment, 1, 5)
        raise SensorError("unplugged")

    writer = made.writer(assignment, ledger)
    assert isinstance(writer, BurstWriter)
    with pytest.raises(SensorError):
        writer.submit_many(breaks())
    writer.wait()
    writer.close()
    assert ledger.totals.acknowledged + ledger.totals.unanswered == 5


@BOTH
def test_acknowledgements_are_taken_while_the_loop_rests(endpoint: Endpoint, made: Backend) -> None:
    assignment = assignment_for(made, endpoint, frequency=0)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    assert isinstance(writer, BurstWriter)
    assert isinstance(writer, ServingWriter)
    serve = writer.serve
    writer.submit_many(burst(ledger, assignment, 1, 5))
    assert eventually(lambda: serve(0.01) or not ledger.unsettled)
    assert ledger.totals.acknowledged == 5
    writer.close()


@BOTH
def test_acknowledgements_are_taken_between_bursts(endpoint: Endpoint, made: Backend) -> None:
    assignment = assignment_for(made, endpoint, frequency=0, given={"in_flight": "65000"})
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    assert isinstance(writer, BurstWriter)
    submit = writer.submit_many
    assert eventually(
        lambda: submit(burst(ledger, assignment, ledger.totals.attempted + 1, 1)) or ledger.totals.acknowledged
    )
    writer.wait()
    writer.close()
    ledger.check()


@BOTH
def test_a_broker_that_dies_while_the_loop_rests_is_noticed(own: RunningService, made: Backend) -> None:
    assignment = assignment_for(made, own.endpoints["default"], frequency=0)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    assert isinstance(writer, ServingWriter)
    serve = writer.serve
    own.processes[0].signal(signal.SIGSTOP)
    for number in (1, 2, 3):
        ledger.begin(number, 0)
        writer.submit(reading_of(assignment, number))
    own.processes[0].signal(signal.SIGKILL)
    with pytest.raises(ServerError, match="connection lost"):
        eventually(lambda: serve(0.1))
    assert (ledger.unsettled, ledger.totals.unknown) == (0, 3)


@BOTH
def test_why_a_broker_ended_the_connection_is_told(host: LocalHost, made: Backend) -> None:
    with by_hand(host, "max_packet_size 100") as endpoint:
        assignment = assignment_for(made, endpoint)
        ledger = Ledger()
        writer = made.writer(assignment, ledger)
        with pytest.raises(ServerError, match="connection lost: packet too large"):
            write(writer, ledger, assignment, 1)
    assert (ledger.unsettled, ledger.totals.unknown) == (0, 1)


@pytest.mark.slow
@BOTH
def test_what_the_operating_system_took_arrives_and_what_failed_does_not(own: RunningService, made: Backend) -> None:
    given = {"qos": "0", "in_flight": "1000"}
    assignment = assignment_for(made, own.endpoints["default"], frequency=0, given=given, timeout=0.5)
    ledger = Ledger()
    with made.reader(assignment) as reader:
        writer = made.writer(assignment, ledger)
        own.processes[0].signal(signal.SIGSTOP)
        try:
            with pytest.raises(ServerError, match=r"nothing taken for 0\.5 s"):
                write_in_bursts(writer, ledger, assignment, 1_000_000)
        finally:
            own.processes[0].signal(signal.SIGCONT)
        totals = ledger.totals
        arrived = [one.number for one in reader.arrivals(totals.unanswered)]
        assert reader.complete
    assert totals.failed > 0
    assert totals.unanswered + totals.failed == totals.attempted
    assert arrived == list(range(1, totals.unanswered + 1))


@pytest.mark.slow
@BOTH
def test_a_writer_that_rests_shows_that_it_is_there(endpoint: Endpoint, made: Backend) -> None:
    ledger = Ledger()
    assignment = assignment_for(made, endpoint, given={"keepalive": "1"})
    writer = made.writer(assignment, ledger)
    assert isinstance(writer, ServingWriter)
    # A broker waits for 1.5 times as long, and Mosquitto looks once a second.
    writer.serve(4.0)
    write(writer, ledger, assignment, 1)
    writer.close()
    assert ledger.totals.acknowledged == 1
