"""What one host's resources did while the readings of a trial were written: its samples, brought down to means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.record import Round, Series, Trial

EDGE_SECONDS = 0.1
"""By so much may a sample stand out over the measured time and still be taken for one of it: clocks and timers."""
USUAL_STEP = 1.0
"""Seconds between two samples, for the first one, which has none before it."""


@dataclass(frozen=True)
class Usage:
    """One host in the measured time of one round or several.

    Args:
        name: the host.
        roles: what it does: `producer`, `server`.
        cores: how many CPUs it has.
        columns: by column, (seconds that a sample covers, its value), without those that could not be read.
        partial: no sample lay wholly within the measured time, so these reach beyond it.
    """

    name: str
    roles: frozenset[str]
    cores: float
    columns: Mapping[str, Sequence[tuple[float, float]]]
    partial: bool = False

    def mean(self, column: str) -> float | None:
        """Return the mean over the measured time; None where it was not sampled."""
        values = self.columns.get(column, ())
        seconds = sum(weight for weight, _ in values)
        return sum(weight * value for weight, value in values) / seconds if seconds else None

    def of(self, column: str) -> float:
        """Return the mean, 0 where it was not sampled."""
        return self.mean(column) or 0.0

    def share_above(self, column: str, bound: float) -> float:
        """Return in what share of the time the value was above a bound."""
        values = self.columns.get(column, ())
        seconds = sum(weight for weight, _ in values)
        return sum(weight for weight, value in values if value > bound) / seconds if seconds else 0.0

    def groups(self) -> list[str]:
        """Return the groups of processes whose CPU was watched: `producers`, `server`, `sampler`."""
        names = (column.removesuffix(".cpu") for column in self.columns if column.endswith(".cpu"))
        return [name for name in names if name not in {"foreign", "pressure"}]

    def instances(self, kind: str, value: str) -> list[str]:
        """Return the devices that have a column: `instances("disk", "io")` is `["vda"]`."""
        start, end = f"{kind}.", f".{value}"
        return [one[len(start) : -len(end)] for one in self.columns if one.startswith(start) and one.endswith(end)]

    @property
    def busy(self) -> float | None:
        """Cores that were not there for more work: used by anyone, or taken away by the hypervisor.

        Not "all but idle": a kernel that stops its clock on idle CPUs may count their idle time late or never.
        """
        if self.mean("cpu.user") is None:
            return None
        return self.of("cpu.user") + self.of("cpu.system") + self.of("cpu.steal")

    @property
    def waited(self) -> float | None:
        """How many threads of producers and server waited for a CPU at a time; None where that was not sampled."""
        known = [one for group in ("producers", "server") if (one := self.mean(f"{group}.waiting")) is not None]
        return sum(known) if known else None

    @property
    def others(self) -> float:
        """Cores used by processes that have no part in the measurement, or taken away by the hypervisor."""
        foreign = self.mean("foreign.cpu")
        if foreign is None:
            known = sum(self.of(f"{group}.cpu") for group in self.groups())
            foreign = max(0.0, self.of("cpu.user") + self.of("cpu.system") - known)
        return foreign + self.of("cpu.steal")


def usages(trial: Trial, rounds: Iterable[Round]) -> list[Usage]:
    """Return the usage of every host that was sampled in these rounds."""
    rounds = list(rounds)
    facts = {str(host["name"]): host for host in trial.hosts}
    names = dict.fromkeys(name for one in rounds for name in one.samples)
    found = (_usage(name, facts.get(name, {}), rounds, len(trial.hosts)) for name in names)
    return [usage for usage in found if usage.columns]


def _usage(name: str, facts: Mapping[str, Any], rounds: Sequence[Round], hosts: int) -> Usage:
    both = ["producer", "server"] if hosts == 1 else []
    columns: dict[str, list[tuple[float, float]]] = {}
    partial = False
    for one in rounds:
        series = one.samples.get(name, {})
        weights, reaching_out = _weights(series, one.seconds)
        partial = partial or reaching_out
        for column, values in series.items():
            kept = [(w, value) for w, value in zip(weights, values, strict=False) if w and value is not None]
            columns.setdefault(column, []).extend(kept)
    columns.pop("at", None)
    kept_columns = {column: values for column, values in columns.items() if values}
    cores = float(facts.get("cpus") or len([one for one in kept_columns if one.startswith("core.")]) or 1)
    return Usage(name, frozenset(facts.get("roles") or both), cores, kept_columns, partial)


def _weights(series: Series, seconds: float) -> tuple[list[float], bool]:
    """Return for how many seconds each sample counts, and whether any reaches out of the measured time.

    A sample covers the time since the one before it. Those wholly within the measured time count; where a round is
    too short for one, those that lie in it for the most part.
    """
    ends = [float(at or 0.0) for at in series.get("at", [])]
    spans = [(ends[index - 1] if index else end - USUAL_STEP, end) for index, end in enumerate(ends)]
    whole = [end - begin if begin >= -EDGE_SECONDS and end <= seconds + EDGE_SECONDS else 0.0 for begin, end in spans]
    if any(whole) or not ends:
        return whole, False
    within = [min(end, seconds) - max(begin, 0.0) for begin, end in spans]
    most = [part if part >= (end - begin) / 2 else 0.0 for part, (begin, end) in zip(within, spans, strict=True)]
    return most, any(most)
