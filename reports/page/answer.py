"""What a run found, in one sentence, and who was fastest for each promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.record import Trial

from ..columns import counted
from ..spread import spread
from .levels import Scaling

_SURE = {"likely": ", likely", "guess": ", a guess"}


@dataclass(frozen=True)
class Best:
    """The fastest case among those whose acknowledgements mean the same."""

    promise: str
    at: int
    """Its place among the cases."""
    words: str


def sentence(trials: Sequence[Trial], scalings: Sequence[Scaling]) -> str:
    """Return what a run found, in one sentence: who wrote the most, what stopped it, and whether all arrived."""
    told = [trial for trial in trials if trial.rounds]
    if not told:
        return _of_levels(scalings)
    fastest = max(told, key=lambda one: float(one.tps["median"]))
    wrote = "wrote" if len(told) == 1 else "wrote the most:"
    what = f"{named(fastest)} {wrote} {fastest.tps['median']:,.0f} readings per second{_stopped(fastest)}"
    return f"{what}; {_arrived(told)}; {_doubts(told)}."


def best(trials: Sequence[Trial]) -> list[Best]:
    """Return the fastest case of each promise, since numbers with different promises do not compare."""
    found: dict[str, int] = {}
    for at, trial in enumerate(trials):
        before = found.get(trial.acknowledged_means)
        if trial.rounds and (before is None or trial.tps["median"] > trials[before].tps["median"]):
            found[trial.acknowledged_means] = at
    ordered = sorted(found.items(), key=lambda one: -float(trials[one[1]].tps["median"]))
    return [Best(promise, at, _words(trials[at])) for promise, at in ordered]


def named(trial: Trial) -> str:
    """Return a case's backend with its threads, and what it ran against where the name would promise something else."""
    endpoint = (trial.server.get("says") or {}).get("endpoint")
    beside = f" ({endpoint})" if endpoint else ""
    threads: int | None = trial.processes  # None of figures that do not say
    if threads is None:
        return f"{trial.backend}{beside}"
    return f"{trial.backend}{beside} with {counted(threads, 'thread')}"


def limit_of(trial: Trial) -> str:
    """Return what stopped a case, and how sure that is; empty where that is not known."""
    limit = trial.limit or {}
    if not limit.get("class"):
        return ""
    sure = "" if limit["class"] == "unknown" else _SURE.get(str(limit.get("sure")), "")
    return f"{limit['class']}{sure}"


def _words(trial: Trial) -> str:
    return f"{named(trial)}: {trial.tps['median']:,.0f} readings/s ({_spread(trial)})"


def _spread(trial: Trial) -> str:
    return spread([one.tps for one in trial.rounds]).in_words()


def _stopped(trial: Trial) -> str:
    found = limit_of(trial)
    if not found or found == "unknown":
        return ", and what stopped it is not known"
    return f" (limit: {found})"


def _arrived(trials: Sequence[Trial]) -> str:
    acknowledged = sum(trial.total("acknowledged") or 0 for trial in trials)
    lost = sum(trial.total("lost") or 0 for trial in trials)
    verdicts = {trial.accounting for trial in trials}
    if lost:
        return f"{lost:,} of {acknowledged:,} acknowledged readings were lost"
    if "fail" in verdicts:
        return "the accounting of a case failed"
    if "inconclusive" in verdicts or not acknowledged:
        return "whether everything arrived cannot be said of every case"
    return f"each of the {acknowledged:,} acknowledged readings was found again, unchanged"


def _doubts(trials: Sequence[Trial]) -> str:
    found = {doubt for trial in trials for doubt in trial.doubts}
    if not found:
        return "nothing casts doubt on it"
    return "there is one doubt" if len(found) == 1 else f"there are {len(found)} doubts"


def _of_levels(scalings: Sequence[Scaling]) -> str:
    if not scalings:
        return "Nothing was measured to its end."
    parts = []
    for one in scalings:
        peak = max(one.knee.steps, key=lambda step: step.tps)
        knee = "no knee was reached" if one.knee.load is None else f"the knee is at {one.knee.load:g}"
        sustained = f", {one.sustained[0].partition(';')[0]}" if one.sustained else ""
        most = f"{one.name} took {peak.tps:,.0f} readings per second at most"
        parts.append(f"{most} (processes: {peak.load:g}), {knee}{sustained}")
    return "; ".join(parts) + "."
