"""One side of a comparison: what saved runs have of one case."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from collectors.record import Trial

from ..conclusions import concluded
from ..saved_run import SavedRun
from .identity import differing, identity

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Result:
    """What one saved run has of a case."""

    run: str
    """What a person tells the run by."""
    trial: Trial
    commit: Mapping[str, Any]
    ops: float | None
    """pytest-benchmark's: 1 ÷ the mean of the rounds' seconds per reading; None where it saved none."""


@dataclass(frozen=True)
class Side:
    """The results of one case on one side, in the order in which their runs were named; none where it was not measured.

    What is told of numbers holds for sides without `trouble`.
    """

    results: tuple[Result, ...] = ()

    @cached_property
    def logs(self) -> list[list[float]]:
        """By run, the natural logarithms of its rounds' TPS."""
        return [[math.log(one.tps) for one in result.trial.rounds] for result in self.results]

    @property
    def units(self) -> list[float]:
        """By run, the mean of its rounds' logarithms: what is compared."""
        return [statistics.fmean(rounds) for rounds in self.logs]

    @property
    def tps(self) -> float:
        """Return the TPS of the closing table, the median of the rounds; of several runs the median of theirs."""
        return statistics.median(float(result.trial.tps["median"]) for result in self.results)

    @property
    def ops(self) -> float | None:
        """Return pytest-benchmark's `ops`, of several runs the median of theirs; None where there are none."""
        known = [result.ops for result in self.results if result.ops is not None]
        return statistics.median(known) if known else None

    @cached_property
    def trials(self) -> list[Trial]:
        """The records with limit, steadiness and doubts concluded anew: both sides by the same rules."""
        return [concluded(result.trial) for result in self.results]

    @cached_property
    def doubts(self) -> list[str]:
        """Every doubt about it, once: of those that differ in figures alone the first, and how many runs have it."""
        kinds: dict[str, list[str]] = {}
        for trial in self.trials:
            alike = {_FIGURE.sub("0", doubt): doubt for doubt in reversed(trial.doubts)}
            for kind, doubt in alike.items():
                kinds.setdefault(kind, []).append(doubt)
        count = len(self.results)
        return [one[0] + (f" [{len(one)} of {count} runs]" if count > 1 else "") for one in kinds.values()]

    @cached_property
    def identity(self) -> dict[str, str]:
        """What its first result has to share with all that it is compared with."""
        return identity(self.results[0].trial, self.results[0].commit)

    @property
    def trouble(self) -> str:
        """Return why nothing can be concluded from it, in words; empty where there is no reason."""
        for result in self.results:
            if why := _unusable(result.trial):
                return f"{why} in {result.run}"
            for key, (one, other) in differing(self.identity, identity(result.trial, result.commit)).items():
                return f"its runs differ in {key}: {one} in {self.results[0].run}, {other} in {result.run}"
        return "" if self.results else "not measured"

    @property
    def lossy(self) -> bool:
        """Whether the accounting of any of its runs failed: acknowledged readings are missing, say."""
        return any(result.trial.accounting == "fail" for result in self.results)


def sides(runs: Sequence[SavedRun]) -> dict[str, Side]:
    """Return by case what some runs have of it; not every run has to have every case."""
    found: dict[str, list[Result]] = {}
    for run in runs:
        for case in run.cases:
            ops = (case.benchmark.get("stats") or {}).get("ops")
            found.setdefault(case.name, []).append(Result(run.label, case.trial, run.commit, ops))
    return {name: Side(tuple(results)) for name, results in found.items()}


def _unusable(trial: Trial) -> str:
    if trial.state != "whole":
        return "the case failed" if trial.state == "failed" else "the case was interrupted"
    if trial.accounting not in {"pass", "measured"}:
        lost = sum(one.lost for one in trial.rounds if one.lost)
        return f"accounting {trial.accounting}" + (f" ({lost:,} acknowledged readings lost)" if lost else "")
    if not trial.rounds or any(not 0 < one.tps < math.inf for one in trial.rounds):
        return "a round without any reading" if trial.rounds else "no round"
    return ""
