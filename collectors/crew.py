"""The producers of one host, from their start to the totals."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from types import MappingProxyType

from .errors import ContractError, ServerError
from .gate import WAIT_SECONDS, Gate
from .ledger import Outcome
from .load import Load
from .observer import Observed, Observer
from .preparation import prepare
from .producer import Report, produce
from .progress import Progress, Tick
from .shared import STARTING, Shared

_fork = multiprocessing.get_context("fork")
# A fork of a process without threads: client libraries are imported once, and pages of memory are shared on a
# small board. Clients connect after the fork, never before it.

CONNECT_SECONDS = 60.0
"""Longest time that all producers together may take to connect."""
GRACE_SECONDS = 15.0
"""Beyond the writer's own time-out, until a producer that does not end is killed."""
TICK_SECONDS = 1.0
GATE_SECONDS = 0.02
"""From look to look whether the producers of all hosts may begin."""
START_DELAY_NS = 20_000_000
"""From the signal to the common start: time for every producer to be woken."""


@dataclass(frozen=True)
class Producer:
    """How one producer ended."""

    number: int
    """Counted over all hosts."""
    report: Report
    attempted: int
    outcomes: bytes
    """As `Ledger.outcomes` packs them."""
    counts: dict[Outcome, int]
    """As the producer counted them as it went."""


@dataclass
class CrewResult:
    """What the producers of one host brought."""

    producers: list[Producer]
    windows: list[tuple[float, int]]
    """Once a second of the measured time: seconds since its start, readings counted until then."""
    interrupted: bool
    began: float = 0.0
    """When the measured time began, seconds since the epoch."""
    clock_moved: float = 0.0
    """Seconds by which the wall clock moved against the steady one while the producers ran."""
    behind_ms: list[float] = field(default_factory=list)
    """Open loop: with each window, how late the latest producer was."""
    observed: Observed = field(default_factory=Observed)
    """What went on around them on their host."""
    late_seconds: float = 0.0
    """By how much they learnt too late when to begin; 0 where they were told in time, or not told at all."""
    errors: list[str] = field(default_factory=list)
    """What went wrong, by producer; empty for a clean run."""

    def total(self, outcome: Outcome) -> int:
        """Return how many readings of all producers ended so."""
        return sum(producer.counts[outcome] for producer in self.producers)

    @property
    def attempted(self) -> int:
        """How many readings were handed over."""
        return sum(producer.attempted for producer in self.producers)

    @property
    def counted(self) -> int:
        """Readings of the measured time: acknowledged, or sent where nothing was promised."""
        return sum(producer.report.counted for producer in self.producers)

    @property
    def seconds(self) -> float:
        """From the first producer's start to the last one's end, of the measured time; 0 if there was none."""
        measured = [producer.report for producer in self.producers if producer.report.ended_ns]
        if not measured:
            return 0.0
        return (max(report.ended_ns for report in measured) - min(report.began_ns for report in measured)) / 1e9

    @property
    def tps(self) -> float:
        """Readings per second over the measured time."""
        return self.counted / self.seconds if self.seconds else 0.0


