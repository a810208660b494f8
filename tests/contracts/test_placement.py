"""What every backend has to do that says where its cluster keeps what is written, or that takes it away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from collectors.backends.base import Assignment, Backend
from collectors.backends.placement import Disposing, Placed
from collectors.backends.registry import OWN, backend
from collectors.errors import ServerError
from collectors.ledger import Ledger
from collectors.load import new_run
from fixtures.services.base import RunningService
from tests.writing import assignment_for, write

ServerOf = Callable[[str], RunningService]
PLACED = [name for name in OWN if isinstance(backend(name), Placed)]
DISPOSING = [name for name in OWN if isinstance(backend(name), Disposing)]
OWN_PLACE = {
    "kafka": lambda: {"topic": f"placed-{new_run()}", "partitions": "3"},
    "cassandra": lambda: {"keyspace": f"k{new_run()[:20]}", "key": "location-date"},
    "mariadb": dict[str, str],
}
"""By service, settings under which nobody else writes; MySQL's table has one name."""


def placed_for(made: Backend, server: RunningService) -> Assignment:
    made.load()
    given = OWN_PLACE[made.service]()
    assignment = assignment_for(made, server.endpoints[made.listener], given=given, frequency=0)
    made.prepare(assignment)
    return assignment


def written(made: Backend, assignment: Assignment, count: int) -> None:
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    write(writer, ledger, assignment, count)
    writer.close()
    ledger.close()


def shares(layout: dict[str, Any]) -> list[int]:
    if "partitions" in layout:
        return [row["records"] for row in layout["partitions"]]
    return [row["rows"] for row in layout["nodes"]]


def test_those_who_say_where_readings_are_and_those_who_take_them_away() -> None:
    assert set(PLACED) == {"kafka", "kafka-confluent", "cassandra", "cassandra-acsylla"}
    assert set(DISPOSING) == {"mysql", *PLACED}


@pytest.mark.parametrize("name", PLACED)
def test_a_layout_tells_where_the_readings_are(name: str, server_of: ServerOf) -> None:
    made, server = backend(name), server_of(name)
    assignment = placed_for(made, server)
    # Readings of one millisecond overwrite each other in Cassandra's table by location and date; it counts those kept.
    before = cast(Placed, made).layout(assignment)
    assert sum(shares(before)) == 0
    written(made, assignment, 500)
    after = cast(Placed, made).layout(assignment)
    if "partitions" in after:
        assert sum(shares(after)) == 500
        assert [row["partition"] for row in after["partitions"]] == [0, 1, 2]
        for row in after["partitions"]:
            assert row["leader"] in row["replicas"] == row["in_sync"]
    else:
        with made.reader(assignment) as reader:
            assert sum(shares(after)) == len(list(reader.arrivals(500)))
        [node] = after["nodes"]
        assert (node["tokens"], node["owns"], node["replica_owns"], node["first_rows"]) == (16, 1, 1, node["rows"])
    cast(Disposing, made).drop(assignment)


@pytest.mark.parametrize("name", DISPOSING)
def test_what_was_dropped_is_gone_and_can_be_made_anew(name: str, server_of: ServerOf) -> None:
    made, server = backend(name), server_of(name)
    disposing = cast(Disposing, made)
    assignment = placed_for(made, server)
    written(made, assignment, 10)
    disposing.drop(assignment)
    if isinstance(made, Placed):
        with pytest.raises(ServerError):
            made.layout(assignment)
    disposing.drop(assignment)
    made.prepare(assignment)
    with made.reader(assignment) as reader:
        assert list(reader.arrivals(10)) == []
    disposing.drop(assignment)
