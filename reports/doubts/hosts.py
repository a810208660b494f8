"""Hosts that are not what they are taken for: other code, other clients, other settings (M7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.record import Trial

_OWN = {"first_producer", "location", "run"}
"""Settings that each host has of its own."""
_SHOWN = 12
"""Characters of a hash: enough to find it again."""


def other_code(trial: Trial) -> Iterator[str]:
    """Doubt hosts whose collectors are not the same, by the hash of their source.

    One host with an older load script "looked twice as fast for days".
    """
    codes = {name: str(code)[:_SHOWN] for name, host in _hosts(trial) if (code := _fact(host, "code"))}
    yield from _differing("code", codes)


def other_clients(trial: Trial) -> Iterator[str]:
    """Doubt producers that write with other versions of the client, or of Python.

    Of what is installed only what the trial says it wrote with is compared, where that can be told.
    """
    producers = [(name, host) for name, host in _hosts(trial) if _produces(host)]
    clients = {name: _fact(host, "clients") or {} for name, host in producers}
    known = sorted({one for versions in clients.values() for one in versions})
    used = [one for one in known if one.lower() in trial.client.lower()] or known
    for one in used:
        yield from _differing(one, {name: versions[one] for name, versions in clients.items() if one in versions})
    pythons = {name: str(python) for name, host in producers if (python := _fact(host, "python"))}
    yield from _differing("Python", pythons)


def other_settings(trial: Trial) -> Iterator[str]:
    """Doubt hosts that were asked for different things, or whose clocks are governed differently on the same board.

    So many processes per CPU are not a difference between boards with different numbers of CPUs.
    """
    asked = {name: host["settings"] for name, host in _hosts(trial) if isinstance(host.get("settings"), Mapping)}
    same_cpus = len({_fact(host, "cpus") for name, host in _hosts(trial) if name in asked}) == 1
    for setting in sorted({one for settings in asked.values() for one in settings} - _OWN):
        if setting != "processes" or same_cpus:
            yield from _differing(setting, {name: str(settings.get(setting)) for name, settings in asked.items()})
    for board in dict.fromkeys(_fact(host, "board") for _, host in _hosts(trial)):
        twins = [(name, host) for name, host in _hosts(trial) if board and _fact(host, "board") == board]
        yield from _differing("CPU governor", {name: text for name, host in twins if (text := _governor(host))})


def unchecked_keys(trial: Trial) -> Iterator[str]:
    """Doubt hosts that may have been others, since the user opted out of checking their keys."""
    for name, host in _hosts(trial):
        if host.get("host_key") == "unchecked":
            yield f"the host key of host {name} was not checked: it may be another machine"


def _differing(what: str, values: Mapping[str, str]) -> Iterator[str]:
    """Name the hosts that have another value than most, or all of them where there is no majority."""
    groups: dict[str, list[str]] = {}
    for name, value in values.items():
        groups.setdefault(value, []).append(name)
    if len(groups) < 2:  # noqa: PLR2004 – one value: they agree
        return
    sizes = sorted((len(names) for names in groups.values()), reverse=True)
    usual = max(groups, key=lambda value: len(groups[value])) if sizes[0] > sizes[1] else None
    told = [f"{', '.join(names)} {value}" for value, names in groups.items() if value != usual]
    rest = f", but {', '.join(groups[usual])} {usual}" if usual is not None else ""
    yield f"hosts differ in {what}: {'; '.join(told)}{rest}"


def _hosts(trial: Trial) -> list[tuple[str, Mapping[str, Any]]]:
    return [(str(host.get("name")), host) for host in trial.hosts]


def _fact(host: Mapping[str, Any], name: str) -> Any:
    """Return a fact, from the fingerprint or beside it."""
    return (host.get("fingerprint") or {}).get(name) or host.get(name)


def _produces(host: Mapping[str, Any]) -> bool:
    return "producer" in (host.get("roles") or ["producer"])


def _governor(host: Mapping[str, Any]) -> str:
    governors = (_fact(host, "cpu") or {}).get("governors") or {}
    return ", ".join(dict.fromkeys(str(one) for one in governors.values()))
