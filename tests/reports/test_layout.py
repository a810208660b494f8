"""Where readings were kept, in words."""

from __future__ import annotations

from typing import Any

from collectors.backends.placement import node_row, partition_row
from collectors.record import Trial
from reports.layout import layout_lines
from tests.trials import a_trial


def kept(**layout: Any) -> Trial:
    made = a_trial()
    return a_trial(server=made.server | {"topology": {"id": "one"}, "layout": layout})


def test_readings_stand_with_the_broker_that_leads_their_partition() -> None:
    rows = [
        partition_row(0, 2, [2, 1], [1, 2], 1000),
        partition_row(1, 1, [1, 2], [1], 250),
        partition_row(2, 2, [2, 3], [2, 3], None),
    ]
    assert layout_lines([kept(partitions=rows)]) == [
        "layout:",
        "  test_one_thread[sqlite]: partitions led by broker 1: 1 with 250 readings, 2: 2 with 1,000 readings, "
        "3: 0 with 0 readings; partitions that lack replicas: 1",
    ]


def test_rows_stand_with_the_node_that_has_them_first() -> None:
    rows = [
        node_row("10.0.0.1", 128, owns=0.326, replica_owns=1, rows=400, first_rows=100),
        node_row("10.0.0.2", 256, owns=0.674, replica_owns=1, rows=400, first_rows=300),
    ]
    told = " ".join(line.strip() for line in layout_lines([kept(nodes=rows)])[1:])
    assert told == (
        "test_one_thread[sqlite]: node 10.0.0.1: 128 tokens, owns 32.6%, first replica of 100 rows (25.0%); "
        "node 10.0.0.2: 256 tokens, owns 67.4%, first replica of 300 rows (75.0%)"
    )


def test_what_is_about_no_topology_has_no_line() -> None:
    assert layout_lines([a_trial(), kept()]) == []
