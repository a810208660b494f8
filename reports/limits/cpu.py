"""CPU: a quota used up, a whole host, or a process that can use no more than it does.

By the USE method (B. Gregg, "Systems Performance", 2nd edition, 2.5.9): utilisation is the CPU time used of what there
was, saturation the time that threads could have run and did not.
"""

from __future__ import annotations

from collections.abc import Sequence

from collectors.record import Trial

from .suspect import LIKELY, SURE, Suspect, percent, shares
from .usage import Usage

EXHAUSTED = 0.9
"""Of a core, a quota or a host. A busy loop on an idle machine measures 0.97 to 1.0, as interrupts and the ends of
samples take their part; one that waits for anything else for a tenth of its time has something else to wait for."""
HELD_BACK = 0.5
"""Share of the time from which a cgroup that is throttled counts as exhausted whatever it used: a quota is given out in
periods of 100 ms, and threads that wake up together leave some of it unused."""
MINOR = 0.1
"""Of what producers and servers use together: a side with less than this does not share the CPU, it just runs there."""
OTHERS = 0.15
"""Cores. From here on results vary with what others do: rates varied by 37 % above it, by 7 % below."""
OTHERS_TOO_MUCH = 0.5
"""Of what producers and servers use together: from here on a full CPU says more about the others than about them."""

WAITED = 0.1
"""Threads of ours waiting for a CPU at a time, for each producer: a tenth of the time of each."""

SINGLE = 1.2
"""Threads: on average no more than one, but for short moments."""

_BY_QUOTA = "its quota allows"

SIDES = {"producers": "producer", "server": "server"}
"""By watched group, its side."""


def suspects(trial: Trial, usages: Sequence[Usage]) -> list[Suspect]:
    """Return what of the CPU was exhausted. Where a whole host was, its single processes are no news."""
    found: list[Suspect] = []
    for usage in usages:
        found += quotas(usage)
        whole = whole_host(usage, trial.processes)
        found += [whole] if whole else processes(trial, usage, usages)
    return found


def quotas(usage: Usage) -> list[Suspect]:
    """Return the groups of a host that used up what their cgroup allows them, though the host may idle."""
    found = [one for group, side in SIDES.items() if (one := _quota(usage, group, side))]
    return found or [one for one in [_common_quota(usage)] if one]


def allowed_cores(usage: Usage, group: str) -> tuple[float | None, str]:
    """Return how many cores a group may use, and by what; None where it is all there are."""
    known = [(value, what) for what in ("quota", "cpus") if (value := usage.mean(f"{group}.{what}"))]
    value, what = min(known, default=(None, "quota"))
    return value, {"quota": _BY_QUOTA, "cpus": "it is pinned to"}[what]


def _quota(usage: Usage, group: str, side: str) -> Suspect | None:
    (allowed, why), held = allowed_cores(usage, group), usage.of(f"{group}.throttled")
    used = usage.of(f"{group}.cpu")
    share = used / allowed if allowed else 0.0
    if share < EXHAUSTED and held < HELD_BACK:
        return None
    of = f" of the {allowed:.2f} that {why}" if allowed else ""
    line = f"{group}: {used:.2f} cores used{of}, held back by a quota {percent(held)} of the time{_idle(usage)}"
    sure = SURE if share >= EXHAUSTED and (held or why != _BY_QUOTA) else LIKELY
    return Suspect(f"{side} CPU", side, "cpu", min(1.0, max(share, held)), sure, (line,))


def _common_quota(usage: Usage) -> Suspect | None:
    """Return producers and server that share one quota, as in one container."""
    allowed = {usage.mean(f"{group}.quota") for group in SIDES}
    limit = allowed.pop()
    used = _used(usage)
    if allowed or not limit or sum(used.values()) < EXHAUSTED * limit:
        return None
    if not all(usage.of(f"{group}.throttled") for group in SIDES):
        return None
    line = f"producers and server: {sum(used.values()):.2f} cores used of the {limit:.2f} that one quota allows both"
    return Suspect("shared CPU", "both", "cpu", min(1.0, sum(used.values()) / limit), LIKELY, (line,), shares(used))


