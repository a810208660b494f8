from __future__ import annotations

import itertools
import re

import pytest

from collectors.errors import ContractError
from collectors.ledger import Ledger
from collectors.loop import ClosedLoop
from collectors.reading import Reading, Stream
from collectors.sensors.synthetic import SyntheticSensor

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


class Clock:
    """Goes on by one each time it is asked."""

    def __init__(self) -> None:
        self.time = 0

    def __call__(self) -> int:
        self.time += 1
        return self.time


def loop(frequency: int, **fields: object) -> tuple[ClosedLoop, Diary]:
    ledger = Ledger()
    diary = Diary(ledger)
    clock = fields.pop("clock", Clock())
    made = ClosedLoop(
        SyntheticSensor(),
        diary,
        ledger,
        STREAM,
        "pi_cpu",
        frequency=frequency,
        clock=clock,
        **fields,  # type: ignore[arg-type]
    )
    return made, diary


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        (1, [1, "wait", 2, "wait", 3, "wait", 4, "wait", 5, "wait", "wait"]),
        (2, [1, 2, "wait", 3, 4, "wait", 5, "wait"]),
        (0, [1, 2, 3, 4, 5, "wait"]),
        (9, [1, 2, 3, 4, 5, "wait"]),
    ],
)
def test_it_waits_every_so_many_readings_and_at_the_end(frequency: int, expected: list[int | str]) -> None:
    made, diary = loop(frequency)
    phase = made.run(7)  # the first tick is the start, then one for each of five readings, the seventh is too late
    assert diary.entries == expected
    assert phase.counted == 5


def test_a_second_run_goes_on_counting() -> None:
    made, diary = loop(1)
    made.run(4)
    phase = made.run(9)
    assert [reading.number for reading in diary.readings] == list(range(1, len(diary.readings) + 1))
    assert 0 < phase.counted < len(diary.readings)


def test_readings_carry_what_proves_them() -> None:
    now = itertools.count(1569169582799_000000, 1_000_000)
    made, diary = loop(1, now=lambda: next(now))
    made.run(5)
    first, second = diary.readings[:2]
    assert (first.date, first.location) == (1569169582799, "pi_cpu")
    assert second.date == first.date + 1
    for reading in diary.readings:
        assert reading.checksum == STREAM.checksum(*reading[:5])


def test_it_stops_when_told_to() -> None:
    stopped = [0]

    class Stopping(SyntheticSensor):
        def read(self):  # type: ignore[no-untyped-def]
            stopped[0] = 1
            return super().read()

    ledger = Ledger()
    diary = Diary(ledger)
    made = ClosedLoop(Stopping(), diary, ledger, STREAM, "pi_cpu", frequency=1, stopped=stopped)
    made.run(2**62)
    assert diary.entries == [1, "wait", "wait"]


def test_it_sleeps_between_readings_and_not_beyond_the_deadline() -> None:
    slept: list[float] = []

    class Time:
        now = 0

        def __call__(self) -> int:
            self.now += 1000
            return self.now

        def sleep(self, seconds: float) -> None:
            slept.append(seconds)
            self.now += round(seconds * 1e9)

    time = Time()
    made, diary = loop(1, clock=time, sleep=time.sleep, sleep_time=0.5)
    made.run(1_200_000_000)
    assert len(diary.readings) == 3
    assert sum(slept) == pytest.approx(1.2, abs=0.001)
    assert max(slept) <= 0.2


def test_a_wait_that_leaves_readings_unsettled_is_a_fault_of_the_writer() -> None:
    made, diary = loop(1)
    diary.wait = lambda: None  # type: ignore[method-assign]
    with pytest.raises(ContractError, match=re.escape("left 5 readings unsettled")):
        made.run(7)
