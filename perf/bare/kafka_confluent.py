"""Kafka through confluent-kafka: waiting for each report, or producing on and flushing at the end."""

from __future__ import annotations

from itertools import count, islice
from time import perf_counter_ns, time_ns
from typing import Any
from zlib import crc32

from collectors.backends.kafka_confluent_clients import connected_producer
from collectors.backends.kafka_topic import HEADER

from .base import CHUNK, Bare, Given


def connect(given: Given) -> Bare:
    """Make a producer."""
    return Waiting(given) if given.assignment.frequency == 1 else Streaming(given)


class _Client:
    def __init__(self, given: Given) -> None:
        self._given = given
        self._topic: str = given.assignment.settings["topic"]
        self._timeout = given.assignment.timeout
        only_errors = given.assignment.frequency != 1
        self._producer = connected_producer(given.assignment, only_errors=only_errors)

    def close(self) -> None:
        """See `Bare.close`."""
        self._producer.purge()


class Waiting(_Client):
    """Waits for each."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, topic = self._given.read, self._given.seed, self._topic
        place, stamp, produce, poll = self._given.place, self._given.stamp, self._producer.produce, self._producer.poll
        number, reports = last, list[Any]()

        def delivered(error: Any, _: Any) -> None:
            reports.append(error)

        while perf_counter_ns() < deadline:
            number += 1
            value, note = read()
            date = time_ns() // 1_000_000
            check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
            message = f'{{"date": "{date}{place}{number}, "value": "{value}"}}'
            headers: Any = {HEADER: f"{stamp}{number}/{check:08x}"}
            produce(topic, message, on_delivery=delivered, headers=headers)
            while not reports:
                poll(1)
            if reports.pop() is not None:
                raise RuntimeError(f"reading {number} was not delivered")
        return number


class Streaming(_Client):
    """Produces as fast as it goes. After `flush` nothing is left, and the log's end tells whether all of it arrived."""

    def write(self, last: int, deadline: int) -> int:
        """See `Bare.write`."""
        read, seed, topic = self._given.read, self._given.seed, self._topic
        place, stamp, produce, poll = self._given.place, self._given.stamp, self._producer.produce, self._producer.poll
        number, numbers = last, count(last + 1)
        while perf_counter_ns() < deadline:
            for number in islice(numbers, CHUNK):
                value, note = read()
                date = time_ns() // 1_000_000
                check = crc32(f"{number}/{date}/{value}/{note}".encode(), seed)
                message = f'{{"date": "{date}{place}{number}, "value": "{value}"}}'
                headers: Any = {HEADER: f"{stamp}{number}/{check:08x}"}
                while True:
                    try:
                        produce(topic, message, headers=headers)
                        break
                    except BufferError:
                        poll(0.1)
            poll(0)
        if left := self._producer.flush(self._timeout):
            raise RuntimeError(f"{left} readings were not delivered")
        return number
