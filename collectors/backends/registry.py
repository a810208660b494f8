"""Finding a backend by its name: our own, and those that other distributions bring."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from ..errors import UsageError
from .base import Backend

ENTRY_POINT_GROUP = "thermobench.backends"
"""Where another distribution names its backend classes: `name = "module:Class"`."""

OWN = {
    "sqlite": ("sqlite", "SqliteBackend"),
    "mysql": ("mysql", "MysqlBackend"),
    "kafka": ("kafka", "KafkaBackend"),
    "kafka-confluent": ("kafka_confluent", "KafkaConfluentBackend"),
    "cassandra": ("cassandra", "CassandraBackend"),
    "cassandra-acsylla": ("cassandra_acsylla", "CassandraAcsyllaBackend"),
    "mqtt": ("mqtt", "MqttBackend"),
    "mqtt-raw": ("mqtt_raw", "MqttRawBackend"),
    "awsiot": ("awsiot", "AwsIotBackend"),
}
"""Name to module of this package and class."""

_NEEDED = (
    *("name", "summary", "extra", "service", "listener", "options", "can_forget"),
    *("load", "check", "acknowledged_means", "prepare", "writer", "reader", "facts"),
)


def names() -> list[str]:
    """Return the names of all backends, ours first."""
    foreign = {point.name for point in entry_points(group=ENTRY_POINT_GROUP)}
    return [*OWN, *sorted(foreign - set(OWN))]


def backend(name: str) -> Backend:
    """Return the backend of that name, its client not yet imported.

    Raises:
        UsageError: there is none; or another distribution's cannot be imported, takes one of our names, or lacks
            part of the `Backend` protocol. Names the distribution and what was expected.
    """
    foreign = [point for point in entry_points(group=ENTRY_POINT_GROUP) if point.name == name]
    if len(foreign) + (name in OWN) > 1:
        who = " and ".join(map(_who, foreign))
        raise UsageError(f"{who}: the name is taken{' by one of ours' if name in OWN else ''}, expected another one")
    if name in OWN:
        module, attribute = OWN[name]
        made: Backend = getattr(import_module(f".{module}", __package__), attribute)()
        return made
    if not foreign:
        raise UsageError(f"backend {name!r}: there is none of that name; there are: {', '.join(names())}")
    return _made(foreign[0])


def _who(point: EntryPoint) -> str:
    return f"backend {point.name!r} of {point.dist.name if point.dist else 'an unnamed distribution'} ({point.value})"


def _made(point: EntryPoint) -> Backend:
    who = _who(point)
    try:
        made = point.load()()
    except Exception as error:
        raise UsageError(f"{who} cannot be made: {type(error).__name__}: {error}") from error
    lacking = [part for part in _NEEDED if not hasattr(made, part)]
    if lacking:
        raise UsageError(f"{who} lacks {', '.join(lacking)}; expected what collectors.backends.base.Backend lists")
    if made.name != point.name:
        raise UsageError(f"{who} calls itself {made.name!r}, expected the name of its entry point")
    found: Backend = made
    return found
