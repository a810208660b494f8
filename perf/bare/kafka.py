"""Kafka through kafka-python: waiting for each future, or sending on and flushing at the end."""

from __future__ import annotations

from itertools import count, islice
from time import perf_counter_ns, time_ns
from typing import Any
from zlib import crc32

from collectors.backends.kafka_python_writer import connected
from collectors.backends.kafka_topic import HEADER
from collectors.ledger import Ledger

from .base import Bare, Given


def connect(given: Given) -> Bare:
    """Make a producer."""
    return Waiting(given) if given.assignment.frequency == 1 else Streaming(given)


class _Client:
    def __init__(self, given: Given) -> None:
        self._given = given
        self._topic: str = given.assignment.settings["topic"]
        self._timeout = given.assignment.timeout
        # The very producer that our writer would use, so that the settings are the same whatever they become.
        self._writer = connected(given.assignment, Ledger())
        self._producer: Any = self._writer._producer

    def close(self) -> None:
        """See `Bare.close`."""
        self._writer.close()


class Waiting(_Client):
    """Waits for each."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, send, topic = self._given.read, self._given.seed, self._producer.send, self._topic
        place, stamp, timeout = self._given.place, self._given.stamp, self._timeout
        number = last
        while perf_counter_ns() < deadline:
            number += 1
            value, note = read()
            date = time_ns() // 1_000_000
            check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
            message = f'{{"date": "{date}{place}{number}, "value": "{value}"}}'.encode()
            send(topic, message, headers=[(HEADER, f"{stamp}{number}/{check:08x}".encode())]).get(timeout)
        return number


class Streaming(_Client):
    """Sends as fast as it goes."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, send, topic = self._given.read, self._given.seed, self._producer.send, self._topic
        place, stamp, failed = self._given.place, self._given.stamp, list[Exception]()
        number, numbers = last, count(last + 1)
        while perf_counter_ns() < deadline:
            for number in islice(numbers, 10):
                value, note = read()
                date = time_ns() // 1_000_000
                check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
                message = f'{{"date": "{date}{place}{number}, "value": "{value}"}}'.encode()
                sent = send(topic, message, headers=[(HEADER, f"{stamp}{number}/{check:08x}".encode())])
                sent.add_errback(failed.append)
        self._producer.flush(self._timeout)
        if failed:
            raise failed[0]
        return number
