"""A subscribed connection, read in whole blocks."""

from __future__ import annotations

import select
import socket
import ssl
import time
from typing import Any

from ..endpoint import Endpoint
from .mqtt_address import Address, client_id
from .mqtt_connection import connect
from .mqtt_counters import WATCHED, CounterWatch
from .mqtt_stream import PacketStream
from .mqtt_subscription import subscribe
from .mqtt_tally import Tally

KEEPALIVE = 60
_READ = 1 << 18
_PINGREQ = b"\xc0\x00"


class Listener:
    """Subscribes to what a run publishes and keeps it.

    Args:
        order: what `MqttReader` wrote: the fields of an `Address`, topic, run, generation, qos and counters.

    Raises:
        ServerError: the broker cannot be reached, or refuses the connection or the subscription.
    """

    def __init__(self, order: dict[str, Any]) -> None:
        endpoint = Endpoint(**{**order["endpoint"], "others": ()})
        where = Address(endpoint, order["port"], order["alpn"], "3.1.1", KEEPALIVE)
        topics = [(f"{order['topic']}/{order['run']}/#", order["qos"])]
        if order["counters"]:
            topics += [(name, 0) for name in WATCHED]
        self.tally = Tally(order["topic"], order["run"], order["generation"])
        self.counters = CounterWatch()
        self.lost = ""
        """Why not everything was heard; empty as long as it was."""
        self._stream = PacketStream()
        self._connection = connect(where, client_id(order["run"], "reader"))
        # Some brokers send what they have retained before they confirm the subscription.
        subscribe(self._connection, topics, lambda topic, text: self._stream.system.append((topic, text)))
        sock = self._connection.client.socket()
        assert isinstance(sock, socket.socket)  # noqa: S101 – for the type checker
        self.socket = sock
        self.last_came = time.monotonic()
        """When the last reading came."""

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def ping(self) -> None:
        """Show the broker that we are there."""
        self._send(_PINGREQ)

    def read(self) -> int:
        """Read all that is there, answer it and keep it for later; return how many bytes it was."""
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
        return came

    def _take(self, data: bytes) -> None:
        stream = self._stream
        published = stream.published
        packets, answers = stream.feed(data)
        if answers:
            self._send(answers)
        if stream.system:
            self.counters.take(stream.system)
            stream.system.clear()
        # Last, so that counters from amid the readings of one block do not pass for newer than these.
        if stream.published != published:
            self.tally.keep(packets)
            self.last_came = time.monotonic()

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
