"""A figure as the record of a trial: with what the notes say, and nothing in place of what they do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors.record import COUNTS, Round, Trial

from .figure import SECONDS, Figure, Hosts

ENVIRONMENT = "reference"
MODULE = "reference-2019"
"""What stands for a test's module in the names, which no test has."""
NOT_OURS = "a figure of the notes of 2019: read off by hand, not measured by this suite"
_SENSOR = "sysfs:/sys/class/thermal/thermal_zone0/temp"
_CLIENTS = {"kafka": "kafka-python", "cassandra": "cassandra-driver", "awsiot": "paho-mqtt"}
"""What the notes install on the producers; versions are not said, and MySQL's is on a page that is not at hand."""
_VERSIONS = {"kafka": "2.3.0"}
_NOT_SAID = "not said"
_TOPOLOGY = ("hosts", "per_host", "buffer_bytes", "heap_mib", "tokens")
"""Settings that a trial has as part of its server's topology alone."""
_BOTH = ("partitions", "replication", "acks", "min_isr", "key")
"""Settings that it has there and among its own."""


def trial(figure: Figure) -> Trial:
    """Return the record of a figure that is a throughput: one round, without counts but for those of the notes.

    None stands for what the notes do not say, also in fields that a measured trial always has: the threads, the
    seconds and most counts.

    Raises:
        ValueError: it is no throughput.
    """
    if figure.rate is None or figure.backend is None:
        raise ValueError(f"{figure.name} is no throughput")
    doubts = doubts_of(figure)
    fields: dict[str, Any] = {"processes": figure.threads}
    return Trial(
        name=f"{MODULE}::{case(figure)}",
        backend=figure.backend,
        environment=ENVIRONMENT,
        settings=_settings(figure) | {"rounds": 1},
        sensor=_SENSOR,
        client=_CLIENTS.get(figure.backend, _NOT_SAID),
        acknowledged_means=figure.acknowledged_means or _NOT_SAID,
        hosts=list(_hosts(figure)),
        server=_server(figure),
        rounds=[_round(figure, figure.rate)],
        latency={},
        histogram="",
        doubts=doubts,
        told=doubts,
        **fields,
    )


def case(figure: Figure) -> str:
    """Return the name of a figure's case."""
    return f"reference[{figure.name}]"


def doubts_of(figure: Figure) -> list[str]:
    """Return everything that casts doubt on a figure, in words."""
    found = [NOT_OURS, *figure.doubts]
    if figure.minutes_assumed and figure.derived:
        found.append(f"its duration is assumed: {figure.minutes:g} minutes ({figure.minutes_assumed})")
    return found


def _settings(figure: Figure) -> dict[str, Any]:
    found = {name: value for name, value in _plain(figure).items() if name not in _TOPOLOGY}
    if seconds := _seconds(figure):
        found["test_time"] = seconds
    return found


def _server(figure: Figure) -> dict[str, Any]:
    """Return the service, its version where the notes name it, and what they say of the topology."""
    found: dict[str, Any] = {"service": figure.backend, "version": _VERSIONS.get(str(figure.backend)), "says": {}}
    topology = {name: value for name, value in _plain(figure).items() if name in _TOPOLOGY + _BOTH}
    return found | ({"topology": topology} if topology else {})


def _plain(figure: Figure) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in figure.settings.items()}


def _seconds(figure: Figure) -> float | None:
    """Return how long it ran, where that is said."""
    return figure.minutes * SECONDS if figure.minutes and figure.minutes_said else None


def _hosts(figure: Figure) -> Iterator[dict[str, Any]]:
    for role, hosts in (("producer", figure.producers), ("server", figure.servers)):
        boards = (one.board for one in _each(hosts))
        for number, board in enumerate(boards, 1):
            yield {"name": f"{role} {number}", "roles": [role], "board": board}


def _each(hosts: tuple[Hosts, ...]) -> Iterator[Hosts]:
    for one in hosts:
        yield from [one] * one.hosts


def _round(figure: Figure, rate: float) -> Round:
    fields: dict[str, Any] = dict.fromkeys(COUNTS) | {"seconds": _seconds(figure)}
    # The client had an answer to each only where it waited for it, and a rounded total is no count.
    if figure.rounded_to == 1 and figure.settings.get("wait"):
        fields["acknowledged"] = figure.readings
    return Round(
        run="",
        tps=rate,
        accounting="inconclusive",
        windows=[],
        producers=list(_producers(figure)),
        reader={} if figure.counted is None else {"counted": figure.counted},
        errors=[],
        **fields,
    )


def _producers(figure: Figure) -> Iterator[dict[str, Any]]:
    """Yield a row for each producer host; `readings` are those of the whole run."""
    for number, one in enumerate(_each(figure.producers)):
        row: dict[str, Any] = {"producer": number, "host": f"producer {number + 1}", "threads": one.threads}
        if figure.parts:
            row |= {"tps" if figure.tps else "readings": figure.parts[number]}
        yield row
