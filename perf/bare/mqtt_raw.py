"""MQTT through a plain socket: paho says hello, and from then on packets are put together here."""

from __future__ import annotations

from itertools import count, islice
from time import perf_counter_ns, time_ns
from typing import Any
from zlib import crc32

from collectors.backends.mqtt_address import address, client_id
from collectors.backends.mqtt_connection import connect as connected

from .base import Bare, Given

_TOGETHER = 64
"""Packets given to the socket at once, where none is waited for."""
_FAILURE = 0x80
_PUBACK = 0x40
_REASON_AT = 4


def connect(given: Given) -> Bare:
    """Connect."""
    if given.assignment.settings["qos"] and given.assignment.wait:
        return Waiting(given)
    return Streaming(given)


class _Client:
    def __init__(self, given: Given) -> None:
        self._given = given
        assignment, settings = given.assignment, given.assignment.settings
        where = address(assignment.endpoint, protocol=settings["protocol"], keepalive=settings["keepalive"])
        self._connection = connected(where, client_id(assignment.stream.run, f"bare-{assignment.stream.producer}"))
        own: Any = self._connection.client.socket()
        self._socket = own
        self._socket.setblocking(True)
        self._start = f"{settings['topic']}/{given.stamp}"
        self._properties = b"\0" if settings["protocol"] == "5" else b""
        """None of them."""

    def close(self) -> None:
        """See `Bare.close`."""
        self._connection.close()


class Waiting(_Client):
    """QoS 1, each acknowledged before the next; a packet is never as short as 128 bytes nor as long as 16 KiB."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, send, receive = self._given.read, self._given.seed, self._socket.sendall, self._socket.recv
        place, start, none = self._given.place, self._start, self._properties
        number = last
        while perf_counter_ns() < deadline:
            number += 1
            value, note = read()
            date = time_ns() // 1_000_000
            check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
            topic, mid = f"{start}{number}/{check:08x}".encode(), (number % 65535 + 1).to_bytes(2)
            body = mid + none + f'{{"date": "{date}{place}{number}, "value": "{value}"}}'.encode()
            length = 2 + len(topic) + len(body)
            send(bytes((0x32, length & 127 | 128, length >> 7)) + len(topic).to_bytes(2) + topic + body)
            answer = receive(64)
            if answer[0] != _PUBACK or answer[2:4] != mid or answer[_REASON_AT:] >= b"\x80":
                raise RuntimeError(f"reading {number} was answered by {answer.hex()}")
        return number


class Streaming(_Client):
    """QoS 0, as fast as the operating system takes them."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, send = self._given.read, self._given.seed, self._socket.sendall
        place, start, none = self._given.place, self._start, self._properties
        number, numbers = last, count(last + 1)
        while perf_counter_ns() < deadline:
            packets: list[bytes] = []
            for number in islice(numbers, _TOGETHER):
                value, note = read()
                date = time_ns() // 1_000_000
                check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
                topic = f"{start}{number}/{check:08x}".encode()
                body = none + f'{{"date": "{date}{place}{number}, "value": "{value}"}}'.encode()
                length = 2 + len(topic) + len(body)
                packets += (bytes((0x30, length & 127 | 128, length >> 7)), len(topic).to_bytes(2), topic, body)
            send(b"".join(packets))
        return number
