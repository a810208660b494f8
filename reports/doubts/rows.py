"""Samples as rows, where several columns of one moment belong together."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

from ..limits.usage import EDGE_SECONDS


def rows(trial: Trial, host: str, *columns: str) -> Iterator[tuple[float, ...]]:
    """Return these columns of each sample taken in the measured time at which all of them could be read."""
    for one in trial.rounds:
        series = one.samples.get(host, {})
        listed = [series.get(column, []) for column in ("at", *columns)]
        for at, *values in zip(*listed, strict=False):
            known = [value for value in values if value is not None]
            if at is not None and 0 < at <= one.seconds + EDGE_SECONDS and len(known) == len(columns):
                yield tuple(known)
