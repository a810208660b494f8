"""What every source of columns is, and how counters become rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

Columns = dict[str, float | None]
"""One sample, by column; None where there is nothing to read."""

_WORD = 2**32


class Source(Protocol):
    """Something that is read once a second."""

    def sample(self, seconds: float) -> Columns:
        """Return its columns for the time since the previous call.

        Args:
            seconds: how long ago that was; what the first call returns means nothing.
        """
        ...

    def close(self) -> None:
        """Close its files."""
        ...


def growth(before: int, now: int) -> int | None:
    """Return by how much a counter grew; None if it began anew.

    Several of the kernel's counters have 32 bits, on 32-bit machines most of them, and then start again from 0.
    """
    if now >= before:
        return now - before
    return now - before + _WORD if _WORD // 2 <= before < _WORD else None


class Rates:
    """Makes rates of counters: by how much each grew in a second."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}

    def of(self, now: Mapping[str, int], seconds: float) -> Columns:
        """Return growth per second by name; None for a counter that is new or began anew."""
        rates: Columns = {}
        for name, value in now.items():
            grown = growth(self._before[name], value) if name in self._before else None
            rates[name] = None if grown is None else grown / seconds
        self._before = dict(now)
        return rates
