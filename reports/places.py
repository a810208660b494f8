"""Where cases of several hosts ran: which of them wrote, where the servers were, how far their clocks were apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collectors.record import Trial

from .columns import wrapped


def place_lines(trials: Sequence[Trial]) -> list[str]:
    """Return a line for each set of hosts, with the cases that ran there; nothing where all ran on one machine."""
    cases: dict[str, list[str]] = {}
    for trial in trials:
        if any(one.starts for one in trial.rounds):
            cases.setdefault(_in_words(trial), []).append(trial.name.rpartition("::")[2])
    if not cases:
        return []
    lines = []
    for words, names in cases.items():
        which = "every case" if len(names) == len(trials) else ", ".join(names)
        lines += wrapped(f"  {words} ({which})", 4)
    return ["hosts:", *lines]


def _in_words(trial: Trial) -> str:
    producers = [_clocked(trial, host) for host in trial.hosts if "producer" in (host.get("roles") or [])]
    servers = [_clocked(trial, host) for host in trial.hosts if "server" in (host.get("roles") or [])]
    where = f"on {', '.join(servers)}" if servers else "that was there already"
    return f"{', '.join(producers)} wrote to {trial.server.get('service')} {where}"


def _clocked(trial: Trial, host: dict[str, Any]) -> str:
    """Return the name of a host, and how far its clock was from the controlling machine's in the last round."""
    name = str(host.get("name"))
    found = trial.rounds[-1].starts.get(name) if trial.rounds else None
    if not found:
        return name
    return f"{name} (clock {found['offset_ms']:+,.1f} ± {found['uncertainty_ms']:,.1f} ms)"
