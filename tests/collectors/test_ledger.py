from __future__ import annotations

import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import ContractError
from collectors.ledger import Ledger, Outcome, Totals, outcomes_of

REPORTS = {
    Outcome.ACKNOWLEDGED: lambda ledger, first, count: ledger.acknowledged(first, count),
    Outcome.FAILED: lambda ledger, first, count: ledger.failed(first, count, error="no"),
    Outcome.UNKNOWN: lambda ledger, first, count: ledger.unknown(first, count, error="perhaps"),
    Outcome.UNANSWERED: lambda ledger, first, count: ledger.unanswered(first, count),
}


def unpacked(ledger: Ledger, count: int) -> list[Outcome]:
    packed, meaning = ledger.outcomes(), outcomes_of(promised=ledger.promised)
    return [meaning[packed[at >> 2] >> ((at & 3) << 1) & 3] for at in range(count)]


def ranges_but(never: Outcome) -> st.SearchStrategy[list[tuple[Outcome, int]]]:
    others = st.sampled_from([outcome for outcome in Outcome if outcome is not never])
    return st.lists(st.tuples(others, st.integers(1, 30)), max_size=40)


@given(ranges_but(Outcome.ACKNOWLEDGED) | ranges_but(Outcome.UNANSWERED), st.randoms())
def test_every_reading_ends_as_what_was_reported(ranges: list[tuple[Outcome, int]], random) -> None:  # type: ignore[no-untyped-def]
    expected: list[Outcome] = []
    jobs = []
    for outcome, count in ranges:
        jobs.append((outcome, len(expected) + 1, count))
        expected += [outcome] * count
    ledger = Ledger()
    for number in range(1, len(expected) + 1):
        ledger.begin(number, number)
    random.shuffle(jobs)
    for outcome, first, count in jobs:
        REPORTS[outcome](ledger, first, count)
    assert unpacked(ledger, len(expected)) == expected
    assert ledger.totals.by_outcome() == {outcome: expected.count(outcome) for outcome in Outcome}
    assert ledger.totals.attempted == len(expected)
    assert ledger.unsettled == 0
    ledger.close()


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20), st.sampled_from(Outcome), st.sampled_from(Outcome))
def test_no_reading_is_settled_twice(first: int, count: int, again: int, one: Outcome, other: Outcome) -> None:
    ledger = Ledger()
    for number in range(1, 61):
        ledger.begin(number, number)
    REPORTS[one](ledger, first, count)
    again = first + (again - 1) % count
    with pytest.raises(ContractError, match="twice"):
        REPORTS[other](ledger, again, 1)
    with pytest.raises(ContractError, match="twice"):
        REPORTS[other](ledger, first, count + 8)
    ledger.close()


@pytest.mark.parametrize(("first", "count"), [(0, 1), (3, 1), (1, 3), (-1, 1), (1, 0)])
def test_no_reading_is_settled_that_was_not_handed_over(first: int, count: int) -> None:
    ledger = Ledger()
    ledger.begin(1, 0)
    ledger.begin(2, 0)
    with pytest.raises(ContractError, match="only 1 to 2 were handed over"):
        ledger.acknowledged(first, count)
    ledger.close()


def test_what_is_in_flight_is_unsettled_and_unknown() -> None:
    ledger = Ledger()
    for number in range(1, 11):
        ledger.begin(number, number)
    ledger.acknowledged(1, 4)
    ledger.unknown(5, 2, error="time-out")
    assert ledger.unsettled == 4
    assert ledger.totals.unknown == 6
    assert ledger.errors == {"time-out": 2}
    ledger.close()


def test_another_process_can_read_a_ledger_that_has_grown() -> None:
    descriptor = os.memfd_create("ledger")
    ledger = Ledger(descriptor=descriptor)
    readings = 1_000_003
    for number in (1, readings):
        ledger.begin(number, 0)
    ledger.acknowledged(1, readings)
    packed = os.pread(descriptor, -(-readings // 4), 0)
    assert packed == b"\x55" * (readings // 4) + b"\x15"
    ledger.close()
    os.close(descriptor)


def test_latency_is_the_time_from_handing_over_to_acknowledgement() -> None:
    time = [0]
    ledger = Ledger(clock=lambda: time[0])
    for number, began in ((1, 0), (2, 1_000_000), (3, 2_000_000)):
        ledger.begin(number, began)
    time[0] = 5_000_000
    ledger.acknowledged(1, 2)
    ledger.failed(3, error="no")
    histogram = ledger.latency.histogram
    assert histogram.get_total_count() == 2
    assert histogram.get_value_at_percentile(1) == pytest.approx(4_000_000, rel=1e-3)
    assert histogram.get_max_value() == pytest.approx(5_000_000, rel=1e-3)
    assert not ledger.latency.started
    ledger.close()


def test_of_readings_that_are_not_waited_for_one_by_one_a_sample_is_timed() -> None:
    ledger = Ledger(clock=lambda: 1_000)
    ledger.latency.set_stride(each=False)
    for number in range(1, 321):
        ledger.begin(number, 0)
    ledger.acknowledged(1, 320)
    assert ledger.latency.histogram.get_total_count() == 2
    ledger.close()


def test_totals_count_in_the_memory_they_are_given() -> None:
    cells = memoryview(bytearray(8 * Totals.CELLS)).cast("Q")
    ledger = Ledger(Totals(cells))
    ledger.begin(1, 0)
    ledger.begin(2, 0)
    ledger.acknowledged(2)
    assert list(cells) == [2, 1, 0, 0]
    ledger.close()


def test_a_stream_is_promised_everything_or_nothing() -> None:
    ledger = Ledger()
    ledger.begin(1, 0)
    ledger.begin(2, 0)
    ledger.acknowledged(1)
    ledger.unanswered(2)
    with pytest.raises(ContractError, match="acknowledged, and others as never to be answered"):
        ledger.check()
    ledger.close()


def test_readings_in_doubt_take_no_more_memory_than_others() -> None:
    ledger = Ledger()
    ledger.latency.set_stride(each=False)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for first in range(1, 200_001, 2):
        ledger.begin(first + 1, 0)
        ledger.unknown(first, error="time-out")
        ledger.acknowledged(first + 1)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert ledger.unsettled == 0
    assert ledger.totals.unknown == 100_000
    assert grown < 20_000
    ledger.close()
