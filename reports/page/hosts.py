"""The hosts of a run: what they are, and what they did in a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collectors.record import Trial

from ..limits.usage import Usage, usages

_MEGA = 1e6
USED = ("host", "cores busy", "producers", "server", "others", "disk written", "disk at work", "network", "hottest")
"""The head of what hosts did, means over the measured time."""


def used(trial: Trial) -> list[tuple[str, ...]]:
    """Return what each host did in the measured time of a case, as `USED` has it."""
    return [_row(one) for one in usages(trial, trial.rounds)]


def facts(trials: Sequence[Trial]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each host of some cases, by name, with what it is; the first that the cases have of it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for trial in trials:
        for host in trial.hosts:
            found.setdefault(str(host.get("name")), _facts(host))
    return list(found.items())


def _row(one: Usage) -> tuple[str, ...]:
    busy = "–" if one.busy is None else f"{one.busy:.2f} of {one.cores:g}"
    groups = [_cores(one.mean(f"{group}.cpu")) for group in ("producers", "server")]
    written = sum(one.of(f"disk.{disk}.write_bytes") for disk in one.instances("disk", "write_bytes")) / _MEGA
    at_work = max((one.of(f"disk.{disk}.io") for disk in one.instances("disk", "io")), default=None)
    links = [name for name in one.instances("net", "tx_bytes") if name != "lo"]
    sent = sum(one.of(f"net.{name}.tx_bytes") + one.of(f"net.{name}.rx_bytes") for name in links) / _MEGA
    heat = max((value for _, value in one.columns.get("cpu.temperature", ())), default=None)
    return (
        one.name,
        busy,
        *groups,
        _cores(one.others),
        f"{written:,.2f} MB/s",
        "–" if at_work is None else f"{at_work:,.0f} ms/s",
        f"{sent:,.2f} MB/s" if links else "–",
        "–" if heat is None else f"{heat:.1f} °C",
    )


def _cores(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _facts(host: Mapping[str, Any]) -> list[tuple[str, str]]:
    print_ = host.get("fingerprint") or {}
    cpu = print_.get("cpu") or {}
    memory, clients = host.get("memory_mib"), print_.get("clients") or {}
    told = {
        "roles": ", ".join(map(str, host.get("roles") or [])),
        "board": host.get("board") or ("virtual machine" if print_.get("virtual") else ""),
        "CPU": f"{host.get('cpus')} × {cpu.get('model') or host.get('machine')}" if host.get("cpus") else "",
        "governors": ", ".join(map(str, cpu.get("governors") or {})),
        "memory": f"{memory:,} MiB" if isinstance(memory, int) else "",
        "system": host.get("os"),
        "kernel": host.get("kernel"),
        "Python": host.get("python"),
        "disk of the data": ", ".join(_disk(name, print_) for name in print_.get("data_disks") or []),
        "clients": ", ".join(f"{name} {version}" for name, version in clients.items()),
        "code": str(print_.get("code") or "")[:12],
    }
    return [(name, str(value)) for name, value in told.items() if value]


def _disk(name: str, fingerprint: Mapping[str, Any]) -> str:
    disk = (fingerprint.get("disks") or {}).get(name) or {}
    return f"{name} ({disk['model']})" if disk.get("model") else str(name)
