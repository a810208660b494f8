"""How much can the servers take, what stops them, and what does one more of them bring? (K8).

Processes are added until throughput stops growing beyond its noise; then the highest rate that is sustained is searched
in an open loop; then a broker or node is added, and all of it begins again. It takes about ten minutes for Kafka.
"""

from __future__ import annotations

from typing import Any

import pytest

from collectors.errors import ThermobenchError, Unavailable
from fixtures.case import CLOCK
from fixtures.levels import Levels
from fixtures.saturation import Saturated, Saturation, summary
from fixtures.search.growth import growing
from fixtures.topologies.base import Topology
from fixtures.topologies.cassandra import CassandraTopology
from fixtures.topologies.kafka import KafkaTopology

from .conftest import SATURATED

SERVERS: dict[str, list[Topology | None]] = {
    "kafka": [KafkaTopology(partitions=10), KafkaTopology(hosts=2, partitions=10)],
    "cassandra": [CassandraTopology(), CassandraTopology(hosts=2)],
}
"""By service, which servers are saturated one after the other; the usual ones of all others."""


@pytest.mark.benchmark(timer=CLOCK, group="saturation")
def test_saturation(levels: Levels, pytestconfig: pytest.Config, benchmark: Any) -> None:
    """The benchmark's `ops` is the peak of the last set of servers; all the rest stands in `extra_info`."""
    option = pytestconfig.option
    search = Saturation(levels, option.probe_seconds, option.most_processes)
    found: list[Saturated] = []
    benchmark.has_error = True
    try:
        for topology in SERVERS.get(levels.backend.service, [None]):
            name = topology.id if topology else levels.backend.name
            levels.progress(f"{levels.backend.name}: saturating {topology.in_words() if topology else name}")
            found.append(search.of(name, topology, growing()))
    except Unavailable as error:
        if option.strict_backends:
            pytest.fail(f"{error} (--strict-backends)", pytrace=False)
        pytest.skip(str(error))
    except ThermobenchError as error:
        pytest.fail(str(error), pytrace=False)
    finally:
        pytestconfig.stash[SATURATED] += [(levels.name, summary(found))] if found else []
    peak = max(one.tps for one in found[-1].growth.levels)
    benchmark.pedantic(CLOCK.advance, args=(peak,), rounds=1, iterations=1)
    benchmark.extra_info["saturation"] = [one.to_json() for one in found]
    benchmark.has_error = False
