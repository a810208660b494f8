"""Where cases of several hosts ran: which of them wrote, where the servers were, how far their clocks were apart."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.record import Trial

from .columns import wrapped

OFF_MS = 1.0
"""Milliseconds beyond what is known: readings are stamped to the millisecond."""


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
    return ["hosts:", *lines, *wrapped(f"  {_clocks(trials)}", 4)]


def _in_words(trial: Trial) -> str:
    producers = [str(host.get("name")) for host in trial.hosts if "producer" in (host.get("roles") or [])]
    servers = [str(host.get("name")) for host in trial.hosts if "server" in (host.get("roles") or [])]
    where = f"on {', '.join(servers)}" if servers else "that was there already"
    return f"{', '.join(producers)} wrote to {trial.server.get('service')} {where}"


def _clocks(trials: Sequence[Trial]) -> str:
    """Tell how far the clocks of all hosts were from the controlling machine's at most, naming those that were off."""
    apart: dict[str, tuple[float, float]] = {}
    for trial in trials:
        for one in trial.rounds:
            for name, found in one.starts.items():
                offset, uncertainty = found.get("offset_ms", 0.0), found.get("uncertainty_ms", 0.0)
                if abs(offset) + uncertainty >= sum(map(abs, apart.get(name, (0.0, 0.0)))):
                    apart[name] = offset, uncertainty
    off = [
        f"{name} {offset:+,.1f} ± {uncertainty:,.1f} ms"
        for name, (offset, uncertainty) in apart.items()
        if abs(offset) > uncertainty + OFF_MS
    ]
    within = max(abs(offset) + uncertainty for offset, uncertainty in apart.values())
    return f"clocks off: {', '.join(off)}" if off else f"clocks within {within:,.1f} ms of the controlling machine's"
