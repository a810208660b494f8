"""What reports rely on in those fields of a record whose types say no more than that they are objects.

All of it may be missing, as most is in records of the first schema; what is there has to be of its type.
"""

from __future__ import annotations

from typing import Any

from .strict_json import Place, WrongValue, shown
from .type_check import check_fields

HOST = {
    "name": str,
    "roles": list[str],
    "hostname": str | None,
    "machine": str | None,
    "board": str | None,
    "kernel": str | None,
    "cpus": int | None,
    "fingerprint": dict[str, Any],
    "baselines": dict[str, Any],
    "links": dict[str, dict[str, Any]] | None,
}
SETTINGS = {
    "frequency": int,
    "wait": bool,
    "generation": int,
    "rate": float,
    "sleep_time": float,
    "test_time": float,
    "warm_up": float,
    "timeout": float,
    "batch": int,
    "in_flight": int,
    "rounds": int,
}
SERVER = {
    "service": str,
    "version": str | None,
    "data_folder": str | None,
    "filesystem": str | None,
    "says": dict[str, Any],
    "settings": dict[str, Any],
}
PRODUCER = {
    "producer": int,
    "host": str,
    "attempted": int,
    "acknowledged": int,
    "unanswered": int,
    "tps": float,
    "cpu_seconds": float,
}
_LAYOUT = {"partitions": list[dict[str, Any]] | None, "nodes": list[dict[str, Any]] | None}
_PARTITION = {"partition": int, "leader": int, "replicas": list[int], "in_sync": list[int], "records": int | None}
_NODE = {"node": str, "tokens": int, "owns": float, "first_rows": int | None}
_WARM_UP = {"settled": bool, "tps": list[float], "seconds": float}
COUNTED = {
    "stored": int | None,
    "counts": dict[str, Any],
    "metrics": dict[str, Any],
    "seconds": dict[str, float],
    "levels": dict[str, Any],
    "reset": list[str],
    "missed": list[str],
}
"""What a server counted in a round."""
SCHEDULE = {
    "rate": float,
    "intended": int,
    "sent": int,
    "late": int,
    "behind_max_ms": float,
    "behind_end_ms": float,
}
_FINGERPRINT = {
    **dict.fromkeys(("board", "kernel", "machine", "os", "python", "code"), str | None),
    "clients": dict[str, str],
    "data_disks": list[str],
    "disks": dict[str, dict[str, Any]],
    "links": dict[str, dict[str, Any]],
    "cpu": dict[str, Any] | None,
    "idle": dict[str, Any] | None,
    "settings": dict[str, Any],
}
_LINK = {"kind": str | None, "driver": str | None, "speed": float | None, "shaped": float | None}
_BASELINES = {
    "cpu": dict[str, dict[str, Any]],
    "disk": dict[str, dict[str, Any]],
    "network": dict[str, dict[str, dict[str, Any]]],
    "missed": list[str],
}
_FIGURE = {"value": float, "unit": str, "how": str}
_SIGNED = ("at", "cpu.temperature")
"""Columns of samples that may be below 0."""


def check_server(server: Any, place: Place, *, nullable: bool = False) -> None:
    """Hold what a trial says of its server against what is known of servers.

    Raises:
        WrongValue: names the field, its value and what was expected.
    """
    check_fields(server, SERVER, place, nullable=nullable)
    if warm_up := server.get("warm_up"):
        check_fields(warm_up, _WARM_UP, (*place, "warm_up"), required=_WARM_UP)
    layout = check_fields(server.get("layout") or {}, _LAYOUT, (*place, "layout"))
    for kind, hints in (("partitions", _PARTITION), ("nodes", _NODE)):
        for number, row in enumerate(layout.get(kind) or ()):
            check_fields(row, hints, (*place, "layout", kind, number), required=hints)


def check_host(host: Any, place: Place) -> None:
    """Hold one of a trial's hosts against what is known of hosts.

    Raises:
        WrongValue: names the field, its value and what was expected.
    """
    check_fields(host, HOST, place, required=("name",))
    known = host.get("fingerprint", {})
    check_fields(known, _FINGERPRINT, (*place, "fingerprint"))
    for within, at in ((host, place), (known, (*place, "fingerprint"))):
        for name, link in (within.get("links") or {}).items():
            check_fields(link, _LINK, (*at, "links", name))
    baselines = host.get("baselines", {})
    check_fields(baselines, _BASELINES, (*place, "baselines"))
    groups = {**{kind: baselines.get(kind, {}) for kind in ("cpu", "disk")}, **baselines.get("network", {})}
    for group, figures in groups.items():
        for name, figure in figures.items():
            check_fields(figure, _FIGURE, (*place, "baselines", group, name), required=("value",))


def check_series(series: dict[str, list[float | None]], place: Place) -> None:
    """Hold one host's samples against each other: columns of one length, and nothing counted below 0.

    Raises:
        WrongValue: names the column.
    """
    if len({len(values) for values in series.values()}) > 1:
        raise WrongValue(place, "columns of different lengths, expected one value a sample")
    for column, values in series.items():
        lowest = min((value for value in values if value is not None), default=0.0)
        if lowest < 0 and column not in _SIGNED:
            raise WrongValue((*place, column), f"{shown(lowest)}, expected 0 or more")
