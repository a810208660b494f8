"""What does it cost to wait until every reading is on the disk, and when does the limit move away from it? (Y1)."""

from __future__ import annotations

import pytest

from fixtures.plugin import Measure


@pytest.mark.backends("sqlite", "mysql")
@pytest.mark.parametrize("frequency", [1, 10, 100, 1000, 10_000], ids="every-{}".format)
def test_commit_frequency(trial: Measure, frequency: int) -> None:
    """One producer that commits every so many rows, each in an INSERT of its own."""
    trial(processes=1, frequency=frequency)
