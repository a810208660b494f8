"""Which node of a Cassandra ring owns what: ranges of tokens, and the rows that fall into them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import ServerError
from .base import Assignment
from .cassandra_table import Client, Table
from .placement import node_row

RING = 2**64
"""Tokens of Murmur3Partitioner: every whole number from -2**63 on."""
_ASKED = 5
"""How often nodes are asked who they are."""


@dataclass(frozen=True)
class Ring:
    """Tokens and who has them.

    A row belongs to the node with the first token that is not below its own, and with several replicas to the next
    nodes clockwise, too (Cassandra's documentation, "Dynamo", "Dataset Partitioning"). That is right for one data
    centre with one rack; with several racks the replicas are others.
    """

    tokens: list[int]
    """In order."""
    nodes: list[str]
    """The address that has each of them."""
    replicas: int = 1
    _homes: list[list[str]] = field(default_factory=list, compare=False)

    @classmethod
    def of(cls, tokens: Mapping[str, list[int]], replicas: int) -> Ring:
        """Return the ring of these tokens by address."""
        placed = sorted((token, node) for node, own in tokens.items() for token in own)
        ring = cls([token for token, _ in placed], [node for _, node in placed], replicas)
        ring._homes.extend(ring._clockwise(at) for at in range(len(placed)))
        return ring

    def homes(self, token: int) -> list[str]:
        """Return the nodes that hold a row, the first replica first."""
        return self._homes[bisect_left(self.tokens, token) % len(self.tokens)]

    def owned(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return the share of the ring of which each node is the first replica, and of which it is any."""
        first, any_of = dict.fromkeys(self.nodes, 0.0), dict.fromkeys(self.nodes, 0.0)
        for at, token in enumerate(self.tokens):
            share = ((token - self.tokens[at - 1]) % RING or RING) / RING
            first[self._homes[at][0]] += share
            for node in self._homes[at]:
                any_of[node] += share
        return first, any_of

    def _clockwise(self, at: int) -> list[str]:
        ahead = self.nodes[at:] + self.nodes[:at]
        return list(dict.fromkeys(ahead))[: self.replicas]


def layout(client: Client, assignment: Assignment) -> dict[str, Any]:
    """Return tokens, ownership and rows of each node; see `Placed.layout`.

    Rows are counted partition by partition, by all nodes together.

    Raises:
        ServerError: a node is down, counting took too long, or the nodes do not know each other.
    """
    tokens = _tokens(client)
    ring = Ring.of(tokens, assignment.settings["replication"])
    first, all_rows = Counter[str](), Counter[str]()
    for token, count in _partitions(client, Table.of(assignment.settings)):
        home, *others = ring.homes(token)
        first[home] += count
        for node in (home, *others):
            all_rows[node] += count
    owns, replica_owns = ring.owned()
    return {
        "nodes": [
            node_row(
                node,
                len(own),
                owns=owns[node],
                replica_owns=replica_owns[node],
                rows=all_rows[node],
                first_rows=first[node],
            )
            for node, own in sorted(tokens.items())
        ]
    }


def _partitions(client: Client, table: Table) -> Iterator[tuple[int, int]]:
    """Yield each partition's token and how many rows it has.

    A query that groups would do, but cannot be told page by page by several nodes in turn, as clients ask them.
    """
    keys = ", ".join(table.partition)
    where = " AND ".join(f"{name} = ?" for name in table.partition)
    for token, *key in client.rows(f"SELECT DISTINCT token({keys}), {keys} FROM {table}"):
        # Without clustering columns a partition is one row.
        count = next(client.rows(f"SELECT COUNT(*) FROM {table} WHERE {where}", key))[0] if table.clustering else 1
        yield int(token), count


def _tokens(client: Client) -> dict[str, list[int]]:
    """Return the tokens of each node, by address.

    No node lists itself among its peers, and clients ask the nodes in turn; so two of them are asked for their peers.
    """
    found: dict[str, list[int]] = {}
    for _ in range(_ASKED):
        rows = [*client.rows("SELECT broadcast_address, tokens FROM system.local")]
        for _ in range(2):
            peers = [*client.rows("SELECT peer, tokens FROM system.peers")]
            rows += peers
        found |= {str(address): sorted(map(int, own)) for address, own in rows}
        if len(found) == len(peers) + 1:
            return found
    raise ServerError(f"of {len(peers) + 1} Cassandra nodes {len(found)} told their tokens: {', '.join(sorted(found))}")
