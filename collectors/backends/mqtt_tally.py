"""What a subscriber has heard of one run, in eight bytes a message."""

from __future__ import annotations

import time
from array import array
from collections import deque

from ..message import Verifier, read_stamp
from .mqtt_stream import messages

BACKLOG = 1 << 26
"""Bytes of messages that may wait to be looked at: 64 MiB, some 400,000 messages."""


class Tally:
    """Keeps messages as they came, and looks at them when there is time for it.

    Args:
        topic: what the run's producers publish below.
        run: the run.
        generation: which message generation it sends.
    """

    def __init__(self, topic: str, run: str, generation: int) -> None:
        self.numbers: dict[int, array[int]] = {}
        """By producer, in the order of arrival: running number × 2, plus 1 for an intact message."""
        self.count = 0
        """Readings looked at so far, duplicates among them."""
        self.foreign = 0
        self._start = f"{topic}/"
        self._run = run
        self._verifier = Verifier(run, generation)
        self._backlog: deque[bytes] = deque()
        self._waiting = 0
        self._distinct = (-1, 0)

    def keep(self, packets: bytes) -> None:
        """Take complete packets; looks at the oldest ones at once where too much is waiting."""
        self._backlog.append(packets)
        self._waiting += len(packets)
        while self._waiting > BACKLOG:
            self._look_at_oldest()

    def look(self, seconds: float) -> bool:
        """Look at what is waiting, for about so long; return whether nothing waits any more."""
        deadline = time.monotonic() + seconds
        while self._backlog:
            if time.monotonic() > deadline:
                return False
            self._look_at_oldest()
        return True

    def distinct(self) -> int:
        """Return how many different readings there are among those looked at."""
        if self._distinct[0] != self.count:
            found = sum(len({cell >> 1 for cell in cells}) for cells in self.numbers.values())
            self._distinct = self.count, found
        return self._distinct[1]

    def _look_at_oldest(self) -> None:
        packets = self._backlog.popleft()
        self._waiting -= len(packets)
        intact, run, start = self._verifier.intact, self._run, self._start
        for topic, payload in messages(packets):
            if topic.startswith(b"$"):
                continue
            try:
                found, producer, number, sent = read_stamp(topic.decode().removeprefix(start))
                if found != run or producer < 0 or not 0 < number < 1 << 63:
                    raise ValueError(number)
            except ValueError:
                self.foreign += 1
                continue
            cells = self.numbers.get(producer)
            if cells is None:
                cells = self.numbers[producer] = array("Q")
            cells.append(number << 1 | intact(payload, producer, number, sent))
            self.count += 1
