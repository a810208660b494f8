"""`pytest perf --hardware` on a cluster of Pis: every backend, and everything that the notes' author ran into."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from collectors.errors import Unavailable
from collectors.record import Trial
from tests.waiting import until

from . import VirtualCluster, VirtualHost
from .asking import told
from .measuring import Shelf

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

PRODUCERS = ("pi-1", "pi-2", "pi-3")
SERVERS = ("pi-4", "pi-5", "pi-6")
ROLES = dict.fromkeys(PRODUCERS, "producer") | dict.fromkeys(SERVERS, "server")
WHERE = {"mosquitto": ["pi-5"], "mariadb": ["pi-6"], "kafka": list(SERVERS), "cassandra": list(SERVERS)}
LONG = ("perf/test_all_threads.py", "-m", "mqtt", "-k", "not raw and not awsiot", "--processes", "1", "--rounds", "1")
GONE_SECONDS = 30.0
"""In which everything has to end on every host, whatever becomes of the controlling machine."""


@pytest.fixture(scope="module")
def shelf(possible: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Three hosts that write and three for servers, provisioned."""
    del possible
    with VirtualCluster([VirtualHost(alias) for alias in ROLES]) as cluster:
        made = Shelf(cluster, tmp_path_factory.mktemp("shelf"), ROLES, WHERE)
        made.provision()
        yield made


def during(shelf: Shelf, act: Callable[[VirtualCluster], None], seconds: float = 8.0, *more: str) -> tuple[str, Trial]:
    """Do something to the hosts while a long run writes; return what it said, and its record."""
    run = shelf.run(*LONG, "--test-time", str(seconds), *more)
    stirrer = threading.Thread(target=lambda: (_await_writing(shelf), act(shelf.cluster)))
    stirrer.start()
    said = run.ended()
    stirrer.join()
    return said, run.trial()


def _await_writing(shelf: Shelf) -> None:
    writing = "ls /var/tmp/thermobench-fleet-*/*.go >/dev/null 2>&1 && echo yes; true"
    until(lambda: told(shelf.cluster, "pi-1", "sh", "-c", writing) == "yes", "nobody writes", 120)


def clean(shelf: Shelf) -> None:
    for alias in shelf.cluster.aliases:
        until(lambda alias=alias: shelf.left_behind(alias) == [], f"something is left on {alias}", GONE_SECONDS)  # type: ignore[misc]


@pytest.mark.parametrize("name", ["mysql", "mqtt", "mqtt_raw", "awsiot", "kafka", "cassandra"])
def test_every_backend_is_written_to_by_three_hosts(shelf: Shelf, name: str) -> None:
    chosen = ("-m", name, *(["-k", "not raw and not awsiot"] if name == "mqtt" else []))
    brief = ("--processes", "1", "--rounds", "1", "--test-time", "2", "--server-warm-up", "3", "--strict-backends")
    run = shelf.run("perf/test_all_threads.py", *chosen, *brief)
    said = run.ended()
    assert run.process.returncode == 0, said
    for trial in run.trials():
        assert trial.environment == "hardware"
        assert "@hardware" in trial.name
        assert (trial.accounting, trial.processes) == ("pass", 3), said
        assert {row["host"] for row in trial.rounds[0].producers} == set(PRODUCERS)
        (server,) = [host for host in trial.hosts if host["roles"] == ["server"]]
        assert server["name"] == WHERE[trial.server["service"]][0]
        assert set(trial.rounds[0].samples) == {*PRODUCERS, server["name"]}
        assert trial.rounds[0].samples[server["name"]]["server.cpu"]
        assert not any(host["name"] in said.replace(host["name"], "") for host in trial.hosts)
        assert "198.18." not in said
        assert "198.19." not in said
    clean(shelf)


def test_a_cluster_of_brokers_has_one_on_each_host(shelf: Shelf) -> None:
    vary = ("hosts=3", "per_host=1", "partitions=3", "replication=3", "acks=all", "producer_hosts=3", "processes=1")
    chosen = [word for one in vary for word in ("--vary", one)]
    brief = ("--rounds", "1", "--test-time", "2", "--server-warm-up", "0", "--strict-backends")
    run = shelf.run("perf/test_kafka_scaling.py", "-k", "confluent", *chosen, *brief)
    said = run.ended()
    assert run.process.returncode == 0, said
    trial = run.trial()
    assert [node["host"] for node in trial.server["settings"]["nodes"]] == list(SERVERS)
    assert {name for name in trial.rounds[0].samples if name in SERVERS} == set(SERVERS)
    assert trial.accounting == "pass"
    clean(shelf)


