"""The figures of 2019 that answer what a run asked, beside the run's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.record import Trial

from ..reference.figure import Figure
from ..reference.loading import figures
from ..reference.saved import SUITES
from ..reference.trials import NOT_OURS, doubts_of
from .asked import suite_of

_FAMILIES = {"kafka-confluent": "kafka", "cassandra-acsylla": "cassandra"}
"""Whose figures are looked at for backends that the notes do not have: another client of the same server."""


@dataclass(frozen=True)
class Beside:
    """One figure of the notes, and the cases that asked the same."""

    scenario: str
    name: str
    measured: str
    hardware: str
    source: str
    doubts: list[str]
    cases: list[int]
    """Places of the run's cases."""


def beside(trials: Sequence[Trial]) -> list[Beside]:
    """Return the figures of 2019 that answer the questions of these cases; a run of figures alone needs none."""
    if any(trial.environment == "reference" for trial in trials):
        return []
    found = []
    for figure in figures():
        cases = [at for at, trial in enumerate(trials) if _same(figure, trial)]
        if cases and figure.rate is not None:
            found.append(_row(figure, cases))
    return found


def _same(figure: Figure, trial: Trial) -> bool:
    suites = {SUITES.get(scenario) for scenario in figure.scenarios}
    return suite_of(trial) in suites and figure.backend in {trial.backend, _FAMILIES.get(trial.backend)}


def _row(figure: Figure, cases: list[int]) -> Beside:
    doubts = [doubt for doubt in doubts_of(figure) if doubt != NOT_OURS]
    measured = figure.in_words
    return Beside(" ".join(figure.scenarios), figure.name, measured, figure.hardware, figure.place, doubts, cases)
