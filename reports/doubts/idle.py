"""Cores that fall asleep between two readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.record import Trial

from ..limits.flight import allowed_in_flight
from ..limits.usage import usages
from ..spread import spread

MOSTLY = 0.5
"""Share of its cores' time that a host was idle."""
WAKING = 0.1
"""Share of a reading's time that waking up may take: below it, a rate moves by less than rounds differ."""
WAKE_UPS = 2
"""For each reading the server's core and then the client's."""
VIRTUAL_US = 50.0
"""What waking a virtual machine's idle core takes at least, with the hypervisor and the real core below it, whose
states it cannot see: on two virtual cores a single client, at some 200 µs for a reading, ran 1.5 to 1.7 times faster
when idle-priority spinners kept them awake."""


def asleep(trial: Trial) -> Iterator[str]:
    """Doubt one client that waits for each reading on mostly idle hosts whose cores sleep so deeply that it shows.

    Such a client is faster on a machine that others keep busy, and its rate says more of the idle states than of the
    server.
    """
    settings = trial.settings
    paced = settings.get("rate") or settings.get("sleep_time") or any(one.schedule for one in trial.rounds)
    waits = settings.get("wait", True) and allowed_in_flight(trial) == 1
    if trial.processes != 1 or not waits or paced:
        return
    tps = spread([one.tps for one in trial.rounds]).median
    facts = {str(host.get("name")): host.get("fingerprint") or {} for host in trial.hosts}
    for usage in usages(trial, trial.rounds):
        deepest, state = _deepest(facts.get(usage.name, {}))
        idle = usage.busy is not None and usage.busy <= (1 - MOSTLY) * usage.cores
        if idle and WAKE_UPS * deepest / 1e6 * tps >= WAKING:
            yield (
                f"idle cores of host {usage.name} sleep between two readings ({state}): a single client that waits ran "
                "1.5 to 1.7 times faster where they were kept awake"
            )


def _deepest(fingerprint: Mapping[str, Any]) -> tuple[float, str]:
    """Return how many µs waking from the deepest idle state takes, and that state in words; 0 where none is known."""
    if fingerprint.get("virtual"):
        return VIRTUAL_US, "a virtual machine, whose real idle states cannot be seen"
    states = [
        (float(state.get("exit_latency_us") or 0), str(state.get("name")))
        for state in (fingerprint.get("idle") or {}).get("states") or []
    ]
    latency, name = max(states, default=(0.0, ""))
    return latency, f"{name}, {latency:g} µs to wake up"
