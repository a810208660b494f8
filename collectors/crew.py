"""The producers of one host, from their start to the totals."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any

from .errors import ContractError, ServerError, ThermobenchError
from .ledger import Outcome, count_outcomes
from .load import Load
from .producer import Report, die_with, produce
from .shared import ENDED, MEASURING, STARTING, Shared

_fork = multiprocessing.get_context("fork")
# A fork of a process without threads: client libraries are imported once, and pages of memory are shared on a
# small board. Clients connect after the fork, never before it.

CONNECT_SECONDS = 60.0
"""Longest time that all producers together may take to connect."""
GRACE_SECONDS = 15.0
"""Beyond the writer's own time-out, until a producer that does not end is killed."""
TICK_SECONDS = 1.0


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


@dataclass
class CrewResult:
    """What the producers of one host brought."""

    producers: list[Producer]
    windows: list[tuple[float, int]]
    """Once a second of the measured time: seconds since its start, readings counted until then."""
    interrupted: bool
    errors: list[str] = field(default_factory=list)
    """What went wrong, by producer; empty for a clean run."""
    contract_broken: bool = False

    def total(self, outcome: Outcome) -> int:
        """Return how many readings of all producers ended so."""
        return sum(producer.counts[outcome] for producer in self.producers)

    @property
    def attempted(self) -> int:
        """Return how many readings were handed over."""
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


@dataclass(frozen=True)
class Tick:
    """What is told once a second while it runs (L5)."""

    seconds: float
    """Since the start."""
    current_tps: float
    average_tps: float
    total: int
    """Readings acknowledged so far, or sent where nothing was promised."""
    processes: int


