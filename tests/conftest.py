"""Real servers for the tests, each started once when the first test asks for it."""

from __future__ import annotations

import gc
import logging
import signal
import warnings
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from collectors.backends.registry import backend
from collectors.errors import Unavailable
from fixtures.hosts.dask_cluster import DaskCluster
from fixtures.hosts.local import LocalHost
from fixtures.services.base import RunningService
from fixtures.stage import SERVICES

from .dask_cluster import Dask
from .sshd import Sshd

# How long an example takes is the machine's business: no test fails for being slow.
settings.register_profile("thermobench", deadline=None)
settings.load_profile("thermobench")

# A shell that starts the tests in the background has Ctrl-C ignored, and all that they start would ignore it, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def host() -> Iterator[LocalHost]:
    """A host that is closed when the tests end, with everything that was started on it."""
    with LocalHost() as made:
        yield made


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """An sshd on loopback. Where none is installed the test is skipped."""
    with Sshd(tmp_path_factory.mktemp("sshd")) as made:
        yield made


@pytest.fixture(scope="session")
def dask() -> Iterator[Dask]:
    """A Dask cluster on loopback with one worker. Where Dask is not installed the test is skipped."""
    with Dask() as made:
        made.worker("w1")
        yield made


@pytest.fixture(scope="session")
def dask_cluster(dask: Dask) -> Iterator[DaskCluster]:
    """The same, joined."""
    with DaskCluster(dask.target()) as made:
        yield made


@pytest.fixture(scope="session")
def running(host: LocalHost, pytestconfig: pytest.Config) -> Iterator[Callable[[str], RunningService]]:
    """Return a service by its name, started on first use. Where it cannot run the test is skipped, but not in CI.

    One that is a mere file is another file at each use: two backends must not share it.
    """
    started: dict[str, RunningService] = {}

    def get(name: str) -> RunningService:
        if name not in SERVICES:
            pytest.skip(f"the suite cannot start {name!r}")
        if name not in started or not started[name].processes:
            service = SERVICES[name]()
            try:
                service.check(host)
            except Unavailable as error:
                if pytestconfig.getoption("strict_backends"):
                    pytest.fail(str(error), pytrace=False)
                pytest.skip(str(error))
            started[name] = service.start(host, lambda _: None)
        return started[name]

    yield get
    for one in started.values():
        one.stop()


@pytest.fixture
def server_of(running: Callable[[str], RunningService]) -> Callable[[str], RunningService]:
    """Return the service that a backend, given by its name, writes to."""
    return lambda name: running(backend(name).service)


@pytest.fixture
def refusals(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """For tests in which connections are refused: kafka-python leaves their sockets to the garbage collector."""
    caplog.set_level(logging.CRITICAL + 1, "kafka")  # its log records hold on to them
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
        yield
        gc.collect()
