"""The MQTT writers and their subscriber, against a real Mosquitto."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from collectors.accounting import Verdict
from collectors.backends import mqtt_connection
from collectors.backends.base import Backend
from collectors.backends.mqtt import MqttBackend
from collectors.backends.mqtt_raw import MqttRawBackend
from collectors.endpoint import Endpoint
from collectors.errors import ServerError, UsageError
from collectors.ledger import Ledger
from fixtures.hosts.local import LocalHost
from fixtures.services.base import RunningService
from tests.collectors.backends.bursts import write_in_bursts
from tests.collectors.backends.mqtt_brokers import DEADLINE, by_hand, eventually, observer, own_broker
from tests.writing import accounted, assignment_for, reading_of, write

BACKEND = MqttBackend()
RAW = MqttRawBackend()


def named(parameter: object) -> str:
    return str(getattr(parameter, "name", parameter))


BOTH = pytest.mark.parametrize("made", [BACKEND, RAW], ids=named)


@pytest.fixture
def endpoint(running: Callable[[str], RunningService]) -> Endpoint:
    return running("mosquitto").endpoints["default"]


@pytest.fixture
def own(host: LocalHost) -> Iterator[RunningService]:
    with own_broker(host) as started:
        yield started


def publish(client: paho.Client, topic: str, payload: bytes) -> None:
    client.publish(topic, payload, 1).wait_for_publish(DEADLINE)


@pytest.mark.parametrize(
    ("made", "qos", "frequency", "protocol"),
    [
        (BACKEND, "0", 1, "5"),
        (BACKEND, "0", 0, "3.1.1"),
        (BACKEND, "1", 1, "5"),
        (BACKEND, "1", 50, "3.1.1"),
        (BACKEND, "1", 0, "5"),
        (BACKEND, "2", 1, "3.1.1"),
        (BACKEND, "2", 50, "5"),
        (RAW, "0", 1, "3.1.1"),
        (RAW, "0", 0, "5"),
        (RAW, "1", 1, "5"),
        (RAW, "1", 50, "3.1.1"),
        (RAW, "1", 0, "5"),
    ],
    ids=named,
)
def test_five_thousand_are_accounted_for_and_delivered(
    endpoint: Endpoint, made: Backend, qos: str, frequency: int, protocol: str
) -> None:
    assignment = assignment_for(made, endpoint, frequency=frequency, given={"qos": qos, "protocol": protocol})
    account = accounted(made, assignment, 5000)
    if qos == "0":
        assert (account.verdict, account.unanswered, account.acknowledged) == (Verdict.MEASURED, 5000, 0)
    else:
        assert account.verdict is Verdict.PASS, account.troubles()
        assert (account.acknowledged, account.delivered) == (5000, 5000)
    assert (account.duplicated, account.reordered) == (0, 0)


@pytest.mark.slow
@BOTH
def test_more_than_all_packet_identifiers_may_be_used(endpoint: Endpoint, made: Backend) -> None:
    assignment = assignment_for(made, endpoint, frequency=0, given={"in_flight": "1000"})
    account = accounted(made, assignment, 70_000)
    assert account.verdict is Verdict.PASS, account.troubles()
    assert account.delivered == 70_000


@BOTH
@pytest.mark.parametrize(
    ("generation", "payload"),
    [
        (1, b'{"reading_date": "1569169582800", "reading_location": "pi_cpu", "reading_value": "57452"}'),
        (2, b'{"date": "1569169582800", "loc": "pi_cpu", "ttrans": 1, "value": "57452"}'),
    ],
)
def test_a_stranger_finds_the_messages_byte_for_byte(
    endpoint: Endpoint, made: Backend, generation: int, payload: bytes
) -> None:
    assignment = assignment_for(made, endpoint, generation=generation, given={"topic": "shelf/pi"})
    heard: list[tuple[str, bytes]] = []
    subscribed: list[object] = []
    with observer(endpoint) as client:
        client.on_message = lambda _client, _data, message: heard.append((message.topic, message.payload))
        client.on_subscribe = lambda *about: subscribed.append(about)
        client.subscribe("shelf/pi/#", 1)
        assert eventually(lambda: subscribed)
        ledger = Ledger()
        writer = made.writer(assignment, ledger)
        ledger.begin(1, 0)
        reading = reading_of(assignment, 1, value=57452)
        writer.submit(reading)
        writer.wait()
        writer.close()
        assert eventually(lambda: heard)
    assert heard == [(f"shelf/pi/{assignment.stream.run}/0/1/{reading.checksum:08x}", payload)]


def test_the_reader_tells_duplicates_order_corruption_and_foreign_messages(endpoint: Endpoint) -> None:
    assignment = assignment_for(BACKEND, endpoint)
    root = f"temperature/{assignment.stream.run}"
    with BACKEND.reader(assignment) as reader:
        for numbers in ([1, 2, 3], [2]):
            ledger = Ledger()
            writer = BACKEND.writer(assignment, ledger)
            for number in numbers:
                ledger.begin(number, 0)
                writer.submit(reading_of(assignment, number))
            writer.wait()
            writer.close()
        with observer(endpoint) as client:
            altered = reading_of(assignment, 4)
            text = b'{"date": "1569169582803", "loc": "pi_cpu", "ttrans": 4, "value": "1"}'
            publish(client, f"{root}/0/4/{altered.checksum:08x}", text)
            for topic in (f"{root}/junk", f"{root}/0/0/00000000", f"{root}/0/x/00000000", f"{root}/0/5/00/more"):
                publish(client, topic, text)
        arrivals = [(one.number, one.intact) for one in reader.arrivals(4)]
        assert reader.complete
    assert arrivals == [(1, True), (2, True), (3, True), (2, True), (4, False)]
    assert reader.foreign == 4
    assert reader.facts["subscriber_cpu_seconds"] > 0


def test_what_a_broker_drops_is_lost_and_its_counter_says_so(host: LocalHost) -> None:
    with by_hand(host, "max_queued_messages 1", "max_inflight_messages 1", "sys_interval 1") as endpoint:
        assignment = assignment_for(BACKEND, endpoint, frequency=0)
        ledger = Ledger()
        with BACKEND.reader(assignment) as reader:
            process = reader._process  # type: ignore[attr-defined]
            process.send_signal(signal.SIGSTOP)
            writer = BACKEND.writer(assignment, ledger)
            write(writer, ledger, assignment, 500)
            writer.close()
            process.send_signal(signal.SIGCONT)
            arrived = {one.number for one in reader.arrivals(500)}
        assert reader.complete
    assert ledger.totals.acknowledged == 500
    assert 0 < len(arrived) < 500
    assert reader.facts["broker_dropped"] == 500 - len(arrived)


@pytest.mark.parametrize(("made", "qos"), [(BACKEND, "1"), (BACKEND, "2"), (RAW, "1")], ids=named)
def test_what_the_broker_refuses_is_failed_and_never_acknowledged(host: LocalHost, made: Backend, qos: str) -> None:
    with by_hand(host, "acl_file {folder}/acl") as endpoint:
        assignment = assignment_for(made, endpoint, given={"qos": qos})
        ledger = Ledger()
        writer = made.writer(assignment, ledger)
        write(writer, ledger, assignment, 3)
        writer.close()
    assert (ledger.totals.failed, ledger.totals.acknowledged) == (3, 0)
    assert ledger.errors == {"refused by the broker: not authorized": 3}


def test_a_broker_that_allows_less_in_flight_is_obeyed(host: LocalHost) -> None:
    with by_hand(host, "max_inflight_messages 3", "max_queued_messages 0") as endpoint:
        # With QoS 1 Mosquitto answers before it looks; with QoS 2 it ends the connection of who sends more.
        assignment = assignment_for(BACKEND, endpoint, frequency=0, given={"qos": "2", "in_flight": "500"})
        assert BACKEND.facts(assignment)["receive_maximum"] == 3
        account = accounted(BACKEND, assignment, 2000)
    assert account.verdict is Verdict.PASS, account.troubles()


@pytest.mark.parametrize("put", [write, write_in_bursts], ids=["singly", "in-bursts"])
@pytest.mark.parametrize(
    ("made", "qos"), [(BACKEND, "0"), (BACKEND, "1"), (BACKEND, "2"), (RAW, "0"), (RAW, "1")], ids=named
)
def test_a_broker_killed_in_the_middle_leaves_every_reading_settled(
    own: RunningService, made: Backend, qos: str, put: Callable[..., None]
) -> None:
    assignment = assignment_for(made, own.endpoints["default"], frequency=0, given={"qos": qos}, timeout=5.0)
    ledger = Ledger()
    with made.reader(assignment) as reader:
        writer = made.writer(assignment, ledger)
        put(writer, ledger, assignment, 100)
        own.processes[0].signal(signal.SIGKILL)
        with pytest.raises(ServerError) as caught:
            put(writer, ledger, assignment, 1_000_000, first=101)
        arrived = len(list(reader.arrivals(ledger.totals.attempted)))
        assert not reader.complete
        assert "lost" in reader.facts["incomplete"]
    writer.close()
    assert str(own.endpoints["default"].port) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ledger.unsettled == 0
    totals = ledger.totals
    if qos == "0":
        assert (totals.acknowledged, totals.unknown) == (0, 0)
        assert totals.unanswered >= 100
    else:
        assert 100 <= totals.acknowledged <= arrived
        assert totals.unanswered == 0
    with pytest.raises(ServerError):
        write(writer, ledger, assignment, 1, first=totals.attempted + 1)
    assert ledger.unsettled == 0
    # The last one at least was certainly never sent.
    assert totals.failed >= 1


@BOTH
def test_without_an_answer_in_time_readings_are_unknown_and_late_answers_change_nothing(
    own: RunningService, made: Backend
) -> None:
    assignment = assignment_for(made, own.endpoints["default"], timeout=0.5)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    write(writer, ledger, assignment, 1)
    own.processes[0].signal(signal.SIGSTOP)
    try:
        write(writer, ledger, assignment, 2, first=2)
    finally:
        own.processes[0].signal(signal.SIGCONT)
    write(writer, ledger, replace(assignment, frequency=0), 500, first=4)
    writer.close()
    assert ledger.unsettled == 0
    assert (ledger.totals.acknowledged, ledger.totals.unknown) == (501, 2)
    assert ledger.errors == {"no acknowledgement within 0.5 s": 2}


@BOTH
def test_a_broker_that_stays_silent_with_all_in_flight_is_given_up(own: RunningService, made: Backend) -> None:
    assignment = assignment_for(made, own.endpoints["default"], given={"in_flight": "2"}, timeout=0.3)
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    own.processes[0].signal(signal.SIGSTOP)
    try:
        with pytest.raises(ServerError, match=r"no acknowledgement within 0\.3 s"):
            write(writer, ledger, assignment, 9)
    finally:
        own.processes[0].signal(signal.SIGCONT)
    assert (ledger.unsettled, ledger.totals.unknown) == (0, 2)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_wrong_password_is_one_line_that_names_the_user(endpoint: Endpoint, protocol: str) -> None:
    wrong = replace(endpoint, password="guessed")
    assignment = assignment_for(BACKEND, wrong, given={"protocol": protocol})
    for attempt in (lambda: BACKEND.prepare(assignment), lambda: BACKEND.reader(assignment).__enter__()):
        with pytest.raises(
            ServerError, match=f"{endpoint.host}:{endpoint.port} refused: .*{endpoint.username}"
        ) as told:
            attempt()
        assert "\n" not in str(told.value)
        assert "guessed" not in str(told.value)


def test_where_nobody_listens_is_named(host: LocalHost) -> None:
    port = host.free_port()
    with pytest.raises(ServerError, match=f"127.0.0.1:{port}: nothing listens there"):
        BACKEND.prepare(assignment_for(BACKEND, Endpoint(port=port)))


def test_who_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_connection, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assignment = assignment_for(BACKEND, Endpoint(port=silent.getsockname()[1]))
        began = time.monotonic()
        with pytest.raises(ServerError, match="no answer within"):
            BACKEND.prepare(assignment)
    assert time.monotonic() - began < 5


def test_the_version_of_the_broker_is_a_fact(running: Callable[[str], RunningService], endpoint: Endpoint) -> None:
    assert running("mosquitto").version in BACKEND.facts(assignment_for(BACKEND, endpoint))["version"]


@pytest.mark.parametrize("topic", ["", "a/+/b", "#", "$SYS/x", "/a", "a//b", "a/"])
def test_topics_that_cannot_be_published_below_are_refused(topic: str) -> None:
    with pytest.raises(UsageError, match="option topic"):
        assignment_for(BACKEND, Endpoint(), given={"topic": topic})


def test_a_topic_that_gets_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="65535"):
        BACKEND.check(assignment_for(BACKEND, Endpoint(), given={"topic": "a" * 65530}))


def test_what_an_acknowledgement_means_follows_the_quality_of_service() -> None:
    means = [
        BACKEND.acknowledged_means(assignment_for(BACKEND, Endpoint(), wait=wait, given={"qos": qos}))
        for qos, wait in (("0", True), ("1", True), ("2", True), ("2", False))
    ]
    assert Counter(text.startswith("nothing") for text in means) == {True: 2, False: 2}
    assert len(set(means)) == 3


def test_a_subscriber_that_died_leaves_the_accounting_open(endpoint: Endpoint) -> None:
    assignment = assignment_for(BACKEND, endpoint)
    with BACKEND.reader(assignment) as reader:
        reader._process.kill()  # type: ignore[attr-defined]
        assert list(reader.arrivals(1)) == []
        assert not reader.complete
        assert "ended early" in reader.facts["incomplete"]


def test_a_password_is_not_among_the_subscriber_s_arguments(endpoint: Endpoint) -> None:
    with BACKEND.reader(assignment_for(BACKEND, endpoint)) as reader:
        pid = reader._process.pid  # type: ignore[attr-defined]
        for place in ("cmdline", "environ"):
            assert endpoint.password.encode() not in Path(f"/proc/{pid}/{place}").read_bytes()


def test_the_subscriber_does_not_outlive_a_parent_that_was_killed(endpoint: Endpoint, tmp_path: Path) -> None:
    script = """
        import json, sys, time
        from collectors.backends.mqtt import MqttBackend
        from collectors.endpoint import Endpoint
        from tests.writing import assignment_for
        backend = MqttBackend()
        with backend.reader(assignment_for(backend, Endpoint(**json.loads(sys.stdin.readline())))) as reader:
            print(reader._process.pid, flush=True)
            sys.stdin.read()
    """
    path = tmp_path / "parent.py"
    path.write_text(textwrap.dedent(script))
    root = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(json.dumps(vars(endpoint)).encode() + b"\n")
        parent.stdin.flush()
        assert select.select([parent.stdout], [], [], DEADLINE)[0]
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        parent.kill()
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())
