"""Rounds that differ from each other, and that drift."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial

from ..spread import spread
from ..steady import steady

WIDE = 0.1
"""Coefficient of variation. Rounds of one case differed by 7 % between lowest and highest on a machine that did nothing
else, which is 4 % of variation for three rounds, and by 37 %, 20 % of variation, where others used it, too.
Three rounds that vary by 10 % leave the mean uncertain by a quarter to either side (Student's t, 95 %)."""
LONG_ENOUGH = 30.0
"""Seconds of measured time, all rounds together, from which on "too short to say" is a doubt: who measures for so long
expects an answer. The usual three rounds of 2 s never give one, and their table says so in its own column."""


def wide_apart(trial: Trial) -> Iterator[str]:
    """Doubt rounds that differ by more than they do on a machine at rest."""
    found = spread([one.tps for one in trial.rounds])
    if found.variation > WIDE:
        course = {1: ", each faster than the one before", -1: ", each slower than the one before", 0: ""}
        yield (
            f"rounds differ: {found.low:,.0f} to {found.high:,.0f} TPS, a variation of {found.variation:.1%}, more "
            f"than {WIDE:.0%}{course[found.course] if found.count > 2 else ''}"  # noqa: PLR2004 – two make no course
        ).replace("%", " %")


def unsteady(trial: Trial) -> Iterator[str]:
    """Doubt what drifted, and what was long but cannot be told to have been steady."""
    found = trial.steady or steady(trial)
    if found.get("steady") is False:
        yield f"not steady: {found.get('why')}"
    elif found.get("steady") is None and sum(one.seconds for one in trial.rounds) >= LONG_ENOUGH:
        yield f"steady or not, {found.get('why')}"