class Crew:
    """Runs the producers of one host.

    Args:
        load: what they do.
        on_tick: called about once a second while they run.
        watched: processes of this host to sample with it, by group, such as `server`.
        gate: where to wait for the producers of other hosts; None: there are none.
    """

    def __init__(
        self,
        load: Load,
        on_tick: Callable[[Tick], object] = lambda _: None,
        watched: Mapping[str, Sequence[int]] = MappingProxyType({}),
        gate: Gate | None = None,
    ) -> None:
        self._load = load
        self._gate = gate
        self._observer = Observer(watched)
        self._on_tick = on_tick
        self._shared = Shared(load.processes)
        self._processes: list[ForkProcess] = []
        self._channels: list[Connection] = []
        self._ledgers: list[int] = []
        self._reports: dict[int, Report] = {}
        self._stops = 0
        self._killed = ""
        self._began = 0.0
        self._late_seconds = 0.0
        self._behind_ms: list[float] = []
        self._observed = Observed()

    @property
    def started(self) -> bool:
        """Whether there are producers, so that `stop` has a meaning."""
        return bool(self._processes)

    def stop(self) -> None:
        """Ask the producers to stop; `run` then returns with what was written so far. Safe in a signal handler.

        Asked a second time they are not waited for any more: what is in flight ends as unknown.
        """
        self._stops += 1
        self._shared.stop()

    def run(self) -> CrewResult:
        """Prepare the server, start the producers together, and return when all have ended.

        Raises:
            Unavailable: the client is not installed.
            ServerError: the server could not be reached, or refused, before anything was written.
        """
        client = self._load.backend.load()
        prepare(self._load)
        try:
            self._start()
            self._await_ready()
            began = self._opened(client)
            apart = _clocks_apart()
            windows = self._watch(began)
            return self._result(windows, _clocks_apart() - apart)
        finally:
            self._end()

    def _start(self) -> None:
        for index in range(self._load.processes):
            receive, send = _fork.Pipe(duplex=False)
            ledger = os.memfd_create(f"ledger-{index}", os.MFD_CLOEXEC)
            process = _fork.Process(target=produce, args=(self._load, self._shared, index, ledger, send))
            process.start()
            send.close()
            self._processes.append(process)
            self._channels.append(receive)
            self._ledgers.append(ledger)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + CONNECT_SECONDS
        while any(self._shared.state(index) == STARTING for index in range(self._load.processes)):
            self._take_reports(0.005)
            if self._ended() or self._stops:
                self._shared.stop()
                break
            if time.monotonic() > deadline:
                raise ServerError(f"{self._load.backend.name}: not connected within {CONNECT_SECONDS:.0f} s")
        for index in self._ended():
            report = self._report(index)
            if report.error and not self._stops:
                raise (ContractError if report.contract else ServerError)(report.error)

    def _opened(self, client: str) -> int:
        """Return when to begin, by `time.perf_counter_ns`: at once, or when the producers of every host may."""
        if self._gate is None or self._shared.stop_flag[0]:
            return time.perf_counter_ns() + START_DELAY_NS
        self._gate.announce(self._load, client)
        deadline = time.monotonic() + WAIT_SECONDS
        while (began := self._gate.began_ns()) is None:
            self._take_reports(GATE_SECONDS)
            if self._ended() or self._stops:
                self._shared.stop()
                return time.perf_counter_ns()
            if time.monotonic() > deadline:
                raise ServerError(f"the producers of other hosts were not ready within {WAIT_SECONDS:.0f} s")
        self._late_seconds = max(0.0, (time.perf_counter_ns() - began) / 1e9)
        return began

    def _watch(self, began: int) -> list[tuple[float, int]]:
        """Start the producers, and tell how it goes until all have ended."""
        load, progress = self._load, Progress(self._load.processes, self._load.warm_up)
        tick = load.warm_up % TICK_SECONDS
        budget = load.warm_up + load.test_time + load.timeout + GRACE_SECONDS
        self._observer.begin([process.pid for process in self._processes if process.pid])
        self._shared.start(began)
        self._began = time.time() + (began - time.perf_counter_ns()) / 1e9 + load.warm_up
        while len(self._ended()) < load.processes:
            seconds = (time.perf_counter_ns() - began) / 1e9
            self._take_reports(max(0.0, tick - seconds))
            if any(self._report(index).error for index in self._ended()):
                self._shared.stop()  # one that ended by itself ends the run: it has failed
            if self._shared.stop_flag[0]:
                budget = min(budget, seconds + load.timeout + GRACE_SECONDS)
            seconds = (time.perf_counter_ns() - began) / 1e9
            if seconds >= tick:
                self._on_tick(progress.note(seconds, self._shared.counted(), self._shared.latest_ns()))
                self._observer.look()
                tick += TICK_SECONDS
            if seconds > budget or self._stops > 1:
                self._killed = "was not waited for" if self._stops > 1 else f"was killed after {budget:.0f} s"
                self._kill()
        self._behind_ms = progress.behind_ms
        self._observed = self._observer.end(began + round(load.warm_up * 1e9), time.perf_counter_ns())
        return progress.windows

    def _take_reports(self, seconds: float) -> None:
        """Wait so long for producers to end, and take in the reports of those that do."""
        open_channels = [channel for channel in self._channels if not channel.closed]
        if not open_channels:
            return
        for channel in wait(open_channels, timeout=seconds):
            index = self._channels.index(channel)  # type: ignore[arg-type]
            with suppress(EOFError):  # it died without a report
                self._reports[index] = Report.from_bytes(self._channels[index].recv_bytes())
            self._channels[index].close()
            self._processes[index].join()

    def _ended(self) -> list[int]:
        return [index for index, channel in enumerate(self._channels) if channel.closed]

    def _report(self, index: int) -> Report:
        """Return what an ended producer reported, or how it died."""
        if index in self._reports:
            return self._reports[index]
        status = self._processes[index].exitcode
        died = f"was killed by signal {-status}" if status is not None and status < 0 else f"ended with status {status}"
        return Report(error=self._killed or died)

    def _result(self, windows: list[tuple[float, int]], clock_moved: float) -> CrewResult:
        producers = [self._producer(index) for index in range(self._load.processes)]
        errors = [f"producer {one.number}: {one.report.error}" for one in producers if one.report.error]
        behind = self._behind_ms if self._load.rate else []
        return CrewResult(
            producers,
            windows,
            bool(self._stops),
            self._began,
            clock_moved,
            behind,
            self._observed,
            self._late_seconds,
            errors,
        )

    def _producer(self, index: int) -> Producer:
        totals = self._shared.totals(index)
        length = -(-totals.attempted // 4)
        packed = os.pread(self._ledgers[index], length, 0).ljust(length, b"\0")
        number = self._load.first_producer + index
        return Producer(number, self._report(index), totals.attempted, packed, totals.by_outcome())

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()

    def _end(self) -> None:
        self._kill()
        self._observer.close()
        for ledger in self._ledgers:
            os.close(ledger)
        for channel in self._channels:
            channel.close()


def _clocks_apart() -> float:
    """Return by how much the wall clock is ahead of the steady one, in seconds, from some fixed amount on."""
    return (time.time_ns() - time.monotonic_ns()) / 1e9
