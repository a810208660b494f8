"""The highest rate that was sustained, as a search has found it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .held import Verdict

_BEARS = 1.5
"""Times the result, up to which a probe tells what stops it from being more."""
_SIDES = {
    "server": "the server fell behind",
    "producer": "the producers could not send as fast, so the server may take more",
    "both": "producers and server together used up what they share",
    "between": "as many readings were in flight as may be, so that more of them, or more producers, may bring more",
}


@dataclass(frozen=True)
class Sustained:
    """The highest rate that was sustained."""

    rate: float | None
    """Readings per second, held in a majority of the probes that bear on it; None where no rate was."""
    low: float | None
    high: float | None
    """Between these lies the limit, with a probability of 90 % by the model; None where none was found."""
    side: str
    """Which side fell behind at higher rates: `server`, `producer`, `both` or `between`; empty where none did."""
    why: str
    """How the search ended, in words."""
    probes: tuple[Verdict, ...]
    """All of them, as they were made."""

    def to_json(self) -> dict[str, Any]:
        """Return it as what `json.dumps` takes."""
        return asdict(self)

    def in_words(self) -> list[str]:
        """Return it for a person: the rate, what is above it, and a line for each probe."""
        lines = [
            f"{number:3}. {_shown(one.rate)}/s {'held' if one.held else 'not held'}: {one.why}"
            for number, one in enumerate(self.probes, 1)
        ]
        if self.rate is None:
            return [f"no rate was sustained: {self.why}", *lines]
        bounds = ""
        if self.low is not None and self.high is not None:
            bounds = f", the limit between {_shown(self.low)} and {_shown(self.high)} (90 %)"
        above = f"; above it {_SIDES[self.side]}" if self.side else ""
        return [f"sustained: {_shown(self.rate)} readings/s{bounds}{above}; {self.why}", *lines]


def side_above(rate: float | None, verdicts: Sequence[Verdict]) -> str:
    """Return which side fell behind in most of the probes not far above a rate; empty where none did.

    Args:
        rate: the result; None to go by the smallest rate that was not held.
        verdicts: of all probes.
    """
    failed = sorted((one for one in verdicts if not one.held and one.side), key=lambda one: one.rate)
    if not failed:
        return ""
    reach = _BEARS * (rate or 0.0)
    sides = [one.side for one in failed if one.rate <= reach] or [failed[0].side]
    return max(sorted(set(sides)), key=sides.count)


def _shown(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.4g}"  # noqa: PLR2004 – below, decimals matter
