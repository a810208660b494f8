"""Schedules that were not kept to (open loop)."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

from ..limits.flight import BEHIND_MS, KEPT


def not_held(trial: Trial) -> Iterator[str]:
    """Doubt an open loop that fell behind, by the round that did most: its rate is not the one that was asked for."""
    held = [one.schedule for one in trial.rounds if one.schedule]
    behind = [one for one in held if one["sent"] < KEPT * one["intended"] or one["behind_end_ms"] > BEHIND_MS]
    if behind:
        worst = max(behind, key=lambda one: float(one["behind_end_ms"]))
        yield (
            f"the schedule was not held in {len(behind)} of {len(held)} rounds: {worst['sent']:,} of "
            f"{worst['intended']:,} readings were sent in time, {worst['behind_end_ms']:,.0f} ms behind at the end "
            f"(held: {KEPT:.0%} and {BEHIND_MS:.0f} ms)"
        ).replace("%", " %")
