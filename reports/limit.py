"""What stopped a trial from going faster, told from its record alone.

Every resource of every host is looked at by the USE method (B. Gregg, "Systems Performance", 2nd edition, 2.5.9): its
utilisation, its saturation, its errors. The one that was exhausted for the largest share of the time is named. Where
none was, Little's law tells whether as many readings were in flight as may be: then the round trip is the limit. Where
neither is so it is unknown. Thresholds and their reasons stand beside the rules, in `reports.limits`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from collectors.record import Round, Trial

from .limits import cpu, flight, network, storage
from .limits.suspect import GUESS, LIKELY, SURE, Suspect, strongest
from .limits.usage import Usage, usages

RIVAL = 0.9
"""Of the strongest suspect's strength: one that comes so near makes the verdict less sure."""


def limit(trial: Trial) -> dict[str, Any]:
    """Return what stopped a trial from going faster.

    Returns:
        `side`: `producer`, `server`, `both`, `between` or `none`. `resource`: `cpu`, `io`, `network`, `memory`,
        `round trip`, `schedule` or `unknown`. `class`: one short label for tables: `producer CPU`, `server CPU`,
        `shared CPU`, `server I/O`, `network`, `memory`, `round trip`, `schedule` or `unknown`. `sure`: `sure`,
        `likely` or `guess`. `evidence`: lines with figures. `split`: who used how much of it, in words, or empty.
    """
    rounds = [one for one in trial.rounds if one.tps > 0 and one.seconds > 0]
    if not rounds:
        return _told(_unknown("nothing was measured"))
    found = _verdict(trial, rounds)
    return _told(_held_against(found, [_verdict(trial, [one]).label for one in rounds]))


def _verdict(trial: Trial, rounds: Sequence[Round]) -> Suspect:
    if paced := flight.schedule(trial, rounds):
        return paced
    hosts = usages(trial, rounds)
    if not any(usage.busy is not None for usage in hosts):
        return _unknown(
            "no host was sampled in the measured time" if any(one.samples for one in rounds) else _UNSAMPLED
        )
    found = _exhausted(trial, rounds, hosts)
    if any(usage.partial for usage in hosts):
        found = found.at_most(LIKELY, "no sample lies wholly within the measured time: measure for longer")
    return found


_UNSAMPLED = "the record holds no samples of any host"


def _exhausted(trial: Trial, rounds: Sequence[Round], hosts: Sequence[Usage]) -> Suspect:
    """Return the resource that was exhausted most, else the round trip, else that it is unknown."""
    tps = sum(one.tps for one in rounds) / len(rounds)
    file = not any("server" in usage.groups() for usage in hosts) and trial.server.get("service") == "file"
    found = strongest(
        [
            *storage.suspects(hosts, trial.processes, file=file),
            *cpu.suspects(trial, hosts),
            *network.suspects(hosts, _links(trial), tps),
        ]
    )
    of_others = [one for one in found if one.resource == "unknown"]
    ours = [one for one in found if one.resource != "unknown"]
    if ours:
        verdict = _among_rivals(ours)
        return verdict.at_most(LIKELY, of_others[0].evidence[-1]) if of_others else verdict
    if of_others:
        return of_others[0]
    return _nothing_busy(trial, rounds, hosts, file=file)


def _among_rivals(found: Sequence[Suspect]) -> Suspect:
    verdict = found[0]
    for other in found[1:]:
        near = other.strength >= RIVAL * verdict.strength and other.label != verdict.label
        caused = verdict.resource == "memory" and other.resource in {"io", "cpu"}
        why = f"{'also' if near else 'less so'}, {other.label}: {other.evidence[0]}"
        verdict = verdict.at_most(LIKELY if near and not caused else SURE, why)
    return verdict


def _nothing_busy(trial: Trial, rounds: Sequence[Round], hosts: Sequence[Usage], *, file: bool) -> Suspect:
    waiting = flight.round_trip(trial, rounds, hosts)
    summary = tuple(_summary(usage) for usage in hosts)
    if waiting is None:
        return _unknown(f"nothing was exhausted; {flight.not_at_the_bound(trial, rounds)}", *summary)
    waiting = Suspect(**(vars(waiting) | {"evidence": (*waiting.evidence, *summary)}))
    if not file and not any("server" in usage.groups() for usage in hosts):
        return waiting.at_most(GUESS, "the server's host was not sampled: what is slow may be in there")
    return waiting


def _summary(usage: Usage) -> str:
    """Return how busy a host was, for a verdict that says that it was not."""
    used = ", ".join(f"{group} {usage.of(f'{group}.cpu'):.2f}" for group in usage.groups())
    disks = ", ".join(f"{one} at work {usage.of(f'disk.{one}.io'):.0f} ms/s" for one in usage.instances("disk", "io"))
    known = [
        f"{usage.busy or 0:.2f} of {usage.cores:g} cores busy",
        f"({used})" if used else "",
        disks and f"disk {disks}",
    ]
    return f"host {usage.name}: {' '.join(part for part in known if part)}"


def _held_against(found: Suspect, labels: Sequence[str]) -> Suspect:
    """Return the verdict on all rounds, less sure where single rounds say otherwise."""
    others = {label: labels.count(label) for label in labels if label != found.label}
    if not others:
        return found
    said = ", ".join(f"{label} ({count})" for label, count in others.items())
    level = LIKELY if sum(others.values()) < len(labels) / 2 else GUESS
    return found.at_most(level, f"of {len(labels)} rounds, some say otherwise: {said}")


def _links(trial: Trial) -> dict[str, dict[str, float | None]]:
    """Return by host how many bit/s each of its links carries: what it is shaped to, else its speed, else None."""
    return {str(host["name"]): _speeds(host) for host in trial.hosts}


def _speeds(host: Mapping[str, Any]) -> dict[str, float | None]:
    links = host.get("links") or host.get("fingerprint", {}).get("links") or {}
    return {name: one.get("shaped") or one.get("speed") for name, one in links.items()}


def _unknown(*why: str) -> Suspect:
    return Suspect("unknown", "none", "unknown", 0.0, GUESS, why)


def _told(found: Suspect) -> dict[str, Any]:
    return {
        "side": found.side,
        "resource": found.resource,
        "class": found.label,
        "sure": found.sure,
        "evidence": list(found.evidence),
        "split": found.split,
    }
