from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import ContractError
from collectors.ledger import Ledger
from collectors.loop import LONGEST_BURST, ClosedLoop
from collectors.sensors.synthetic import SyntheticSensor
from collectors.source import Source
from tests.collectors.loops import STREAM, BurstDiary, Clock, Diary, parts


def loop(frequency: int, clock: Clock | None = None, **fields: float) -> tuple[ClosedLoop, Diary]:
    ledger = Ledger()
    diary = Diary(ledger)
    return ClosedLoop(parts(diary, ledger, frequency, clock or Clock()), **fields), diary


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
    phase = made.run(12)  # one tick is the start, two go by with each of five readings, the twelfth is too late
    assert diary.entries == expected
    assert phase.counted == 5


def test_a_second_run_goes_on_counting() -> None:
    made, diary = loop(1)
    made.run(7)
    phase = made.run(19)
    assert [reading.number for reading in diary.readings] == list(range(1, len(diary.readings) + 1))
    assert 0 < phase.counted < len(diary.readings)


def test_it_stops_when_told_to() -> None:
    stopped = [0]

    class Stopping(SyntheticSensor):
        def read(self):  # type: ignore[no-untyped-def]
            stopped[0] = 1
            return super().read()

    ledger = Ledger()
    diary = Diary(ledger)
    made = parts(diary, ledger, 1, Clock(), stopped=stopped)
    ClosedLoop(replace(made, source=Source(Stopping(), STREAM, "pi_cpu"))).run(2**62)
    assert diary.entries == [1, "wait", "wait"]


def test_it_sleeps_between_readings_and_not_beyond_the_deadline() -> None:
    clock = Clock(1000)
    made, diary = loop(1, clock, sleep_time=0.5)
    made.run(1_200_000_000)
    assert len(diary.readings) == 3
    assert sum(clock.slept) == pytest.approx(1.2, abs=0.001)
    assert max(clock.slept) <= 0.2


def test_a_wait_that_leaves_readings_unsettled_is_a_fault_of_the_writer() -> None:
    made, diary = loop(1)
    diary.wait = lambda: None  # type: ignore[method-assign]
    with pytest.raises(ContractError, match=re.escape("left 5 readings unsettled")):
        made.run(12)


@given(frequency=st.integers(0, 300), steps=st.integers(50, 400))
def test_bursts_hand_over_what_single_readings_would(frequency: int, steps: int) -> None:
    ledger = Ledger()
    ledger.latency.set_stride(each=False)
    diary = BurstDiary(ledger)
    ClosedLoop(parts(diary, ledger, frequency, Clock())).run(steps)
    numbers = [entry for entry in diary.entries if entry != "wait"]
    assert numbers == list(range(1, len(numbers) + 1))
    waited_after = [diary.entries[at - 1] for at, entry in enumerate(diary.entries) if entry == "wait"]
    assert (
        waited_after[:-1] == ([n for n in numbers if n % frequency == 0] if frequency else [])[: len(waited_after) - 1]
    )
    assert ledger.totals.acknowledged == len(numbers)
    timed = [n for n in numbers if isinstance(n, int) and n % 128 == 0]
    assert not set(timed) & {n for burst in diary.bursts for n in burst}, "a timed reading went over in a burst"
    assert ledger.latency.histogram.get_total_count() == len(timed)
    assert max(map(len, diary.bursts)) <= LONGEST_BURST
    ledger.close()


def test_a_reading_of_a_burst_counts_as_attempted_when_it_is_drawn_and_not_before() -> None:
    ledger = Ledger()
    ledger.latency.set_stride(each=False)
    diary = BurstDiary(ledger)
    ClosedLoop(parts(diary, ledger, 0, Clock())).run(300)
    assert diary.attempted == [n for burst in diary.bursts for n in burst]
    assert max(map(len, diary.bursts)) > 50


def test_bursts_stay_short_where_readings_take_long() -> None:
    clock = Clock()

    class Slow(BurstDiary):
        def submit(self, reading):  # type: ignore[no-untyped-def]
            clock.time += 5_000_000
            super().submit(reading)

        def submit_many(self, readings):  # type: ignore[no-untyped-def]
            drawn = list(readings)
            clock.time += 5_000_000 * len(drawn)
            super().submit_many(drawn)

    ledger = Ledger()
    ledger.latency.set_stride(each=False)
    diary = Slow(ledger)
    ClosedLoop(parts(diary, ledger, 0, clock)).run(10_000_000_000)
    assert max(map(len, diary.bursts)) <= 2
    assert clock.time < 10_020_000_000


def test_readings_that_are_each_timed_are_not_handed_over_in_bursts() -> None:
    ledger = Ledger()
    diary = BurstDiary(ledger)
    ClosedLoop(parts(diary, ledger, 0, Clock())).run(100)
    assert not diary.bursts
    assert len(diary.readings) > 10
