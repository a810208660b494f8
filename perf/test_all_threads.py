"""How fast can one host write with all its threads? (L1: 2 × CPU processes, or as many as --processes says)."""

from __future__ import annotations

from fixtures.plugin import Measure


def test_all_threads(trial: Measure, processes: str) -> None:
    """Many producer processes, each waiting for its own readings."""
    trial(processes=processes)
