"""Memory that ran out (M9)."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

from ..limits.usage import Usage, usages

SWAPPED = 2**20
"""Bytes while it was measured, in or out. Less is the odd page of a process that sleeps; this much, page by page, keeps
an SD card busy for a good part of a second."""


def swapped(trial: Trial) -> Iterator[str]:
    """Doubt hosts that swapped in the measured time."""
    for usage in usages(trial, trial.rounds):
        out, back = _bytes(usage, "memory.swap_out"), _bytes(usage, "memory.swap_in")
        if max(out, back) >= SWAPPED:
            yield (
                f"host {usage.name} swapped: {out / 2**20:,.1f} MiB out and {back / 2**20:,.1f} MiB in while it was "
                f"measured, more than {SWAPPED // 2**20} MiB"
            )


def _bytes(usage: Usage, column: str) -> float:
    return sum(seconds * rate for seconds, rate in usage.columns.get(column, ()))
