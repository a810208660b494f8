"""Latency over time: nothing is lost between windows, and each tells what was recorded in its second."""

from __future__ import annotations

import math
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.latency import LatencyRecorder
from collectors.latency_windows import SECONDS, WindowCutter, columns, together, window

MS = 1_000_000


def recorded(recorder: LatencyRecorder, number: int, latency: int) -> None:
    recorder.started[number] = 0
    recorder.record(number, latency)


@pytest.mark.slow
def test_no_latency_is_lost_or_counted_twice_while_another_thread_records() -> None:
    recorder, total = LatencyRecorder(), 0
    began = time.perf_counter_ns()
    cutter = WindowCutter(recorder, began)

    def work() -> None:
        nonlocal total
        while time.perf_counter_ns() - began < 2.5e9:
            recorded(recorder, total, MS + total % 1000 * 1000)
            total += 1

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    windows = cutter.end()
    assert len(windows) == 3
    assert all(windows)
    assert sum(sum(one[1::2]) for one in windows) == total == recorder.histogram.get_total_count()


@pytest.mark.slow
def test_a_window_holds_what_was_recorded_in_its_second() -> None:
    recorder = LatencyRecorder()
    began = time.perf_counter_ns()
    cutter = WindowCutter(recorder, began)
    recorded(recorder, 1, 2 * MS)
    while time.perf_counter_ns() - began < 1.3e9 * SECONDS:
        time.sleep(0.01)
    recorded(recorder, 2, 5 * MS)
    recorded(recorder, 3, 9 * MS)
    told = columns(cutter.end(), 1.4)
    assert (told["at"], told["timed"]) == ([1.0, 1.4], [1, 2])
    assert told["p50_ms"] == [pytest.approx(2, rel=1 / 64), pytest.approx(5, rel=1 / 64)]
    assert told["max_ms"] == [pytest.approx(2, rel=1 / 64), pytest.approx(9, rel=1 / 64)]


def test_what_is_recorded_after_the_end_is_in_the_whole_all_the_same() -> None:
    recorder = LatencyRecorder()
    cutter = WindowCutter(recorder, time.perf_counter_ns())
    recorded(recorder, 1, MS)
    assert sum(sum(one[1::2]) for one in cutter.end()) == 1
    recorded(recorder, 2, MS)
    assert recorder.histogram.get_total_count() == 2


@given(st.dictionaries(st.integers(0, 10**12), st.integers(1, 1000), min_size=1))
def test_a_window_keeps_every_count_and_its_latency_to_one_part_in_64(counts: dict[int, int]) -> None:
    made = window(counts)
    assert made[::2] == sorted(set(made[::2]))
    assert sum(made[1::2]) == sum(counts.values())
    assert made[-2] == pytest.approx(max(counts), rel=1 / 64)
    assert made[0] == pytest.approx(min(counts), rel=1 / 64)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=200))
def test_percentiles_are_those_of_the_latencies_themselves(latencies: list[int]) -> None:
    counts = {one * 1000: latencies.count(one) for one in latencies}
    told = columns([window(counts)], 1.0)
    ordered = sorted(latencies)
    for percent in (50, 99):
        exact = ordered[math.ceil(len(ordered) * percent / 100) - 1]
        assert told[f"p{percent}_ms"] == [pytest.approx(exact / 1000, rel=1 / 64)]


def test_windows_of_producers_are_put_together_second_by_second() -> None:
    early, late = [[1000, 2, 3000, 1], [1000, 1]], [[1000, 1, 2000, 5], [], [4000, 2]]
    assert together([early, late]) == [[1000, 3, 2000, 5, 3000, 1], [1000, 1], [4000, 2]]
    assert together([]) == []


def test_a_second_without_any_says_so() -> None:
    told = columns([[MS, 1], [], [MS, 3]], 2.5)
    assert told["timed"] == [1, 0, 3]
    assert told["p99_ms"][1] is told["max_ms"][1] is None
    assert told["at"] == [1.0, 2.0, 2.5]
    assert columns([], 2.5) == {}
