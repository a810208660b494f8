from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.pacing import Schedule, together

rates = st.floats(0.01, 1e6)


@given(rates, st.integers(1, 64), st.data())
def test_due_within_counts_what_is_due(rate: float, processes: int, data: st.DataObject) -> None:
    schedule = Schedule(rate, processes, data.draw(st.integers(0, processes - 1)))
    span = data.draw(st.integers(0, round(schedule.period_ns * 50)))
    count = schedule.due_within(span)
    assert count == 0 or schedule.due_ns(count - 1) < span
    assert schedule.due_ns(count) >= span


@given(st.integers(1, 10_000), st.integers(1, 64))
def test_the_producers_of_a_host_share_a_rate(rate: int, processes: int) -> None:
    shares = [Schedule(rate, processes, index) for index in range(processes)]
    assert abs(sum(one.due_within(10_000_000_000) for one in shares) - 10 * rate) <= processes
    starts = [one.due_ns(0) for one in shares]
    assert starts == sorted(starts)
    assert starts[-1] < 1e9 * processes / rate


def test_together_sums_up_and_takes_the_worst() -> None:
    rows = [
        {"intended": 10, "sent": 9, "late": 2, "behind_max_ns": 5_000_000, "behind_end_ns": 1_000_000},
        {"intended": 10, "sent": 10, "late": 0, "behind_max_ns": 1_000_000, "behind_end_ns": 0},
    ]
    assert together(20.0, rows) == pytest.approx(
        {"rate": 20.0, "intended": 20, "sent": 19, "late": 2, "behind_max_ms": 5.0, "behind_end_ms": 1.0}
    )
    assert together(20.0, [])["behind_max_ms"] == 0