def full(usage: Usage, producers: int) -> bool:
    """Return whether a host has no CPU to spare for us.

    One that others keep busy has, as long as our threads get a CPU when they want one: the others' may have a lower
    priority.
    """
    busy = usage.busy
    if busy is None or busy < EXHAUSTED * usage.cores:
        return False
    waited, stolen = usage.waited, usage.of("cpu.steal") > max(OTHERS, OTHERS_TOO_MUCH * sum(_used(usage).values()))
    # Whom the hypervisor takes a CPU from still counts as running on it.
    return not _of_others(usage) or stolen or waited is None or waited >= WAITED * producers


def whole_host(usage: Usage, producers: int) -> Suspect | None:
    """Return a host without idle CPU, with who used it."""
    busy = usage.busy
    if busy is None or not full(usage, producers):
        return None
    used, strength = _used(usage), min(1.0, busy / usage.cores)
    line = (
        f"host {usage.name}: {busy:.2f} of {usage.cores:g} cores busy (producers {used['producers']:.2f}, "
        f"server {used['server']:.2f}, others {usage.others:.2f}), {usage.waited or 0:.2f} of our threads waiting"
    )
    measuring = {group: usage.of(f"{group}.cpu") for group in usage.groups() if group not in SIDES}
    split = shares(used | measuring | {"others": usage.others})
    if _of_others(usage):
        why = (
            f"others took {usage.others:.2f} of {usage.cores:g} cores of host {usage.name}: measure again without them"
        )
        return Suspect("unknown", "none", "unknown", strength, LIKELY, (line, why), split)
    ours = sum(used.values())
    side = next((SIDES[group] for group in SIDES if ours - used[group] < MINOR * ours), "both")
    label = "shared CPU" if side == "both" else f"{side} CPU"
    found = Suspect(label, side, "cpu", strength, SURE, (line,), split)
    if sum(measuring.values()) >= OTHERS:
        found = found.at_most(LIKELY, f"measuring took {sum(measuring.values()):.2f} cores ({', '.join(measuring)})")
    return found if usage.others < OTHERS else found.at_most(LIKELY)


def _used(usage: Usage) -> dict[str, float]:
    return {group: usage.of(f"{group}.cpu") for group in SIDES}


def _of_others(usage: Usage) -> bool:
    ours = sum(_used(usage).values())
    return usage.others > OTHERS_TOO_MUCH * ours or not ours


def processes(trial: Trial, usage: Usage, usages: Sequence[Usage]) -> list[Suspect]:
    """Return the sides whose processes each used all of the one core that they can use, while others idled."""
    return [one for one in (_producers(trial, usage, usages), _server(trial, usage)) if one]


def _producers(trial: Trial, usage: Usage, usages: Sequence[Usage]) -> Suspect | None:
    if usage.mean("producers.cpu") is None:
        return None
    hosts = sum(1 for one in usages if one.mean("producers.cpu") is not None)
    count = max(1, round(len(trial.rounds[0].producers) / hosts)) if trial.rounds[0].producers else trial.processes
    each, busiest = usage.of("producers.cpu") / count, usage.mean("producers.busiest")
    several = usage.of("producers.threads") > SINGLE * count
    strength = busiest if several and busiest is not None else each
    if strength < EXHAUSTED:
        return None
    line = f"producers: {each:.2f} cores used by each of {count}"
    if several and busiest is not None:
        line += f", {busiest:.2f} by their busiest thread"
    found = Suspect("producer CPU", "producer", "cpu", min(1.0, strength), SURE, (line + _idle(usage),))
    return found.at_most(LIKELY) if several and (count > 1 or busiest is None) else found


def _server(trial: Trial, usage: Usage) -> Suspect | None:
    used, threads = usage.mean("server.cpu"), usage.of("server.threads")
    if used is None:
        return None
    busiest = usage.mean("server.busiest")
    single = 0 < threads < SINGLE
    if busiest is None and (single or trial.processes == 1):
        # A server of many threads serves a single producer with one of them, as a rule.
        busiest = used
    if busiest is None or busiest < EXHAUSTED:
        return None
    many = "by its busiest thread" if usage.mean("server.busiest") else "for one producer"
    whose = "by its only thread" if single else many
    line = f"server: {used:.2f} cores used, {busiest:.2f} {whose}{_idle(usage)}"
    found = Suspect("server CPU", "server", "cpu", min(1.0, busiest), SURE, (line,))
    return found if single else found.at_most(LIKELY)


def _idle(usage: Usage) -> str:
    busy = usage.busy
    if busy is None:
        return ""
    return f"; {max(0.0, usage.cores - busy):.1f} of {usage.cores:g} cores of host {usage.name} were free"
