"""What every service promises, asked of each on the local host, with real servers.

Each server is started twice: one start is shared by all tests that only look, the other one's server is killed.
"""

from __future__ import annotations

import ipaddress
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from collectors.backends.counting import difference
from collectors.errors import Unavailable
from fixtures.hosts.base import Host
from fixtures.hosts.local import LocalHost
from fixtures.process_table import entry
from fixtures.services.base import RunningService, Service
from fixtures.services.cassandra import CassandraService
from fixtures.services.file import FileService
from fixtures.services.kafka import KafkaService
from fixtures.services.mariadb import MariadbService
from fixtures.services.mosquitto import MosquittoService

SERVICES: list[Service] = [
    FileService(),
    MosquittoService(),
    MariadbService(),
    KafkaService(),
    CassandraService(),
]
LISTENING = "0A"  # TCP_LISTEN in the kernel's include/net/tcp_states.h


class Started(NamedTuple):
    service: Service
    host: Host
    running: RunningService
    progress: list[str]


def start(service: Service) -> Started:
    host = LocalHost()
    try:
        service.check(host)
        progress: list[str] = []
        return Started(service, host, service.start(host, progress.append), progress)
    except BaseException as error:
        host.close()
        if isinstance(error, Unavailable):
            pytest.skip(str(error))
        raise


@pytest.fixture(scope="module", params=SERVICES, ids=lambda service: service.name)
def started(request: pytest.FixtureRequest) -> Iterator[Started]:
    made = start(request.param)
    yield made
    made.host.close()


def ports(running: RunningService) -> set[int]:
    nodes = {node for endpoint in running.endpoints.values() for node in endpoint.nodes(0)}
    exporters = {exporter.port for exporter in running.exporters}
    return {port for _, port in nodes if port} | exporters


def is_there(pid: int) -> bool:
    found = entry(pid)
    return found is not None and found.state != "Z"


def listening() -> set[tuple[str, int]]:
    """Return the address and port of every listening TCP socket of this machine (proc_net_tcp(5))."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, port = local.split(":")
            if state == LISTENING:
                words = [bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8)]
                found.add((str(ipaddress.ip_address(b"".join(words))), int(port, 16)))
    return found


def is_loopback(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def test_it_names_itself_and_its_version(started: Started) -> None:
    assert started.running.name == started.service.name
    assert re.match(r"\d+\.\d+", started.running.version)
    assert all(isinstance(words, str) and words for words in started.progress)


def test_every_endpoint_is_on_loopback_and_there_is_a_default(started: Started) -> None:
    endpoints = started.running.endpoints
    assert "default" in endpoints
    for endpoint in endpoints.values():
        assert all(is_loopback(address) for address, _ in endpoint.nodes(0))


def test_it_tells_what_it_counts_to_loopback_alone_and_only_grows(started: Started) -> None:
    running = started.running
    assert all(is_loopback(exporter.address) for exporter in running.exporters)
    since = difference(running.metrics(), running.metrics())
    assert bool(since.grown) == bool(since.levels) == bool(running.exporters)
    assert since.reset == []


def test_every_port_is_listened_on_by_a_process_of_its_own(started: Started) -> None:
    host, running = started.host, started.running
    assert running.dead() == []
    assert bool(running.processes) == bool(ports(running))
    for port in ports(running):
        assert any(host.listens(process, port) for process in running.processes)


def test_nothing_of_it_listens_on_an_address_that_others_can_reach(started: Started) -> None:
    known = listening()
    assert {port for address, port in known if is_loopback(address)} >= ports(started.running)
    for address, port in known:
        if not is_loopback(address):
            assert not any(started.host.listens(process, port) for process in started.running.processes)


def test_its_data_and_logs_are_for_its_own_user_alone(started: Started) -> None:
    running = started.running
    assert Path(running.data_folder).stat().st_mode & 0o7777 == 0o700
    for log in running.logs:
        assert Path(log).stat().st_mode & 0o077 == 0
    for endpoint in running.endpoints.values():
        if endpoint.key_file:
            assert Path(endpoint.key_file).stat().st_mode & 0o7777 == 0o600


def test_no_secret_is_on_a_command_line_or_in_a_log(started: Started) -> None:
    running = started.running
    secrets = [endpoint.password.encode() for endpoint in running.endpoints.values() if endpoint.password]
    seen = [repr(running).encode(), *(started.host.fetch(log) for log in running.logs)]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            seen.append((process / "cmdline").read_bytes())
        except (FileNotFoundError, ProcessLookupError):
            continue
    assert [secret for secret in secrets if any(secret in text for text in seen)] == []


def test_its_facts_can_be_saved(started: Started) -> None:
    assert json.loads(json.dumps(started.running.facts)) == started.running.facts


def test_two_at_a_time_do_not_disturb_each_other_and_the_dead_are_named(started: Started) -> None:
    first, second = started.running, start(started.service)
    running = second.running
    try:
        assert not ports(first) & ports(running)
        assert first.data_folder != running.data_folder
        assert not {process.pid for process in first.processes} & {process.pid for process in running.processes}
        assert running.dead() == []
        for process in running.processes[:1]:
            process.signal(signal.SIGKILL)
            assert process.wait(10) == -signal.SIGKILL
            assert running.dead() == [process.pid]
        running.stop()
        running.stop()
        assert sorted(running.dead()) == sorted(process.pid for process in running.processes)
        assert all(second.host.fetch(log) for log in running.logs)
    finally:
        second.host.close()
    assert [process.pid for process in running.processes if is_there(process.pid)] == []
    assert not ports(running) & {port for _, port in listening()}
    assert not Path(running.data_folder).exists()
    assert not any(Path(log).exists() for log in running.logs)
    test_every_port_is_listened_on_by_a_process_of_its_own(started)


def test_stopping_ends_every_process_and_port(started: Started) -> None:
    """The last test of each service: it stops the shared one."""
    host, running = started.host, started.running
    running.stop()
    running.stop()
    assert sorted(running.dead()) == sorted(process.pid for process in running.processes)
    assert not ports(running) & {port for _, port in listening()}
    assert all(host.fetch(log) for log in running.logs)
    host.close()
    assert not Path(running.data_folder).exists()
    for endpoint in running.endpoints.values():
        assert not any(Path(path).exists() for path in (endpoint.ca_file, endpoint.key_file) if path)
