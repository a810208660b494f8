"""All threads at once, committing every 1000: is it the server that gives in, or the producers? (Y2).

In the notes MySQL gave in itself, and Kafka on the same board still waited when the producers had no CPU left.
"""

from __future__ import annotations

import pytest

from fixtures.plugin import Measure


@pytest.mark.backends("mysql", "kafka", "kafka-confluent", "cassandra", "mqtt")
def test_all_producers(trial: Measure, processes: str) -> None:
    """Twice as many processes as CPUs, each waiting after every thousandth of its readings."""
    trial(processes=processes, frequency=1000)
