"""A suspect: one resource that may be what stopped a case from going faster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

SURE, LIKELY, GUESS = LEVELS = ("sure", "likely", "guess")
"""How far a verdict is to be trusted: measured directly, inferred, or what is left when the rest is ruled out."""


@dataclass(frozen=True)
class Suspect:
    """One resource, how far it was exhausted, and what shows it."""

    label: str
    """As tables name it: `server CPU`."""
    side: str
    """`producer`, `server`, `both`, `between` or `none`."""
    resource: str
    """`cpu`, `io`, `network`, `memory`, `round trip`, `schedule` or `unknown`."""
    strength: float
    """Share of the time, 0 to 1, that it was all in use."""
    sure: str
    evidence: tuple[str, ...]
    split: str = ""
    """Who used how much of it, in words."""

    def at_most(self, level: str, why: str = "") -> Suspect:
        """Return it with no more certainty than this, and the reason among its evidence."""
        lower = max(self.sure, level, key=LEVELS.index)
        return replace(self, sure=lower, evidence=(*self.evidence, why) if why else self.evidence)


def strongest(suspects: Iterable[Suspect | None]) -> list[Suspect]:
    """Return those that there are, the most exhausted first; of equals the one named first."""
    return sorted((one for one in suspects if one), key=lambda one: -one.strength)


def percent(share: float) -> str:
    """Return a share as a person reads it: `62 %`."""
    return f"{share:.0%}".replace("%", " %")


def shares(parts: dict[str, float]) -> str:
    """Return what share of their sum each part is: `producers 62 %, server 38 %`. What is nothing is left out."""
    total = sum(parts.values())
    return ", ".join(f"{name} {percent(part / total)}" for name, part in parts.items() if total and part >= total / 200)
