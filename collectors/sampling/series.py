"""Samples, one after the other, by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .sampler import Sampler
from .source import Columns


class Series:
    """Collects samples as columns of equal length: None stands where a sample has nothing for a column."""

    def __init__(self) -> None:
        self._at_ns: list[int] = []
        self._columns: dict[str, list[float | None]] = {}

    def __len__(self) -> int:
        return len(self._at_ns)

    def take(self, sampler: Sampler) -> Columns:
        """Take one sample, keep it unless it is the one that only begins, and return it."""
        sample = sampler.sample()
        if sample and sampler.sampled_ns is not None:
            self.add(sample, sampler.sampled_ns)
        return sample

    def add(self, sample: Columns, at_ns: int) -> None:
        """Keep a sample.

        Args:
            sample: its columns; others than before may come, and known ones be missing.
            at_ns: when its interval ended, by the sampler's clock.
        """
        for name in sample.keys() - self._columns.keys():
            self._columns[name] = [None] * len(self._at_ns)
        self._at_ns.append(at_ns)
        for name, values in self._columns.items():
            values.append(sample.get(name))

    def columns(self, start_ns: int) -> dict[str, list[float | None]]:
        """Return all columns, as `Round.samples` has them, `at` among them: seconds since the start.

        Args:
            start_ns: the start of the measured time, by the sampler's clock; samples before it get negative times.
        """
        at: list[float | None] = [(one - start_ns) / 1e9 for one in self._at_ns]
        return {"at": at} | {name: list(self._columns[name]) for name in sorted(self._columns)}


def kept(columns: Mapping[str, Sequence[float | None]]) -> dict[str, list[float | None]]:
    """Return columns as records keep them: six significant digits, and none in which nothing could be read.

    No counter is better than that, and records stay small.
    """
    return {
        name: [None if value is None else float(f"{value:.6g}") for value in values]
        for name, values in columns.items()
        if any(value is not None for value in values)
    }
