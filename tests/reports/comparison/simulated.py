"""Saved runs made up with noise as it was measured: within a session, between sessions, from window to window."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from collectors.record import Trial
from reports.saved_run import SavedCase, SavedRun
from tests.trials import a_round, a_trial

TPS = 5000.0
BETWEEN, WITHIN = 0.03, 0.025
"""Coefficients of variation of sessions, and of the rounds of one."""
WINDOWS, RESEMBLANCE = 10, 0.6
"""Of a round; and how much a window resembles the one before it."""


_ROUND = a_round(seconds=float(WINDOWS))
_SESSION = a_trial()


@cache
def _stretch() -> float:
    """Return by what the noise of a window is multiplied so that the mean of a round's has that of `WITHIN`."""
    powers = RESEMBLANCE ** np.abs(np.subtract.outer(np.arange(WINDOWS), np.arange(WINDOWS)))
    return WITHIN / math.sqrt(powers.mean())


def windows(rng: Any, rounds: int = 3, factor: float = 1.0) -> Any:
    """Return readings in each window of one session, of shape (rounds, windows): a first-order autoregression."""
    session = TPS * factor * math.exp(rng.normal(0, BETWEEN))
    noise = np.empty((rounds, WINDOWS))
    noise[:, 0] = rng.normal(size=rounds)
    for at in range(1, WINDOWS):
        fresh = rng.normal(size=rounds) * math.sqrt(1 - RESEMBLANCE**2)
        noise[:, at] = RESEMBLANCE * noise[:, at - 1] + fresh
    return session * np.exp(_stretch() * noise)


def a_session(rng: Any, factor: float = 1.0, rounds: int = 3) -> Trial:
    return replace(_SESSION, rounds=[replace(_ROUND, tps=float(one.mean())) for one in windows(rng, rounds, factor)])


def a_run(label: str, *trials: Trial, commit: str = "0123abc") -> SavedRun:
    cases = [SavedCase(trial.name, trial, {"stats": {"ops": trial.tps["median"]}}) for trial in trials]
    return SavedRun(Path(f"{label}.json"), "2026-11-23T10:00:00+00:00", {}, {"id": commit}, tuple(cases))


def sessions(rng: Any, label: str, number: int, factor: float = 1.0, cases: int = 1) -> list[SavedRun]:
    """Return so many saved runs, each a session of its own, with as many cases."""
    return [
        a_run(f"{label}{at}", *(replace(a_session(rng, factor), name=f"test[{case}]") for case in range(cases)))
        for at in range(number)
    ]