class Crew:
    """Runs the producers of one host.

    Args:
        load: what they do.
        on_tick: called about once a second while they run.
    """

    def __init__(self, load: Load, on_tick: Callable[[Tick], None] = lambda _: None) -> None:
        self._load = load
        self._on_tick = on_tick
        self._shared = Shared(load.processes)
        self._processes: list[ForkProcess] = []
        self._channels: list[Connection] = []
        self._ledgers: list[int] = []
        self._reports: dict[int, Report] = {}
        self._interrupted = False
        self._problem = ""

    def stop(self) -> None:
        """Ask the producers to stop; `run` then returns with what was written so far. Safe in a signal handler."""
        self._interrupted = True
        self._shared.stop()

    def run(self) -> CrewResult:
        """Prepare the server, start the producers together, and return when all have ended.

        Raises:
            Unavailable: the client is not installed.
            ServerError: the server could not be reached, or refused, before anything was written.
        """
        self._load.backend.load()
        self._prepare()
        try:
            self._start()
            self._watch_connecting()
            windows = self._watch_running()
            self._collect_reports(time.monotonic() + 1.0)
            return self._result(windows)
        finally:
            self._end()

    def _prepare(self) -> None:
        """Run `Backend.prepare` in a process of its own: clients start threads, which must not live when we fork."""
        receive, send = _fork.Pipe(duplex=False)
        process = _fork.Process(target=_prepare, args=(self._load, send))
        process.start()
        send.close()
        if not receive.poll(CONNECT_SECONDS):
            process.kill()
            raise ServerError(f"{self._load.backend.name}: no table or topic was ready within {CONNECT_SECONDS:.0f} s")
        with suppress(EOFError):
            told: dict[str, str] = json.loads(receive.recv_bytes())
            process.join()
            if told:
                raise ServerError(told["what"], told["mend"])
            return
        process.join()
        raise ContractError(f"backend {self._load.backend.name}: prepare ended with status {process.exitcode}")

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

    def _watch_connecting(self) -> None:
        deadline = time.monotonic() + CONNECT_SECONDS
        while any(self._shared.state(index) == STARTING for index in range(self._load.processes)):
            self._collect_reports(time.monotonic())
            ended = [index for index in range(self._load.processes) if not self._processes[index].is_alive()]
            if ended or self._interrupted or time.monotonic() > deadline:
                self._shared.stop()
                break
            time.sleep(0.005)
        self._collect_reports(time.monotonic())
        for report in self._reports.values():
            if report.error:
                raise (ContractError if report.contract else ServerError)(report.error)
        if time.monotonic() > deadline:
            raise ServerError(f"{self._load.backend.name}: not connected within {CONNECT_SECONDS:.0f} s")

    def _watch_running(self) -> list[tuple[float, int]]:
        began = time.perf_counter_ns() + 20_000_000
        self._shared.start(began)
        load, windows = self._load, []
        budget = load.warm_up + load.test_time + load.timeout + GRACE_SECONDS
        last_total, last_seconds, offset = 0, 0.0, -1
        while self._alive():
            seconds = (time.perf_counter_ns() - began) / 1e9
            to_next = TICK_SECONDS - max(0.0, seconds - load.warm_up) % TICK_SECONDS
            self._collect_reports(time.monotonic() + to_next, all_or_nothing=True)
            seconds, total = (time.perf_counter_ns() - began) / 1e9, self._shared.counted()
            if seconds - last_seconds > TICK_SECONDS / 2:
                current = (total - last_total) / (seconds - last_seconds)
                self._on_tick(Tick(seconds, current, total / seconds, total, load.processes))
                last_total, last_seconds = total, seconds
            if any(self._shared.state(index) >= MEASURING for index in range(load.processes)):
                offset = total if offset < 0 else offset
                windows.append((seconds - load.warm_up, total - offset))
            if seconds > budget or (self._interrupted and self._overdue()):
                self._problem = f"did not end within {budget:.0f} s and was killed"
                self._kill()
        return windows

    def _alive(self) -> bool:
        """Whether any producer runs. One that died by itself stops the others: the run has failed."""
        for index, process in enumerate(self._processes):
            ended = process.exitcode is not None
            broken = index in self._reports and self._reports[index].error
            if broken or (ended and index not in self._reports and not self._channels[index].poll()):
                self._shared.stop()
        return any(process.exitcode is None for process in self._processes)

    def _overdue(self) -> bool:
        self._stop_deadline = getattr(self, "_stop_deadline", time.monotonic() + self._load.timeout + GRACE_SECONDS)
        return time.monotonic() > self._stop_deadline

    def _collect_reports(self, until: float, *, all_or_nothing: bool = False) -> None:
        """Take in the reports of producers that have ended, waiting for more until then.

        Args:
            until: on the monotonic clock.
            all_or_nothing: return early only when all have ended, or one has failed.
        """
        while True:
            waiting = [self._channels[i] for i in range(len(self._channels)) if i not in self._reports]
            living = [c for c in waiting if not c.closed]
            if not living:
                return
            left = until - time.monotonic()
            ready = wait(living, timeout=max(0.0, left))
            for channel in ready:
                index = self._channels.index(channel)  # type: ignore[arg-type]
                try:
                    self._reports[index] = Report.from_bytes(channel.recv_bytes())  # type: ignore[union-attr]
                    self._processes[index].join()
                except EOFError:
                    channel.close()  # type: ignore[union-attr]
                    self._processes[index].join()
            if left <= 0 or (ready and not all_or_nothing):
                return

    def _result(self, windows: list[tuple[float, int]]) -> CrewResult:
        producers = [self._producer(index) for index in range(self._load.processes)]
        result = CrewResult(producers, windows, self._interrupted)
        for producer in producers:
            if producer.report.error:
                result.errors.append(f"producer {producer.number}: {producer.report.error}")
                result.contract_broken |= producer.report.contract
        return result

    def _producer(self, index: int) -> Producer:
        report = self._reports.get(index)
        if report is None:
            status = self._processes[index].exitcode
            why = self._problem or (f"was killed by signal {-status}" if status and status < 0 else f"ended: {status}")
            report = Report(error=why)
        attempted = self._shared.totals(index).attempted
        packed = os.pread(self._ledgers[index], -(-attempted // 4), 0)
        return Producer(self._load.first_producer + index, report, attempted, packed, count_outcomes(packed, attempted))

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()

    def _end(self) -> None:
        self._kill()
        for ledger in self._ledgers:
            os.close(ledger)
        for channel in self._channels:
            channel.close()


def _prepare(load: Load, channel: Connection) -> None:
    die_with()
    told: dict[str, Any] = {}
    try:
        load.backend.prepare(load.assignment(load.first_producer, ""))
    except ThermobenchError as error:
        told = {"what": error.what, "mend": error.mend}
    channel.send_bytes(json.dumps(told).encode())
    channel.close()


__all__ = ["ENDED", "Crew", "CrewResult", "Producer", "Tick"]
