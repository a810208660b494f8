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
import socket
import ssl
import sys
import time
from typing import Any

from ..endpoint import Endpoint
from ..errors import ServerError, ThermobenchError
from .mqtt_connection import CONNECT_SECONDS, Address, Connection, client_id, connect
from .mqtt_counters import DROPPED, RECEIVED, SENT, UPTIME
from .mqtt_stream import PacketStream
from .mqtt_tally import Tally

_READ = 1 << 18
_REST_SECONDS = 0.002
_SMALL = 4096
"""Bytes: after a block smaller than this it rests."""
_QUIET_SECONDS = 3.0
"""With readings still missing, how long nothing must have come before they are given up."""
_SHORT_SECONDS = 0.3
"""With all of them there, how long to wait for what should not come: duplicates."""
_LIMIT_SECONDS = 600.0
_LOOK_SECONDS = 0.5
_REFUSED = 0x80
_COUNTER_SECONDS = 12.0
"""Mosquitto renews its counters every 10 s unless told otherwise."""
_KEEPALIVE = 60
_PINGREQ = b"\xc0\x00"


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


def _subscribe(connection: Connection, topics: list[tuple[str, int]], system: list[tuple[str, str]]) -> None:
    """Subscribe, and return when the broker has granted it.

    Raises:
        ServerError: it refuses, or grants less than asked.
    """
    granted: list[int] = []
    client = connection.client
    client.on_subscribe = lambda _client, _data, _mid, codes, _properties: granted.extend(c.value for c in codes)
    # Some brokers send what they have retained before they confirm the subscription.
    client.on_message = lambda _client, _data, message: system.append((message.topic, message.payload.decode()))
    client.subscribe(topics)
    deadline = time.monotonic() + CONNECT_SECONDS
    while not granted:
        sock, left = client.socket(), deadline - time.monotonic()
        if sock is None or left <= 0:
            why = "it closed the connection" if sock is None else f"no answer within {CONNECT_SECONDS:.0f} s"
            raise ServerError(f"{connection.address}: subscribing to {topics[0][0]}: {why}", "its log says more")
        if select.select([sock], [], [], left)[0]:
            client.loop_read()
    if granted[0] != topics[0][1]:
        got = f"granted QoS {granted[0]} only" if granted[0] < _REFUSED else "refused"
        what = f"{connection.address}: subscribing to {topics[0][0]} with QoS {topics[0][1]}: {got}"
        raise ServerError(what, "allow the user to read what it writes: deliveries are counted by subscribing")


class _Subscriber:
    """One subscription, from SUBACK to the result."""

    def __init__(self, order: dict[str, Any]) -> None:
        endpoint = Endpoint(**{**order["endpoint"], "others": ()})
        where = Address(endpoint, order["port"], order["alpn"], "3.1.1", _KEEPALIVE)
        topics = [(f"{order['topic']}/{order['run']}/#", order["qos"])]
        if order["counters"]:
            topics += [(name, 0) for name in (DROPPED, RECEIVED, SENT, UPTIME)]
        self.parent = order["parent"]
        self.tally = Tally(order["topic"], order["run"], order["generation"])
        self.stream = PacketStream()
        self.connection = connect(where, client_id(order["run"], "reader"))
        _subscribe(self.connection, topics, self.stream.system)
        sock = self.connection.client.socket()
        assert isinstance(sock, socket.socket)  # noqa: S101 – for the type checker
        self.socket = sock
        self.before: dict[str, str] = {}
        self.after: dict[str, str] = {}
        self.lost = ""
        self.expected: int | None = None
        self.cpu_in_run = 0.0
        self.asked = self.last_came = self.last_said = self.last_ping = self.renewed = time.monotonic()
        self.poll = select.poll()
        self.poll.register(sock, select.POLLIN)
        self.poll.register(sys.stdin, select.POLLIN)

    def run(self) -> None:
        """Listen until told how many to expect, then until they are there or nothing more comes."""
        while os.getppid() == self.parent:
            wait = 1000 if self.expected is None else 50
            for descriptor, _events in self.poll.poll(wait):
                if descriptor != sys.stdin.fileno():
                    self._read()
                elif not self._hear():
                    return
            now = time.monotonic()
            if now - self.last_ping > _KEEPALIVE / 3:
                self.last_ping = now
                self._send(_PINGREQ)
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

    def _read(self) -> None:
        """Read all that is there, answer it, and keep it for later."""
        came = 0
        try:
            while data := self.socket.recv(_READ):
                came += len(data)
                self._take(data)
                if not isinstance(self.socket, ssl.SSLSocket) or not self.socket.pending():
                    break
            else:
                self._lose("it was closed by the broker")
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except (OSError, ValueError) as error:
            self._lose(str(error))
        if came < _SMALL and self.expected is None:
            time.sleep(_REST_SECONDS)

    def _take(self, data: bytes) -> None:
        stream = self.stream
        published = stream.published
        packets, answers = stream.feed(data)
        if answers:
            self._send(answers)
        if stream.published != published:
            self.tally.keep(packets)
            self.last_came = time.monotonic()
        for topic, text in stream.system:
            self.before.setdefault(topic, text)
            self.after[topic] = text
            if topic == UPTIME:
                self.renewed = time.monotonic()
        stream.system.clear()

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        while view and not self.lost:
            try:
                view = view[self.socket.send(view) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                select.select([], [self.socket], [], 1.0)
            except OSError as error:
                self._lose(str(error))

    def _lose(self, why: str) -> None:
        if not self.lost:
            self.lost = f"the subscriber's connection was lost: {why}"
            self.poll.unregister(self.socket)

    def _finished(self, now: float) -> bool:
        """Whether all has come that will come, and has been looked at."""
        if now - self.last_said > 1:
            self.last_said = now
            _say({"waiting": self.tally.count})
        quiet = now - self.last_came
        if now - self.asked > _LIMIT_SECONDS:
            self.lost = self.lost or f"messages still came {_LIMIT_SECONDS:.0f} s after the run's end"
        if not self.tally.look(_LOOK_SECONDS):
            return False
        if self.lost:
            return True
        assert self.expected is not None  # noqa: S101 – for the type checker
        if self.tally.count >= self.expected and self.tally.distinct() >= self.expected:
            return quiet > _SHORT_SECONDS
        # What is missing was perhaps dropped by the broker, which will say so when it renews its counters.
        renewed = UPTIME not in self.after or self.renewed > self.last_came or quiet > _COUNTER_SECONDS
        return quiet > _QUIET_SECONDS and renewed

    def _report(self) -> None:
        self.connection.close()
        numbers = self.tally.numbers
        _say(
            {
                "incomplete": self.lost,
                "foreign": self.tally.foreign,
                "before": self.before,
                "after": self.after,
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
