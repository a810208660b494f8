"""Writers broken on purpose, each around a real one: what the accounting is there to catch.

The real writer reports to a ledger that nobody reads; the broken one tells the true ledger, at each wait, that
everything was acknowledged.
"""

from __future__ import annotations

from collectors.backends.base import Assignment, Backend, Writer
from collectors.ledger import Ledger
from collectors.reading import Reading

BROKEN_AT = 1313
"""The reading at which those that break once do."""


class DeafLedger(Ledger):
    """Takes any report and keeps none."""

    def begin(self, number: int, now: int) -> None:
        """Forget it."""

    def _settle(self, *_: object) -> None:
        """Forget it."""


class Broken:
    """As it should be, but for what a subclass changes."""

    def __init__(self, backend: Backend, assignment: Assignment, ledger: Ledger) -> None:
        self.deaf = DeafLedger()
        self.real: Writer = backend.writer(assignment, self.deaf)
        self.ledger = ledger
        self.first, self.last = 1, 0

    def submit(self, reading: Reading) -> None:
        self.last = reading.number
        self.hand_on(reading)

    def hand_on(self, reading: Reading) -> None:
        self.real.submit(reading)

    def wait(self) -> None:
        self.real.wait()
        self.acknowledge()

    def acknowledge(self) -> None:
        if self.last >= self.first:
            self.ledger.acknowledged(self.first, self.last - self.first + 1)
        self.first = self.last + 1

    def close(self) -> None:
        self.real.close()
        self.deaf.close()


class NotBroken(Broken):
    """What must pass: the doubles themselves break nothing."""


class DropsEvery1000th(Broken):
    """Never writes every 1000th reading."""

    def hand_on(self, reading: Reading) -> None:
        if reading.number % 1000:
            self.real.submit(reading)


class DropsTheLast(Broken):
    """Writes each reading when the next one comes, and so the last never."""

    kept: Reading | None = None

    def hand_on(self, reading: Reading) -> None:
        if self.kept:
            self.real.submit(self.kept)
        self.kept = reading


class AcknowledgesBeforeSending(Broken):
    """Acknowledges at once and writes later; what it still holds when it is closed is never written."""

    held: tuple[Reading, ...] = ()

    def hand_on(self, reading: Reading) -> None:
        self.acknowledge()
        self.held = (*self.held, reading)
        if len(self.held) == 50:
            for one in self.held:
                self.real.submit(one)
            self.held = ()

    def wait(self) -> None:
        self.real.wait()


class WritesTwice(Broken):
    """Writes one reading a second time."""

    def hand_on(self, reading: Reading) -> None:
        self.real.submit(reading)
        if reading.number == BROKEN_AT:
            self.real.submit(reading)


class NeverCommits(Broken):
    """Takes handing over for durability."""

    def wait(self) -> None:
        self.acknowledge()


class ChangesAValue(Broken):
    """Writes one reading with another temperature than was read."""

    def hand_on(self, reading: Reading) -> None:
        change = reading.number == BROKEN_AT
        self.real.submit(reading._replace(value=reading.value + 1) if change else reading)


class SwapsNeighbours(Broken):
    """Writes two readings in each other's place."""

    kept: Reading | None = None

    def hand_on(self, reading: Reading) -> None:
        if reading.number == BROKEN_AT:
            self.kept = reading
            return
        self.real.submit(reading)
        if self.kept:
            self.real.submit(self.kept)
            self.kept = None
