"""MQTT through paho-mqtt, its network loop driven by hand: without its thread it is nearly twice as fast."""

from __future__ import annotations

from itertools import count, islice
from time import perf_counter_ns, time_ns
from typing import Any
from zlib import crc32

from collectors.backends.mqtt_address import address, client_id
from collectors.backends.mqtt_connection import connect as connected

from .base import CHUNK, Bare, Given

_FAILURE = 0x80
"""From here on a reason code says no."""


def connect(given: Given) -> Bare:
    """Connect."""
    qos = given.assignment.settings["qos"] if given.assignment.wait else 0
    return Acknowledged(given, qos) if qos else Unanswered(given)


class _Client:
    def __init__(self, given: Given) -> None:
        self._given = given
        assignment, settings = given.assignment, given.assignment.settings
        where = address(assignment.endpoint, protocol=settings["protocol"], keepalive=settings["keepalive"])
        self._connection = connected(where, client_id(assignment.stream.run, f"bare-{assignment.stream.producer}"))
        self._client: Any = self._connection.client
        self._start = f"{settings['topic']}/{given.stamp}"

    def close(self) -> None:
        """See `Bare.close`."""
        self._connection.close()


class Acknowledged(_Client):
    """QoS 1 or 2: so many in flight, or one after the other."""

    def __init__(self, given: Given, qos: int) -> None:
        super().__init__(given)
        self._qos = qos
        self._in_flight: int = 1 if given.assignment.frequency == 1 else given.assignment.settings["in_flight"]
        self._flying = self._failed = 0
        self._client.on_publish = self._on_publish

    def _on_publish(self, _client: Any, _data: Any, _mid: int, reason: Any, _properties: Any) -> None:
        self._flying -= 1
        self._failed += reason.value >= _FAILURE

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, publish, loop = self._given.read, self._given.seed, self._client.publish, self._client.loop
        place, start, qos, most = self._given.place, self._start, self._qos, self._in_flight
        number = last
        while perf_counter_ns() < deadline:
            number += 1
            value, note = read()
            date = time_ns() // 1_000_000
            check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
            message = f'{{"date": "{date}{place}{number}, "value": "{value}"}}'
            self._flying += 1
            publish(f"{start}{number}/{check:08x}", message, qos)
            while self._flying >= most:
                loop()
        while self._flying:
            loop()
        if self._failed:
            raise RuntimeError(f"{self._failed} readings were refused")
        return number


class Unanswered(_Client):
    """QoS 0: as fast as the operating system takes them."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, publish, loop = self._given.read, self._given.seed, self._client.publish, self._client.loop
        place, start, blocked = self._given.place, self._start, self._client.want_write
        number, numbers = last, count(last + 1)
        while perf_counter_ns() < deadline:
            for number in islice(numbers, CHUNK):
                value, note = read()
                date = time_ns() // 1_000_000
                check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
                message = f'{{"date": "{date}{place}{number}, "value": "{value}"}}'
                publish(f"{start}{number}/{check:08x}", message, 0)
            while blocked():
                loop()
        return number
