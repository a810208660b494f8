"""Provisioning two hosts, and servers on what they were given. These tests build on each other, in this order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from collectors import fingerprint
from collectors.accounting import Verdict
from collectors.backends.base import Backend
from collectors.backends.registry import backend
from collectors.endpoint import Endpoint
from collectors.errors import ServerError, Unavailable
from fixtures.hosts.ssh import SshHost
from fixtures.hosts.ssh_target import SshTarget
from fixtures.provisioning.place import provisioned_python
from fixtures.services.base import Cluster, RunningService, Service
from fixtures.services.cassandra import CassandraService
from fixtures.services.kafka import KafkaService
from fixtures.services.mariadb import MariadbService
from fixtures.services.mosquitto import MosquittoService
from tests.writing import accounted, assignment_for

from . import VirtualCluster, VirtualHost
from .asking import ROOT, told

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

PLACE = "/opt/thermobench"
SECONDS = 900
COUNT = 100
LISTENING = "0A"  # TCP_LISTEN in the kernel's include/net/tcp_states.h
MARKER = "/run/before"
FOLDERS = "/opt /etc /home /var/lib /var/tmp /tmp /root/.cache /root/.config"
CHANGED = f"find {FOLDERS} -newer {MARKER} ! -path '/etc/ssh*' ! -type d"


@pytest.fixture(scope="module")
def cluster(possible: None) -> Iterator[VirtualCluster]:
    """A producer that is a server, too, and a server. All packages are there through this machine's own files."""
    del possible
    with VirtualCluster([VirtualHost("pi-1", mbit=1000.0), VirtualHost("pi-2", mbit=1000.0)]) as made:
        for alias in made.aliases:
            told(made, alias, "touch", MARKER)
        yield made


