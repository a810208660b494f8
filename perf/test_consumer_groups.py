"""Who reads what in a consumer group, and in which order? (O7, O8).

Members of one group share the partitions of a topic; one that gets none reads nothing. Order is kept within a partition
alone: where a member reads several from the beginning, later readings come before earlier ones.
"""

from __future__ import annotations

import pytest

from fixtures.plugin import Measure
from fixtures.topologies.kafka import KafkaTopology


@pytest.mark.backends("kafka-confluent")
@pytest.mark.topologies(KafkaTopology, {"partitions": [1, 4], "processes": 2})
@pytest.mark.parametrize("join", ["before", "after"], ids="joined-{}".format)
@pytest.mark.parametrize("members", [1, 2], ids="members-{}".format)
def test_consumer_groups(trial: Measure, topology: KafkaTopology, members: int, join: str) -> None:
    """All readings come, each once and in order within its partition, whoever reads them."""
    rows = trial(options={"members": str(members), "join": join}).rounds[-1].reader["group"]
    given = sorted(number for row in rows for number in row["partitions"])
    assert given == list(range(topology.partitions)), "each partition belongs to one member"
    assert sum(bool(row["partitions"]) for row in rows) == min(members, topology.partitions)
    assert all((row["readings"] > 0) == bool(row["partitions"]) for row in rows)
    assert not any(row["reordered"] for row in rows), "within a partition order is kept"
