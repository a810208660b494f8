"""Clocks that were set while it was measured, or were wrong all the time, and starts that were not together."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

STEP = 0.05
"""Seconds: 50 times the millisecond to which readings are stamped. A clock that is merely kept right moves less."""
SLEW = 500e-6
"""Seconds a second that a clock may be slowed or hurried by without being set (adjtimex(2), as ntpd uses it)."""


LATE_MS = 50.0
"""Milliseconds: what one host did not write of a round of two seconds is then more than 2 %."""


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


def apart(trial: Trial) -> Iterator[str]:
    """Doubt hosts whose time of day is not that of the controlling machine: what they stamp readings with is wrong."""
    worst: dict[str, tuple[float, float]] = {}
    for one in trial.rounds:
        for name, found in one.starts.items():
            offset, uncertainty = found.get("offset_ms", 0.0) / 1e3, found.get("uncertainty_ms", 0.0) / 1e3
            if abs(offset) > STEP + uncertainty and abs(offset) > abs(worst.get(name, (0.0, 0.0))[0]):
                worst[name] = offset, uncertainty
    for name, (offset, uncertainty) in worst.items():
        yield (
            f"the wall clock of host {name} is {abs(offset):,.3f} s {'ahead of' if offset > 0 else 'behind'} the "
            f"controlling machine's (known to ± {uncertainty:.3f} s), more than {STEP} s"
        )


def began_late(trial: Trial) -> Iterator[str]:
    """Doubt rounds in which a host began later than the others."""
    late: dict[str, float] = {}
    for one in trial.rounds:
        for name, found in one.starts.items():
            late[name] = max(late.get(name, 0.0), found.get("late_ms", 0.0))
    for name, milliseconds in late.items():
        if milliseconds > LATE_MS:
            yield f"host {name} began up to {milliseconds:,.0f} ms after the others, more than {LATE_MS:g} ms"
