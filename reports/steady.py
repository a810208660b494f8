"""Whether a trial was steady, from the windows of its rounds.

Not steady is what drifts beyond chance *and* by more than matters; steady is what is shown not to drift by much; the
rest is too short, or too noisy, to say. How often each is said of series whose truth is known stands in
`tests/reports/test_steady.py`.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from collectors.record import Round, Trial

from .drift import CONFIDENCE, SMALL, Drift, drift
from .trend import trend
from .windows import rates

METHOD = (
    "trend within rounds: seasonal Kendall test on one-second windows, with rounds for seasons, and Sen's slope for "
    "equivalence; shift of level: maximally selected difference of medians; trend across rounds: Kendall's test"
)
SOURCE = (
    "Mann 1945, Kendall 1975; Hirsch, Slack & Smith 1982 (seasons); Sen 1968 (slope); Yue & Wang 2004 "
    "(autocorrelation); Schuirmann 1987 (equivalence); Hawkins 1977, James, James & Siegmund 1987 (shift)"
)

TREND = 0.015
"""Level of the test for a trend: half for what rounds have in common, half for single rounds. The levels together stay
below 5 % because the estimate of how much windows resemble their neighbours is rough: with it, at most 5 of 100 steady
trials are called unsteady."""
SHIFT = 0.01
"""Level of the test for a shift, shared out over the rounds."""
ACROSS = 0.02
"""Level of the test of the rounds' order. It takes five rounds that fall one after the other, which are chance once in
60 times; no order of four is rare enough."""

IN_WORDS = {True: "yes", False: "no", None: "too short"}
"""What is told of `steady` in the result of the function of that name."""


def steady(trial: Trial) -> dict[str, Any]:
    """Return whether a trial was steady, as JSON takes it.

    Returns:
        `steady` (True, False, or None for too short to say), `why` in words, `method`, `source`; of all rounds
        together `windows` (how many were judged), `p` of the trend, `change` (from the first third of the rounds to
        the last), `drift` (`estimate`, `low`, `high`: over a round; None where unbounded) and `autocorrelation` of
        neighbouring windows; `rounds`: the same of each alone, and its `run`; and `across`: `p` and `change` from the
        first round to the last, None for a single one. Changes are shares of the usual TPS.
    """
    found = [(one, rates(trial, one)) for one in trial.rounds]
    told = max(1, sum(sum(values) > 0 for _, values in found))
    level = TREND / (2 if told > 1 else 1)
    pooled = drift([values for _, values in found], trend_level=level)
    alone = [drift([values], trend_level=level / told, shift_level=SHIFT / told) for _, values in found]
    across = _across(trial.rounds)
    verdict, why = _verdict(pooled, alone, across)
    return {
        "method": METHOD,
        "source": SOURCE,
        **pooled.to_json(),
        "steady": verdict,
        "why": why,
        "rounds": [{"run": one.run} | judged.to_json() for (one, _), judged in zip(found, alone, strict=True)],
        "across": across and {"p": across["p"], "change": across["change"]},
    }


def _verdict(pooled: Drift, alone: Sequence[Drift], across: dict[str, Any] | None) -> tuple[bool | None, str]:
    """Return the verdict on all of it: one drift found anywhere decides, else what the rounds show together."""
    if len(alone) == 1:
        return alone[0].steady, alone[0].why
    if pooled.steady is False:
        return False, pooled.why
    for number, one in enumerate(alone, 1):
        if one.steady is False:
            return False, f"in round {number}, {one.why}"
    if across and across["drifts"]:
        return False, across["why"]
    return pooled.steady, pooled.why


def _across(rounds: Sequence[Round]) -> dict[str, Any] | None:
    """Judge the rounds in the order they ran; each is a run of its own, so they have no autocorrelation."""
    values = [one.tps for one in rounds]
    if len(values) < 2 or not (middle := statistics.median(values)):  # noqa: PLR2004 – nothing to compare
        return None
    block = [(index / (len(values) - 1), value / middle) for index, value in enumerate(values)]
    found = trend([block], CONFIDENCE, correlation=0.0)
    pace = "faster" if found.slope > 0 else "slower"
    why = f"rounds got {pace} by {abs(found.slope):.0%} from the first to the last (p = {found.p:.2g})"
    return {
        "drifts": found.p <= ACROSS and abs(found.slope) > SMALL,
        "why": why.replace("%", " %"),
        "p": found.p,
        "change": found.slope,
    }
