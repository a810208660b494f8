"""Others at work on the same machine."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

from ..limits.usage import usages

FOREIGN = 0.15
"""Cores, as a mean over the measured time: above it rates of one case varied by 37 %, below it by 7 % (two cores)."""


def foreign_cpu(trial: Trial) -> Iterator[str]:
    """Doubt hosts on which processes without a part in it, or other virtual machines, used the CPU."""
    for usage in usages(trial, trial.rounds):
        if usage.others > FOREIGN:
            yield (
                f"others used {usage.others:.2f} cores of host {usage.name} ({usage.of('foreign.cpu'):.2f} by other "
                f"processes, {usage.of('cpu.steal'):.2f} stolen by the hypervisor), more than {FOREIGN}"
            )
