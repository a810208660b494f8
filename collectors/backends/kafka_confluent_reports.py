"""Delivery reports of confluent-kafka for many readings at once, with no call for those that were delivered."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import MethodType
from typing import TYPE_CHECKING, Any

from ..errors import Unavailable
from ..message import decode

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

Callback = Callable[["KafkaError | None", "Message"], Any]
Range = tuple[int, int]
"""The first of some consecutive numbers, and how many they are."""


class Burst:
    """Readings of consecutive numbers that are handed to the client one after another."""

    __slots__ = ("count", "first", "given_up", "told")

    def __init__(self) -> None:
        self.first = self.count = 0
        self.told: list[int] = []
        """Those of which the ledger knows already: they were not delivered."""
        self.given_up = False
        """Whatever is reported from now on counts no more."""

    def rest(self) -> Iterator[Range]:
        """Yield the readings of which the ledger does not know yet."""
        first, end = self.first, self.first + self.count
        for number in sorted(self.told):
            if number > first:
                yield first, number - first
            first = number + 1
        if end > first:
            yield first, end - first


class Report:
    """What is given to the client with every reading of one burst; its end is the news that all are reported on.

    The client holds a reference to a message's callback until it has served that message's delivery report. With
    `delivery.report.only.error` it calls it for a failure alone and lets go of it in any case (`dr_msg_cb` in the
    client's Producer.c; librdkafka itself is not told of that setting). So when this object is freed, no reading of
    the burst is without a report, and all of those that it was not called for were delivered. That is exact for every
    single reading, and costs none of them a call. It rests on reference counts, which free an object at once.

    Args:
        burst: whose readings they are.
        gone: told the burst when all are reported on, while the client is polled, or when the last reference of ours
            is dropped.
        refused: called with the burst, the number and the error of each reading that was not delivered.
    """

    __slots__ = ("_burst", "_gone", "_refused")

    def __init__(
        self, burst: Burst, gone: Callable[[Burst], None], refused: Callable[[Burst, int, KafkaError], None]
    ) -> None:
        self._burst, self._gone, self._refused = burst, gone, refused

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """Take note of a failure; for messages that hold their number, since they come back without their headers."""
        if error is not None:
            self._refused(self._burst, decode(message.value() or b"", 0).number, error)

    def by_number(self) -> Callable[[int], Callback]:
        """Return what makes a callback for the reading of a given number, for messages that do not hold it."""
        return partial(MethodType, self._numbered)

    def _numbered(self, number: int, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._refused(self._burst, number, error)

    def __del__(self) -> None:
        self._gone(self._burst)


class Outstanding:
    """The bursts that are not settled.

    Args:
        confirmed: told of readings that were delivered: the first, and how many.
    """

    def __init__(self, confirmed: Callable[[int, int], None]) -> None:
        self._confirmed = confirmed
        self._bursts: dict[int, Burst] = {}
        """By their first number."""
        self._gone: list[Burst] = []
        """Those of them that are reported on, and empty ones."""
        self.gone: Callable[[Burst], None] = self._gone.append
        """For `Report`."""
        self.count = 0
        """Readings in them."""

    def add(self, burst: Burst) -> None:
        """Take in a burst that has been handed to the client; an empty one is left out."""
        if burst.count:
            self._bursts[burst.first] = burst
            self.count += burst.count

    def settle(self) -> None:
        """Confirm what is reported on and was not refused; ranges that touch each other as one."""
        first = count = 0
        for burst in self._gone:
            if self._bursts.pop(burst.first, None) is None:
                continue
            self.count -= burst.count
            for start, length in burst.rest():
                if start == first + count:
                    count += length
                    continue
                if count:
                    self._confirmed(first, count)
                first, count = start, length
        self._gone.clear()
        if count:
            self._confirmed(first, count)

    def give_up(self) -> list[Range]:
        """Forget all of them, and return the readings of which the ledger does not know yet."""
        left = [each for burst in self._bursts.values() for each in burst.rest()]
        for burst in self._bursts.values():
            burst.given_up = True
        self._bursts.clear()
        self.count = 0
        return left


def require_reference_counts() -> None:
    """Refuse an interpreter in which `Report` would not work.

    Raises:
        Unavailable: it is not CPython.
    """
    if sys.implementation.name != "cpython":
        raise Unavailable(
            f"backend kafka-confluent: {sys.implementation.name} frees objects at some later time, which would delay"
            " acknowledgements",
            "run it with CPython, or use the backend kafka",
        )