def test_an_odd_host_with_other_code_is_named_and_nothing_is_written(shelf: Shelf) -> None:
    """One host with an older load script looked twice as fast for days."""
    edit = "cd /opt/thermobench/environment/lib/python3.*/site-packages/collectors && {} loop.py"
    told(shelf.cluster, "pi-3", "sh", "-c", edit.format("cp -p loop.py loop.kept && echo '# older' >>"))
    try:
        said = shelf.run(*LONG).ended()
    finally:
        told(shelf.cluster, "pi-3", "sh", "-c", edit.format("mv loop.kept"))
    assert "hosts differ in their collectors' code: pi-3 has " in said
    assert "1 failed" in said
    clean(shelf)


def test_a_host_with_a_fifth_of_the_cpu_is_named(shelf: Shelf) -> None:
    shelf.cluster.limit_cpu("pi-2", 0.1)
    try:
        run = shelf.run(*LONG, "--test-time", "4")
        said = run.ended()
    finally:
        shelf.cluster.limit_cpu("pi-2", 1.0)
    assert any("uneven producers" in one and "the slowest on host pi-2" in one for one in run.trial().doubts), said


def test_a_link_of_two_megabits_is_the_limit(shelf: Shelf) -> None:
    shelf.cluster.limit_link("pi-5", 2.0)
    try:
        run = shelf.run(*LONG, "--test-time", "4", "--frequency", "0", "--set", "mqtt.qos=0")
        said = run.ended()
    finally:
        shelf.cluster.limit_link("pi-5", 100.0)
    limit = run.trial().limit
    assert limit is not None
    assert limit["class"] == "network", said
    assert "pi-5" in str(limit), limit


def test_a_link_that_goes_down_for_two_seconds_is_told(shelf: Shelf) -> None:
    def flap(cluster: VirtualCluster) -> None:
        cluster.link_down("pi-2")
        time.sleep(2.0)
        cluster.link_up("pi-2")

    said, trial = during(shelf, flap)
    assert any("host pi-2 went down or up" in one for one in trial.doubts), said
    assert trial.accounting == "pass", said


def test_a_host_that_is_throttled_at_eighty_degrees_is_told(shelf: Shelf) -> None:
    said, trial = during(shelf, lambda cluster: cluster.heat("pi-2", 82.0))
    shelf.cluster.cool("pi-2")
    assert any("host pi-2 was held back" in one and "throttled" in one for one in trial.doubts), said


def test_a_clock_that_is_off_is_told_with_how_far(shelf: Shelf) -> None:
    try:
        shelf.cluster.set_clock_offset("pi-2", -3600.0)
    except Unavailable as error:
        pytest.skip(str(error))
    try:
        run = shelf.run(*LONG, "--test-time", "2")
        said = run.ended()
    finally:
        shelf.cluster.set_clock_offset("pi-2", 0.0)
    (doubt,) = [one for one in run.trial().doubts if "wall clock of host" in one]
    assert doubt.startswith("the wall clock of host pi-2 is 3,600."), said
    assert "behind the controlling machine's" in doubt
    assert run.trial().accounting == "pass", said


def test_a_producer_that_is_killed_is_named_and_ends_the_case(shelf: Shelf) -> None:
    def kill(cluster: VirtualCluster) -> None:
        rows = (line.split(None, 2) for line in told(cluster, "pi-2", "ps", "-eo", "pid,ppid,args").splitlines()[1:])
        ours = {pid: parent for pid, parent, argv in rows if "-m collectors --backend" in argv}
        (producer,) = [pid for pid, parent in ours.items() if parent in ours]
        told(cluster, "pi-2", "kill", "-9", producer)

    began = time.monotonic()
    said, trial = during(shelf, kill, 120.0)
    assert time.monotonic() - began < 100
    assert "host pi-2: producer 1: was killed by signal 9" in "\n".join(trial.evidence), said
    assert "1 failed" in said
    clean(shelf)


def test_a_host_that_is_cut_off_fails_the_case_by_its_name(shelf: Shelf) -> None:
    try:
        said, trial = during(shelf, lambda cluster: cluster.cut("pi-2"), 120.0)
    finally:
        shelf.cluster.mend("pi-2")
    assert "host pi-2 was lost" in "\n".join(trial.evidence), said
    assert trial.accounting == "inconclusive"
    assert "1 failed" in said
    clean(shelf)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_ending_the_controlling_process_ends_everything_everywhere(shelf: Shelf, number: signal.Signals) -> None:
    run = shelf.run(*LONG, "--test-time", "300")
    _await_writing(shelf)
    assert shelf.left_behind("pi-1") != []
    run.process.send_signal(number)
    run.ended()
    clean(shelf)


def test_cutting_the_controlling_machine_off_ends_everything_everywhere(shelf: Shelf) -> None:
    run = shelf.run(*LONG, "--test-time", "300")
    _await_writing(shelf)
    for alias in shelf.cluster.aliases:
        shelf.cluster.cut(alias)
    time.sleep(GONE_SECONDS)
    for alias in shelf.cluster.aliases:
        shelf.cluster.mend(alias)
    left = {alias: shelf.left_behind(alias) for alias in shelf.cluster.aliases}
    assert not any(left.values()), left
    run.ended()
