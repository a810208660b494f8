"""What follows from a trial, put into its record: whether it was steady, what its limit was, what casts doubt on it."""

from __future__ import annotations

from dataclasses import replace

from collectors.record import Trial

from .limit import limit
from .steady import steady
from .validity import doubts


def concluded(trial: Trial) -> Trial:
    """Return the trial with its conclusions, drawn anew from all the rest of its record; a reference as it is."""
    if trial.environment == "reference":  # it came with its doubts, and there is nothing to conclude the rest from
        return trial
    return replace(trial, steady=steady(trial), limit=limit(trial), doubts=doubts(trial))