@pytest.fixture(scope="module")
def inventory(cluster: VirtualCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    roles = {"pi-1": ["producer", "server"], "pi-2": ["server"]}
    hosts = [f"{{ alias = '{one}', address = '{one}', roles = {roles[one]} }}" for one in cluster.aliases]
    file = tmp_path_factory.mktemp("inventory") / "cluster.toml"
    file.write_text(f"host = [\n{','.join(hosts)}\n]\n")
    return file


def run(cluster: VirtualCluster, inventory: Path, *words: str, status: int = 0) -> str:
    """Run `python -m fixtures`; return what it says."""
    argv = [sys.executable, "-m", "fixtures", *words, "--inventory", inventory, "--ssh-config", cluster.ssh_config]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def changed(cluster: VirtualCluster, alias: str) -> list[str]:
    """Return the files of a host that are not as they were in the beginning."""
    return told(cluster, alias, "sh", "-c", CHANGED).splitlines()


def everything(cluster: VirtualCluster, alias: str) -> str:
    """Return each file of the place, with the time of its last change."""
    return told(cluster, alias, "find", PLACE, "-printf", "%p %T@ %C@\n")


def reached(cluster: VirtualCluster, alias: str) -> SshHost:
    return SshHost(alias, cluster.address(alias), SshTarget(alias, config=cluster.ssh_config))


@pytest.fixture(scope="module")
def hosts(cluster: VirtualCluster) -> Iterator[list[SshHost]]:
    made = [reached(cluster, alias) for alias in cluster.aliases]
    yield made
    for host in made:
        host.close()


def test_a_dry_run_tells_and_changes_nothing(cluster: VirtualCluster, inventory: Path) -> None:
    said = run(cluster, inventory, "provision", "--dry-run")
    assert "pi-1: to do: install thermobench" in said
    assert "pi-2: to do: copy Kafka" in said
    assert [changed(cluster, alias) for alias in cluster.aliases] == [[], []]


def test_a_host_that_does_not_answer_is_named_and_stops_no_other(
    cluster: VirtualCluster, inventory: Path, tmp_path: Path
) -> None:
    file = tmp_path / "cluster.toml"
    file.write_text(inventory.read_text().replace("address = 'pi-2'", "address = 'pi-2', port = 9"))
    said = run(cluster, file, "provision", "--dry-run", status=1)
    assert "pi-2: failed: it does not answer" in said
    assert "pi-1: to do: install thermobench" in said
    assert "failed on pi-2; 1 of 2 hosts are in order" in said


def test_hosts_get_what_their_roles_need(cluster: VirtualCluster, inventory: Path, hosts: list[SshHost]) -> None:
    said = run(cluster, inventory, "provision")
    assert said.count(": done") == 2
    for alias, host in zip(cluster.aliases, hosts, strict=True):
        python = provisioned_python(host)
        assert python == f"{PLACE}/environment/bin/python"
        facts = host.facts()["fingerprint"]
        assert facts["code"] == fingerprint.code()
        assert told(cluster, alias, python, "-m", "collectors", "--help").startswith("usage")
        manifest = json.loads(told(cluster, alias, "cat", f"{PLACE}/manifest.json"))
        assert set(manifest["jars"]) == {"kafka", "cassandra", "jmx-exporter"}
        assert ("kafka" in manifest["extras"]) == (alias == "pi-1")
        # Held to the versions of constraints.txt, as this environment is.
        ours = {name: version for name, version in fingerprint.client_versions().items() if "adafruit" not in name}
        assert facts["clients"] == (ours if alias == "pi-1" else {"hdrhistogram": ours["hdrhistogram"]})


def test_a_second_time_changes_nothing(cluster: VirtualCluster, inventory: Path) -> None:
    before = [everything(cluster, alias) for alias in cluster.aliases]
    said = run(cluster, inventory, "provision")
    assert said.splitlines() == ["pi-1: nothing to do", "pi-2: nothing to do"]
    assert [everything(cluster, alias) for alias in cluster.aliases] == before


def test_what_was_changed_is_mended_and_nothing_else(cluster: VirtualCluster, inventory: Path) -> None:
    told(cluster, "pi-2", "sh", "-c", f"echo x >> {PLACE}/jars/jmx-exporter/SHA256SUMS")
    said = run(cluster, inventory, "provision", "pi-2")
    assert [line for line in said.splitlines() if "to do" in line] == [
        "pi-2: to do: copy the JMX exporter 1.0.1, 3 MB, and check its SHA-256"
    ]


def listened_on(cluster: VirtualCluster, alias: str) -> set[str]:
    """Return the addresses that something on a host listens on, but for its sshd."""
    found = set()
    for line in told(cluster, alias, "cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines():
        _, local, _, state, *_ = line.split()
        address, _, port = local.rpartition(":")
        if state == LISTENING and int(port, 16) != 22:
            found.add(".".join(str(byte) for byte in reversed(bytes.fromhex(address))))
    return found


SERVICES: list[tuple[Service, str]] = [
    (MosquittoService(), "mqtt"),
    (MariadbService(), "mysql"),
    (KafkaService(brokers=2), "kafka"),
    (CassandraService(nodes=2), "cassandra"),
]


def assert_nobody_else_is_let_in(made: Backend, endpoint: Endpoint) -> None:
    """Where the server asks for a password, it has to be the right one."""
    if not endpoint.password:
        return
    for stranger in (replace(endpoint, username="", password=""), replace(endpoint, password="wrong-password")):
        with pytest.raises(ServerError):
            made.prepare(assignment_for(made, stranger))


def started(service: Service, hosts: list[SshHost]) -> RunningService:
    try:
        for host in hosts:
            service.check(host)
    except Unavailable as error:
        pytest.skip(str(error))
    return (
        service.start_on(hosts, lambda _: None)
        if isinstance(service, Cluster)
        else service.start(hosts[0], lambda _: None)
    )


@pytest.mark.parametrize(("service", "name"), SERVICES, ids=lambda value: value if isinstance(value, str) else "")
def test_servers_listen_on_their_hosts_addresses_alone_and_take_readings_from_another_machine(
    cluster: VirtualCluster, hosts: list[SshHost], service: Service, name: str
) -> None:
    running = started(service, hosts)
    try:
        for alias in cluster.aliases if isinstance(service, Cluster) else cluster.aliases[:1]:
            assert listened_on(cluster, alias) == {cluster.address(alias)}
        made = backend(name)
        made.load()
        account = accounted(made, assignment_for(made, running.endpoints[made.listener], frequency=10), COUNT)
        assert (account.verdict, account.delivered) == (Verdict.PASS, COUNT)
        assert_nobody_else_is_let_in(made, running.endpoints[made.listener])
    finally:
        running.stop()


def test_unprovisioning_leaves_nothing(cluster: VirtualCluster, inventory: Path, hosts: list[SshHost]) -> None:
    for host in hosts:
        host.close()
    assert "pi-1: to do: remove /opt/thermobench" in run(cluster, inventory, "unprovision", "--dry-run")
    assert told(cluster, "pi-1", "ls", PLACE)
    run(cluster, inventory, "unprovision")
    assert [changed(cluster, alias) for alias in cluster.aliases] == [[], []]
    assert run(cluster, inventory, "unprovision").splitlines() == ["pi-1: nothing to do", "pi-2: nothing to do"]


def test_clients_that_cannot_be_had_are_told_and_the_others_are_installed(
    cluster: VirtualCluster, inventory: Path, tmp_path: Path
) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "-c", "constraints.txt", "-w", tmp_path]
    subprocess.run([*pip, "hdrhistogram", "paho-mqtt"], cwd=ROOT, check=True, timeout=SECONDS)
    words = "provision", "pi-1", "--wheelhouse", str(tmp_path)
    said = run(cluster, inventory, *words)
    lacking = [line for line in said.splitlines() if "without" in line]
    assert any(line.startswith("pi-1: without kafka: ") for line in lacking)
    assert not any("without mqtt" in line for line in lacking)
    assert run(cluster, inventory, *words).splitlines() == ["pi-1: nothing to do", *lacking]
    run(cluster, inventory, "unprovision")
