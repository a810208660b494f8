"""Cases whose limit is made: what is held to how little, and what has to be named."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from collectors.backends.registry import backend
from collectors.load import Load, checked
from collectors.record import Trial
from fixtures.confirmation_rounds import HeldHost
from fixtures.control_group import cpu_quota, slow_disk
from fixtures.fleet.posts import Posts
from fixtures.hosts.base import Host
from fixtures.hosts.local import LocalHost
from fixtures.measurement import Measurement
from fixtures.services.base import RunningService
from fixtures.stage import SERVICES
from tests.waiting import until

from . import distance
from .link import LinkedHost, ShapedLink

SECONDS = 4.0
OTHERS = 0.5
"""Cores. What others on this machine take beyond it may be what limits a case: it is waited for, and measured again."""
TRIES = 5
QUIET_SECONDS = 30.0
LOOK_SECONDS = 0.5

T = TypeVar("T")


class Make(Protocol):
    """Makes something that is closed when the test ends."""

    def __call__(self, maker: Callable[[], AbstractContextManager[T]]) -> T:
        """Make it.

        Raises:
            Unavailable: it cannot be made here.
        """


@dataclass(frozen=True)
class Case:
    """A load on a service, and the class of its limit."""

    host: LocalHost
    service: RunningService
    load: Load
    limit: str

    def measured(self) -> Trial:
        """Return the record of one round; while others use this machine it is measured again."""
        for _ in range(TRIES):
            _await_quiet()
            measurement = Measurement(
                "known answer", self.load, Posts((self.host,), (self.load.processes,)), self.service
            )
            samples = measurement.round().samples[self.host.name]
            others = [value for value in samples.get("foreign.cpu", []) if value is not None]
            if others and statistics.median(others) < OTHERS:
                break
        return measurement.trial()

    def another(self, host: Host) -> RunningService:
        """Start the same service on another host."""
        return SERVICES[self.service.name]().start(host, lambda _: None)


def a_server_held_to_a_twentieth_of_a_cpu(make: Make) -> Case:
    group = make(lambda: cpu_quota(0.05))
    case = _case(make(LocalHost), "mqtt", "server CPU", frequency=0, processes=2)
    group.hold(process.pid for process in case.service.processes)
    return case


def producers_held_to_a_tenth_of_a_cpu(make: Make) -> Case:
    group = make(lambda: cpu_quota(0.1))
    return _case(make(lambda: HeldHost(group)), "mqtt", "producer CPU", frequency=0, processes=2)


def a_link_of_two_megabits(make: Make) -> Case:
    link = make(lambda: ShapedLink("2mbit"))
    return _case(make(lambda: LinkedHost(link)), "mqtt", "network", frequency=0, processes=4)


def a_disk_that_takes_fifty_writes_a_second(make: Make) -> Case:
    case = _case(make(LocalHost), "mysql", "server I/O", frequency=1, processes=2)
    group = make(lambda: slow_disk(case.service.data_folder, 50))
    group.hold(process.pid for process in case.service.processes)
    return case


def one_process_that_waits_for_every_reading(make: Make) -> Case:
    return _case(make(LocalHost), "mqtt", "round trip", frequency=1, processes=1)


def a_server_two_milliseconds_away(make: Make) -> Case:
    case = _case(make(LocalHost), "mqtt", "round trip", frequency=1, processes=1)
    host, endpoint = case.host, case.load.endpoint
    port = host.free_port()
    argv = [sys.executable, distance.__file__, str(port), str(endpoint.port), "1"]
    line = host.run(argv, log=f"{host.folder('distance')}/log")
    until(lambda: host.listens(line, port), "the line is there")
    return replace(case, load=replace(case.load, endpoint=replace(endpoint, port=port)))


def a_schedule_that_asks_for_little(make: Make) -> Case:
    return _case(make(LocalHost), "mqtt", "schedule", frequency=0, processes=2, rate=200.0)


CASES: dict[str, Callable[[Make], Case]] = {
    one.__name__: one
    for one in (
        a_server_held_to_a_twentieth_of_a_cpu,
        producers_held_to_a_tenth_of_a_cpu,
        a_link_of_two_megabits,
        a_disk_that_takes_fifty_writes_a_second,
        one_process_that_waits_for_every_reading,
        a_server_two_milliseconds_away,
        a_schedule_that_asks_for_little,
    )
}


def _case(host: LocalHost, name: str, limit: str, *, frequency: int, **fields: Any) -> Case:
    made = backend(name)
    service = SERVICES[made.service]()
    service.check(host)
    running = service.start(host, lambda _: None)
    endpoint = running.endpoints[made.listener]
    load = checked(made, {}, endpoint=endpoint, frequency=frequency, test_time=SECONDS, warm_up=0.5, **fields)
    return Case(host, running, load, limit)


def _await_quiet() -> None:
    """Wait until others leave this machine alone, for as long as that makes sense."""
    deadline, before = time.monotonic() + QUIET_SECONDS, _busy()
    while time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        now = _busy()
        if now - before < OTHERS * LOOK_SECONDS:
            return
        before = now


def _busy() -> float:
    """Return the CPU seconds used so far, by all (proc_stat(5))."""
    user, nice, system = Path("/proc/stat").read_text().split()[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")
