"""Every service on a host over SSH, one round trip each. What else they promise is asked of them on the local host."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.accounting import Verdict
from collectors.backends.registry import backend
from collectors.errors import Unavailable
from fixtures.hosts.local import LocalHost
from fixtures.hosts.ssh import SshHost
from fixtures.services import jars
from fixtures.services.base import Service
from fixtures.services.cassandra import CassandraService
from fixtures.services.jars import Software
from fixtures.services.kafka import KafkaService
from fixtures.services.mariadb import MariadbService
from fixtures.services.mosquitto import MosquittoService
from tests.sshd import ALIAS, Sshd
from tests.writing import accounted, assignment_for

COUNT = 100
large = (pytest.mark.cluster, pytest.mark.slow)


class Furnished(SshHost):
    """A host that has the jars of this machine, which it really is."""

    def jars(self, name: str) -> str | None:
        known = {software.folder.name: software for software in (jars.KAFKA, jars.CASSANDRA, jars.JMX_EXPORTER)}
        return str(fetched(known[name]))


def fetched(software: Software) -> Path:
    with LocalHost() as here:
        return Path(software.provide(here, lambda _: None))


@pytest.fixture
def far(sshd: Sshd, tmp_path: Path) -> Iterator[SshHost]:
    with Furnished(ALIAS, "127.0.0.1", sshd.target(tmp_path), python=sys.executable) as made:
        yield made


@pytest.mark.parametrize(
    ("service", "name"),
    [
        (MosquittoService(), "mqtt"),
        (MosquittoService(), "awsiot"),
        pytest.param(MariadbService(), "mysql", marks=pytest.mark.slow),
        pytest.param(KafkaService(), "kafka", marks=large),
        pytest.param(CassandraService(), "cassandra", marks=large),
    ],
    ids=["mqtt", "awsiot", "mysql", "kafka", "cassandra"],
)
def test_what_is_written_to_a_server_on_another_host_arrives(far: SshHost, service: Service, name: str) -> None:
    made = backend(name)
    try:
        made.load()
        service.check(far)
        running = service.start(far, lambda _: None)
    except Unavailable as error:
        pytest.skip(str(error))
    account = accounted(made, assignment_for(made, running.endpoints[made.listener], frequency=10), COUNT)
    assert (account.verdict, account.delivered) == (Verdict.PASS, COUNT)
    assert running.version[0].isdigit()
    running.stop()
    assert sorted(running.dead()) == sorted(process.pid for process in running.processes)
