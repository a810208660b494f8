"""Grids whose law is known, measured with noise."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from collectors.record import Trial
from fixtures.topologies.grid import cells
from fixtures.topologies.kafka import KafkaTopology
from reports.prediction.prediction import Unmeasured
from tests.trials import a_round, a_trial

NOISE = 0.05

Law = Callable[[KafkaTopology], float]


def grid(**axes: Any) -> list[KafkaTopology]:
    return [one for one in cells(KafkaTopology, axes) if not one.impossible()]


def large() -> list[KafkaTopology]:
    """64 cells on three clusters."""
    return grid(hosts=[1, 2, 3], partitions=[1, 10], replication=[1, 3], acks=["1", "all"], processes=[1, 2, 4, 8])


def interacting(seed: int) -> Law:
    """More producers bring more the more brokers there are, and replicas cost more where all are waited for."""
    rng = random.Random(seed)
    alone, together, replicas, waiting = (
        rng.uniform(*ends) for ends in ((0.3, 0.9), (0.0, 0.3), (0.1, 0.5), (0.05, 0.6))
    )

    def law(one: KafkaTopology) -> float:
        cost = one.replication ** -(replicas + waiting * (one.acks == "all"))
        return 800 * one.processes ** (alone + together * (one.hosts - 1) / 2) * one.partitions**0.1 * cost

    return law


def saturating(seed: int) -> Law:
    """The Universal Scalability Law, its contention shared out over the brokers that lead a partition."""
    rng = random.Random(seed)
    contention, coherency, replicas = rng.uniform(0.05, 0.3), rng.uniform(0.0, 0.01), rng.uniform(0.1, 0.5)

    def law(one: KafkaTopology) -> float:
        n, leading = one.processes, min(one.hosts, one.partitions)
        below = 1 + contention / leading * (n - 1) + coherency * n * (n - 1)
        return 800 * n / below / one.replication ** (replicas * (2 if one.acks == "all" else 1))

    return law


def fields(one: KafkaTopology) -> dict[str, Any]:
    """As a record has them."""
    return {"id": one.id, **asdict(one)}


def name(one: KafkaTopology) -> str:
    return f"perf/test_kafka_scaling.py::test_kafka_scaling[kafka-confluent-{one.id}]"


def measured(one: KafkaTopology, *rounds: float, **more: Any) -> Trial:
    return a_trial(*map(a_round, rounds), name=name(one), server={"topology": fields(one)}, **more)


def trials(found: Sequence[KafkaTopology], law: Law, seed: int, noise: float = NOISE) -> list[Trial]:
    """Each cell's three rounds, which differ from the law by noise."""
    rng = random.Random(1000 + seed)
    return [measured(one, *(law(one) * rng.lognormvariate(0, noise) for _ in range(3))) for one in found]


def unmeasured(found: Sequence[KafkaTopology]) -> list[Unmeasured]:
    return [Unmeasured(name(one), fields(one)) for one in found]
