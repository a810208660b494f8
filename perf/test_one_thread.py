"""How fast can one thread on one host write, waiting for every reading? (L1; the notes' first comparison)."""

from __future__ import annotations

from fixtures.plugin import Measure


def test_one_thread(trial: Measure) -> None:
    """One producer process, each reading acknowledged before the next is taken."""
    trial(processes=1, producer_hosts=1)
