"""Does a second node help, and which node has the rows? (C1 to C4).

Each host of nodes is one CPU of this machine, or the part of one that `quotas` says.
"""

from __future__ import annotations

import pytest

from fixtures.case import overwritten
from fixtures.plugin import Measure
from fixtures.topologies.cassandra import CassandraTopology

C1 = {"processes": 4}
C2 = {"hosts": 2, "processes": 4}
C3 = {"hosts": 2, "processes": 4, "key": ["location", "location-date"]}
"""With the location alone as partition key all rows of one board lie on one node."""
C4 = (
    {"hosts": 2, "processes": 4, "tokens": (128, 256), "key": "location-date"},
    {"hosts": 2, "processes": 4, "tokens": (512, 128), "quotas": (1.0, 0.5), "key": "location-date"},
)
"""Tokens for what each board can do: the first has all of a CPU, the second half of one."""


@pytest.mark.backends("cassandra")
@pytest.mark.topologies(CassandraTopology, C1, C2, C3, *C4)
def test_cassandra_ring(trial: Measure, topology: CassandraTopology) -> None:  # noqa: ARG001 – `trial` takes it from here
    """Every producer waits for each of its readings; rows and ownership by node stand in the record.

    With the notes' own keys readings of one location and millisecond overwrite each other. They count as lost, and the
    case passes where no others are.
    """
    trial(excused=overwritten)
