"""Clocks that were set while it was measured."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

STEP = 0.05
"""Seconds: 50 times the millisecond to which readings are stamped. A clock that is merely kept right moves less."""
SLEW = 500e-6
"""Seconds a second that a clock may be slowed or hurried by without being set (adjtimex(2), as ntpd uses it)."""


def stepped(trial: Trial) -> Iterator[str]:
    """Doubt hosts whose wall clock moved against the steady one, by more than slewing explains."""
    worst: dict[str, tuple[float, float]] = {}
    for one in trial.rounds:
        allowed = STEP + SLEW * one.seconds
        for name, moved in one.clock.items():
            if abs(moved) > max(allowed, abs(worst.get(name, (0.0, 0.0))[0])):
                worst[name] = moved, allowed
    for name, (moved, allowed) in worst.items():
        yield (
            f"the wall clock of host {name} was set by {moved:+,.3f} s in one round: correcting its speed "
            f"explains up to {allowed:.3f} s"
        )
