"""The processes that run a bare loop: as many, started and ended as those of the load generator."""

from __future__ import annotations

import base64
import json
import multiprocessing
import resource
import signal
import time
import zlib
from multiprocessing.connection import Connection
from typing import Any

from collectors.errors import ServerError, ThermobenchError
from collectors.ledger import Ledger
from collectors.load import Load
from collectors.preparation import prepare
from collectors.producer import die_with
from collectors.sensors.choice import sensor
from collectors.shared import READY, STARTING, Shared

from .base import Given, maker

_CONNECT_SECONDS = 60.0
_GRACE_SECONDS = 15.0
_START_DELAY_NS = 20_000_000

_fork = multiprocessing.get_context("fork")


def run(load: Load) -> dict[str, Any]:
    """Write a load and return what the load generator's `--result` would hold of it.

    Raises:
        ServerError: a loop did not come to its end; in its own words.
        Unavailable: there is no bare loop for this backend.
    """
    client, made = load.backend.load(), maker(load)
    prepare(load)
    shared, channels, processes = Shared(load.processes), [], []
    for index in range(load.processes):
        receive, send = _fork.Pipe(duplex=False)
        process = _fork.Process(target=_produce, args=(load, made, shared, index, send))
        process.start()
        send.close()
        channels.append(receive)
        processes.append(process)
    try:
        _start(shared, channels)
        budget = load.warm_up + load.test_time + load.timeout + _GRACE_SECONDS
        reports = [_report(channel, budget) for channel in channels]
    finally:
        for process in processes:
            process.kill()
            process.join()
    return _totals(load, client, reports)


def _start(shared: Shared, channels: list[Connection]) -> None:
    """Start all of them together once all are connected, or have said why they are not."""
    deadline = time.monotonic() + _CONNECT_SECONDS
    while any(shared.state(index) == STARTING for index in range(shared.processes)):
        if any(channel.poll() for channel in channels) or time.monotonic() > deadline:
            break
        time.sleep(0.005)
    shared.start(time.perf_counter_ns() + _START_DELAY_NS)


def _report(channel: Connection, seconds: float) -> dict[str, Any]:
    if not channel.poll(seconds):
        raise ServerError(f"a bare loop did not end within {seconds:.0f} s")
    try:
        report: dict[str, Any] = json.loads(channel.recv_bytes())
    except EOFError:
        raise ServerError("a bare loop ended without a word") from None
    finally:
        channel.close()
    if "error" in report:
        raise ServerError(report["error"])
    return report


def _produce(load: Load, made: Any, shared: Shared, index: int, channel: Connection) -> None:
    """Be one process: connect, wait for the common start, run the loop through warm-up and measured time."""
    die_with()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        report = _work(load, made, shared, index)
    except ThermobenchError as error:
        report = {"error": str(error)}
    except Exception as error:
        report = {"error": f"{type(error).__name__}: {error}"}
    channel.send_bytes(json.dumps(report).encode())


def _work(load: Load, made: Any, shared: Shared, index: int) -> dict[str, Any]:
    source = sensor(load.sensor)
    source.open()
    assignment = load.assignment(load.first_producer + index, load.located(source.suffix))
    bare = made(Given.of(assignment, source))
    try:
        shared.set_state(index, READY)
        start = shared.await_start()
        before = bare.write(0, start + round(load.warm_up * 1e9)) if load.warm_up else 0
        began = time.perf_counter_ns()
        last = bare.write(before, start + round((load.warm_up + load.test_time) * 1e9))
        ended = time.perf_counter_ns()
    finally:
        bare.close()
        source.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    return {"began": began, "ended": ended, "counted": last - before, "attempted": last, "cpu_seconds": cpu}


def _totals(load: Load, client: str, reports: list[dict[str, Any]]) -> dict[str, Any]:
    promised = load.wait and load.settings.get("qos") != 0 and load.settings.get("acks") != "0"
    ended_as = "acknowledged" if promised else "unanswered"
    seconds = (max(one["ended"] for one in reports) - min(one["began"] for one in reports)) / 1e9
    attempted, counted = (sum(one[name] for one in reports) for name in ("attempted", "counted"))
    counts = dict.fromkeys(("acknowledged", "failed", "unknown", "unanswered"), 0) | {ended_as: attempted}
    return counts | {
        "backend": load.backend.name,
        "client": client,
        "attempted": attempted,
        "counted": counted,
        "seconds": seconds,
        "tps": counted / seconds,
        "errors": [],
        "producers": [
            {
                "producer": load.first_producer + index,
                "attempted": one["attempted"],
                "acknowledged": one["attempted"] if promised else 0,
                "unanswered": 0 if promised else one["attempted"],
                "tps": one["counted"] / (one["ended"] - one["began"]) * 1e9,
                "cpu_seconds": one["cpu_seconds"],
                "outcomes": _packed(one["attempted"], promised=promised),
            }
            for index, one in enumerate(reports)
        ],
    }


def _packed(count: int, *, promised: bool) -> str:
    """Return the outcomes of readings that all ended as they should, as the load generator's result holds them."""
    ledger = Ledger()
    ledger.begin(count, ledger.clock())
    (ledger.acknowledged if promised else ledger.unanswered)(1, count)
    packed = ledger.outcomes()
    ledger.close()
    return base64.b64encode(zlib.compress(packed)).decode()
