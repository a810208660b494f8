"""Making Cassandra's keyspace and table, and asking the cluster what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ServerError
from .base import Assignment
from .cassandra_table import COLUMNS, Client, Table, address


def prepare(client: Client, assignment: Assignment) -> None:
    """Make keyspace and table if they are missing.

    Raises:
        ServerError: the server refuses, or has a keyspace or table of that name that is made otherwise.
    """
    settings, table = assignment.settings, Table.of(assignment.settings)
    datacenter, nodes = _datacenter(client, settings["datacenter"])
    where = address(assignment.endpoint)
    if not nodes:
        raise ServerError(
            f"cassandra at {where} has no node in datacenter {datacenter!r}", "mend the option datacenter"
        )
    if nodes < settings["replication"]:
        raise ServerError(
            f"cassandra at {where}: replication {settings['replication']} needs as many nodes in datacenter "
            f"{datacenter}, which has {nodes}",
            "lower the option replication",
        )
    _prepare_keyspace(client, table, datacenter, str(settings["replication"]), where)
    _prepare_table(client, table, where)


def _datacenter(client: Client, wanted: str) -> tuple[str, int]:
    [(local,)] = client.rows("SELECT data_center FROM system.local")
    all_nodes = [local, *(name for (name,) in client.rows("SELECT data_center FROM system.peers"))]
    return wanted or local, all_nodes.count(wanted or local)


def _prepare_keyspace(client: Client, table: Table, datacenter: str, replicas: str, where: str) -> None:
    asked = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?"
    found = [dict(row[0]) for row in client.rows(asked, [table.keyspace])]
    if not found:
        strategy = f"{{'class': 'NetworkTopologyStrategy', '{datacenter}': {replicas}}}"
        list(client.rows(f"CREATE KEYSPACE IF NOT EXISTS {table.keyspace} WITH replication = {strategy}"))
        return
    strategy = found[0].pop("class", "").rpartition(".")[2]
    if strategy != "NetworkTopologyStrategy" or found[0] != {datacenter: replicas}:
        raise ServerError(
            f"keyspace {table.keyspace} on {where} has replication {strategy} {found[0]}, expected "
            f"NetworkTopologyStrategy { ({datacenter: replicas}) }",
            "name another keyspace with the option keyspace, or mend the option replication",
        )


def _prepare_table(client: Client, table: Table, where: str) -> None:
    asked = (
        "SELECT column_name, type, kind, position FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?"
    )
    found = list(client.rows(asked, [table.keyspace, table.name]))
    if not found:
        list(client.rows(table.create))
        return
    parts = {
        kind: tuple(row[0] for row in sorted(found, key=lambda row: row[3]) if row[2] == kind)
        for kind in ("partition_key", "clustering")
    }
    key = Table(table.keyspace, table.name, parts["partition_key"], parts["clustering"]).key
    types = {row[0]: row[1] for row in found}
    wrong = [f"{name} {kind}" for name, kind in COLUMNS.items() if types.get(name) != kind]
    if key != table.key or wrong:
        lacks = f" and no column {', '.join(wrong)}" if wrong else ""
        raise ServerError(
            f"table {table} on {where} has the primary key {key}{lacks}; expected {table.key}",
            "drop it, or name another keyspace with the option keyspace",
        )


def drop(client: Client, assignment: Assignment) -> None:
    """Take the table away, if it is there; its keyspace stays.

    Raises:
        ServerError: the server refuses.
    """
    table = Table.of(assignment.settings)
    asked = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?"
    if list(client.rows(asked, [table.keyspace, table.name])):
        list(client.rows(f"DROP TABLE IF EXISTS {table}"))


def facts(client: Client) -> dict[str, Any]:
    """Return version, name and size of a cluster, and how its first node syncs the commit log (null if unsaid)."""
    asked = "SELECT release_version, cluster_name, data_center FROM system.local"
    [(version, cluster, datacenter)] = client.rows(asked)
    peers = list(client.rows("SELECT peer FROM system.peers"))
    return {
        "version": version,
        "cluster_name": cluster,
        "datacenter": datacenter,
        "nodes": 1 + len(peers),
        **_commit_log(client),
    }


def _commit_log(client: Client) -> Mapping[str, str | None]:
    names = ("commitlog_sync", "commitlog_sync_period", "commitlog_disk_access_mode")
    found: dict[str, str | None] = dict.fromkeys(names)
    try:
        for name in names:
            rows = client.rows("SELECT value FROM system_views.settings WHERE name = ?", [name])
            found[name] = next((value for (value,) in rows), None)
    except ServerError:
        # Before Cassandra 4, and for users without the permission, there is no such table.
        pass
    return found
