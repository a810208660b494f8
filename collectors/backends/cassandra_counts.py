"""How many readings of a run Cassandra counts."""

from __future__ import annotations

from .base import Assignment
from .cassandra_table import Client, Table


def stored(client: Client, assignment: Assignment) -> int | None:
    """Return the sum of one COUNT(*) for each of the run's partitions.

    At consistency ALL, so that what one replica lacks is looked for on the others. The nodes go through every row,
    hundreds of thousands in a second, and give up after their `read_request_timeout` (5 s); then there is no count.
    With the notes' own keys a run is spread over partitions that it shares with others, and to filter these would
    take longer than reading them: None.

    Raises:
        ServerError: a node is down, or counting took too long.
    """
    if assignment.settings["key"] != "accounting":
        return None
    table = Table.of(assignment.settings)
    keys = client.rows(f"SELECT DISTINCT {', '.join(table.partition)} FROM {table}", consistency="ALL")
    where = " AND ".join(f"{name} = ?" for name in table.partition)
    total = 0
    for location, run, producer in list(keys):
        if run == assignment.stream.run:
            values = [location, run, producer]
            [(count,)] = client.rows(f"SELECT COUNT(*) FROM {table} WHERE {where}", values, consistency="ALL")
            total += count
    return total
