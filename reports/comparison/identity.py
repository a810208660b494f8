"""What two results must have in common to be compared: where, on what, with which settings and which code they ran."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from collectors.record import Trial

KEYS = (
    *("environment", "board", "topology", "container", "processes", "server", "settings", "client", "sensor"),
    *("acknowledged", "code"),
)
"""What keys begin with; `server` and `settings` have others below them, such as `server.version`."""
_FREE = {"rounds"}
"""Settings that may differ: more rounds are more of the same."""
_OF_THE_RUN = {"nodes", "cluster_id", "cluster_name"}
"""Settings of servers that are others in every session."""
_UNKNOWN = "not recorded"
_CODE_DIGITS = 12


def identity(trial: Trial, commit: Mapping[str, Any]) -> dict[str, str]:
    """Return by key, in words, what a result has to share with whatever it is compared with.

    Args:
        trial: the result.
        commit: what was checked out, as pytest-benchmark saves it; it stands for the code in records without it.
    """
    server = trial.server
    return {
        "environment": trial.environment,
        "board": _counted(_board(host) for host in trial.hosts),
        "topology": _topology(trial),
        "container": _counted(_container(told) for host in trial.hosts if (told := host.get("container"))),
        "processes": str(trial.processes),
        "server": str(server.get("service", _UNKNOWN)),
        "server.version": str(server.get("version", _UNKNOWN)),
        "server.endpoint": str((server.get("says") or {}).get("endpoint", "")),
        "server.filesystem": str(server.get("filesystem", _UNKNOWN)),
        **dict(_flat("server.settings", server.get("settings") or {}, _OF_THE_RUN)),
        **dict(_flat("settings", trial.settings or {}, _FREE)),
        "client": trial.client,
        "sensor": _sensor(trial),
        "acknowledged": trial.acknowledged_means,
        "code": _code(trial, commit),
    }


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return by key both values where they are not the same; `none` where one of them has no such key."""
    keys = dict.fromkeys([*one, *other])
    both = {key: (one.get(key, "none"), other.get(key, "none")) for key in keys}
    return {key: values for key, values in both.items() if values[0] != values[1]}


def covers(named: Collection[str], key: str) -> bool:
    """Whether a key is one of those named, or lies below one: `settings` covers `settings.acks`."""
    return any(key == one or key.startswith(f"{one}.") for one in named)


def checked_out(commit: Mapping[str, Any]) -> str:
    """Return which commit a run is of: `1a2b3c4d5e6f`, with `+ changes` where files had been changed."""
    found = str(commit.get("id") or _UNKNOWN)[:_CODE_DIGITS]
    return f"{found} + changes" if commit.get("dirty") else found


def _code(trial: Trial, commit: Mapping[str, Any]) -> str:
    known = {str(code)[:_CODE_DIGITS] for host in trial.hosts if (code := (host.get("fingerprint") or {}).get("code"))}
    if known:
        return ", ".join(sorted(known))
    return f"commit {checked_out(commit)}"


def _board(host: Mapping[str, Any]) -> str:
    facts = {**host, **(host.get("fingerprint") or {})}
    model = facts.get("board") or " ".join(
        str(part) for part in (facts.get("machine"), (facts.get("cpu") or {}).get("model")) if part
    )
    cpus = f", {facts['cpus']} CPUs" if facts.get("cpus") else ""
    return f"{model or _UNKNOWN}{cpus}"


def _container(told: Mapping[str, Any]) -> str:
    return f"{told.get('image')}, {told.get('cpus') or 'all'} CPUs, {told.get('memory_mib') or 'all'} MiB"


def _topology(trial: Trial) -> str:
    """Return which hosts do what, and on which of them each server runs."""
    roles = _counted("+".join(sorted(host.get("roles") or ())) or "any" for host in trial.hosts)
    names = [str(host.get("name")) for host in trial.hosts]
    listed = (trial.server.get("settings") or {}).get("nodes")
    # The first records had the number of nodes there.
    nodes = [node.get("host") for node in listed] if isinstance(listed, list) else []
    # Hosts by their place in the record: another board of the same model has another name.
    places = [str(names.index(host)) if host in names else str(host) for host in nodes]
    return roles + (f"; servers on hosts {' '.join(places)}" if places else "")


def _sensor(trial: Trial) -> str:
    """Return which kinds of sensor were read, and how often each."""
    return _counted(one.partition(" ")[0] for one in str(trial.sensor).split(", "))


def _counted(words: Iterator[str] | list[str]) -> str:
    counts = Counter(words)
    return " + ".join(word if count == 1 else f"{count} × {word}" for word, count in sorted(counts.items()))


def _flat(prefix: str, settings: Mapping[str, Any], without: Collection[str]) -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        # A service's own settings lie in a mapping of their own, which says nothing.
        key = prefix if name == "settings" else f"{prefix}.{name}"
        if name in without:
            continue
        if isinstance(value, Mapping):
            yield from _flat(key, value, ())
        else:
            yield key, value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
