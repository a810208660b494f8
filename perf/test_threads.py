"""How many threads does it take to get the most out of a board, and how much is that? (L1, L6).

The 2019 figures of L6, one thread and all threads, with Kafka: Pi 1 100 and 100, Pi 2 149 and 1208, Pi 3 326 and 2320,
Pi 4 583 and 4480 TPS.
"""

from __future__ import annotations

import pytest

from fixtures.plugin import Measure

THREADS = (1, 2, 4, 8, 12, 32, 64, 72, 80)
"""As the notes tried them."""


@pytest.mark.backends("kafka", "kafka-confluent")
@pytest.mark.parametrize("threads", THREADS)
def test_threads(trial: Measure, threads: int) -> None:
    """So many processes, each of which waits for all its readings."""
    trial(processes=threads)
