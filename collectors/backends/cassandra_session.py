"""Connecting to Cassandra through cassandra-driver."""

from __future__ import annotations

from typing import Any

from . import cassandra_table as shared
from .base import Assignment


def reason(error: BaseException) -> str:
    """Return why a request or connection failed; the first node's reason, where an error collects those of all."""
    errors = getattr(error, "errors", None)
    if isinstance(errors, dict) and errors:
        return str(next(iter(errors.values()))).rpartition("Last error: ")[2]
    if type(error).__name__ == "UnresolvableContactPoints":
        return "there is no host of that name"
    return next((text for text in error.args if isinstance(text, str)), str(error))


def connect(assignment: Assignment, retries: Any, datacenter: str = "") -> Any:
    """Return a session of a cluster of its own.

    Args:
        assignment: where.
        retries: the driver's retry policy.
        datacenter: the one whose nodes to use; by default that of the first node.

    Raises:
        ServerError: names the address and the reason.
    """
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
    from cassandra.policies import DCAwareRoundRobinPolicy, TokenAwarePolicy
    from cassandra.query import tuple_factory

    endpoint = assignment.endpoint
    nearest = DCAwareRoundRobinPolicy(local_dc=datacenter)
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(nearest),
        retry_policy=retries,
        request_timeout=assignment.timeout,
        row_factory=tuple_factory,
    )
    login = PlainTextAuthProvider(endpoint.username, endpoint.password) if endpoint.username else None
    cluster = None
    try:
        cluster = Cluster(
            endpoint.nodes(shared.USUAL_PORT),
            port=endpoint.port or shared.USUAL_PORT,
            # Version 5 frames every message with checksums that the driver computes in Python.
            protocol_version=4,
            auth_provider=login,
            connect_timeout=shared.CONNECT_SECONDS,
            control_connection_timeout=shared.CONNECT_SECONDS,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            **_reactor(),
        )
        return cluster.connect()
    except Exception as error:
        if cluster is not None:
            cluster.shutdown()
        raise shared.refusal(endpoint, reason(error)) from None


def _reactor() -> dict[str, Any]:
    try:
        from cassandra.io.libevreactor import LibevConnection
    except Exception:
        # The driver raises what is not an ImportError where it was built without libev; its own default then does.
        return {}
    return {"connection_class": LibevConnection}


def level(name: str) -> int:
    """Return the driver's number of a consistency level."""
    from cassandra import ConsistencyLevel

    number: int = ConsistencyLevel.name_to_value[name]
    return number
