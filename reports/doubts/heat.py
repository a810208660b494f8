"""Processors that were slowed down: by heat, or for want of power (M6)."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

from .rows import rows

NOW = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
"""Bits of `vcgencmd get_throttled`; 16 higher the same since the start (raspberrypi.com, "vcgencmd")."""
_SINCE = 16

HOT = 80.0
"""°C. From here on a Raspberry Pi slows its cores down, at 85 °C the rest, too (raspberrypi.com, "Frequency management
and thermal control")."""
WARM = 60.0
"""°C: the soft limit at which a Raspberry Pi 3B+ lowers its clock. Below it a lower clock has other reasons."""
SLOWER = 0.9
"""Of the highest clock: boosts of a few per cent come and go."""
FOR_LONG = 0.1
"""Share of the busy samples that have to be slower."""
_BUSY = 0.5
"""Share of the cores: on idle ones the governor lowers the clock, which costs nothing."""


def held_back(trial: Trial) -> Iterator[str]:
    """Doubt boards whose firmware says that it slowed them down or that their supply was too weak."""
    for name in _sampled(trial):
        fields = [int(field) for (field,) in rows(trial, name, "cpu.throttled")]
        if not fields:
            continue
        seen, before = _any(fields), fields[0] >> _SINCE
        # What is flagged as since the start, and was not so at first, happened between two samples.
        current = (seen | (seen >> _SINCE & ~before)) & _mask()
        earlier = seen >> _SINCE & _mask() & ~current
        if current:
            yield f"host {name} was held back while it was measured: {_words(current)} (get_throttled {seen:#x})"
        if earlier:
            yield f"host {name} has been held back since it was started: {_words(earlier)} (get_throttled {seen:#x})"


def hot(trial: Trial) -> Iterator[str]:
    """Doubt hosts as hot as Raspberry Pis are slowed down."""
    for name in _sampled(trial):
        highest = max((degrees for (degrees,) in rows(trial, name, "cpu.temperature")), default=0.0)
        if highest >= HOT:
            yield f"host {name} reached {highest:.1f} °C: from {HOT:.0f} °C on a Raspberry Pi slows its cores down"


def slowed(trial: Trial) -> Iterator[str]:
    """Doubt hosts whose clock fell while they were warm and busy."""
    for name in _sampled(trial):
        found = list(rows(trial, name, "cpu.mhz", "cpu.temperature", "cpu.idle", "cpu.user", "cpu.system"))
        busy = [(mhz, degrees) for mhz, degrees, idle, *used in found if sum(used) >= _BUSY * (idle + sum(used))]
        top = max((mhz for mhz, _ in busy), default=0.0)
        slower = [(mhz, degrees) for mhz, degrees in busy if mhz < SLOWER * top and degrees >= WARM]
        if len(slower) > max(1.0, FOR_LONG * len(busy)):
            yield (
                f"host {name} slowed down to {min(slower)[0]:,.0f} MHz from {top:,.0f} MHz while it was busy, at up to "
                f"{max(degrees for _, degrees in slower):.0f} °C"
            )


def _sampled(trial: Trial) -> list[str]:
    return list(dict.fromkeys(name for one in trial.rounds for name in one.samples))


def _any(fields: list[int]) -> int:
    found = 0
    for field in fields:
        found |= field
    return found


def _mask() -> int:
    return sum(1 << bit for bit in NOW)


def _words(bits: int) -> str:
    return ", ".join(word for bit, word in NOW.items() if bits >> bit & 1)
