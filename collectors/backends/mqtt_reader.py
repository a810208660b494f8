"""The controlling side of reading MQTT back: a subscriber in a process of its own, so that its CPU is kept apart."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self

from ..errors import ServerError
from .base import Arrival, Assignment, BaseReader
from .mqtt_address import Address
from .mqtt_refusals import CONNECT_SECONDS

_START_SECONDS = CONNECT_SECONDS + 10
"""How long the subscriber may take: Python has to start and paho to be imported before it connects."""
_SILENCE_SECONDS = 60.0
"""How long the subscriber may go without a sign of life once it was asked for its result: it says one each second."""
_NUMBERS_AT_ONCE = 1 << 16
_PARENT_OF_PACKAGE = Path(__file__).resolve().parents[2]


class MqttReader(BaseReader):
    """Listens, from entering on, to everything published below `TOPIC/RUN/`.

    It is complete if the subscription was as asked for, the connection was never lost, and all of it came here. Its
    facts are the subscriber's CPU seconds, and what the broker itself counted meanwhile: `broker_dropped`,
    `broker_received` and `broker_sent` count all messages of the broker, not this run's alone; None where it keeps no
    counters, or did not renew them in time. Mosquitto leaves QoS 2 out of `received`.

    Args:
        where: the broker.
        assignment: whose run.
        qos: what to subscribe with: that of the producers.
        counters: whether the broker may keep counters of its own under `$SYS`.
    """

    shows_duplicates: ClassVar[bool] = True
    shows_order: ClassVar[bool] = True

    def __init__(self, where: Address, assignment: Assignment, *, qos: int, counters: bool) -> None:
        super().__init__()
        self._where = where
        self._order = {
            **asdict(where),
            "topic": assignment.settings["topic"],
            "run": assignment.stream.run,
            "generation": assignment.generation,
            "qos": qos,
            "counters": counters,
            "parent": os.getpid(),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 – closed in __exit__

    def __enter__(self) -> Self:
        environment = {**os.environ, "PYTHONPATH": _with_package(os.environ.get("PYTHONPATH", ""))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "collectors.backends.mqtt_subscriber"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )
        try:
            # The password among it: a pipe is read by the two processes alone, argv by everybody.
            self._tell(self._order)
            answer = self._hear(_START_SECONDS)
            if "error" in answer:
                raise ServerError(answer["error"], answer["mend"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None  # noqa: S101 – for the type checker
            assert process.stdout is not None  # noqa: S101
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.stdout.close()
            process.kill()
            process.wait()
        self._errors.close()

    def arrivals(self, expected: int) -> Iterator[Arrival]:
        """Yield what the subscriber has heard, producer by producer, each in the order of arrival."""
        try:
            self._tell({"expected": expected})
            result = self._hear(_SILENCE_SECONDS)
            while "waiting" in result:
                result = self._hear(_SILENCE_SECONDS)
            self._take(result)
            for producer, count in result["producers"]:
                yield from self._numbers(producer, count)
        except ServerError as error:
            self.complete = False
            self.facts["incomplete"] = str(error)

    def _take(self, result: dict[str, Any]) -> None:
        self.complete = not result["incomplete"]
        self.foreign = result["foreign"]
        self.facts.update({f"broker_{name}": count for name, count in result["counted"].items()})
        self.facts["subscriber_cpu_seconds"] = result["cpu_seconds"]
        self.facts["subscriber_cpu_seconds_in_run"] = result["cpu_seconds_in_run"]
        if result["incomplete"]:
            self.facts["incomplete"] = result["incomplete"]

    def _numbers(self, producer: int, count: int) -> Iterator[Arrival]:
        """Yield one producer's arrivals: each a 64-bit number, its lowest bit whether it was intact."""
        stdout = self._running().stdout
        assert stdout is not None  # noqa: S101 – for the type checker
        while count:
            part = min(count, _NUMBERS_AT_ONCE)
            data = stdout.read(part * 8)
            if len(data) < part * 8:
                raise self._died()
            for cell in array("Q", data):
                yield Arrival(producer, cell >> 1, bool(cell & 1))
            count -= part

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerError(f"the subscriber to {self._where} was never started, or is closed already")
        return self._process

    def _tell(self, message: dict[str, Any]) -> None:
        stdin = self._running().stdin
        assert stdin is not None  # noqa: S101 – for the type checker
        try:
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()
        except OSError:
            raise self._died() from None

    def _hear(self, seconds: float) -> dict[str, Any]:
        stdout = self._running().stdout
        assert stdout is not None  # noqa: S101 – for the type checker
        deadline = time.monotonic() + seconds
        line = b""
        while not line.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            if not select.select([stdout], [], [], left)[0]:
                raise ServerError(f"the subscriber to {self._where} said nothing for {seconds:.0f} s")
            # One byte at a time, past the buffer: what follows the line is for `stdout.read`.
            some = os.read(stdout.fileno(), 1)
            if not some:
                raise self._died()
            line += some
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _died(self) -> ServerError:
        process = self._running()
        try:
            status: int | str = process.wait(5)
        except subprocess.TimeoutExpired:
            status = "none"
        self._errors.seek(0)
        last = self._errors.read().decode(errors="replace").strip().splitlines()
        why = last[-1] if last else "it said nothing"
        return ServerError(f"the subscriber to {self._where} ended early (status {status}): {why}")


def _with_package(path: str) -> str:
    return os.pathsep.join(part for part in (str(_PARENT_OF_PACKAGE), path) if part)
