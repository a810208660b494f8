"""What loops are tested with: a writer that keeps a diary, and clocks that go by themselves."""

from __future__ import annotations

from collections.abc import Iterable

from collectors.backends.base import RawReading, Writer
from collectors.ledger import Ledger
from collectors.loop import Parts
from collectors.reading import Reading, Stream
from collectors.sensors.synthetic import SyntheticSensor
from collectors.source import Source

STREAM = Stream("0123456789abcdef", 0)


class Diary:
    """A writer that acknowledges at each wait and keeps a diary."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.entries: list[int | str] = []
        self.readings: list[Reading] = []
        self.pending = 0

    def submit(self, reading: Reading) -> None:
        self.entries.append(reading.number)
        self.readings.append(reading)
        self.pending += 1

    def wait(self) -> None:
        self.entries.append("wait")
        if self.pending:
            self.ledger.acknowledged(self.readings[-1].number - self.pending + 1, self.pending)
        self.pending = 0

    def close(self) -> None:
        pass


class BurstDiary(Diary):
    """One that takes bursts; their lengths are kept."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.bursts: list[list[int]] = []
        self.attempted: list[int] = []
        """What the ledger held for attempted when each reading of a burst was drawn."""

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        drawn = []
        for fields in readings:
            self.attempted.append(self.ledger.totals.attempted)
            drawn.append(fields[0])
            self.entries.append(fields[0])
            self.readings.append(Reading(*fields))
            self.pending += 1
        self.bursts.append(drawn)


class Clock:
    """Goes on by one each time it is asked."""

    def __init__(self, step: int = 1) -> None:
        self.time = 0
        self.step = step
        self.slept: list[float] = []

    def __call__(self) -> int:
        self.time += self.step
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += round(seconds * 1e9)


def parts(writer: Writer, ledger: Ledger, frequency: int, clock: Clock, **fields: object) -> Parts:
    source = Source(SyntheticSensor(), STREAM, "pi_cpu")
    return Parts(source, writer, ledger, frequency, clock=clock, sleep=clock.sleep, **fields)  # type: ignore[arg-type]
