"""What do more brokers, partitions, replicas and producers bring? (K1 to K5).

Brokers have a heap of 200 MiB, as in the notes. Each host of brokers is one CPU of this machine.
`--vary partitions=1,10,100` or `--grid FILE` measures other topologies.
"""

from __future__ import annotations

import pytest

from fixtures.plugin import Measure
from fixtures.topologies.kafka import KafkaTopology

K1 = {"processes": [1, 2, 4, 8]}
"""One broker, one partition, more and more producers."""
K2 = {"hosts": 2, "replication": [1, 2], "processes": 4}
"""Two brokers that share one partition, which has one leader."""
K3 = {"hosts": 2, "partitions": 10, "replication": [1, 2], "processes": 4}
"""Two brokers, and partitions enough for both."""
K4 = (
    {"hosts": 3, "partitions": 10, "processes": 4},
    {"hosts": 3, "partitions": 10, "replication": 3, "acks": ["all", "1"], "processes": 4},
)
"""Three brokers, each reading kept once or three times, and acknowledged by all or by one."""
K5 = (
    {"hosts": 2, "per_host": [2, 3], "partitions": 10, "replication": [1, 2], "processes": 4},
    {"hosts": 2, "per_host": 3, "partitions": 10, "replication": 6, "processes": 4},
)
"""Several brokers on one host."""


@pytest.mark.backends("kafka-confluent")
@pytest.mark.topologies(KafkaTopology, K1, K2, K3, *K4, *K5)
def test_kafka_scaling(trial: Measure, topology: KafkaTopology) -> None:  # noqa: ARG001 – `trial` takes it from here
    """Every producer waits for each of its readings."""
    trial()
