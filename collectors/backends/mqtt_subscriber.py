"""The process that hears what a run published: `python -m collectors.backends.mqtt_subscriber`.

It is told what to do on standard input, one JSON object a line: first where to listen, later how many readings can
have come. It answers on standard output: a line when the subscription stands, one each second while it waits for the
rest, and at last one with its findings, followed by the 64-bit numbers it promises. When the process that started it
is gone, so is it.

It shares the machine with what is measured, so it is made to be cheap. paho connects and subscribes; from then on
whole blocks are read from the socket and cut into packets here, and a short rest after each small block lets the
next one grow. Contents are looked at only afterwards, as long as they fit in `mqtt_tally.BACKLOG`.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any

from ..errors import ThermobenchError
from .mqtt_listener import KEEPALIVE, Listener

_REST_SECONDS = 0.002
_SMALL = 4096
"""Bytes: after a block smaller than this it rests."""
_QUIET_SECONDS = 3.0
"""With readings still missing, how long nothing must have come before they are given up."""
_SHORT_SECONDS = 0.3
"""With all of them there, how long to wait for what should not come: duplicates."""
_LIMIT_SECONDS = 600.0
_LOOK_SECONDS = 0.5
_COUNTER_SECONDS = 12.0
"""With readings missing, how long to wait for the broker's counters: Mosquitto's are renewed every 10 s by default."""
_ALL_SECONDS = 2.5
"""With all of them there, how long to wait for the counters."""


def main() -> None:
    """Listen as told, and answer."""
    # Ctrl-C in a terminal reaches this process too; the run may still want to be told what arrived.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    order = json.loads(sys.stdin.buffer.readline() or b"null")
    if order is None:
        return
    try:
        subscriber = _Subscriber(order)
    except ThermobenchError as error:
        _say({"error": error.what, "mend": error.mend})
        return
    _say({"ready": True})
    subscriber.run()


def _say(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class _Subscriber:
    """One subscription, from SUBACK to the result."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.parent = order["parent"]
        self.listener = Listener(order)
        self.expected: int | None = None
        self.cpu_in_run = 0.0
        self.began = self.asked = self.last_said = self.last_ping = time.monotonic()
        self.poll = select.poll()
        self.poll.register(self.listener.socket, select.POLLIN)
        self.poll.register(sys.stdin, select.POLLIN)

    def run(self) -> None:
        """Listen until told how many to expect, then until they are there or nothing more comes."""
        while os.getppid() == self.parent:
            wait = 1000 if self.expected is None else 50
            for descriptor, _events in self.poll.poll(wait):
                if descriptor != sys.stdin.fileno():
                    self._listen()
                elif not self._hear():
                    return
            now = time.monotonic()
            if now - self.last_ping > KEEPALIVE / 3:
                self.last_ping = now
                self.listener.ping()
            if self.expected is not None and self._finished(now):
                self._report()
                return

    def _hear(self) -> bool:
        """Take the second line; return whether there was one."""
        line = sys.stdin.buffer.readline()
        if not line:
            return False
        self.cpu_in_run = _cpu_seconds()
        self.expected = json.loads(line)["expected"]
        self.asked = time.monotonic()
        return True

    def _listen(self) -> None:
        if self.listener.read() < _SMALL and self.expected is None:
            time.sleep(_REST_SECONDS)
        if self.listener.lost:
            self.poll.unregister(self.listener.socket)

    def _finished(self, now: float) -> bool:
        """Whether all has come that will come, and has been looked at."""
        listener, tally = self.listener, self.listener.tally
        if now - self.last_said > 1:
            self.last_said = now
            _say({"waiting": tally.count})
        quiet = now - listener.last_came
        if now - self.asked > _LIMIT_SECONDS:
            listener.lost = listener.lost or f"messages still came {_LIMIT_SECONDS:.0f} s after the run's end"
        if not tally.look(_LOOK_SECONDS):
            return False
        if listener.lost:
            return True
        assert self.expected is not None  # noqa: S101 – for the type checker
        renewed = listener.counters.up_to_date(listener.last_came)
        if tally.count >= self.expected and tally.distinct() >= self.expected:
            # The counters are worth waiting for, but never longer than the run itself took.
            return quiet > _SHORT_SECONDS and (renewed or quiet > min(_ALL_SECONDS, self.asked - self.began))
        # What is missing was perhaps dropped by the broker, which will say so when it renews its counters.
        return quiet > _QUIET_SECONDS and (renewed or quiet > _COUNTER_SECONDS)

    def _report(self) -> None:
        listener, tally = self.listener, self.listener.tally
        listener.close()
        numbers = tally.numbers
        _say(
            {
                "incomplete": listener.lost,
                "foreign": tally.foreign,
                "counted": listener.counters.since_start(listener.last_came),
                "cpu_seconds": round(_cpu_seconds(), 3),
                "cpu_seconds_in_run": round(self.cpu_in_run, 3),
                "producers": [[producer, len(cells)] for producer, cells in numbers.items()],
            }
        )
        for cells in numbers.values():
            sys.stdout.buffer.write(cells)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
