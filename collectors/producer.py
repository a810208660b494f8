"""One producer process: it opens the sensor, connects, waits for the common start, and runs the loop."""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import traceback
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from .errors import ContractError, SensorError, ServerError, ThermobenchError
from .latency import PacedRecorder
from .ledger import Ledger
from .load import Load
from .loop import ClosedLoop, Loop, Parts
from .open_loop import TIMED_EACH_FROM_NS, OpenLoop, wake_on_time
from .pacing import Schedule
from .sensors.choice import sensor as chosen
from .shared import ENDED, MEASURING, READY, RUNNING, Shared
from .source import Source

_PR_SET_PDEATHSIG = 1


@dataclass
class Report:
    """What a producer says of itself when it ends."""

    error: str = ""
    """What ended it early, in one line; empty if nothing did."""
    contract: bool = False
    """The error is a broken backend's, not the server's."""
    began_ns: int = 0
    ended_ns: int = 0
    counted: int = 0
    """See `Phase`; of the measured phase alone, zeros where it was not reached."""
    cpu_seconds: float = 0.0
    latency: str = ""
    """HDR histogram of the measured phase, nanoseconds, in the library's own base64 form."""
    service: str = ""
    """Open loop: the same, from the hand-over; `latency` is from when readings were due."""
    held: dict[str, int] | None = None
    """Open loop: how the schedule was kept to in the measured phase, see `pacing.Held`."""
    errors: dict[str, int] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, text: bytes) -> Report:
        """Return what `to_bytes` made."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**fields)


def die_with(parent_signal: int = signal.SIGKILL) -> None:
    """Have the kernel end this process when its parent dies, however it dies (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(parent_signal))


def produce(load: Load, shared: Shared, index: int, descriptor: int, channel: Connection) -> None:
    """Be the producer `index` of this host; send a `Report` through the channel at the end.

    Args:
        load: what to do.
        shared: start, stop and counters.
        index: from 0, on this host.
        descriptor: the file in memory that the ledger lies in.
        channel: where the report goes.
    """
    die_with()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of the terminal; the watching process decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ledger = Ledger(shared.totals(index), descriptor)
    report = Report()
    try:
        _work(load, shared, index, ledger, report)
    except (ServerError, SensorError, ContractError) as error:
        report.error, report.contract = str(error), isinstance(error, ContractError)
    except ThermobenchError as error:
        report.error = str(error)
    except Exception as error:
        report.error = f"{type(error).__name__}: {error}"
        traceback.print_exc()
    report.errors = ledger.errors
    report.latency = ledger.latency.histogram.encode().decode()
    if isinstance(ledger.latency, PacedRecorder):
        report.service = ledger.latency.service_histogram.encode().decode()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    report.cpu_seconds = usage.ru_utime + usage.ru_stime
    shared.set_state(index, ENDED)
    channel.send_bytes(report.to_bytes())
    channel.close()


def _work(load: Load, shared: Shared, index: int, ledger: Ledger, report: Report) -> None:
    sensor = chosen(load.sensor)
    sensor.open()
    assignment = load.assignment(load.first_producer + index, load.located(sensor.suffix))
    writer = load.backend.writer(assignment, ledger)
    try:
        source = Source(sensor, assignment.stream, assignment.location)
        parts = Parts(source, writer, ledger, load.frequency, shared.stop_flag)
        loop = _loop(load, shared, index, parts)
        shared.set_state(index, READY)
        start = shared.await_start()
        if not start:
            return
        if load.warm_up:
            shared.set_state(index, RUNNING)
            loop.run(start + round(load.warm_up * 1e9))
            ledger.latency.restart()
        shared.set_state(index, MEASURING)
        try:
            loop.run(start + round((load.warm_up + load.test_time) * 1e9))
        finally:
            _tell(loop, report)
    finally:
        writer.close()
        sensor.close()


def _loop(load: Load, shared: Shared, index: int, parts: Parts) -> Loop:
    if not load.rate:
        parts.ledger.latency.set_stride(each=load.frequency == 1 and load.wait)
        return ClosedLoop(parts, sleep_time=load.sleep_time)
    schedule = Schedule(load.rate, load.processes, index)
    recorder = parts.ledger.latency = PacedRecorder()
    recorder.set_stride(each=load.wait and schedule.period_ns >= TIMED_EACH_FROM_NS)
    wake_on_time()
    return OpenLoop(parts, schedule=schedule, recorder=recorder, behind=shared.behind(index))


def _tell(loop: Loop, report: Report) -> None:
    if phase := loop.phase:
        report.began_ns, report.ended_ns, report.counted = phase.began_ns, phase.ended_ns, phase.counted
        report.held = phase.held.to_json() if phase.held else None
