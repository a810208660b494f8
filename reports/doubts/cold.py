"""What was measured before the servers had compiled their code."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial


def not_warm(trial: Trial) -> Iterator[str]:
    """Doubt servers that compile their code while they run, and still got faster when their warm-up ended."""
    warm_up = trial.server.get("warm_up") or {}
    if not warm_up or warm_up["settled"]:
        return
    if not warm_up["tps"]:
        yield "the servers compile their code while they run, and were not warmed up"
        return
    steps = ", ".join(f"{one:,.0f}" for one in warm_up["tps"])
    yield f"the servers were still getting faster when their warm-up of {warm_up['seconds']:.0f} s ended: {steps} TPS"
