"""Latency over time: the latencies of each second of the measured time.

A thread takes away once a second what a producer has recorded. Per reading that costs nothing; per second it takes the
interpreter for some microseconds at a stretch, between which the producer goes on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count, zip_longest

from .latency import LatencyRecorder

SECONDS = 1.0
_BITS = 6
"""Of each latency this many leading bits are kept: it is told to within 1 part in 64."""
_STRETCH = 32
"""Latencies that are put together before the producer may go on: some ten microseconds."""

Window = list[int]
"""The latencies of one second: nanoseconds, how many, nanoseconds, how many, …; the shortest first."""

PERCENTILES = (50, 99)


class WindowCutter:
    """Cuts what a recorder records into windows, until `end`.

    Args:
        recorder: its latencies are those of the measured time alone.
        began_ns: when the first window begins, by `time.perf_counter_ns`.
    """

    def __init__(self, recorder: LatencyRecorder, began_ns: int) -> None:
        self._recorder = recorder
        self._began_ns = began_ns
        self._windows: list[Window] = []
        # Put together a second later than it is taken away: until then somebody may still be adding to it.
        self._taken: dict[int, int] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="latency-windows", daemon=True)
        self._thread.start()

    def end(self) -> list[Window]:
        """Return the windows; the last one is of what was left of its second."""
        self._ended.set()
        self._thread.join()
        self._cut()
        self._cut()
        self._recorder.keep(self._taken or {})
        while self._windows and not self._windows[-1]:
            self._windows.pop()
        return self._windows

    def _run(self) -> None:
        for second in count(1):
            left = (self._began_ns - time.perf_counter_ns()) / 1e9 + second * SECONDS
            if self._ended.wait(max(0.0, left)):
                return
            self._cut()

    def _cut(self) -> None:
        done, self._taken = self._taken, self._recorder.take()
        if done is not None:
            self._windows.append(window(done, _give_way))
            self._recorder.keep(done, _give_way)


def window(counts: Mapping[int, int], give_way: Callable[[int], object] = lambda _: None) -> Window:
    """Return latencies as a window.

    Args:
        counts: how many there were, by nanoseconds.
        give_way: called with how many were put together so far.
    """
    found: dict[int, int] = {}
    for done, (latency, number) in enumerate(counts.items()):
        dropped = latency.bit_length() - _BITS
        if dropped > 0:
            latency = (latency >> dropped << dropped) + (1 << dropped >> 1)  # noqa: PLW2901 – the middle of its kind
        found[latency] = found.get(latency, 0) + number
        give_way(done)
    return [value for pair in sorted(found.items()) for value in pair]


def together(each: Iterable[Sequence[Window]]) -> list[Window]:
    """Return the windows of several producers as one's: those of the same second added up."""
    found = []
    for same in zip_longest(*each, fillvalue=[]):
        counts: dict[int, int] = {}
        for one in same:
            for latency, number in zip(one[::2], one[1::2], strict=True):
                counts[latency] = counts.get(latency, 0) + number
        found.append([value for pair in sorted(counts.items()) for value in pair])
    return found


def columns(windows: Sequence[Window], seconds: float) -> dict[str, list[float | None]]:
    """Return what windows come to, by column.

    Returns:
        `at`: seconds of measured time at a window's end; `timed`: latencies in it; `p50_ms`, `p99_ms` and `max_ms`, to
        within 1 part in 64, None where nothing was timed. Empty for no windows.

    Args:
        windows: from the first second on.
        seconds: the measured time.
    """
    if not windows:
        return {}
    found: dict[str, list[float | None]] = {"at": [], "timed": []}
    found |= {f"p{percent}_ms": [] for percent in PERCENTILES} | {"max_ms": []}
    for number, one in enumerate(windows, 1):
        found["at"].append(min(number * SECONDS, seconds))
        found["timed"].append(sum(one[1::2]))
        for percent in PERCENTILES:
            found[f"p{percent}_ms"].append(_percentile(one, percent))
        found["max_ms"].append(one[-2] / 1e6 if one else None)
    return found


def _percentile(one: Window, percent: int) -> float | None:
    """Return the shortest latency that so many per cent are not longer than, in ms."""
    wanted, seen = sum(one[1::2]) * percent / 100, 0
    for latency, number in zip(one[::2], one[1::2], strict=True):
        seen += number
        if seen >= wanted:
            return latency / 1e6
    return None


def _give_way(done: int) -> None:
    if done % _STRETCH == _STRETCH - 1:
        time.sleep(0)
