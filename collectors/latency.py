"""From handing a reading over to its acknowledgement: how long it took, as an HDR histogram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hdrh.histogram import HdrHistogram

LOWEST_NS = 100
HIGHEST_NS = 300_000_000_000
DIGITS = 3

SAMPLED_STRIDE = 128
"""Where readings are not waited for one by one, one in this many is timed: timing costs about half a microsecond."""

_KEPT_BITS = 11
"""Of each latency this many leading bits are kept: 1 part in 1,024, three significant digits."""


def new_histogram() -> HdrHistogram:
    """Return an empty histogram of nanoseconds, 100 ns to 5 minutes, to three significant digits.

    Method: G. Tene's HdrHistogram (hdrhistogram.org), through the `hdrhistogram` package.
    """
    return HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS)


def merged(encoded: Iterable[str]) -> HdrHistogram:
    """Return histograms of nanoseconds as one.

    Args:
        encoded: each in the library's base64 form.
    """
    found = new_histogram()
    for one in encoded:
        found.add(HdrHistogram.decode(one))
    return found


class LatencyRecorder:
    """Times the readings whose number is a multiple of `stride`, from `started` to `record`.

    Which readings are timed is decided by their number alone, never by how long they take. While it records it counts
    in a dict, by the leading bits of each latency: a third of the time that recording in the histogram itself takes.
    """

    def __init__(self) -> None:
        self.stride = 1
        self.started: dict[int, int] = {}
        """Readings in flight that are timed: number to the nanoseconds from which on they are."""
        self._counts: dict[int, int] = {}

    @property
    def histogram(self) -> HdrHistogram:
        """What was recorded, in nanoseconds."""
        return _histogram(self._counts)

    def set_stride(self, *, each: bool) -> None:
        """Time every reading, or a sample of one in `SAMPLED_STRIDE`."""
        self.stride = 1 if each else SAMPLED_STRIDE

    def restart(self) -> None:
        """Forget what was recorded, at the end of the warm-up."""
        self._counts = {}
        self.started.clear()

    def record(self, number: int, now: int) -> None:
        """Record the latency of one reading that `started` knows."""
        latency = now - self.started.pop(number)
        dropped = latency.bit_length() - _KEPT_BITS
        if dropped > 0:
            latency = latency >> dropped << dropped
        counts = self._counts
        counts[latency] = counts.get(latency, 0) + 1

    def record_range(self, first: int, count: int, now: int) -> None:
        """Record the latencies of those of these readings that are timed."""
        stride = self.stride
        for number in range(first + -first % stride, first + count, stride):
            if number in self.started:
                self.record(number, now)

    def forget(self, first: int, count: int) -> None:
        """Drop readings that were not acknowledged: they have no latency."""
        for number in range(first + -first % self.stride, first + count, self.stride):
            self.started.pop(number, None)


class PacedRecorder(LatencyRecorder):
    """Times readings of an open loop twice: from when they were due, and from when they were handed over.

    `started` holds the first; the second is called service time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.handed_over: dict[int, int] = {}
        """As `started`, the time of the hand-over."""
        self._service: dict[int, int] = {}

    @property
    def service_histogram(self) -> HdrHistogram:
        """Service times, in nanoseconds."""
        return _histogram(self._service)

    def restart(self) -> None:
        """See `LatencyRecorder.restart`."""
        super().restart()
        self.handed_over.clear()
        self._service = {}

    def record(self, number: int, now: int) -> None:
        """See `LatencyRecorder.record`."""
        super().record(number, now)
        service = now - self.handed_over.pop(number)
        dropped = max(0, service.bit_length() - _KEPT_BITS)
        service = service >> dropped << dropped
        self._service[service] = self._service.get(service, 0) + 1

    def forget(self, first: int, count: int) -> None:
        """See `LatencyRecorder.forget`."""
        super().forget(first, count)
        for number in range(first + -first % self.stride, first + count, self.stride):
            self.handed_over.pop(number, None)


def _histogram(counts: Mapping[int, int]) -> HdrHistogram:
    made = new_histogram()
    for latency, count in counts.items():
        made.record_value(min(max(latency, LOWEST_NS), HIGHEST_NS), count)
    return made
