"""What comes of running servers in containers, and is not so without."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

from ..limits.usage import usages

DEAR = 0.05
"""Cores; with less the engine's forwarders do not keep a server or a producer from a CPU."""


def stand_in(trial: Trial) -> Iterator[str]:
    """Doubt servers of which another build ran than the official image has."""
    images = dict.fromkeys(
        str(told.get("image"))
        for host in trial.hosts
        if (told := host.get("container")) and told.get("image_kind") == "stand-in"
    )
    for image in images:
        yield f"the server ran in {image}, which stands in for the official image"


def forwarded(trial: Trial) -> Iterator[str]:
    """Doubt rates to which an engine has contributed that carries every byte from published ports to containers."""
    for usage in usages(trial, trial.rounds):
        if (used := usage.of("forwarders.cpu")) > DEAR:
            yield (
                f"the engine used {used:.2f} cores of host {usage.name} to forward published ports, more than {DEAR}: "
                "without containers nobody does"
            )
