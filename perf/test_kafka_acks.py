"""What does each step of Kafka's promise cost, and what is lost without one? (K6, K7, O9).

Three brokers on one host. The 2019 figures, one thread: 41,258 readings without waiting, 7,208 waiting with acks=all.
"""

from __future__ import annotations

import pytest

from fixtures.plugin import Measure
from fixtures.topologies.kafka import KafkaTopology

THREE = {"per_host": 3, "replication": 3, "processes": 1}
PROMISES = (THREE | {"acks": "1"}, THREE | {"acks": "all", "min_isr": [1, 2, 3]})
BUFFERS = THREE | {"buffer_bytes": 1024}
"""Socket buffers as small as in the notes."""


@pytest.mark.backends("kafka", "kafka-confluent")
@pytest.mark.topologies(KafkaTopology, *PROMISES, BUFFERS)
@pytest.mark.parametrize("frequency", [1, 0], ids=["waiting-for-each", "waiting-at-the-end"])
def test_kafka_acks(trial: Measure, topology: KafkaTopology, frequency: int) -> None:  # noqa: ARG001 – `trial` takes it
    """One producer, to which all is acknowledged in the end."""
    trial(frequency=frequency)


@pytest.mark.backends("kafka", "kafka-confluent")
@pytest.mark.topologies(KafkaTopology, THREE | {"acks": "0"})
def test_fire_and_forget(trial: Measure, topology: KafkaTopology) -> None:  # noqa: ARG001 – `trial` takes it
    """One producer, to which nothing is promised. How much arrived all the same stands in the record."""
    trial(wait=False)
