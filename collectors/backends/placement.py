"""Where a cluster keeps what is written to it, node by node or partition by partition."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from .base import Assignment


@runtime_checkable
class Placed(Protocol):
    """A backend whose server spreads readings over several nodes, and says over which."""

    def layout(self, assignment: Assignment) -> dict[str, Any]:
        """Return where the topic or table lies; in the form of `partition_row` or `node_row`.

        Args:
            assignment: of one of the run's producers; its topic or table has been made.

        Returns:
            `partitions` (Kafka) or `nodes` (Cassandra), a list of rows.

        Raises:
            ServerError: the server cannot be reached, or there is no such topic or table.
        """


@runtime_checkable
class Disposing(Protocol):
    """A backend that can take a topic or table away again, with all that is in it."""

    def drop(self, assignment: Assignment) -> None:
        """Take it away; nothing happens where there is none.

        Raises:
            ServerError: the server cannot be reached, or refuses.
        """


def partition_row(
    number: int, leader: int, replicas: list[int], in_sync: list[int], records: int | None
) -> dict[str, Any]:
    """Return what a layout says of one partition.

    Args:
        number: of the partition, from 0.
        leader: the broker that takes its writes; -1 where there is none.
        replicas: brokers that have to hold it, the preferred leader first.
        in_sync: those of them that do.
        records: where its log ends.
    """
    return {"partition": number, "leader": leader, "replicas": replicas, "in_sync": sorted(in_sync), "records": records}


def node_row(
    node: str, tokens: int, *, owns: float, replica_owns: float, rows: int | None, first_rows: int | None
) -> dict[str, Any]:
    """Return what a layout says of one node of a ring.

    Args:
        node: its address.
        tokens: how many it has.
        owns: share of the ring, 0 to 1, of which it is the first replica.
        replica_owns: share of the ring of which it is a replica.
        rows: rows of the table for which it is a replica.
        first_rows: those for which it is the first one.
    """
    return {
        "node": node,
        "tokens": tokens,
        "owns": round(owns, 6),
        "replica_owns": round(replica_owns, 6),
        "rows": rows,
        "first_rows": first_rows,
    }
