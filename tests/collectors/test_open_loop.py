from __future__ import annotations

import pytest

from collectors.latency import PacedRecorder
from collectors.ledger import Ledger
from collectors.open_loop import OpenLoop
from collectors.pacing import Schedule
from collectors.reading import Reading
from tests.collectors.loops import BurstDiary, Clock, Diary, parts

MS = 1_000_000
SECOND = 1000 * MS


class Server(Diary):
    """Takes a fixed time for each reading at each wait, and stalls once."""

    def __init__(self, ledger: Ledger, clock: Clock, *, each_ms: int, stall_ms: int = 0, stall_at: int = 0) -> None:
        super().__init__(ledger)
        self.clock, self.each, self.stall, self.stall_at = clock, each_ms * MS, stall_ms * MS, stall_at

    def submit(self, reading: Reading) -> None:
        self.clock.time += self.each + (self.stall if reading.number == self.stall_at else 0)
        super().submit(reading)


def run(rate: float, frequency: int = 1, seconds: int = 10, **server: int) -> tuple[OpenLoop, Server, PacedRecorder]:
    clock = Clock()
    ledger = Ledger(clock=clock)
    recorder = ledger.latency = PacedRecorder()
    writer = Server(ledger, clock, **server)
    made = OpenLoop(parts(writer, ledger, frequency, clock), schedule=Schedule(rate), recorder=recorder)
    made.run(seconds * SECOND)
    return made, writer, recorder


def test_a_schedule_is_kept_where_the_server_is_fast_enough() -> None:
    made, writer, recorder = run(100.0, each_ms=2)
    assert made.phase is not None
    assert made.phase.held is not None
    assert (made.phase.held.intended, made.phase.held.sent, made.phase.held.late) == (1000, 1000, 0)
    assert len(writer.readings) == 1000
    assert recorder.histogram.get_value_at_percentile(99) == pytest.approx(2 * MS, rel=0.01)


def test_a_stall_shows_in_the_latency_of_all_readings_that_were_due_in_it() -> None:
    """A closed loop would have timed one slow reading: coordinated omission."""
    made, _, recorder = run(100.0, each_ms=2, stall_ms=1000, stall_at=300)
    assert made.phase is not None
    assert made.phase.held is not None
    # 100 readings were due in the second of the stall, and about 25 more until the backlog was worked off.
    slow = sum(recorder.histogram.get_count_at_value(value) for value in _values(recorder, above=50 * MS))
    assert 100 <= slow <= 130
    assert recorder.histogram.get_max_value() == pytest.approx(1002 * MS, rel=0.01)
    assert recorder.service_histogram.get_value_at_percentile(99.8) == pytest.approx(2 * MS, rel=0.01)
    assert made.phase.held.sent == 1000
    assert 100 <= made.phase.held.late <= 130
    assert made.phase.held.behind_max_ns == pytest.approx(992 * MS, rel=0.01)
    assert made.phase.held.behind_end_ns == 0


def test_a_server_that_is_too_slow_leaves_the_loop_behind_and_it_says_so() -> None:
    made, writer, _ = run(100.0, each_ms=20)
    assert made.phase is not None
    held = made.phase.held
    assert held is not None
    assert (held.intended, held.sent) == (1000, len(writer.readings)) == (1000, 500)
    assert held.behind_end_ns == held.behind_max_ns == pytest.approx(5 * SECOND, rel=0.01)
    assert held.late == 499


def test_it_waits_every_so_many_readings() -> None:
    _, writer, _ = run(100.0, frequency=3, seconds=1, each_ms=1)
    assert writer.entries[:8] == [1, 2, 3, "wait", 4, 5, 6, "wait"]
    assert writer.entries[-1] == "wait"


@pytest.mark.parametrize("frequency", [0, 1, 7])
def test_what_became_due_meanwhile_is_handed_over_in_a_burst(frequency: int) -> None:
    clock = Clock(100_000)
    ledger = Ledger(clock=clock)
    recorder = ledger.latency = PacedRecorder()
    recorder.set_stride(each=False)
    writer = BurstDiary(ledger)
    behind = memoryview(bytearray(8)).cast("Q")
    made = OpenLoop(
        parts(writer, ledger, frequency, clock), schedule=Schedule(100_000), recorder=recorder, behind=behind
    )
    phase = made.run(SECOND)
    assert phase.held is not None
    assert phase.counted == phase.held.sent == len(writer.readings)
    assert [one.number for one in writer.readings] == list(range(1, len(writer.readings) + 1))
    assert bool(writer.bursts) == (frequency != 1)
    assert all(len(burst) <= (frequency or 127) for burst in writer.bursts)
    assert recorder.histogram.get_total_count() == len(writer.readings) // 128
    assert behind[0] > 0


def _values(recorder: PacedRecorder, above: int) -> list[int]:
    return [
        item.value_iterated_to for item in recorder.histogram.get_recorded_iterator() if item.value_iterated_to > above
    ]
